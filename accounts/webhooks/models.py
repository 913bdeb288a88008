"""Where a workspace wants to be told of what, what there was to tell, and how telling it went."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantModel

URL_LENGTH = 500


class DisabledReason(models.TextChoices):
    NONE = "", "Not disabled"
    PERSON = "person", "By a person"
    GONE = "gone", "The server answered 410 Gone"
    FAILING = "failing", "Nothing could be delivered for days"


class WebhookEndpoint(TenantModel):
    """A URL that wants events of the types in `event_types` (`*` and `session.*` are patterns).

    Secrets are sealed (accounts/vault.py). After a rotation the old one also signs until `previous_until`.
    `failing_since` and `exhausted` (messages given up in a row) start afresh with each success.
    """

    url = models.CharField(max_length=URL_LENGTH)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=10, choices=DisabledReason, default=DisabledReason.NONE, blank=True)
    disabled_at = models.DateTimeField(null=True)
    secret = models.TextField()
    previous_secret = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    exhausted = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(enabled=True, disabled_reason="", disabled_at=None)
                | Q(enabled=False, disabled_at__isnull=False) & ~Q(disabled_reason=""),
                name="webhook_disabled_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookMessage(TenantModel):
    """One event as it is sent: `body` is the very text that is signed, the same for every attempt and endpoint."""

    type = models.CharField(max_length=60)
    body = models.TextField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["created_at"], name="webhook_message_age")]

    @property
    def public_id(self) -> str:
        """`webhook-id`: receivers tell repeats by it."""
        return f"msg_{self.pk.hex}"


class DeliveryState(models.TextChoices):
    """pending → delivered | failed | cancelled; a replay makes any of them pending again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WebhookDelivery(TenantModel):
    """One message for one endpoint. Who holds the lease may make the next attempt; nobody else.

    `attempts` counts all attempts, `tries` those since the message was (re)played. `due_at` is when the next one may
    begin; `woken_at` is when a worker was last asked to.
    """

    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    woken_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q(state="pending", finished_at=None) | ~Q(state="pending") & Q(finished_at__isnull=False, lease=None),
                name="webhook_delivery_finished",
            ),
            models.CheckConstraint(
                condition=Q(lease=None, leased_until=None) | Q(lease__isnull=False, leased_until__isnull=False),
                name="webhook_lease_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="webhook_delivery_due"),
            models.Index(fields=["endpoint", "-created_at"], name="webhook_delivery_recent"),
        ]


class WebhookAttempt(TenantModel):
    """How one attempt went: a status and the beginning of the answer, or the reason why there was none."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    response = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once")]
