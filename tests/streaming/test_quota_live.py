"""A plan that is used up while somebody talks: warned, announced, ended, refused, and the ledger agrees with the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.services import release
from sessions import presence
from streaming.protocol import Flag
from tests.house import QUICK, House
from tests.live import LiveClient, Stage, in_thread
from tests.quotas.factories import subscribe, take, usage

SLICE_MS = int(QUICK["SESSION_SLICE_SECONDS"]) * 1000
BEAT_MS = int(presence.BEAT_SECONDS * 1000)  # the meter knows of a driver's presence as of the last beat
LIMIT_MS = 30_000
ROOM_MS = 6_500  # what is left when the test begins: just under 80 % are used
Limit = Callable[..., None]


@pytest.fixture
def limit(workspace: Workspace) -> Limit:
    """`limit(avatar_ms=…)` puts Alice's workspace on a plan that is generous but for what is named."""

    def put(**included: int) -> None:
        generous = {"avatar_ms": 3_600_000, "tts_characters": 10_000, "concurrent_sessions": 5}
        subscribe(workspace, anchor_at=None, **(generous | included))

    return put


@pytest.fixture
def nearly_used_up(workspace: Workspace, limit: Limit) -> None:
    limit(avatar_ms=LIMIT_MS)
    with workspace_scope(workspace.pk):
        hold = take(LIMIT_MS - ROOM_MS, metric=Metric.AVATAR_MS)
        release(hold_id=hold.id, used=LIMIT_MS - ROOM_MS, sequence=1, usage=usage())


async def test_it_ends_a_session_whose_plan_is_used_up(nearly_used_up: None, stage: Stage, quiet: House) -> None:
    live = await stage.open()
    began = time.monotonic()
    notice = await live.event("session.notice", code="quota_80")
    assert "80" in notice["detail"]
    await live.event("session.notice", code="ending_soon")
    await live.send("say", text="One more thing.", request_id="late")
    error = await live.error("quota_exceeded", request_id="late")
    assert (error["metric"], error["limit"]) == ("avatar_ms", LIMIT_MS)
    await live.event("session.ended", reason="quota_exhausted")
    lasted = (time.monotonic() - began) * 1000
    assert await live.closed() == 4402

    session = await stage.state(live.session, state="ended", end_reason="quota_exhausted")
    assert abs(session["avatar_ms"] - lasted) < SLICE_MS + BEAT_MS
    shown = await stage.usage("avatar_ms", held=0)
    overrun = LIMIT_MS - ROOM_MS + session["avatar_ms"] - shown["used"]
    assert shown["used"] <= LIMIT_MS
    assert 0 <= overrun < SLICE_MS + BEAT_MS
    assert len([event for event in live.events if event.get("code") == "quota_80"]) == 1
    assert (await stage.get(f"/sessions/{live.session}/turns"))["results"] == []

    refused = await stage.rest("POST", "/sessions", json={"avatar": "ada"})
    assert refused.status_code == 402
    problem = refused.json()
    assert (problem["code"], problem["metric"], problem["limit"]) == ("quota_exceeded", "avatar_ms", LIMIT_MS)
    assert problem["used"] == shown["used"]
    assert datetime.fromisoformat(problem["resets_at"]).tzinfo is not None
    assert len((await stage.get("/sessions"))["results"]) == 1


def is_whole(live: LiveClient, turn: int) -> bool:
    return any(item.header.flags & Flag.LAST for item in live.faces(turn))


def is_refused(live: LiveClient) -> bool:
    return any(event.get("code") == "quota_exceeded" for event in live.events)


async def test_it_lets_the_sentence_end_when_the_plan_is_used_up(nearly_used_up: None, stage: Stage) -> None:
    live = await stage.open()
    await live.event("session.notice", code="quota_80")
    while not [event for event in live.events if event.get("code") == "ending_soon"]:
        turn = len([event for event in live.events if event["type"] == "turn.started"]) + 1
        await live.send("say", text="Yes.")
        await live.until(lambda turn=turn: is_whole(live, turn) or is_refused(live), what="the last face or a refusal")
        if is_refused(live):  # the plan was used up in this very moment
            break
        await live.played_all(turn)
        await live.event("turn.finished", turn=turn, outcome="completed")
    await live.event("session.ended", reason="quota_exhausted")
    assert await live.closed() == 4402
    turns = (await stage.get(f"/sessions/{live.session}/turns"))["results"]
    assert {turn["state"] for turn in turns} == {"completed"}


async def test_it_refuses_to_speak_beyond_the_plan_and_changes_nothing(limit: Limit, stage: Stage, quiet: House) -> None:
    await in_thread(limit, tts_characters=60)
    live = await stage.open()
    first = "This sentence has just over forty letters."
    await live.send("say", text=first)
    await live.spoken(1)
    await live.send("say", text="This one does not fit any more.", request_id="r2")
    error = await live.error("quota_exceeded", request_id="r2")
    assert (error["status"], error["metric"], error["limit"]) == (402, "tts_characters", 60)
    await live.last_of(1)
    await live.played_all(1)
    assert (await live.event("turn.finished", turn=1))["outcome"] == "completed"
    assert len((await stage.get(f"/sessions/{live.session}/turns"))["results"]) == 1
    assert (await stage.usage("tts_characters", held=0))["used"] == len(first)
    answer = await stage.rest("POST", f"/sessions/{live.session}/turns", json={"text": "Nor does this one, from afar."})
    assert (answer.status_code, answer.json()["metric"]) == (402, "tts_characters")


async def test_it_opens_as_many_sessions_as_the_plan_allows(limit: Limit, stage: Stage) -> None:
    await in_thread(limit, concurrent_sessions=1)
    first = await stage.create()
    refused = await stage.rest("POST", "/sessions", json={"avatar": "ada"})
    assert (refused.status_code, refused.json()["metric"]) == (402, "concurrent_sessions")
    assert (await stage.usage("avatar_ms"))["held"] == SLICE_MS
    assert [session["id"] for session in (await stage.get("/sessions"))["results"]] == [first["id"]]
    await stage.rest("DELETE", f"/sessions/{first['id']}")
    await stage.create()
