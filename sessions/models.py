"""A live session, its turns, and what happened in it."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import ApiKey, User
from accounts.tenancy import TenantModel


def random_seed() -> int:
    """A u32: what makes this session's idle motion its own."""
    return secrets.randbits(32)


class SessionState(models.TextChoices):
    """created → connecting → live → ending → ended; failed and expired are ends of their own."""

    CREATED = "created"
    CONNECTING = "connecting"
    LIVE = "live"
    ENDING = "ending"
    ENDED = "ended"
    FAILED = "failed"
    EXPIRED = "expired"


OPEN_STATES = (SessionState.CREATED, SessionState.CONNECTING, SessionState.LIVE, SessionState.ENDING)
CLOSED_STATES = (SessionState.ENDED, SessionState.FAILED, SessionState.EXPIRED)


class AvatarSession(TenantModel):
    """One connection in time between a viewer and an avatar.

    Time is metered in slices while a driver is present: `metered_at` is the moment up to which time was settled into
    `settled_ms`, `renew_at` when the next slice is due; in state `ending` it is when the session stops at the latest.
    """

    state = models.CharField(max_length=10, choices=SessionState, default=SessionState.CREATED)
    avatar = models.CharField(max_length=40)
    voice = models.CharField(max_length=60)
    seed = models.BigIntegerField(default=random_seed)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=200, blank=True)
    video = models.JSONField(default=dict, blank=True)  # the VideoWish of a session drawn on the server; empty: its client draws
    look = models.JSONField(default=dict, blank=True)  # a SessionLook; empty: the usual one
    idle_seconds = models.PositiveIntegerField()
    max_seconds = models.PositiveIntegerField()
    live_at = models.DateTimeField(null=True)
    last_active_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=40, blank=True)
    last_turn = models.PositiveIntegerField(default=0)
    settled_ms = models.BigIntegerField(default=0)
    slice_number = models.PositiveIntegerField(default=0)
    metered_at = models.DateTimeField(null=True)
    renew_at = models.DateTimeField(null=True)
    seat_hold = models.UUIDField(null=True)
    time_hold = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["workspace", "-created_at"], name="session_recent"),
            models.Index(fields=["renew_at"], name="session_open", condition=Q(state__in=[s.value for s in OPEN_STATES])),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(settled_ms__gte=0), name="session_settled_not_negative"),
            models.CheckConstraint(
                condition=~Q(state__in=[s.value for s in CLOSED_STATES]) | Q(ended_at__isnull=False),
                name="session_closed_has_end",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def epoch_ms(self) -> int:
        """Unix milliseconds at which this session's clock reads 0."""
        return int(self.created_at.timestamp() * 1000)


class TurnState(models.TextChoices):
    QUEUED = "queued"
    SPEAKING = "speaking"
    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


ACTIVE_TURNS = (TurnState.QUEUED, TurnState.SPEAKING)


class Turn(TenantModel):
    """One thing the avatar says. `number` counts from 1 in its session; at most one turn of a session is active."""

    session = models.ForeignKey(AvatarSession, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    request_id = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=10, default="say")
    text = models.TextField()
    voice = models.CharField(max_length=60)
    emotion = models.CharField(max_length=20, blank=True)  # empty: the session's own
    intensity = models.DecimalField(max_digits=3, decimal_places=2, default=0)
    state = models.CharField(max_length=12, choices=TurnState, default=TurnState.QUEUED)
    error = models.CharField(max_length=60, blank=True)
    characters = models.PositiveIntegerField(default=0)
    spoken_ms = models.PositiveIntegerField(default=0)
    heard_text = models.TextField(blank=True)
    timings = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)
    hold = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "session", "number"], name="turn_number_once"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(state__in=[s.value for s in ACTIVE_TURNS]),
                name="turn_one_active",
            ),
        ]
        indexes = [models.Index(fields=["finished_at"], condition=Q(hold__isnull=False), name="turn_unsettled")]


class SessionEvent(TenantModel):
    """What happened in a session, in order; appended, never changed."""

    append_only: ClassVar[bool] = True

    session = models.ForeignKey(AvatarSession, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    data = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["workspace", "session", "created_at"], name="event_order")]
