"""The life of sessions and turns: any order of calls keeps states legal, holds balanced and the ledger right."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import ProgrammingError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Conflict, Gone, Invalid, NotFound, Problem
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.selectors import usage_of
from sessions.models import ACTIVE_TURNS, CLOSED_STATES, AvatarSession, SessionEvent, SessionState, Turn, TurnState
from sessions.selectors import access_session
from sessions.services import (
    session_connect,
    session_create,
    session_end,
    session_renew,
    turn_create,
    turn_finish,
    turn_interrupt,
    turn_settle,
    turn_speaking,
)
from tests.sessions.factories import live, open_holds, waiting

pytestmark = pytest.mark.django_db
NEXT = {
    SessionState.CREATED: {SessionState.LIVE, SessionState.ENDED, SessionState.EXPIRED},
    SessionState.LIVE: {SessionState.ENDING, SessionState.ENDED},
    SessionState.ENDING: {SessionState.ENDED},
}
STEPS = ("connect", "watch", "say", "speak", "interrupt", "finish", "renew", "end", "wait")


def step(name: str, session: UUID, seconds: int, clock: time_machine.Traveller) -> None:
    """One call that a gateway, worker, clock or customer may make at any time."""
    newest = access_session(session).last_turn
    match name:
        case "connect" | "watch":
            session_connect(session_id=session, role="driver" if name == "connect" else "viewer")
        case "say":
            turn_create(session_id=session, text="Seven letters and more.")
        case "speak":
            turn_speaking(session_id=session, number=newest, timings={})
        case "interrupt":
            turn_interrupt(session_id=session)
        case "finish" if newest:
            turn_finish(session_id=session, number=newest, outcome=TurnState.COMPLETED, spoken_ms=900, characters=23)
        case "renew":
            session_renew(session_id=session, present_until=timezone.now() - timedelta(seconds=seconds % 3))
        case "end":
            session_end(session_id=session, reason="test")
        case "wait":
            clock.shift(seconds)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 15)), max_size=25))
def test_it_keeps_every_state_legal_and_every_hold_balanced(in_workspace: UUID, steps: list[tuple[str, int]]) -> None:
    with contextlib.suppress(_Undo), transaction.atomic(), time_machine.travel(timezone.now(), tick=False) as clock:
        session = waiting().pk
        state = SessionState.CREATED
        for name, seconds in steps:
            with contextlib.suppress(Problem), transaction.atomic():
                step(name, session, seconds, clock)
            now = SessionState(access_session(session).state)
            assert now == state or now in NEXT.get(state, set())
            state = now
            assert Turn.objects.filter(session_id=session, state__in=ACTIVE_TURNS).count() <= 1
        session_end(session_id=session, reason="test")
        for number in Turn.objects.filter(hold__isnull=False).values_list("number", flat=True):
            turn_settle(session_id=session, number=number)
        assert_settled(session)
        raise _Undo


class _Undo(Exception):
    """Rolls one example back."""


def assert_settled(session_id: UUID) -> None:
    """Nothing is held, and the ledger says what the session and its turns say."""
    session = access_session(session_id)
    assert session.state in CLOSED_STATES
    assert open_holds() == 0
    assert ledger_differences() == []
    time_used = usage_of(Metric.AVATAR_MS)
    assert (time_used.used + time_used.overrun, time_used.held) == (session.settled_ms, 0)
    characters = sum(Turn.objects.values_list("characters", flat=True))
    assert (usage_of(Metric.TTS_CHARACTERS).used, usage_of(Metric.CONCURRENT_SESSIONS).used) == (characters, 0)


def test_it_goes_live_with_the_first_driver_only(in_workspace: UUID) -> None:
    session = waiting()
    assert session_connect(session_id=session.pk, role="viewer").state == SessionState.CREATED
    first = session_connect(session_id=session.pk, role="driver")
    again = session_connect(session_id=session.pk, role="driver")
    assert again.state == SessionState.LIVE
    assert again.live_at == first.live_at
    assert [event.kind for event in SessionEvent.objects.filter(kind="session.live")] == ["session.live"]


def test_it_lets_nobody_into_a_session_that_is_over(in_workspace: UUID) -> None:
    session = live()
    assert session_end(session_id=session.pk, reason="first")
    with pytest.raises(Gone):
        session_connect(session_id=session.pk, role="driver")
    with pytest.raises(Conflict):
        turn_create(session_id=session.pk, text="Too late.")
    assert not session_end(session_id=session.pk, reason="second")
    assert access_session(session.pk).end_reason == "first"
    assert Turn.objects.count() == 0


def test_it_speaks_in_no_session_that_nobody_drives(in_workspace: UUID) -> None:
    with pytest.raises(Conflict) as refusal:
        turn_create(session_id=waiting().pk, text="Anybody there?")
    assert refusal.value.code == "session_not_live"
    assert usage_of(Metric.TTS_CHARACTERS).held == 0


@pytest.mark.parametrize(("avatar", "voice_id"), [("nobody", None), ("ada", "no-voice")])
def test_it_creates_nothing_of_what_does_not_exist(in_workspace: UUID, avatar: str, voice_id: str | None) -> None:
    with pytest.raises((Invalid, NotFound)):
        session_create(avatar_id=avatar, voice_id=voice_id)
    assert AvatarSession.objects.count() == 0
    assert open_holds() == 0


def test_it_charges_a_turn_once_whoever_finishes_it_again(in_workspace: UUID) -> None:
    session = live()
    turn_create(session_id=session.pk, text="Once.")
    for outcome in (TurnState.COMPLETED, TurnState.FAILED, TurnState.COMPLETED):
        turn_finish(session_id=session.pk, number=1, outcome=outcome, spoken_ms=500, heard_text="Once.", characters=5)
    assert Turn.objects.get().state == TurnState.COMPLETED
    assert usage_of(Metric.TTS_CHARACTERS).used == 5
    assert SessionEvent.objects.filter(kind="turn.finished").count() == 1


def test_it_never_charges_more_than_the_text_has(in_workspace: UUID) -> None:
    session = live()
    turn_create(session_id=session.pk, text="Five.")
    turn_finish(session_id=session.pk, number=1, outcome=TurnState.COMPLETED, characters=500)
    assert usage_of(Metric.TTS_CHARACTERS).used == 5


@pytest.mark.parametrize("change", ["update", "delete"])
def test_it_never_changes_what_happened(in_workspace: UUID, change: str) -> None:
    live()
    events = SessionEvent.objects.all()
    before = list(events.order_by("id").values_list("id", "kind"))
    with pytest.raises(ProgrammingError), transaction.atomic():
        events.update(kind="forged") if change == "update" else events.delete()
    assert list(events.order_by("id").values_list("id", "kind")) == before


def test_it_shows_strangers_nothing(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
    with workspace_scope(charlies_workspace.pk):
        for id_ in (session.pk, uuid4()):
            with pytest.raises(NotFound):
                access_session(id_)
            with pytest.raises(NotFound):
                session_end(session_id=id_, reason="theft")
        assert not turn_speaking(session_id=session.pk, number=1, timings={})
    with workspace_scope(workspace.pk):
        assert access_session(session.pk).state == SessionState.LIVE
