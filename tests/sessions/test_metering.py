"""The meter around absences and reconnects: what is counted of the time, what of a turn, and who waits for whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.selectors import usage_of
from sessions import presence
from sessions.models import AvatarSession, SessionEvent, SessionState, TurnState
from sessions.redis import client
from sessions.services import session_connect, session_end, session_renew, turn_create, turn_finish, turn_interrupt, turn_progress
from tests.quotas.factories import subscribe
from tests.sessions.factories import live


def seconds_ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def live_since(seconds: float, *, seen: float) -> AvatarSession:
    """A session that is live and not settled since `seconds` ago, whose driver was last seen `seen` seconds ago."""
    session = live()
    AvatarSession.objects.filter(pk=session.pk).update(live_at=seconds_ago(seconds), metered_at=seconds_ago(seconds))
    client().zadd(presence.KEY, {str(session.pk): seconds_ago(seen).timestamp()})
    return session


def counted(session: AvatarSession) -> int:
    """Whole seconds that the session's end settles when its driver is there."""
    presence.beat([str(session.pk)])
    session_end(session_id=session.pk, reason="api")
    session.refresh_from_db()
    presence.forget(session.pk)
    assert usage_of(Metric.AVATAR_MS).used == session.settled_ms
    return round(session.settled_ms / 1000)


@pytest.mark.django_db
def test_it_counts_no_time_without_a_driver_when_one_comes_back(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live_since(18, seen=15)
        session_connect(session_id=session.pk, role="driver")
        assert counted(session) == 3


@pytest.mark.django_db
def test_it_counts_no_time_without_a_driver_over_a_renewal(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live_since(18, seen=15)
        session_renew(session_id=session.pk, present_until=seconds_ago(15))
        session.refresh_from_db()
        assert round(session.settled_ms / 1000) == 3
        session_connect(session_id=session.pk, role="driver")
        assert counted(session) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "seen"), [("driver", 2), ("viewer", 15)])
def test_it_goes_on_counting_when_a_driver_was_just_there_or_a_viewer_comes(workspace: Workspace, role: str, seen: int) -> None:
    with workspace_scope(workspace.pk):
        session = live_since(18, seen=seen)
        session_connect(session_id=session.pk, role=role)
        assert counted(session) == 18


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seen", "has_left", "seconds"),
    [(2.5, False, 18), (2.5, True, 15.5), (7, False, 11)],
)
def test_it_counts_until_the_driver_left_or_as_long_as_it_is_there(
    workspace: Workspace, seen: float, has_left: bool, seconds: float
) -> None:
    with workspace_scope(workspace.pk):
        session = live_since(18, seen=seen)
        if has_left:
            client().zadd(presence.LEFT_KEY, {str(session.pk): seconds_ago(seen).timestamp()})
        session_end(session_id=session.pk, reason="api")
        session.refresh_from_db()
        presence.forget(session.pk)
        assert abs(session.settled_ms / 1000 - seconds) < 0.5


def notices(session: AvatarSession) -> list[str]:
    """The codes of what the session was told."""
    rows = SessionEvent.objects.filter(session=session, kind="session.notice").order_by("created_at", "id")
    return [row.data["code"] for row in rows]


@pytest.mark.django_db
def test_it_warns_at_the_crossing_also_when_one_slice_takes_all_that_is_left(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=30_000, tts_characters=100, concurrent_sessions=1)
    with workspace_scope(workspace.pk):
        session = live_since(12, seen=0)
        session_renew(session_id=session.pk, present_until=timezone.now())
        assert notices(session) == ["quota_80", "ending_soon"]
        session.refresh_from_db()
        assert session.state == SessionState.ENDING


@pytest.mark.django_db
def test_it_warns_once_and_not_before_the_crossing(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=100_000, tts_characters=100, concurrent_sessions=1)
    with workspace_scope(workspace.pk):
        session = live_since(14, seen=0)
        warned = []
        for _ in range(6):
            AvatarSession.objects.filter(pk=session.pk).update(metered_at=seconds_ago(14))
            session_renew(session_id=session.pk, present_until=timezone.now())
            warned.append(notices(session))
        assert warned == [[], [], [], [], [], ["quota_80", "ending_soon"]]


@pytest.mark.django_db
def test_it_charges_what_an_earlier_connection_heard_of_an_interrupted_turn(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        turn_create(session_id=session.pk, text="One clause. Another clause.")
        turn_progress(session_id=session.pk, number=1, spoken_ms=2000, heard_text="One clause. Another", characters=27)
        turn_interrupt(session_id=session.pk)
        turn = turn_finish(session_id=session.pk, number=1, outcome=TurnState.INTERRUPTED, spoken_ms=100, characters=0)
        assert (turn.spoken_ms, turn.heard_text, turn.characters) == (2000, "One clause. Another", 27)
        assert usage_of(Metric.TTS_CHARACTERS).used == 27


@pytest.mark.django_db(transaction=True)
def test_it_never_waits_for_an_end_that_waits_for_it(workspace: Workspace) -> None:
    """Both lock the session before the allowance; in the other order Postgres would have to break a deadlock."""
    with workspace_scope(workspace.pk):
        session = live()
    failures: list[BaseException] = []

    def renewal() -> None:
        with workspace_scope(workspace.pk):
            session_renew(session_id=session.pk, present_until=timezone.now())

    with workspace_scope(workspace.pk), transaction.atomic():
        AvatarSession.objects.filter(pk=session.pk).update(last_active_at=timezone.now())
        thread = _started(renewal, failures)
        time.sleep(0.5)
        assert thread.is_alive()
        assert session_end(session_id=session.pk, reason="api")
    thread.join(10)
    assert not thread.is_alive()
    assert failures == []


def _started(work: Callable[[], None], failures: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  (told to the test)
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
