"""REST: what has been used, and what is left."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import problems
from accounts.rest.views import WorkspaceView
from quotas.selectors import usage_summary
from quotas.serializers import UsageOut


class UsageView(WorkspaceView):
    """The workspace's usage."""

    scopes = {"GET": "usage:read"}

    @extend_schema(operation_id="getUsage", tags=["Usage"], responses={200: UsageOut, **problems(401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Used, held and left of every metric in the current period."""
        metrics = usage_summary()
        first = metrics[0]
        period = {"period_start": first.period_start, "period_end": first.period_end}
        return Response(UsageOut({"plan": first.plan_name, **period, "metrics": metrics}).data)
