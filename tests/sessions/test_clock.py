"""The clock at work on rows: renews, ends, settles what is left over, and leads alone."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.selectors import usage_of
from sessions import clock, presence
from sessions.clock import LEADER_KEY, LOST, UNATTENDED, Clock, settle_left_over, tick
from sessions.models import AvatarSession, SessionState, Turn, TurnState
from sessions.redis import client
from sessions.services import session_end, turn_create, turn_progress, turn_speaking
from tests.sessions.factories import live, open_holds, waiting

LATER = timedelta(seconds=1)


def reloaded(session: AvatarSession) -> AvatarSession:
    with workspace_scope(session.workspace_id):
        return AvatarSession.objects.get(pk=session.pk)


@pytest.mark.django_db
def test_it_expires_a_session_that_nobody_joined_and_gives_its_seat_back(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = waiting()
    assert tick() == 0
    assert tick(timezone.now() + timedelta(seconds=121)) == 1
    ended = reloaded(session)
    assert (ended.state, ended.end_reason, ended.settled_ms) == (SessionState.EXPIRED, "never_connected", 0)
    with workspace_scope(workspace.pk):
        assert open_holds() == 0
    assert tick(timezone.now() + timedelta(seconds=121)) == 0


@pytest.mark.django_db
def test_it_renews_a_live_session_and_settles_what_was_used(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        early = timezone.now() - timedelta(seconds=12)
        AvatarSession.objects.filter(pk=session.pk).update(live_at=early, metered_at=early, renew_at=early)
    presence.beat([str(session.pk)])
    assert tick() == 1
    renewed = reloaded(session)
    assert (renewed.state, renewed.slice_number) == (SessionState.LIVE, 1)
    assert 12_000 <= renewed.settled_ms < 13_500
    assert renewed.renew_at is not None
    assert renewed.renew_at > timezone.now()
    with workspace_scope(workspace.pk):
        assert usage_of(Metric.AVATAR_MS).used == renewed.settled_ms
    presence.forget(session.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(("ends_in", "counted"), [(None, 30), (-5, 25), (5, 30)])
def test_it_bills_to_the_moment_of_the_end_but_not_beyond_what_was_left(
    workspace: Workspace, ends_in: float | None, counted: int
) -> None:
    now = timezone.now()
    with workspace_scope(workspace.pk):
        session = live()
        since = now - timedelta(seconds=30)
        rows = AvatarSession.objects.filter(pk=session.pk)
        rows.update(live_at=since, metered_at=since, max_seconds=20)
        if ends_in is not None:
            rows.update(state=SessionState.ENDING, renew_at=now + timedelta(seconds=ends_in))
    client().zadd(presence.KEY, {str(session.pk): (now - timedelta(seconds=2.8)).timestamp()})
    assert tick() == 1
    presence.forget(session.pk)
    assert reloaded(session).state == SessionState.ENDED
    assert abs(reloaded(session).settled_ms / 1000 - counted) < 0.5


@pytest.mark.django_db
def test_it_goes_on_with_the_others_when_one_session_fails(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with workspace_scope(workspace.pk):
        broken, fine = live(), live()
        old = timezone.now() - timedelta(hours=2)
        AvatarSession.objects.filter(pk__in=[broken.pk, fine.pk]).update(live_at=old)
        AvatarSession.objects.filter(pk=broken.pk).update(time_hold=UUID(int=0))
    with caplog.at_level(logging.ERROR):
        assert tick() == 2
    assert str(broken.pk) in caplog.text
    assert reloaded(broken).state == SessionState.LIVE
    assert reloaded(fine).state == SessionState.ENDED


@pytest.mark.django_db
def test_it_settles_a_turn_that_no_gateway_watched_by_what_was_noted(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        turn = turn_create(session_id=session.pk, text="Half of this was heard.")
        turn_progress(session_id=session.pk, number=1, spoken_ms=700, heard_text="Half of", characters=23)
        session_end(session_id=session.pk, reason="disconnected")
        assert open_holds() == 1
    assert settle_left_over(timezone.now()) == 0
    assert settle_left_over(timezone.now() + UNATTENDED + LATER) == 1
    with workspace_scope(workspace.pk):
        settled = Turn.objects.get(pk=turn.pk)
        assert (settled.state, settled.spoken_ms, settled.heard_text) == (TurnState.INTERRUPTED, 700, "Half of")
        assert usage_of(Metric.TTS_CHARACTERS).used == 23
        assert open_holds() == 0
    assert settle_left_over(timezone.now() + UNATTENDED + LATER) == 0


@pytest.mark.django_db
def test_it_leaves_a_turn_alone_that_is_being_spoken(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        turn_create(session_id=session.pk, text="Go on.")
    assert settle_left_over(timezone.now() + UNATTENDED + LATER) == 0
    with workspace_scope(workspace.pk):
        assert turn_speaking(session_id=session.pk, number=1, timings={})
    assert settle_left_over(timezone.now() + timedelta(hours=1)) == 0
    with workspace_scope(workspace.pk):
        assert Turn.objects.get().state == TurnState.SPEAKING


@pytest.mark.django_db
def test_it_fails_a_turn_that_never_reached_a_worker_and_charges_nothing(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        turn_create(session_id=session.pk, text="Nobody has heard of this.")
    assert settle_left_over(timezone.now() + LOST + LATER) == 1
    with workspace_scope(workspace.pk):
        turn = Turn.objects.get()
        assert (turn.state, turn.error, turn.characters) == (TurnState.FAILED, "no_worker", 0)
        assert usage_of(Metric.TTS_CHARACTERS).held == 0


@pytest.mark.django_db
def test_it_settles_the_other_turns_when_one_fails(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with workspace_scope(workspace.pk):
        broken, fine = live(), live()
        for session in (broken, fine):
            turn_create(session_id=session.pk, text="Once.")
            session_end(session_id=session.pk, reason="api")
        Turn.objects.filter(session=broken).update(hold=UUID(int=0))
    with caplog.at_level(logging.ERROR):
        assert settle_left_over(timezone.now() + UNATTENDED + LATER) == 2
    assert str(broken.pk) in caplog.text
    with workspace_scope(workspace.pk):
        assert Turn.objects.get(session=fine).hold is None
        assert Turn.objects.get(session=broken).hold is not None


@pytest.mark.django_db
def test_it_gives_the_gateways_time_when_redis_has_lost_who_was_seen(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        early = timezone.now() - timedelta(minutes=5)
        AvatarSession.objects.filter(pk=session.pk).update(live_at=early)
    presence.forget(session.pk)
    assert tick() == 0
    assert reloaded(session).state == SessionState.LIVE
    gone = timezone.now() + timedelta(seconds=settings.SESSION_RESUME_SECONDS + 1)
    assert tick(gone) == 1
    assert reloaded(session).end_reason == "disconnected"


def test_it_leads_alone_until_it_steps_down() -> None:
    client().delete(LEADER_KEY)
    first, second = Clock(), Clock()
    assert first._leads()
    assert not second._leads()
    assert first._leads()
    second._step_down()
    assert not second._leads()
    first._step_down()
    assert second._leads()
    assert not first._leads()
    second._step_down()


def test_it_takes_over_from_a_leader_that_died() -> None:
    client().set(LEADER_KEY, "dead", px=300)
    successor = Clock()
    assert not successor._leads()
    time.sleep(0.35)
    assert successor._leads()
    assert 0 < client().pttl(LEADER_KEY) <= clock.LEADER_MS
    successor._step_down()


@pytest.mark.django_db(transaction=True)
def test_it_works_each_second_while_it_leads_and_leaves_the_lead_when_stopped(workspace: Workspace) -> None:
    client().delete(LEADER_KEY)
    with workspace_scope(workspace.pk):
        session = waiting()
        AvatarSession.objects.filter(pk=session.pk).update(created_at=timezone.now() - timedelta(hours=1))
    one = Clock()
    thread = threading.Thread(target=one.run)
    thread.start()
    deadline = time.monotonic() + 5
    while reloaded(session).state != SessionState.EXPIRED and time.monotonic() < deadline:
        time.sleep(0.05)
    one.stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert reloaded(session).state == SessionState.EXPIRED
    assert client().get(LEADER_KEY) is None
