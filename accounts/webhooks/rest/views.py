"""REST: webhooks, their deliveries, tests and replays."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.documents import paged, problems
from accounts.rest.views import WorkspaceView
from accounts.webhooks import selectors, services
from accounts.webhooks.models import DeliveryState
from accounts.webhooks.rest.serializers import (
    CreatedWebhookOut,
    DeliveryDetailOut,
    DeliveryOut,
    ReplayedOut,
    ReplayIn,
    WebhookChangeIn,
    WebhookIn,
    WebhookOut,
)
from accounts.webhooks.services import Sealed

_TAGS = ["Webhooks"]
_STATE = OpenApiParameter("state", enum=DeliveryState.values, description="Only deliveries in this state")
_TYPE = OpenApiParameter("type", description="Only events of this type")


class WebhooksView(WorkspaceView):
    """The workspace's endpoints."""

    scopes = {"GET": "webhooks:read", "POST": "webhooks:write"}

    @extend_schema(operation_id="listWebhooks", tags=_TAGS, responses={200: paged(WebhookOut), **problems(400, 401, 403, 429)})
    def get(self, request: Request) -> Response:
        """Webhooks, newest first."""
        return self.page(selectors.endpoints(), WebhookOut)

    @extend_schema(
        operation_id="createWebhook",
        tags=_TAGS,
        request=WebhookIn,
        responses={201: CreatedWebhookOut, **problems(400, 401, 403, 409)},
    )
    def post(self, request: Request) -> Response:
        """Make a webhook; the answer holds its secret, once. Takes no Idempotency-Key: answers to those are stored."""
        given = WebhookIn(data=request.data)
        given.is_valid(raise_exception=True)
        return _with_secret(services.endpoint_create(by=self.access, **given.validated_data), status=201)


class WebhookView(WorkspaceView):
    """One endpoint."""

    scopes = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    @extend_schema(operation_id="getWebhook", tags=_TAGS, responses={200: WebhookOut, **problems(401, 403, 404)})
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """What it is told of, and whether it can be reached."""
        return Response(WebhookOut(selectors.endpoint_get(webhook_id)).data)

    @extend_schema(
        operation_id="changeWebhook",
        tags=_TAGS,
        request=WebhookChangeIn,
        responses={200: WebhookOut, **problems(400, 401, 403, 404)},
    )
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change URL, types, description; enable or disable."""
        given = WebhookChangeIn(data=request.data)
        given.is_valid(raise_exception=True)
        changed = services.endpoint_update(by=self.access, endpoint_id=webhook_id, changes=given.validated_data)
        return Response(WebhookOut(changed).data)

    @extend_schema(operation_id="deleteWebhook", tags=_TAGS, responses={204: None, **problems(401, 403, 404)})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Delete the webhook together with its log."""
        services.endpoint_delete(by=self.access, endpoint_id=webhook_id)
        return Response(status=204)


class RotateView(WorkspaceView):
    """A new secret."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="rotateWebhookSecret",
        tags=_TAGS,
        request=None,
        responses={200: CreatedWebhookOut, **problems(401, 403, 404)},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Make a new secret, shown once; for 24 hours messages are signed with both."""
        return _with_secret(services.endpoint_rotate(by=self.access, endpoint_id=webhook_id), status=200)


class TestView(WorkspaceView):
    """A test event."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="testWebhook",
        tags=_TAGS,
        request=None,
        responses={202: DeliveryOut, **problems(401, 403, 404, 409)},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send `webhook.test` to this webhook."""
        return Response(DeliveryOut(services.endpoint_test(by=self.access, endpoint_id=webhook_id)).data, status=202)


class ReplayFailedView(WorkspaceView):
    """What could not be delivered, once more."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="replayFailedWebhookDeliveries",
        tags=_TAGS,
        request=ReplayIn,
        responses={202: ReplayedOut, **problems(400, 401, 403, 404, 409)},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send again everything since a moment that failed or was cancelled."""
        given = ReplayIn(data=request.data)
        given.is_valid(raise_exception=True)
        count = services.endpoint_replay_failed(by=self.access, endpoint_id=webhook_id, **given.validated_data)
        return Response(ReplayedOut({"messages": count}).data, status=202)


class DeliveriesView(WorkspaceView):
    """What was told to an endpoint."""

    scopes = {"GET": "webhooks:read"}

    @extend_schema(
        operation_id="listWebhookDeliveries",
        tags=_TAGS,
        parameters=[_STATE, _TYPE],
        responses={200: paged(DeliveryOut), **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Deliveries of the last 30 days, newest first."""
        selectors.endpoint_get(webhook_id)
        asked = request.query_params
        rows = selectors.deliveries(webhook_id, state=asked.get("state", ""), event_type=asked.get("type", ""))
        return self.page(rows, DeliveryOut)


class DeliveryView(WorkspaceView):
    """One delivery."""

    scopes = {"GET": "webhooks:read"}

    @extend_schema(operation_id="getWebhookDelivery", tags=_TAGS, responses={200: DeliveryDetailOut, **problems(401, 403, 404)})
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """What was sent, and how each attempt went."""
        row = selectors.delivery_get(delivery_id)
        row.log = selectors.attempts_of([row])[row.pk]  # type: ignore[attr-defined]
        return Response(DeliveryDetailOut(row).data)


class ReplayView(WorkspaceView):
    """One message, once more."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="replayWebhookDelivery",
        tags=_TAGS,
        request=None,
        responses={202: DeliveryOut, **problems(401, 403, 404, 409)},
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send the message again, under its old id, even if it was delivered."""
        return Response(DeliveryOut(services.delivery_replay(by=self.access, delivery_id=delivery_id)).data, status=202)


def _with_secret(sealed: Sealed, *, status: int) -> Response:
    return Response({**WebhookOut(sealed.endpoint).data, "secret": sealed.secret}, status=status)
