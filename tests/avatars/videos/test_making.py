"""From a script to a finished file: the steps as the actors take them, the meter, the cache, the metadata."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import Any
from uuid import UUID

import av
import pytest

from accounts.errors import Invalid
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.render.base import RenderFailed
from avatars.videos import pipeline
from avatars.videos.models import Video, VideoSegment, VideoState
from avatars.videos.performance import spoken
from avatars.videos.provenance import SOURCE_TYPE
from avatars.videos.services import video_cancel, video_create, video_delete, video_fail
from avatars.videos.upload import recording_of
from avatars.videos.wish import VideoWish
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Reservation, ReservationState, UsageEntry
from tests.avatars.videos.factories import SCRIPT, Painter, a_wish, asked, content, files, made, now, segments_of, wav

pytestmark = pytest.mark.django_db


def holds(workspace: Workspace) -> dict[str, int]:
    with workspace_scope(workspace.pk):
        rows = Reservation.objects.filter(state=ReservationState.OPEN)
        return {str(row.metric): int(row.held) for row in rows}


def used(workspace: Workspace) -> dict[str, int]:
    with workspace_scope(workspace.pk):
        totals: dict[str, int] = {}
        for row in UsageEntry.objects.all():
            totals[str(row.metric)] = totals.get(str(row.metric), 0) + row.quantity
        return totals


def tags(file: bytes) -> dict[str, str]:
    with av.open(BytesIO(file), "r") as opened:
        return {name.lower(): value for name, value in opened.metadata.items()}


@pytest.mark.parametrize("kind", ["webm", "mp4"])
def test_it_makes_a_file_that_says_what_it_is(workspace: Workspace, kind: str) -> None:
    video = made(workspace.pk, asked(workspace.pk, format=kind, label="AI-generated"))
    assert (video.state, video.error) == (VideoState.FINISHED, "")
    file = content(workspace.pk, video)
    with av.open(BytesIO(file), "r") as opened:
        assert {stream.type for stream in opened.streams} == {"video", "audio"}
        assert len(list(opened.decode(video=0))) == video.frames
    assert tags(file)["digitalsourcetype"] == SOURCE_TYPE
    assert SOURCE_TYPE in tags(file)["comment"]
    told = json.loads(content(workspace.pk, video, "manifest"))
    assert told["assertions"][1]["data"]["hash"] == hashlib.sha256(file).hexdigest()
    assert told["assertions"][2]["data"] == {"visible": True, "text": "AI-generated"}
    assert content(workspace.pk, video, "thumbnail")[:2] == b"\xff\xd8"
    assert set(files(workspace.pk, video)) == {"video", "manifest", "thumbnail"}


def test_it_charges_what_was_made_and_gives_the_rest_back(workspace: Workspace) -> None:
    video = asked(workspace.pk)
    held = holds(workspace)
    assert held[Metric.TTS_CHARACTERS] == len(SCRIPT)
    assert held[Metric.RENDER_MS] > 2000
    video = made(workspace.pk, video)
    assert used(workspace) == {Metric.RENDER_MS: video.duration_ms, Metric.TTS_CHARACTERS: len(SCRIPT)}
    assert holds(workspace) == {Metric.STORAGE_BYTES: sum(row.size for row in files(workspace.pk, video).values())}
    assert holds(workspace) == {Metric.STORAGE_BYTES: video.size}
    assert video.duration_ms == video.frames * 1000 // 25


def test_it_gives_the_same_file_at_once_for_nothing(workspace: Workspace) -> None:
    first = made(workspace.pk, asked(workspace.pk))
    before = used(workspace), holds(workspace)
    again = asked(workspace.pk)
    assert (again.state, again.from_cache) == (VideoState.FINISHED, True)
    assert content(workspace.pk, again) == content(workspace.pk, first)
    assert (used(workspace), holds(workspace)) == before
    assert asked(workspace.pk, fps=24).state == VideoState.QUEUED


def test_it_names_nobody_in_a_file_that_others_get(workspace: Workspace) -> None:
    first = made(workspace.pk, asked(workspace.pk, title="For Ms Meier alone"))
    again = asked(workspace.pk, title="For Mr Kunze")
    assert again.from_cache
    for purpose in ("video", "manifest"):
        file = content(workspace.pk, again, purpose)
        assert b"Meier" not in file
        assert str(first.pk).encode() not in file
    told = json.loads(content(workspace.pk, again, "manifest"))
    assert UUID(told["instance_id"]).version == 5
    assert a_wish().digest() in tags(content(workspace.pk, again))["comment"]


def test_it_keeps_shared_files_until_the_last_video_is_deleted(workspace: Workspace, settings: Any) -> None:
    first = made(workspace.pk, asked(workspace.pk))
    again = asked(workspace.pk)
    with workspace_scope(workspace.pk):
        video_delete(video_id=first.pk)
    assert holds(workspace) == {Metric.STORAGE_BYTES: first.size}
    assert len(content(workspace.pk, again)) > 1000
    with workspace_scope(workspace.pk):
        video_delete(video_id=again.pk)
    assert holds(workspace) == {}
    assert files(workspace.pk, again) == {}


def test_it_does_not_share_files_between_workspaces(workspace: Workspace, charlies_workspace: Workspace) -> None:
    made(workspace.pk, asked(workspace.pk))
    assert asked(charlies_workspace.pk).state == VideoState.QUEUED


def test_it_refuses_what_the_plan_has_no_room_for(workspace: Workspace) -> None:
    with pytest.raises(QuotaExceeded):
        asked(workspace.pk, script="word " * 3900)
    assert holds(workspace) == {}
    with workspace_scope(workspace.pk):
        assert not Video.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"script": " "},
        {"width": 129},
        {"width": 4000, "height": 4000},
        {"alpha": True, "format": "mp4"},
        {"alpha": True, "background": "#ffffff"},
        {"script": "x" * 20_001},
        {"avatar": "nobody"},
    ],
)
def test_it_refuses_wishes_that_make_no_sense(workspace: Workspace, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid), workspace_scope(workspace.pk):
        video_create(wish=a_wish(**changes))
    assert holds(workspace) == {}


def test_it_fails_with_the_reason_and_charges_nothing(workspace: Workspace) -> None:
    def broken(wish: VideoWish) -> Painter:
        raise RenderFailed("glb_unreadable", "The head is damaged.")

    video = asked(workspace.pk)
    pipeline.prepare(workspace.pk, video.pk)
    (segment,) = segments_of(workspace.pk, video)
    pipeline.render(workspace.pk, segment.pk, broken)
    video = now(workspace.pk, video)
    assert (video.state, video.error, video.error_detail) == (VideoState.FAILED, "glb_unreadable", "The head is damaged.")
    assert (used(workspace), holds(workspace), files(workspace.pk, video)) == ({}, {}, {})
    with workspace_scope(workspace.pk):
        assert not VideoSegment.objects.exists()


def test_it_holds_the_room_that_it_takes_while_it_is_made(workspace: Workspace) -> None:
    sound = wav(spoken(a_wish()).sound)
    with workspace_scope(workspace.pk):
        wish = a_wish(script="", width=64, height=64)
        video = video_create(wish=wish, recording=recording_of(sound))

    def stored() -> int:
        return sum(row.size for row in files(workspace.pk, video).values())

    assert holds(workspace)[Metric.STORAGE_BYTES] >= stored() >= len(sound)
    pipeline.prepare(workspace.pk, video.pk)
    assert holds(workspace)[Metric.STORAGE_BYTES] >= stored() > 1.9 * len(sound)
    assert holds(workspace)[Metric.STORAGE_BYTES] < 3 * len(sound)


@pytest.mark.parametrize("end", [video_cancel, video_fail])
def test_it_keeps_nothing_of_a_video_that_ends_half_made(workspace: Workspace, end: Any) -> None:
    video = asked(workspace.pk, script=" ".join([SCRIPT] * 2))
    pipeline.prepare(workspace.pk, video.pk)
    pipeline.render(workspace.pk, segments_of(workspace.pk, video)[0].pk, Painter)
    assert {"performance", "segment.0", "thumbnail"} == set(files(workspace.pk, video))
    with workspace_scope(workspace.pk):
        end(video_id=video.pk, **({} if end is video_cancel else {"code": "render_failed", "detail": ""}))
    assert (files(workspace.pk, video), holds(workspace), used(workspace)) == ({}, {}, {})
