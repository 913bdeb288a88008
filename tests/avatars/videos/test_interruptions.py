"""Workers that die, videos that are cancelled: what was made stays, what was held comes back, nothing is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.models import WebhookMessage
from avatars.render.base import Pictures, Table
from avatars.videos import clock, pipeline
from avatars.videos.hints import hint_for
from avatars.videos.models import SegmentState, Video, VideoSegment, VideoState
from avatars.videos.selectors import access_video, progress_of
from avatars.videos.services import Lost, keep_segment, segment_done, take_segment, video_cancel, video_delete
from avatars.videos.wish import VideoWish
from quotas.models import Reservation, ReservationState, UsageEntry
from tests.accounts.webhooks.factories import endpoint
from tests.avatars.videos.factories import SCRIPT, Painter, asked, content, files, made, now, segments_of

pytestmark = pytest.mark.django_db
LONG = " ".join([SCRIPT] * 2)


def prepared(workspace: Workspace, **changes: Any) -> tuple[Video, list[VideoSegment]]:
    video = asked(workspace.pk, **{"script": LONG} | changes)
    pipeline.prepare(workspace.pk, video.pk)
    return now(workspace.pk, video), segments_of(workspace.pk, video)


def later(seconds: float) -> int:
    return clock.sweep(timezone.now() + timedelta(seconds=seconds))


def nothing_is_held(workspace: Workspace) -> bool:
    with workspace_scope(workspace.pk):
        return not Reservation.objects.filter(state=ReservationState.OPEN).exists()


def test_it_goes_on_where_a_lost_worker_stopped(workspace: Workspace) -> None:
    video, (first, second) = prepared(workspace)
    pipeline.render(workspace.pk, first.pk, Painter)
    with workspace_scope(workspace.pk):
        taken = take_segment(segment_id=second.pk)  # and never heard of again
        assert taken is not None
        assert take_segment(segment_id=second.pk) is None
    assert later(1) == 0
    assert later(40) == 1
    kept = files(workspace.pk, video)["segment.0"].digest
    pipeline.finish(workspace.pk, video.pk)  # a stray message: there is nothing to join yet
    assert now(workspace.pk, video).state == VideoState.RENDERING
    painters: list[Painter] = []

    def count(wish: VideoWish) -> Painter:
        painters.append(Painter(wish))
        return painters[-1]

    for segment in (first, second):
        pipeline.render(workspace.pk, segment.pk, count)
    assert [painter.rendered for painter in painters] == [second.after - second.first]
    assert files(workspace.pk, video)["segment.0"].digest == kept
    pipeline.finish(workspace.pk, video.pk)
    assert now(workspace.pk, video).state == VideoState.FINISHED
    with workspace_scope(workspace.pk), pytest.raises(Lost):
        segment_done(taken[1], video_id=video.pk)


def test_it_gives_a_video_up_after_three_lost_workers(workspace: Workspace) -> None:
    video, (first, _) = prepared(workspace)
    with workspace_scope(workspace.pk):
        endpoint(types=("video.*",))
    for _ in range(3):
        with workspace_scope(workspace.pk):
            assert take_segment(segment_id=first.pk) is not None
            VideoSegment.objects.filter(pk=first.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    later(1)
    video = now(workspace.pk, video)
    assert (video.state, video.error) == (VideoState.FAILED, "worker_lost")
    assert "died or hung" in video.error_detail and "log" in hint_for(video.error)
    assert nothing_is_held(workspace)
    with workspace_scope(workspace.pk):
        assert [row.type for row in WebhookMessage.objects.all()] == ["video.failed"]


def test_it_gives_a_video_up_that_fails_three_times_and_says_so(workspace: Workspace) -> None:
    def breaks(wish: VideoWish) -> Painter:
        raise OSError("The disk is full.")

    video, (first, _) = prepared(workspace)
    for _ in range(3):
        pipeline.render(workspace.pk, first.pk, breaks)
        with workspace_scope(workspace.pk):
            VideoSegment.objects.filter(pk=first.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    later(1)
    video = now(workspace.pk, video)
    assert (video.state, video.error) == (VideoState.FAILED, "render_failed")
    assert nothing_is_held(workspace)


@pytest.mark.django_db(transaction=True)  # the thread that draws has a connection of its own
@pytest.mark.parametrize("end", [video_cancel, video_delete])
def test_it_stops_in_the_middle_of_a_segment(workspace: Workspace, end: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "BEAT_SECONDS", 0.0)
    video, (first, _) = prepared(workspace)

    class Interrupted(Painter):
        def render(self, table: Table) -> Pictures:
            if self.rendered == 40:
                with workspace_scope(workspace.pk):
                    end(video_id=video.pk)
                connection.close()
            painters.append(self)
            return super().render(table)

    painters: list[Painter] = []
    pipeline.render(workspace.pk, first.pk, Interrupted)
    assert painters[0].rendered == 48 < first.after
    assert nothing_is_held(workspace)
    assert files(workspace.pk, video) == {}
    with workspace_scope(workspace.pk):
        assert not UsageEntry.objects.exists()
        assert [row.state for row in Video.objects.all()] in ([VideoState.CANCELLED], [])


def test_it_tells_how_far_it_is(workspace: Workspace) -> None:
    video, (first, second) = prepared(workspace)
    pipeline.render(workspace.pk, first.pk, Painter)
    with workspace_scope(workspace.pk):
        taken = take_segment(segment_id=second.pk)
        assert taken is not None
        half = (second.after - second.first) // 2
        drawn = first.after + half
        keep_segment(taken[1], drawn=half)
        shown = access_video(video.pk)
        assert shown.rendering_at is not None
        progress = progress_of(shown, shown.rendering_at + timedelta(seconds=30))
    assert (progress.percent, progress.stage) == (4 + 92 * drawn // video.frames, "rendering")
    assert progress.seconds_left == pytest.approx(11, abs=1)


def test_it_makes_the_same_file_in_one_go_and_after_a_failure(workspace: Workspace, charlies_workspace: Workspace) -> None:
    def breaks(wish: VideoWish) -> Painter:
        raise OSError("The disk is full.")

    video, (first, second) = prepared(workspace)
    pipeline.render(workspace.pk, first.pk, breaks)
    assert [row.state for row in segments_of(workspace.pk, video)] == [SegmentState.WAITING, SegmentState.WAITING]
    for segment in (second, first):
        pipeline.render(workspace.pk, segment.pk, Painter)
    pipeline.finish(workspace.pk, video.pk)
    other = made(charlies_workspace.pk, asked(charlies_workspace.pk, script=LONG))
    ours = content(workspace.pk, now(workspace.pk, video))
    assert len(ours) == len(content(charlies_workspace.pk, other))
