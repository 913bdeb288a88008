"""Watching videos being made: progress over a websocket, for those who may know, and for nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.videos import pipeline
from avatars.videos.models import Video, VideoState
from avatars.videos.services import video_cancel, video_delete, video_fail
from sessions.redis import client as redis_client
from streaming.hub import QUEUE_MESSAGES
from streaming.videos.consumer import VideosMailbox, _Gap, _next
from tests.avatars.videos.factories import Painter, asked, segments_of
from tests.house import House
from tests.live import LiveClient, Stage, in_thread
from tests.streaming.test_published_protocol import validator

TICKETS = "/videos/tickets"


async def watch(stage: Stage, video: UUID | None = None, **wish: Any) -> LiveClient:
    """A client that was let in, with what it was told first."""
    answer = await stage.rest("POST", TICKETS, json={"video": str(video) if video else None} | wish)
    client = await stage.connect(answer.raise_for_status().json(), "")
    await client.event("videos.ready")
    return client


def told(client: LiveClient, video: Video) -> list[dict[str, Any]]:
    return [event for event in client.events if event.get("video") == str(video.pk)]


@pytest.fixture
async def strangers(house: House, charlie_key: str) -> AsyncIterator[Stage]:
    """Charlie's clients."""
    made = Stage(house.url, charlie_key)
    yield made
    await made.clear()


async def test_it_tells_from_the_wish_to_the_file(stage: Stage, strangers: Stage, workspace: Workspace, quiet: House) -> None:
    watcher, stranger = await watch(stage), await watch(strangers)
    video = await in_thread(asked, workspace.pk)
    await in_thread(pipeline.prepare, workspace.pk, video.pk)
    for segment in await in_thread(segments_of, workspace.pk, video):
        await in_thread(pipeline.render, workspace.pk, segment.pk, Painter)
    await in_thread(pipeline.finish, workspace.pk, video.pk)
    await watcher.event("video.progress", state="finished")
    await in_thread(delete, workspace.pk, video.pk)
    await watcher.event("video.deleted", video=str(video.pk))
    heard = told(watcher, video)
    states = list(dict.fromkeys(event["state"] for event in heard if "state" in event))
    assert states == ["queued", "preparing", "rendering", "finishing", "finished"]
    percents = [event["progress"]["percent"] for event in heard if "progress" in event]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert any(4 < percent < 96 for percent in percents) or len(percents) > 4
    assert [event["type"] for event in stranger.events] == ["videos.ready"]
    for event in watcher.events:
        validator(event["type"]).validate({name: value for name, value in event.items() if name != "at"})


def delete(workspace_id: UUID, video_id: UUID) -> None:
    with workspace_scope(workspace_id):
        video_delete(video_id=video_id)


def cancel(workspace_id: UUID, video_id: UUID) -> None:
    with workspace_scope(workspace_id):
        video_cancel(video_id=video_id)


async def test_it_shows_at_first_what_is_being_made(stage: Stage, strangers: Stage, workspace: Workspace, quiet: House) -> None:
    video, over = await in_thread(asked, workspace.pk), await in_thread(asked, workspace.pk, fps=24)
    await in_thread(cancel, workspace.pk, over.pk)
    (ready,) = (await watch(stage)).events
    assert [row["video"] for row in ready["videos"]] == [str(video.pk)]
    (ready,) = (await watch(stage, over.pk)).events
    assert [(row["video"], row["state"]) for row in ready["videos"]] == [(str(over.pk), "cancelled")]
    (ready,) = (await watch(strangers)).events
    assert ready["videos"] == []


async def test_it_tells_of_one_video_alone_where_the_ticket_says_so(stage: Stage, workspace: Workspace, quiet: House) -> None:
    one, other = await in_thread(asked, workspace.pk), await in_thread(asked, workspace.pk, fps=24)
    watcher, everything = await watch(stage, one.pk), await watch(stage)
    for video in (other, one):
        await in_thread(cancel, workspace.pk, video.pk)
    await watcher.event("video.progress", video=str(one.pk), state="cancelled")
    await everything.event("video.progress", video=str(one.pk), state="cancelled")
    assert told(watcher, other) == []
    assert len(told(everything, other)) == 1


async def test_it_lets_nobody_in_without_a_ticket_for_videos(
    stage: Stage, strangers: Stage, workspace: Workspace, quiet: House
) -> None:
    video = await in_thread(asked, workspace.pk)
    assert (await strangers.rest("POST", TICKETS, json={"video": str(video.pk)})).status_code == 404
    ticket = (await stage.rest("POST", TICKETS, json={})).json()
    session = await stage.create()
    for offer in ("x" * 43, session["ticket"]["ticket"]):
        client = await stage.connect(ticket | {"ticket": offer}, "")
        assert await client.closed() == 4401
    assert (await (await stage.connect(ticket, "")).event("videos.ready"))["type"] == "videos.ready"
    assert await (await stage.connect(ticket, "")).closed() == 4401
    crossed = (await stage.rest("POST", TICKETS, json={})).json() | {"url": session["ticket"]["url"]}
    assert await (await stage.connect(crossed, session["id"])).closed() == 4401
    assert (await stage.state(session["id"]))["state"] == "created"


async def test_it_lets_a_page_in_only_from_its_origin(stage: Stage, workspace: Workspace, quiet: House) -> None:
    shop: dict[str, Any] = {"origin": "https://shop.example"}
    for wish, page in (({}, "https://evil.example"), (shop, stage.url)):
        ticket = (await stage.rest("POST", TICKETS, json=wish)).json()
        assert await (await stage.connect(ticket, "", origin=page)).closed() == 4403
    bound = (await stage.rest("POST", TICKETS, json=shop)).json()
    await (await stage.connect(bound, "", origin="https://shop.example")).event("videos.ready")


async def test_it_understands_nothing_but_pings(stage: Stage, workspace: Workspace, quiet: House) -> None:
    watcher = await watch(stage)
    await watcher.send("ping", t=7)
    await watcher.event("pong", t=7)
    for _ in range(3):
        await watcher.send("say", text="Hello.")
    assert await watcher.closed() == 4400
    assert [event["code"] for event in watcher.events if event["type"] == "error"] == ["unknown_type"] * 3


async def test_it_sends_a_watcher_back_when_telling_fails(stage: Stage, workspace: Workspace) -> None:
    watcher = await watch(stage)
    redis_client().publish(f"media:videos:{workspace.pk}", "this is no JSON")  # as if a process spoke another version
    assert await watcher.closed() == 1012


async def test_it_knows_when_something_was_lost() -> None:
    mailbox = VideosMailbox("videos:1", "c", is_driver=False)
    mailbox.put(b"1")
    assert await _next(mailbox) == b"1"
    for number in range(QUEUE_MESSAGES + 1):
        mailbox.put(b"%d" % number)
    with pytest.raises(_Gap):
        await asyncio.wait_for(_next(mailbox), 1)


async def test_it_says_why_a_video_failed(stage: Stage, workspace: Workspace, quiet: House) -> None:
    video = await in_thread(asked, workspace.pk)
    watcher = await watch(stage, video.pk)
    await in_thread(fail, workspace.pk, video.pk)
    event = await watcher.event("video.progress", state=VideoState.FAILED)
    assert (event["error"]["code"], event["error"]["detail"]) == ("glb_unreadable", "The head is damaged.")
    assert "again" in event["error"]["hint"]


def fail(workspace_id: UUID, video_id: UUID) -> None:
    with workspace_scope(workspace_id):
        video_fail(video_id=video_id, code="glb_unreadable", detail="The head is damaged.")
