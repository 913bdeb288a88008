"""Sessions that nobody draws: a worker is asked seldom while there is none, and not again once it can't be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.queue import broker
from accounts.tenancy import workspace_scope
from avatars.models import Avatar, AvatarKind, AvatarState
from avatars.storage import writing
from sessions.models import SessionEvent
from sessions.redis import client
from sessions.video import VideoWish
from streaming.frames import bus, relay
from streaming.frames.faces import Face, face_of
from streaming.frames.relay import FramesRelay
from streaming.frames.tasks import Assignment, draw_session
from tests.live import in_thread
from tests.sessions.factories import live

WISH = VideoWish(codecs=("jpeg",), width=128, fps=10, kbps=500)
TIMES = 10


def assigned(workspace: Workspace, avatar: str) -> Assignment:
    with workspace_scope(workspace.pk):
        session = live()
    bus.set_wish(session.pk, WISH)
    return Assignment(workspace_id=str(workspace.pk), session_id=str(session.pk), avatar=avatar, seed=1, epoch_ms=0)


def own_head(workspace: Workspace) -> Avatar:
    """A head whose file is there and whose portrait is not."""
    with workspace_scope(workspace.pk), writing() as write:
        now = timezone.now()
        avatar = Avatar.objects.create(
            name="Mute", kind=AvatarKind.HEAD3D, state=AvatarState.READY, woken_at=now, ready_at=now, workspace=workspace
        )
        write(owner_id=avatar.pk, purpose="head", content=b"a head", media_type="model/gltf-binary").save(force_insert=True)
    return avatar


def notices(workspace: Workspace, assignment: Assignment) -> list[str]:
    with workspace_scope(workspace.pk):
        events = SessionEvent.objects.filter(session_id=UUID(assignment.session_id), kind="session.notice")
        return [event.data["code"] for event in events.order_by("created_at")]


@pytest.fixture
async def gateway(transactional_db: None, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Assignment]:
    """A driver's relay that looks for a worker a hundred times a second, where there is none."""
    monkeypatch.setattr(relay, "ENSURE_SECONDS", 0.01)
    broker.flush_all()
    assignment = await in_thread(assigned, workspace, str(uuid4()))
    searching = asyncio.create_task(FramesRelay(cast("Any", None), assignment, is_driver=True)._ensure())
    yield assignment
    searching.cancel()
    await in_thread(broker.flush_all)
    await in_thread(bus.forget, assignment.session_id)


async def looked(looks: int = TIMES) -> int:
    """Wait for so many looks; how many messages wait for a worker then."""
    await asyncio.sleep(0.05 * looks)
    return int(await in_thread(client().hlen, "queue:frames.msgs"))


async def test_it_leaves_one_message_for_a_worker_that_comes_late(gateway: Assignment) -> None:
    assert await looked() == 1


async def test_it_asks_anew_when_the_message_is_void(gateway: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MESSAGE_SECONDS", 0.05)
    assert await looked() > 2


async def test_it_asks_nobody_for_what_can_not_be_drawn_until_it_is_wished_for_anew(
    gateway: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await looked() == 1
    await in_thread(bus.give_up, gateway.session_id)
    await looked(2)
    monkeypatch.setattr(relay, "MESSAGE_SECONDS", 0.0)
    assert await looked() == 1
    await in_thread(bus.set_wish, gateway.session_id, WISH)
    assert await looked() > 1


@pytest.mark.django_db(transaction=True)
def test_an_avatar_that_was_deleted_is_given_up_once(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    assignment = assigned(workspace, str(uuid4()))
    draw_session(**assignment.as_fields())
    assert notices(workspace, assignment) == ["video_unavailable"]
    assert bus.is_hopeless(assignment.session_id) and not bus.is_drawn(assignment.session_id)
    draw_session(**assignment.as_fields())
    assert notices(workspace, assignment) == ["video_unavailable"]
    assert not any(record.exc_info for record in caplog.records)
    bus.forget(assignment.session_id)
    assert not bus.is_hopeless(assignment.session_id)


@pytest.mark.django_db(transaction=True)
def test_a_head_without_a_portrait_is_shown_as_an_outline(workspace: Workspace) -> None:
    avatar = own_head(workspace)
    face = face_of(str(workspace.pk), str(avatar.pk))
    still = face.still(64)
    assert still.shape == (64, 64, 3)
    assert still[30, 32].mean() < still[2, 2].mean() - 20
    assert face.asset.read_bytes() == b"a head"
    face.close()


def test_a_photo_without_a_portrait_is_shown_itself_and_else_as_an_outline(tmp_path: Path) -> None:
    face = Face(kind="photo", asset=tmp_path / "none.rig", portrait=b"", gap={})
    assert face.still(64).shape == (64, 64, 3)
