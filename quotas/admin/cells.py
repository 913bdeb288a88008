"""How the operator's pages write amounts, and the read-only rows below a row."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    TabularInline = admin.TabularInline

MOST_COUNTED = 10_000


def money(minor: int, currency: str) -> str:
    """`1 234.50 EUR` of minor units."""
    return f"{Decimal(minor) / 100:,.2f} {currency}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def money_cell(label: str, field: str) -> Callable[[Any], str]:
    """A column of a list: the row's minor units in its own currency."""

    def cell(row: Any) -> str:
        return money(getattr(row, field), row.currency)

    cell.short_description = label  # type: ignore[attr-defined]
    cell.admin_order_field = field  # type: ignore[attr-defined]
    return cell


class MinorField(forms.DecimalField):
    """Typed in major units (12.50), cleaned to whole minor units (1250)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 2} | kwargs)

    def clean(self, value: Any) -> int | None:
        major = super().clean(value)
        return None if major is None else int(major * 100)


class ShortCount(Paginator):  # type: ignore[type-arg]
    """Counts no further than ten thousand: nobody turns that many pages, and the ledger is long."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MOST_COUNTED].count())


class ReadOnlyInline(TabularInline):
    """Rows below a row, to look at."""

    extra = 0
    can_delete = False
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self.fields

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
