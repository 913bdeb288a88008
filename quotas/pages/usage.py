"""The Usage page: today and this period against the limits, by day, avatar and API key; the figures as CSV."""

from __future__ import annotations

import csv
import hashlib
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.pages import PageRequest, workspace_page
from quotas.billing.entitlements import entitlements
from quotas.breakdown import Dimension, usage_tables
from quotas.figures import CHART_HEIGHT, CHART_WIDTH, meter
from quotas.pages.spans import Span, span_of, spans
from quotas.pages.usage_tables import charts_of, csv_rows, shares_by_avatar, shares_by_key
from quotas.selectors import MetricUsage, usage_summary

_UNCHANGED = 204
_GROUPINGS: tuple[tuple[Dimension, ...], ...] = (("day", "metric"), ("avatar", "metric"), ("api_key_id", "metric"))


@workspace_page("usage:read")
@require_GET
def usage(request: PageRequest) -> HttpResponse:
    """`?days=` chooses the span. Asked by htmx: the figures alone, or 204 while the counters are as they were."""
    summary = usage_summary()
    span = span_of(request.GET.get("days", ""), summary[0].period_start)
    version = _version(summary, span)
    if "HX-Request" in request.headers and request.GET.get("version") == version:
        return HttpResponse(status=_UNCHANGED)
    template = "usage/live.html" if "HX-Request" in request.headers else "usage/page.html"
    return render(request, template, _figures(summary, span) | {"version": version})


@workspace_page("usage:read")
@require_GET
def usage_csv(request: PageRequest) -> HttpResponse:
    """Day, metric, quantity and unit of the span; `?by=avatar` or `?by=key` adds who used it."""
    span = span_of(request.GET.get("days", ""), usage_summary()[0].period_start)
    by = request.GET.get("by", "")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{span.first}-{span.last}.csv"'
    csv.writer(response).writerows(csv_rows(span, by))
    return response


def _figures(summary: list[MetricUsage], span: Span) -> dict[str, Any]:
    now, terms = timezone.now(), {one.metric: one for one in entitlements()}
    days, avatars, keys = usage_tables(span.filter, _GROUPINGS)
    return {
        "meters": [meter(row, now, terms[row.metric]) for row in summary],
        "plan_name": summary[0].plan_name,
        "period_start": summary[0].period_start,
        "period_end": summary[0].period_end,
        "span": span,
        "spans": spans(summary[0].period_start),
        "charts": charts_of(days, span, summary),
        "avatars": shares_by_avatar(avatars),
        "keys": shares_by_key(keys),
        "chart_width": CHART_WIDTH,
        "chart_height": CHART_HEIGHT,
        "now": now,
    }


def _version(summary: list[MetricUsage], span: Span) -> str:
    """Changes with the counters, the limits and the day; what else the page shows follows from them."""
    facts = [(row.metric, row.used, row.held, row.limit, row.overrun, row.plan_name) for row in summary]
    return hashlib.sha256(repr((span, facts)).encode()).hexdigest()[:16]
