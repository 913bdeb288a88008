"""Shapes of what the REST API takes and gives about webhooks."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.webhooks.catalog import patterns
from accounts.webhooks.models import URL_LENGTH, DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks.services.endpoints import DESCRIPTION_LENGTH

_EVENTS_HELP = "Types of events, or patterns: `*` for all, `session.*` for a family"


class _Events(serializers.ListField):
    """Patterns; which ones exist is checked by the service, with a hint."""

    child = serializers.CharField(max_length=60)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty=False, max_length=len(patterns()), help_text=_EVENTS_HELP, **kwargs)


@extend_schema_serializer(component_name="Webhook")
class WebhookIn(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=URL_LENGTH)
    event_types = _Events()
    description = serializers.CharField(max_length=DESCRIPTION_LENGTH, required=False, allow_blank=True, default="")


@extend_schema_serializer(component_name="WebhookChange")
class WebhookChangeIn(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    url = serializers.CharField(max_length=URL_LENGTH, required=False)
    event_types = _Events(required=False)
    description = serializers.CharField(max_length=DESCRIPTION_LENGTH, required=False, allow_blank=True)
    enabled = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="Webhook")
class WebhookOut(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint without its secret."""

    event_types = serializers.ListField(child=serializers.CharField())
    disabled_reason = serializers.CharField(help_text="Empty, `person`, `gone` (it answered 410) or `failing`")
    failing_since = serializers.DateTimeField(allow_null=True, help_text="Nothing has been delivered since then")
    previous_secret_until = serializers.DateTimeField(
        source="previous_until", allow_null=True, help_text="Until then the secret before the last rotation also signs"
    )

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = (
            *("id", "url", "description", "event_types", "enabled", "disabled_reason", "disabled_at"),
            *("failing_since", "previous_secret_until", "created_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="CreatedWebhook")
class CreatedWebhookOut(WebhookOut):
    """An endpoint with a new secret: this answer is the only place where it appears."""

    secret = serializers.CharField()

    class Meta(WebhookOut.Meta):
        fields: tuple[str, ...] = (*WebhookOut.Meta.fields, "secret")
        read_only_fields = fields


@extend_schema_serializer(component_name="WebhookDelivery")
class DeliveryOut(serializers.ModelSerializer[WebhookDelivery]):
    """One message for one endpoint."""

    webhook_id = serializers.UUIDField(source="endpoint_id")
    message_id = serializers.CharField(source="message.public_id", help_text="The header `webhook-id`")
    type = serializers.CharField(source="message.type")
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    next_attempt_at = serializers.SerializerMethodField()
    last_status = serializers.IntegerField(allow_null=True, help_text="HTTP status of the last answer")

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = (
            *("id", "webhook_id", "message_id", "type", "state", "attempts", "last_status"),
            *("next_attempt_at", "finished_at", "created_at"),
        )
        read_only_fields = fields

    def get_next_attempt_at(self, row: WebhookDelivery) -> str | None:
        is_pending = row.state == DeliveryState.PENDING
        return serializers.DateTimeField().to_representation(row.due_at) if is_pending else None


@extend_schema_serializer(component_name="WebhookAttempt")
class AttemptOut(serializers.ModelSerializer[WebhookAttempt]):
    """One request: the status and the beginning of the answer, or why there was none."""

    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(help_text="Empty when there was an answer, else a word like `timeout` or `connection`")

    class Meta:
        model = WebhookAttempt
        fields = ("number", "created_at", "status", "error", "detail", "duration_ms", "response")
        read_only_fields = fields


@extend_schema_serializer(component_name="WebhookDeliveryDetail")
class DeliveryDetailOut(DeliveryOut):
    """A delivery with what was sent and how each attempt went."""

    body = serializers.CharField(source="message.body")
    log = AttemptOut(many=True)

    class Meta(DeliveryOut.Meta):
        fields: tuple[str, ...] = (*DeliveryOut.Meta.fields, "body", "log")
        read_only_fields = fields


@extend_schema_serializer(component_name="WebhookReplay")
class ReplayIn(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="Replays what was made since then and could not be delivered")


@extend_schema_serializer(component_name="WebhookReplayed")
class ReplayedOut(serializers.Serializer[Any]):
    messages = serializers.IntegerField(help_text="How many are on their way again")
