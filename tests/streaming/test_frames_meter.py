"""Pictures use the plan's render time: what was delivered, once, and never more than was held."""

from __future__ import annotations

import time
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Workspace
from accounts.services.workspaces import workspace_create
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.models import Reservation, UsageEntry
from quotas.services import expire_lapsed
from sessions.services.metering import SLICE_LEASE, slice_length
from streaming.frames.meter import FIRST_MS, RETRY_S, Meter
from streaming.frames.tasks import Assignment
from tests.people import person
from tests.quotas.factories import counters, subscribe
from tests.sessions.factories import live

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS: dict[str, Any] = {"avatar_ms": None, "tts_characters": 100, "concurrent_sessions": 1}


def assigned(workspace: Workspace, *, render_ms: int | None) -> Assignment:
    """A live session whose plan has so much render time."""
    subscribe(workspace, render_ms=render_ms, **LIMITS)
    with workspace_scope(workspace.pk):
        session = live()
    return Assignment(workspace_id=str(workspace.pk), session_id=str(session.pk), avatar="ada", seed=1, epoch_ms=session.epoch_ms)


def counted(workspace: Workspace) -> tuple[int, int, int]:
    """Render time settled, held and overrun."""
    with workspace_scope(workspace.pk):
        return counters(Metric.RENDER_MS)


def watched(meter: Meter, seconds: float, *, since: float = 0.0, batch_ms: float = 320.0) -> float:
    """Draw as fast as the clock goes; returns the milliseconds delivered."""
    delivered, now = 0.0, since
    while now < since + seconds:
        if meter.allows(batch_ms, now):
            meter.delivered(batch_ms)
            delivered += batch_ms
        now += batch_ms / 1000
    return delivered


def test_what_was_delivered_is_settled_and_the_rest_given_back(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=None), "one")
    assert meter.allows(320, 0.0)
    assert counted(workspace) == (0, slice_length(), 0)
    delivered = 320 * 3 + watched(meter, 60)
    meter.delivered(320 * 3)
    settled, held, _ = counted(workspace)
    assert 0 < settled < delivered and held == slice_length()
    meter.close()
    assert counted(workspace) == (delivered, 0, 0)
    with workspace_scope(workspace.pk):
        entries = UsageEntry.objects.filter(metric=Metric.RENDER_MS)
        assert sum(entry.quantity for entry in entries) == delivered
        assert {(str(entry.session_id), entry.avatar) for entry in entries} == {(meter._assignment.session_id, "ada")}


def test_nothing_is_taken_where_nothing_was_asked_and_closing_twice_changes_nothing(workspace: Workspace) -> None:
    assignment = assigned(workspace, render_ms=None)
    idle = Meter(assignment, "idle")
    idle.close()
    with workspace_scope(workspace.pk):
        assert not Reservation.objects.filter(metric=Metric.RENDER_MS).exists()
    meter = Meter(assignment, "one")
    watched(meter, 3)
    meter.close()
    after = counted(workspace)
    meter.close()
    assert counted(workspace) == after


def test_the_last_of_the_plan_is_used_up_and_then_pictures_stop(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=30_000), "one")
    delivered = watched(meter, 60)
    assert 30_000 - 320 < delivered <= 30_000
    assert "of 30000 ms are taken" in meter.refusal
    before = counted(workspace)
    assert not meter.allows(320, 61.0)
    assert counted(workspace) == before
    meter.close()
    assert counted(workspace) == (delivered, 0, 0)


def test_a_plan_without_pictures_gives_none_and_nothing_changes(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=FIRST_MS - 1), "one")
    assert watched(meter, 30) == 0
    assert "Rendered pictures" in meter.refusal
    meter.close()
    assert counted(workspace) == (0, 0, 0)
    with workspace_scope(workspace.pk):
        assert not Reservation.objects.filter(metric=Metric.RENDER_MS).exists()
        assert not UsageEntry.objects.filter(metric=Metric.RENDER_MS).exists()


def test_pictures_come_back_when_there_is_room_again(workspace: Workspace) -> None:
    assignment = assigned(workspace, render_ms=20_000)
    other, meter = Meter(assignment, "other"), Meter(assignment, "one")
    assert other.allows(320, 0.0)
    assert not meter.allows(320, 0.0)
    other.close()
    assert not meter.allows(320, RETRY_S / 2)
    assert meter.allows(320, RETRY_S)
    assert meter.refusal == ""
    meter.close()


def test_a_step_whose_answer_was_lost_counts_once(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=None), "one")
    delivered = watched(meter, 10)
    lost: list[Any] = []

    def lose(*_: Any) -> Any:
        """The connection breaks just after the commit."""
        execute, *query = _
        if not lost:
            lost.append(query)
            transaction.on_commit(break_off)
        return execute(*query)

    def break_off() -> None:
        raise OperationalError("the connection was lost")

    with connection.execute_wrapper(lose):
        delivered += watched(meter, 30, since=10)
    assert lost
    meter.close()
    assert counted(workspace) == (delivered, 0, 0)


def test_a_last_step_whose_answer_was_lost_is_settled_once_at_the_end(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=None), "one")
    delivered = watched(meter, 10)

    def fail(*_: Any) -> Any:
        raise OperationalError("there is no server")

    with connection.execute_wrapper(fail):
        delivered += watched(meter, 30, since=10)
    assert "does not answer" in meter.refusal
    assert slice_length() + FIRST_MS >= delivered > slice_length() * 0.9
    meter.close()
    assert counted(workspace) == (delivered, 0, 0)


def test_many_drawers_at_once_never_exceed_the_plan(workspace: Workspace) -> None:
    assignment = assigned(workspace, render_ms=90_000)
    delivered = [0.0] * 6

    def draw(number: int) -> None:
        meter = Meter(assignment, str(number))
        delivered[number] = watched(meter, 40, batch_ms=400)
        meter.close()
        connection.close()

    threads = [Thread(target=draw, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counted(workspace) == (sum(delivered), 0, 0)
    assert 60_000 < sum(delivered) <= 90_000


def test_one_that_is_killed_leaves_its_hold_to_the_sweeper(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=None), "one")
    delivered = watched(meter, 40)
    settled, held, _ = counted(workspace)
    assert settled < delivered and held
    assert expire_lapsed(now=timezone.now()) == 0
    assert expire_lapsed(now=timezone.now() + SLICE_LEASE * 2) >= 1
    assert counted(workspace) == (settled, 0, 0)
    watched(meter, 25, since=40)  # it was only away for long: its hold is opened again
    meter.close()
    assert counted(workspace)[1:] == (0, 0)
    assert counted(workspace)[0] >= delivered


def test_a_meter_is_fast_where_nothing_is_due(workspace: Workspace) -> None:
    meter = Meter(assigned(workspace, render_ms=None), "one")
    meter.allows(40, 0.0)
    began = time.perf_counter()
    for _ in range(1000):
        meter.allows(40, 0.1)
    assert time.perf_counter() - began < 0.1
    meter.close()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 900), st.floats(0, 9)), max_size=12), st.integers(1_000, 9_000))
def test_whatever_is_drawn_the_ledger_says_so(steps: list[tuple[float, float]], limit: int) -> None:
    workspace = workspace_create(user=person(f"P{time.time_ns()}"), name="Any")
    meter, now, delivered = Meter(assigned(workspace, render_ms=limit), "one"), 0.0, 0.0
    for ms, pause in steps:
        now += pause
        if meter.allows(ms, now):
            meter.delivered(ms)
            delivered += ms
    meter.close()
    assert counted(workspace) == (int(delivered), 0, 0) if steps else True
    assert delivered <= limit
