"""REST: alerts, what has fired, and the spend cap."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.idempotency import idempotent
from accounts.rest.views import WorkspaceView
from quotas import overview
from quotas.billing import alerts, caps, rules
from quotas.models import AlertRule
from quotas.rest.alert_shapes import AlertChangeIn, AlertIn, AlertOut, CapIn, CapOut, FiringOut
from quotas.rest.parsing import KEY, body_of

_TAGS = ["Alerts"]


class AlertsView(WorkspaceView):
    """What is watched."""

    scopes = {"GET": "billing:read", "POST": "billing:write"}

    @extend_schema(operation_id="listAlerts", tags=_TAGS, responses={200: paged(AlertOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """The thresholds of the workspace, newest first."""
        return self.page(AlertRule.objects.all(), AlertOut)

    @extend_schema(
        operation_id="createAlert",
        tags=_TAGS,
        request=AlertIn,
        parameters=[KEY],
        responses={201: AlertOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> Response:
        """Watch another threshold of a metric's limit, or of the spend cap."""
        return idempotent(request, lambda: self._add(body_of(AlertIn, request)))

    def _add(self, wish: dict[str, Any]) -> Response:
        return Response(AlertOut(rules.rule_add(**wish)).data, status=201)


class AlertView(WorkspaceView):
    """One threshold."""

    scopes = {"GET": "billing:read", "PATCH": "billing:write", "DELETE": "billing:write"}

    @extend_schema(operation_id="getAlert", tags=_TAGS, responses={200: AlertOut, **problems(401, 403, 404, 429)})
    def get(self, request: Request, alert_id: UUID) -> Response:
        """One threshold."""
        return Response(AlertOut(overview.access_alert_rule(alert_id)).data)

    @extend_schema(
        operation_id="changeAlert",
        tags=_TAGS,
        request=AlertChangeIn,
        responses={200: AlertOut, **problems(400, 401, 403, 404, 429)},
    )
    def patch(self, request: Request, alert_id: UUID) -> Response:
        """Say where it is told."""
        rule = overview.access_alert_rule(alert_id)
        told = {"by_mail": rule.by_mail, "by_webhook": rule.by_webhook} | body_of(AlertChangeIn, request)
        return Response(AlertOut(rules.rule_change(rule_id=alert_id, **told)).data)

    @extend_schema(operation_id="deleteAlert", tags=_TAGS, responses={204: None, **problems(401, 403, 404, 429)})
    def delete(self, request: Request, alert_id: UUID) -> Response:
        """Watch it no longer."""
        rules.rule_remove(rule_id=alert_id)
        return Response(status=204)


class FiringsView(WorkspaceView):
    """What has fired."""

    scopes = {"GET": "billing:read"}

    @extend_schema(operation_id="listAlertFirings", tags=_TAGS, responses={200: paged(FiringOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Thresholds that were crossed, newest first."""
        return self.page(overview.firings(), FiringOut)


class FiringSeen(WorkspaceView):
    """Taking a firing off the pages."""

    scopes = {"POST": "billing:write"}

    @extend_schema(
        operation_id="markAlertSeen",
        tags=_TAGS,
        request=None,
        parameters=[KEY],
        responses={200: FiringOut, **problems(401, 403, 404, 422, 429)},
    )
    def post(self, request: Request, firing_id: UUID) -> Response:
        """Mark a firing as seen; its banner is gone with that. Repeats change nothing."""
        return idempotent(request, lambda: self._see(firing_id))

    def _see(self, firing_id: UUID) -> Response:
        alerts.mark_seen(firing_id=firing_id)
        return Response(FiringOut(overview.firings().get(pk=firing_id)).data)


class SpendCapView(WorkspaceView):
    """The spend cap."""

    scopes = {"GET": "billing:read", "PUT": "billing:write", "DELETE": "billing:write"}

    @extend_schema(operation_id="getSpendCap", tags=_TAGS, responses={200: CapOut, **problems(401, 403, 429)})
    def get(self, request: Request) -> Response:
        """The cap, and what use above the included amounts costs so far."""
        return _cap()

    @extend_schema(operation_id="setSpendCap", tags=_TAGS, request=CapIn, responses={200: CapOut, **problems(400, 401, 403, 429)})
    def put(self, request: Request) -> Response:
        """Set or change the cap. With `stop`, nothing is started that could cost more."""
        caps.set_spend_cap(**body_of(CapIn, request))
        return _cap()

    @extend_schema(operation_id="removeSpendCap", tags=_TAGS, responses={204: None, **problems(401, 403, 429)})
    def delete(self, request: Request) -> Response:
        """Let use cost what the plan's limits allow. Where there is no cap, nothing changes."""
        if overview.spend_cap() is not None:
            caps.remove_spend_cap()
        return Response(status=204)


def _cap() -> Response:
    cap = overview.spend_cap()
    body = {
        "amount_minor": cap.amount_minor if cap else None,
        "action": cap.action if cap else None,
        "spent_minor": caps.current_spend(),
        "currency": overview.currency(),
    }
    return Response(CapOut(body).data)
