"""The margin page: revenue, cost and margin by month, of each workspace or provider; as a table and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.operator import Page, site
from quotas.billing.margin import (
    Margin,
    ProviderMargin,
    WorkspaceMargin,
    margin_by_provider,
    margin_by_workspace,
    months,
    unpriced,
)

HEADER = ("month", "id", "name", "currency", "revenue", "cost", "margin", "margin_percent")
_MOST_MONTHS = 36
_MONTH = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")


class RangeForm(forms.Form):
    """From one month to another, both included."""

    by = forms.ChoiceField(choices=[("workspace", "Workspace"), ("provider", "Provider")])
    first = forms.DateField(label="From", widget=_MONTH, input_formats=["%Y-%m"])
    last = forms.DateField(label="To", widget=_MONTH, input_formats=["%Y-%m"])

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last and not 0 <= (last.year - first.year) * 12 + last.month - first.month < _MOST_MONTHS:
            raise forms.ValidationError(f"From one month to a later one, at most {_MOST_MONTHS}.")
        return values


def margin_page(request: HttpRequest) -> HttpResponse:
    """The chosen months, this and the last one at first. `?format=csv`: the same as a file."""
    today = timezone.now().date()
    usual = {"by": "workspace", "first": f"{_month_before(today):%Y-%m}", "last": f"{today:%Y-%m}"}
    form = RangeForm(usual | request.GET.dict())
    rows: list[WorkspaceMargin] | list[ProviderMargin] = []
    missing = []
    if form.is_valid():
        start, end = months(form.cleaned_data["first"], form.cleaned_data["last"])
        by_provider = form.cleaned_data["by"] == "provider"
        rows = margin_by_provider(start=start, end=end) if by_provider else margin_by_workspace(start=start, end=end)
        missing = unpriced(start=start, end=end)
    if form.is_valid() and request.GET.get("format") == "csv":
        return _csv(rows)
    chosen = request.GET.copy()
    chosen["format"] = "csv"
    context = site.each_context(request) | {
        "title": "Margin",
        "form": form,
        "rows": [(_key(row), _name(row), row) for row in rows],
        "unpriced": missing,
        "csv": f"?{chosen.urlencode()}",
    }
    return TemplateResponse(request, "admin/operator/margin.html", context)


def _csv(rows: list[WorkspaceMargin] | list[ProviderMargin]) -> HttpResponse:
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="margin.csv"'}
    )
    writer = csv.writer(response)
    writer.writerow(HEADER)
    writer.writerows(_cells(row) for row in rows)
    return response


def _cells(row: WorkspaceMargin | ProviderMargin) -> Iterator[object]:
    yield from (f"{row.month:%Y-%m}", _key(row), _inert(_name(row)), row.currency)
    yield from (f"{amount:.4f}" for amount in (row.revenue, row.cost, row.margin))
    yield "" if row.percent is None else row.percent


def _inert(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _key(row: Margin) -> str:
    return str(row.workspace_id) if isinstance(row, WorkspaceMargin) else ""


def _name(row: Margin) -> str:
    if isinstance(row, WorkspaceMargin):
        return row.name
    return (row.provider if isinstance(row, ProviderMargin) else "") or "none named"


def _month_before(day: date) -> date:
    return date(day.year - 1, 12, 1) if day.month == 1 else date(day.year, day.month - 1, 1)


site.pages.append(Page(route="margin/", name="margin", label="Margin", group="Offers and costs", view=margin_page))
