"""How sessions end by themselves: nobody came, nobody speaks, nobody is there, too long, or the key was revoked."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from django.utils import timezone

from accounts.models import ApiKey, Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession
from tests.house import QUICK, House
from tests.live import LiveClient, Stage, in_thread
from tests.people import MakeKey
from tests.sessions.factories import own_avatar

RESUME_MS = int(QUICK["SESSION_RESUME_SECONDS"]) * 1000


async def change(workspace: Workspace, rows: Any, **fields: Any) -> None:
    """Update rows of a workspace behind everybody's back."""

    def update() -> None:
        with workspace_scope(workspace.pk):
            assert rows().update(**fields) == 1

    await in_thread(update)


def used_key(session: str) -> Any:
    """The key that opened a session."""
    return ApiKey.objects.filter(pk__in=AvatarSession.objects.filter(pk=session).values("api_key"))


async def ended(live: LiveClient, reason: str) -> int:
    """Wait for the end with this reason; returns the close code."""
    await live.event("session.ended", reason=reason)
    return await live.closed()


async def test_it_ends_a_session_whose_key_is_revoked(
    stage: Stage, workspace: Workspace, make_key: MakeKey, quiet: House
) -> None:
    other_key = await in_thread(make_key)
    live = await stage.open()
    await live.send("say", text="This key will soon be gone, and so will everything that was opened with it, in a moment.")
    await live.spoken(1)
    await change(workspace, lambda: used_key(live.session), revoked_at=timezone.now())
    assert await ended(live, "key_revoked") == 4401
    assert (await stage.rest("GET", "/sessions")).status_code == 401
    stage.key = other_key
    session = await stage.state(live.session, state="ended", end_reason="key_revoked")
    assert session["avatar_ms"] > 0
    assert (await live.event("turn.finished", turn=1))["outcome"] == "interrupted"
    await stage.usage("tts_characters", held=0)
    await stage.usage("concurrent_sessions", used=0)


async def test_it_ends_a_session_in_which_nobody_speaks(stage: Stage, workspace: Workspace, quiet: House) -> None:
    live = await stage.open()
    await change(workspace, lambda: AvatarSession.objects.filter(pk=live.session), idle_seconds=1)
    assert await ended(live, "idle") == 4408
    assert (await stage.state(live.session))["end_reason"] == "idle"


async def test_it_counts_a_turn_as_no_idleness(stage: Stage, workspace: Workspace) -> None:
    live = await stage.open()
    await live.send("say", text="As long as somebody speaks, nobody is idle, not even when it takes quite a while to say.")
    await live.spoken(1)
    await change(workspace, lambda: AvatarSession.objects.filter(pk=live.session), idle_seconds=1)
    await live.last_of(1)
    await live.played_all(1)
    assert (await live.event("turn.finished", turn=1))["outcome"] == "completed"
    assert await ended(live, "idle") == 4408


async def test_it_ends_a_session_that_lasts_too_long(stage: Stage, workspace: Workspace) -> None:
    live = await stage.open()
    await change(workspace, lambda: AvatarSession.objects.filter(pk=live.session), max_seconds=1)
    assert await ended(live, "max_duration") == 1000
    assert (await stage.state(live.session))["end_reason"] == "max_duration"


async def test_it_ends_a_session_by_the_rest_api(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    viewer = await stage.join(live.session, "viewer")
    await live.send("say", text="Somebody will end this session while I am still speaking about it.")
    await live.spoken(1)
    answer = await stage.rest("DELETE", f"/sessions/{live.session}")
    assert (answer.status_code, answer.json()["state"]) == (200, "ended")
    assert await ended(live, "api") == 1000
    assert await ended(viewer, "api") == 1000
    again = await stage.rest("DELETE", f"/sessions/{live.session}")
    assert (again.status_code, again.json()["ended_at"]) == (200, answer.json()["ended_at"])
    await stage.usage("tts_characters", held=0)


async def test_it_gives_a_seat_back_that_nobody_took(stage: Stage) -> None:
    made = await stage.create()
    assert (await stage.usage("concurrent_sessions"))["used"] == 1
    session = await stage.state(made["id"], state="expired")
    assert (session["end_reason"], session["avatar_ms"]) == ("never_connected", 0)
    await stage.usage("concurrent_sessions", used=0)
    assert (await stage.usage("avatar_ms", held=0))["used"] == 0


async def test_it_bills_a_driver_who_vanished_until_it_was_last_seen(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    began = time.monotonic()
    await asyncio.sleep(1.5)
    await live.drop()
    there_ms = (time.monotonic() - began) * 1000
    session = await stage.state(live.session, state="ended")
    assert session["end_reason"] == "disconnected"
    assert abs(session["avatar_ms"] - there_ms) < 1000
    assert (await stage.usage("avatar_ms", held=0))["used"] == session["avatar_ms"]
    assert session["avatar_ms"] < RESUME_MS


async def test_it_bills_a_session_that_is_ended_while_its_driver_is_away_until_it_was_last_seen(stage: Stage) -> None:
    live = await stage.open()
    began = time.monotonic()
    await asyncio.sleep(0.5)
    await live.drop()
    there_ms = (time.monotonic() - began) * 1000
    await asyncio.sleep(3)
    answer = await stage.rest("DELETE", f"/sessions/{live.session}")
    assert abs(answer.json()["avatar_ms"] - there_ms) < 1000


async def test_it_keeps_the_session_of_a_driver_who_comes_back_in_time(stage: Stage) -> None:
    live = await stage.open()
    await live.drop()
    await asyncio.sleep(1)
    again = await stage.join(live.session)
    await again.send("say", text="Back.")
    await again.last_of(1)
    assert (await stage.state(live.session))["state"] == "live"


async def test_it_ends_a_session_whose_avatar_is_deleted(stage: Stage, workspace: Workspace, quiet: House) -> None:
    avatar = await in_thread(made_own, workspace)
    live = await stage.open(avatar=avatar)
    viewer = await stage.join(live.session, "viewer")
    await live.send("say", text="This face has been asked to go, and it will not finish what it is saying to you now.")
    await live.spoken(1)
    assert (await stage.rest("DELETE", f"/avatars/{avatar}")).status_code == 204
    assert (await stage.get(f"/sessions/{live.session}"))["end_reason"] == "avatar_deleted"  # by then, and not a tick later
    assert await ended(live, "avatar_deleted") == 4404
    assert await ended(viewer, "avatar_deleted") == 4404
    assert (await stage.rest("POST", "/sessions", json={"avatar": avatar})).json()["code"] == "unknown_avatar"
    assert (await stage.rest("POST", f"/sessions/{live.session}/tickets", json={"role": "driver"})).status_code == 410
    await stage.usage("tts_characters", held=0)
    await stage.usage("concurrent_sessions", used=0)


def made_own(workspace: Workspace) -> str:
    """A head of Alice's workspace."""
    with workspace_scope(workspace.pk):
        return str(own_avatar().pk)
