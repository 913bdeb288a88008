"""Rate cards: what providers take, from when until when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.errors import Problem
from accounts.operator import site
from quotas.admin.reasoned import ReasonedAdmin, ReasonedForm
from quotas.billing.costs import check_rate_currency
from quotas.metrics import Metric
from quotas.models import ProviderRate

_FIELDS = (
    "provider",
    "sku",
    "metric",
    "unit_cost",
    "unit_size",
    "rounding_step",
    "minimum",
    "currency",
    "valid_from",
    "valid_to",
)


class RateForm(ReasonedForm):
    """A rate in a currency that no cost-plus plan could pass on is refused."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("metric") and values.get("currency"):
            try:
                check_rate_currency(metric=Metric(values["metric"]), currency=values["currency"])
            except Problem as problem:
                self.add_error("currency", problem.detail)
        return values


@admin.register(ProviderRate, site=site)
class ProviderRateAdmin(ReasonedAdmin):
    """Costs are frozen where they arise, so a rate is never rewritten: it is given an end, and another begins."""

    group = "Offers and costs"
    noun = "rate"
    form = RateForm
    fields = _FIELDS
    list_display = ("provider", "sku", "metric", "unit_cost", "unit_size", "currency", "valid_from", "valid_to")
    list_filter = ("provider", "metric")
    search_fields = ("provider", "sku")
    ordering = ("provider", "sku", "metric", "-valid_from")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in _FIELDS if name != "valid_to") if obj else ()
