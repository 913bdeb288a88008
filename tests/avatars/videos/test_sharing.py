"""Workers are shared: of a workspace a few steps wait in the queue, whatever it has asked for, so another's turn comes soon;
one that is alone gets all of its share, and of its own videos a short one is not kept by a long one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from dramatiq import Message

from accounts.models import Workspace
from accounts.queue import broker
from accounts.tenancy import workspace_scope
from avatars.videos import clock, pipeline
from avatars.videos.models import SegmentState, Video, VideoSegment, VideoState
from avatars.videos.services import asking, video_cancel, video_delete
from avatars.videos.services.sharing import AHEAD
from tests.avatars.videos.factories import SCRIPT, Painter, asked, now, segments_of
from tests.quotas.factories import subscribe

pytestmark = pytest.mark.django_db(transaction=True)
LONG = " ".join([SCRIPT] * 8)
STEPS = {
    "prepare_video": pipeline.prepare,
    "render_segment": lambda workspace_id, segment_id: pipeline.render(workspace_id, segment_id, Painter),
    "finish_video": pipeline.finish,
}


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    broker.flush_all()
    yield
    broker.flush_all()


def waiting() -> list[tuple[str, UUID]]:
    """What is in the queue, first come first: (step, workspace)."""
    return [(message.actor_name, UUID(message.args[0])) for message in _queued()]


def _queued() -> list[Message[None]]:
    store, key = _store(), f"{broker.namespace}:render"
    return [Message.decode(store.hget(f"{key}.msgs", name)) for name in store.lrange(key, 0, -1)]


def _store() -> Any:
    return broker.client


def work_one() -> UUID:
    """Do the step that came first, as the only worker there is; whose it was."""
    message, store, key = _queued()[0], _store(), f"{broker.namespace}:render"
    store.hdel(f"{key}.msgs", store.lpop(key))
    workspace_id, subject_id = (UUID(part) for part in message.args)
    STEPS[message.actor_name](workspace_id, subject_id)
    return workspace_id


def asked_for(workspace: Workspace, script: str = LONG, fps: int = 10) -> Video:
    return asked(workspace.pk, script=script, fps=fps, width=64, height=64, voice="espeak-en-GB")


def prepared(workspace: Workspace, script: str = LONG, fps: int = 10) -> Video:
    video = asked_for(workspace, script, fps)
    work_one()
    return video


def sent(workspace: Workspace, video: Video) -> list[int]:
    """Numbers of the segments that workers have been told of and not drawn yet."""
    rows = segments_of(workspace.pk, video)
    return [row.number for row in rows if row.leased_until is not None and row.state != SegmentState.DONE]


def test_it_draws_as_many_segments_of_one_video_at_a_time_as_are_its_share(workspace: Workspace) -> None:
    video = prepared(workspace)
    assert len(segments_of(workspace.pk, video)) > AHEAD
    assert sent(workspace, video) == [0, 1, 2, 3]
    assert waiting() == [("render_segment", workspace.pk)] * AHEAD
    work_one()
    assert sent(workspace, video) == [1, 2, 3, 4]
    while waiting():
        work_one()
    assert now(workspace.pk, video).state == VideoState.FINISHED


def test_it_lets_another_one_finish_soon_whatever_a_busy_workspace_has_asked_for(
    workspace: Workspace, charlies_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 500)
    subscribe(charlies_workspace, render_ms=None, tts_characters=None, storage_bytes=None)
    for number in range(30):
        asked_for(charlies_workspace, f"{number}. {LONG}")
    assert waiting() == [("prepare_video", charlies_workspace.pk)]
    for _ in range(12):
        work_one()
    assert len(waiting()) == AHEAD
    short = asked_for(workspace, "Hello there.")
    others = 0
    while now(workspace.pk, short).is_open:
        others += work_one() == charlies_workspace.pk
    assert now(workspace.pk, short).state == VideoState.FINISHED
    assert others <= 3 * AHEAD  # before each of its three steps: prepare, its one segment, finish
    with workspace_scope(charlies_workspace.pk):
        assert VideoSegment.objects.filter(state=SegmentState.DONE).exists()


def test_it_does_not_count_the_videos_of_others(workspace: Workspace, charlies_workspace: Workspace) -> None:
    prepared(charlies_workspace)
    broker.flush_all()
    assert sent(workspace, prepared(workspace)) == [0, 1, 2, 3]


def test_it_keeps_no_short_video_behind_a_long_one_of_the_same_workspace(workspace: Workspace) -> None:
    long = prepared(workspace, " ".join([LONG] * 8))
    assert len(segments_of(workspace.pk, long)) > 3 * AHEAD
    short = asked_for(workspace, "Hello there.")
    steps = 0
    while now(workspace.pk, short).is_open:
        work_one()
        steps += 1
    assert steps - 3 <= 3 * AHEAD  # its own are three
    assert now(workspace.pk, long).state == VideoState.RENDERING


@pytest.mark.parametrize("end", [video_cancel, video_delete])
def test_it_hands_the_share_of_a_video_that_ends_to_the_next(workspace: Workspace, end: object) -> None:
    first, second = prepared(workspace), asked_for(workspace, fps=11)
    assert now(workspace.pk, second).leased_until is None  # the share is full
    with workspace_scope(workspace.pk):
        end(video_id=first.pk)  # type: ignore[operator]
    assert now(workspace.pk, second).leased_until is not None
    assert waiting()[-1] == ("prepare_video", workspace.pk)


def test_the_clock_sends_what_nobody_has_sent(workspace: Workspace) -> None:
    video = prepared(workspace)
    broker.flush_all()
    with workspace_scope(workspace.pk):  # as if whoever prepared it had died before it could tell anybody
        VideoSegment.objects.filter(video=video).update(leased_until=None)
    assert clock.sweep(timezone.now()) == 0
    assert sent(workspace, video) == [0, 1, 2, 3]
    assert len(waiting()) == AHEAD
    clock.sweep(timezone.now())
    assert len(waiting()) == AHEAD
