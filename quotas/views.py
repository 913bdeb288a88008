"""The Usage page: today and this period against the limits, a chart for each metric, and the figures as CSV."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.pages import PageRequest, workspace_page
from quotas.figures import CHART_HEIGHT, CHART_WIDTH, chart, meter
from quotas.metrics import METERED
from quotas.selectors import MetricUsage, usage_by_day, usage_summary

SPANS = (14, 30, 90)
_DEFAULT_SPAN = 30


@workspace_page("usage:read")
@require_GET
def usage(request: PageRequest) -> HttpResponse:
    """`?days=` chooses how far back the charts go."""
    days = _days(request)
    summary = usage_summary()
    context = {
        "metrics": [_metric(row, days) for row in summary],
        "plan_name": summary[0].plan_name,
        "period_start": summary[0].period_start,
        "period_end": summary[0].period_end,
        "days": days,
        "spans": SPANS,
        "chart_width": CHART_WIDTH,
        "chart_height": CHART_HEIGHT,
    }
    return render(request, "usage/page.html", context)


@workspace_page("usage:read")
@require_GET
def usage_csv(request: PageRequest) -> HttpResponse:
    """Day, metric, quantity and unit of every metric that counts over time."""
    days = _days(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{days}-days.csv"'
    writer = csv.writer(response)
    writer.writerow(["day_utc", "metric", "quantity", "unit"])
    for metric in METERED:
        if not metric.is_gauge:
            writer.writerows([one.day.isoformat(), metric.value, one.quantity, metric.unit] for one in usage_by_day(metric, days))
    return response


def _metric(row: MetricUsage, days: int) -> dict[str, Any]:
    drawn = None if row.metric.is_gauge else chart(usage_by_day(row.metric, days))
    return {"usage": row, "meter": meter(row, timezone.now()), "chart": drawn}


def _days(request: PageRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(span) for span in SPANS} else _DEFAULT_SPAN
