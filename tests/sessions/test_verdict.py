"""What a session needs at a moment: decided from values alone, in the order of urgency."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from sessions.clock import Due, OpenSession, verdict
from sessions.models import OPEN_STATES, SessionState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONNECT, RESUME = settings.SESSION_CONNECT_SECONDS, settings.SESSION_RESUME_SECONDS


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


WAITING = OpenSession(
    id=uuid4(),
    workspace_id=uuid4(),
    state=SessionState.CREATED,
    created_at=ago(10),
    live_at=None,
    last_active_at=None,
    renew_at=None,
    idle_seconds=300,
    max_seconds=3600,
    key_ended=False,
    avatar_deleted=False,
    is_speaking=False,
)
LIVE = replace(WAITING, state=SessionState.LIVE, live_at=ago(60), last_active_at=ago(5), renew_at=ago(-5))


@pytest.mark.parametrize(
    ("session", "changes", "seen", "due"),
    [
        (WAITING, {}, None, Due.NOTHING),
        (WAITING, {"created_at": ago(CONNECT)}, None, Due.NOTHING),
        (WAITING, {"created_at": ago(CONNECT + 1)}, None, Due.EXPIRED),
        (WAITING, {"key_ended": True}, None, Due.KEY_REVOKED),
        (WAITING, {"avatar_deleted": True, "created_at": ago(CONNECT + 1)}, None, Due.AVATAR_DELETED),
        (LIVE, {"avatar_deleted": True, "renew_at": NOW}, 1, Due.AVATAR_DELETED),
        (LIVE, {"avatar_deleted": True, "key_ended": True}, 1, Due.KEY_REVOKED),
        (LIVE, {}, 1, Due.NOTHING),
        (LIVE, {"renew_at": NOW}, 1, Due.RENEWAL),
        (LIVE, {"key_ended": True, "renew_at": NOW}, 1, Due.KEY_REVOKED),
        (LIVE, {}, RESUME, Due.NOTHING),
        (LIVE, {}, RESUME + 1, Due.DISCONNECTED),
        (LIVE, {"live_at": ago(RESUME)}, None, Due.NOTHING),
        (LIVE, {"live_at": ago(RESUME + 1)}, None, Due.DISCONNECTED),
        (LIVE, {"live_at": ago(3600)}, 1, Due.NOTHING),
        (LIVE, {"live_at": ago(3601)}, 1, Due.TOO_LONG),
        (LIVE, {"live_at": ago(3601), "is_speaking": True}, 1, Due.TOO_LONG),
        (LIVE, {"last_active_at": ago(300)}, 1, Due.NOTHING),
        (LIVE, {"last_active_at": ago(301)}, 1, Due.IDLE),
        (LIVE, {"last_active_at": ago(301), "is_speaking": True}, 1, Due.NOTHING),
        (LIVE, {"state": SessionState.ENDING}, 1, Due.QUOTA),
        (LIVE, {"state": SessionState.ENDING, "is_speaking": True}, 1, Due.NOTHING),
        (LIVE, {"state": SessionState.ENDING, "is_speaking": True, "renew_at": NOW}, 1, Due.QUOTA),
    ],
)
def test_it_decides_what_is_due(session: OpenSession, changes: dict[str, Any], seen: float | None, due: Due) -> None:
    assert verdict(replace(session, **changes), NOW, None if seen is None else ago(seen)) is due


moments = st.integers(0, 8000).map(ago)
sessions = st.builds(
    OpenSession,
    id=st.uuids(),
    workspace_id=st.uuids(),
    state=st.sampled_from(OPEN_STATES),
    created_at=moments,
    live_at=st.none() | moments,
    last_active_at=st.none() | moments,
    renew_at=st.none() | moments,
    idle_seconds=st.integers(10, 3600),
    max_seconds=st.integers(10, 3600),
    key_ended=st.booleans(),
    avatar_deleted=st.booleans(),
    is_speaking=st.booleans(),
)


@given(sessions, st.none() | moments)
def test_it_never_keeps_a_session_beyond_its_limits(session: OpenSession, seen: datetime | None) -> None:
    due = verdict(session, NOW, seen)
    assert not session.key_ended or due is Due.KEY_REVOKED
    assert not session.avatar_deleted or due in {Due.KEY_REVOKED, Due.AVATAR_DELETED}
    if due is not Due.NOTHING and due is not Due.RENEWAL:
        return
    if session.live_at is None or session.last_active_at is None or session.renew_at is None:
        assert NOW - session.created_at <= timedelta(seconds=CONNECT)
        assert due is Due.NOTHING
        return
    assert NOW - (seen or session.live_at) <= timedelta(seconds=RESUME)
    if session.state != SessionState.ENDING:
        assert NOW - session.live_at <= timedelta(seconds=session.max_seconds)
        assert session.is_speaking or NOW - session.last_active_at <= timedelta(seconds=session.idle_seconds)
        assert (due is Due.RENEWAL) == (session.renew_at <= NOW)
    else:
        assert session.is_speaking
        assert session.renew_at > NOW
