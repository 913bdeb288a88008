"""REST: what has been used and what is left, now and by day, metric, avatar and key."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.errors import Invalid
from accounts.rest.documents import problems
from accounts.rest.views import WorkspaceView
from accounts.tenancy import current_workspace_id
from quotas.breakdown import UsageFilter, UsageRow, usage_by, utc_today
from quotas.metrics import Metric
from quotas.periods import open_period
from quotas.rest.parsing import query_of
from quotas.rest.usage_shapes import COUNTERS, GROUPS, MOST_ROWS, USUAL_ROWS, UsageOut, UsageQueryIn, UsageTableOut
from quotas.selectors import usage_summary

LONGEST = timedelta(days=400)
_ANSWER = PolymorphicProxySerializer(
    component_name="UsageAnswer", serializers=[UsageOut, UsageTableOut], resource_type_field_name=None
)
_QUERY = [
    OpenApiParameter("group_by", str, description=f"Some of {', '.join(GROUPS)}, with commas. Without it: the counters of now."),
    OpenApiParameter("from", {"type": "string", "format": "date"}, description="First day, UTC; default: the period's first."),
    OpenApiParameter("to", {"type": "string", "format": "date"}, description="Last day, UTC; default: today."),
    OpenApiParameter("metric", str, enum=COUNTERS),
    OpenApiParameter("avatar", str),
    OpenApiParameter("api_key", {"type": "string", "format": "uuid"}),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL_ROWS}),
    OpenApiParameter("cursor", str, description="From `next`."),
]


class UsageView(WorkspaceView):
    """The workspace's usage."""

    scopes = {"GET": "usage:read"}

    @extend_schema(
        operation_id="getUsage",
        tags=["Usage"],
        parameters=_QUERY,
        responses={200: _ANSWER, **problems(400, 401, 403, 429)},
    )
    def get(self, request: Request) -> Response:
        """Used, held and left of every metric in the current period; with `group_by`, a table of what was used."""
        return _counters() if not request.query_params else _table(request, query_of(UsageQueryIn, request))


def _counters() -> Response:
    metrics = usage_summary()
    first = metrics[0]
    period = {"period_start": first.period_start, "period_end": first.period_end}
    return Response(UsageOut({"plan": first.plan_name, **period, "metrics": metrics}).data)


def _table(request: Request, query: dict[str, Any]) -> Response:
    wanted, names = _filter(query), query["group_by"]
    page = _cut([_shape(row, names, wanted) for row in usage_by(wanted, *(GROUPS[name] for name in names))], query)
    url = replace_query_param(request.build_absolute_uri(), "cursor", page.cursor) if page.cursor else None
    body = {"from": wanted.first, "to": wanted.last, "group_by": names, "next": url, "results": page.rows}
    return Response(UsageTableOut(body).data, headers={"Link": f'<{url}>; rel="next"'} if url else {})


def _filter(query: dict[str, Any]) -> UsageFilter:
    last = query.get("to", utc_today())
    first = query["from"] if "from" in query else min(last, open_period(current_workspace_id(), timezone.now()).starts_at.date())
    if not timedelta() <= last - first <= LONGEST:
        raise Invalid(f"`from` may lie at most {LONGEST.days} days before `to`, and not after it.", code="bad_span")
    metric = Metric(query["metric"]) if "metric" in query else None
    return UsageFilter(first=first, last=last, metric=metric, avatar=query.get("avatar"), api_key_id=query.get("api_key"))


def _shape(row: UsageRow, names: list[str], wanted: UsageFilter) -> dict[str, Any]:
    metric = row.metric or wanted.metric
    assert metric is not None  # UsageQueryIn: grouped by, or chosen
    return {name: getattr(row, GROUPS[name]) for name in names} | {"quantity": row.quantity, "unit": metric.unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    rows: list[dict[str, Any]]
    cursor: str


def _cut(rows: list[dict[str, Any]], query: dict[str, Any]) -> _Page:
    """The rows behind the cursor, which names the last row of the page before."""
    names, limit = query["group_by"], query["limit"]
    last = _opened(query["cursor"], names) if "cursor" in query else None
    left = [row for row in rows if last is None or _place(row, names) > last]
    return _Page(rows=left[:limit], cursor=_sealed(_place(left[limit - 1], names)) if len(left) > limit else "")


def _place(row: dict[str, Any], names: list[str]) -> list[str]:
    return ["" if row[name] is None else str(row[name]) for name in names]


def _sealed(place: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _opened(cursor: str, names: list[str]) -> list[str]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or len(place) != len(names) or not all(isinstance(part, str) for part in place):
        raise Invalid("This cursor is not one of ours.", code="bad_cursor", hint="Follow `next` as it is.")
    return place
