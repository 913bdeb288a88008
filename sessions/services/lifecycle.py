"""The life of a session: created → connecting → live → ending → ended, each step a compare-and-set."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.context import current_actor
from accounts.errors import Gone
from avatars.presets import staged
from avatars.selectors import avatar, default_voice, voice
from quotas.metrics import Metric
from quotas.services import release, reserve
from sessions import events, presence
from sessions.look import SessionLook
from sessions.models import ACTIVE_TURNS, OPEN_STATES, AvatarSession, SessionState, Turn, TurnState
from sessions.selectors import access_session, lock_session
from sessions.services.metering import SLICE_LEASE, elapsed_ms, next_renewal, skip_absence, slice_length, usage_of
from sessions.video import VideoWish

SEAT_MARGIN = timedelta(minutes=10)


@transaction.atomic
def session_create(
    *,
    avatar_id: str = "",
    voice_id: str | None = None,
    preset: str = "",
    origin: str = "",
    idle_seconds: int | None = None,
    max_seconds: int | None = None,
    video: VideoWish | None = None,
) -> AvatarSession:
    """A session that waits for its driver, its seat and first slice already held. `video`: the server draws it. `preset` (a
    name or an id) fills in what is not named.

    Raises Invalid or Conflict for an avatar, voice or preset that can't be used, QuotaExceeded where the plan is used up.
    """
    staging = staged(preset=preset, avatar_id=avatar_id, voice_id=voice_id or "")
    info = avatar(staging.avatar)
    actor = current_actor()
    session = AvatarSession(
        avatar=info.id,
        voice=voice(staging.voice).id if staging.voice else default_voice(info),
        origin=origin,
        video=video.as_json() if video else {},
        look=SessionLook.of(staging).as_json(),
        idle_seconds=idle_seconds or settings.SESSION_IDLE_SECONDS,
        max_seconds=min(max_seconds or settings.SESSION_MAX_SECONDS, settings.SESSION_MAX_SECONDS),
        created_by_id=actor.user_id,
        api_key_id=actor.api_key_id,
    )
    _hold_seat_and_time(session)
    session.save()
    audit.record("session.created", subject=session.pk, avatar=session.avatar, voice=session.voice)
    events.append(session, "session.created", avatar=session.avatar, voice=session.voice)
    return session


def _hold_seat_and_time(session: AvatarSession) -> None:
    seat_lease = timedelta(seconds=session.max_seconds + settings.SESSION_CONNECT_SECONDS) + SEAT_MARGIN
    session.seat_hold = reserve(
        metric=Metric.CONCURRENT_SESSIONS,
        amount=1,
        purpose="session",
        subject_id=session.pk,
        key=f"seat:{session.pk}",
        lease=seat_lease,
    ).id
    session.time_hold = reserve(
        metric=Metric.AVATAR_MS,
        amount=slice_length(),
        purpose="session",
        subject_id=session.pk,
        key=f"time:{session.pk}:0",
        lease=SLICE_LEASE + timedelta(seconds=settings.SESSION_CONNECT_SECONDS),
    ).id


@transaction.atomic
def session_connecting(*, session_id: UUID, role: str) -> AvatarSession:
    """A ticket was redeemed: a driver's makes a new session `connecting`. Raises Gone when the session is over."""
    session = access_session(session_id)
    fresh = AvatarSession.objects.filter(pk=session_id, state=SessionState.CREATED)
    if role == "driver" and fresh.update(state=SessionState.CONNECTING):
        session.refresh_from_db()
        events.append(session, "session.connecting")
    _require_open(session)
    return session


@transaction.atomic
def session_connect(*, session_id: UUID, role: str) -> AvatarSession:
    """A connection is ready: the first driver makes the session live. Raises Gone when the session is over."""
    now = timezone.now()
    session = lock_session(session_id)
    if role == "driver":
        skip_absence(session, now)
        waiting = AvatarSession.objects.filter(pk=session_id, state__in=[SessionState.CREATED, SessionState.CONNECTING])
        renew_at = now + next_renewal()
        if waiting.update(state=SessionState.LIVE, live_at=now, last_active_at=now, metered_at=now, renew_at=renew_at):
            session.refresh_from_db()
            events.append(session, "session.live")
    _require_open(session)
    events.append(session, "session.connected", role=role)
    return session


def _require_open(session: AvatarSession) -> None:
    if not session.is_open:
        raise Gone("This session is over.", code="session_over", hint="Create a new session.")


@transaction.atomic
def session_end(
    *, session_id: UUID, reason: str, state: SessionState = SessionState.ENDED, present_until: datetime | None = None
) -> bool:
    """End an open session: settle what was used up to `present_until` (default: as long as its driver was there), give the
    rest back.

    Returns whether this call ended it; a session that is already over is left alone.
    """
    now = timezone.now()
    session = access_session(session_id)
    ended = AvatarSession.objects.filter(pk=session_id, state__in=OPEN_STATES).update(
        state=state, ended_at=now, end_reason=reason
    )
    if not ended:
        return False
    session.refresh_from_db()
    used = elapsed_ms(session, now, present_until or presence.there_until([session_id], now).get(session_id, now))
    if session.seat_hold:  # before the time: the lock order of quotas
        release(hold_id=session.seat_hold, sequence=1)
    if session.time_hold:
        release(hold_id=session.time_hold, used=used, sequence=session.slice_number + 1, usage=usage_of(session))
    AvatarSession.objects.filter(pk=session_id).update(settled_ms=session.settled_ms + used)
    Turn.objects.filter(session=session, state__in=ACTIVE_TURNS).update(state=TurnState.INTERRUPTED, finished_at=now)
    audit.record("session.ended", subject=session.pk, reason=reason)
    events.append(session, "session.ended", reason=reason, avatar_ms=session.settled_ms + used)
    return True
