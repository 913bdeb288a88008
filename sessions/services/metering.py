"""The meter of a live session: one slice ahead is held, what was used is settled, the end is announced before it comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from quotas.billing.costs import LOCAL
from quotas.metrics import Metric
from quotas.selectors import share_used
from quotas.services import renew
from quotas.values import UsageAttributes
from sessions import events, presence
from sessions.models import AvatarSession, SessionEvent, SessionState
from sessions.selectors import lock_session

SLICE_LEASE = timedelta(seconds=settings.SESSION_SLICE_SECONDS * 3)
RENEW_AT = 0.7  # of a slice: the clock, which looks once a second, has time for a second try
WARN_PERCENT = 80


def slice_length() -> int:
    """Milliseconds that a live session holds ahead: the most that one session can overrun."""
    return int(settings.SESSION_SLICE_SECONDS) * 1000


def next_renewal() -> timedelta:
    """How long after the last one a slice is renewed."""
    return timedelta(milliseconds=slice_length() * RENEW_AT)


def usage_of(session: AvatarSession) -> UsageAttributes:
    """What the ledger remembers about this session's usage."""
    return UsageAttributes(
        occurred_at=timezone.now(),
        session_id=session.pk,
        avatar=session.avatar,
        api_key_id=session.api_key_id,
        provider=LOCAL,
    )


def elapsed_ms(session: AvatarSession, now: datetime, present_until: datetime) -> int:
    """Milliseconds since the last settlement in which a driver was present; 0 for a session that never went live."""
    if session.metered_at is None:
        return 0
    return max(0, round((min(now, present_until) - session.metered_at) / timedelta(milliseconds=1)))


def skip_absence(session: AvatarSession, now: datetime) -> None:
    """A driver comes (back) to a live session whose row is locked: the time without one is not counted."""
    if session.metered_at is None:
        return
    away = now - max(session.metered_at, presence.last_seen([session.pk]).get(session.pk, now))
    if away > presence.ABSENCE:
        session.metered_at += away
        session.save(update_fields=["metered_at"])


@transaction.atomic
def session_renew(*, session_id: UUID, present_until: datetime) -> None:
    """Settle the time used and hold the next slice; where none is left, announce the end (state `ending`)."""
    now = timezone.now()
    session = lock_session(session_id)
    if session.state != SessionState.LIVE or session.time_hold is None:
        return
    used = elapsed_ms(session, now, present_until)
    sequence = session.slice_number + 1
    renewal = renew(
        hold_id=session.time_hold,
        used=used,
        sequence=sequence,
        next_amount=slice_length(),
        lease=SLICE_LEASE,
        usage=usage_of(session),
    )
    _note_settlement(session, sequence, used, now)
    if renewal.shortage or share_used(Metric.AVATAR_MS) >= WARN_PERCENT:
        _warn_once(session)
    if renewal.shortage:
        _announce_end(session, now, renewal.hold.amount)


def _note_settlement(session: AvatarSession, sequence: int, used: int, now: datetime) -> None:
    session.metered_at = (session.metered_at or now) + timedelta(milliseconds=used)
    session.slice_number = sequence
    session.settled_ms += used
    session.renew_at = now + next_renewal()
    session.save(update_fields=["metered_at", "slice_number", "settled_ms", "renew_at"])


def _announce_end(session: AvatarSession, now: datetime, left_ms: int) -> None:
    """What is left is held, so that the sentence can end; say so."""
    session.state = SessionState.ENDING
    session.renew_at = now + timedelta(milliseconds=left_ms)
    session.save(update_fields=["state", "renew_at"])
    detail = "The plan's avatar time is used up; the session ends after this sentence."
    events.append(session, "session.notice", code="ending_soon", metric=Metric.AVATAR_MS.value, detail=detail)


def _warn_once(session: AvatarSession) -> None:
    if not SessionEvent.objects.filter(session=session, kind="session.notice", data__code="quota_80").exists():
        detail = "80 % of the plan's avatar time for this period is used or held."
        events.append(session, "session.notice", code="quota_80", metric=Metric.AVATAR_MS.value, detail=detail)
