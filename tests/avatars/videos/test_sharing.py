"""Workers are shared: a workspace with many videos sends few segments of each, one video alone gets all of its share."""

from __future__ import annotations

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.videos import pipeline
from avatars.videos.models import SegmentState, Video
from avatars.videos.services import video_cancel
from avatars.videos.services.working import AHEAD
from tests.avatars.videos.factories import SCRIPT, Painter, asked, segments_of

pytestmark = pytest.mark.django_db
LONG = " ".join([SCRIPT] * 8)


def prepared(workspace: Workspace, fps: int = 10) -> Video:
    video = asked(workspace.pk, script=LONG, fps=fps, width=64, height=64, voice="espeak-en-GB")
    pipeline.prepare(workspace.pk, video.pk)
    return video


def sent(workspace: Workspace, video: Video) -> list[int]:
    """Numbers of the segments that workers have been told of and not drawn yet."""
    rows = segments_of(workspace.pk, video)
    return [row.number for row in rows if row.leased_until is not None and row.state != SegmentState.DONE]


def drawn(workspace: Workspace, video: Video, number: int) -> None:
    pipeline.render(workspace.pk, segments_of(workspace.pk, video)[number].pk, Painter)


def test_it_sends_fewer_segments_of_each_video_the_more_there_are(workspace: Workspace) -> None:
    first = prepared(workspace)
    assert len(segments_of(workspace.pk, first)) > AHEAD
    assert sent(workspace, first) == [0, 1, 2, 3]
    second = prepared(workspace, fps=11)
    assert sent(workspace, second) == [0, 1]
    drawn(workspace, first, 0)
    assert sent(workspace, first) == [1, 2, 3]
    drawn(workspace, first, 1)
    drawn(workspace, first, 2)
    assert sent(workspace, first) == [3, 4]
    with workspace_scope(workspace.pk):
        video_cancel(video_id=first.pk)
    drawn(workspace, second, 0)
    assert sent(workspace, second) == [1, 2, 3, 4]


def test_it_does_not_count_the_videos_of_others(workspace: Workspace, charlies_workspace: Workspace) -> None:
    prepared(charlies_workspace)
    assert sent(workspace, prepared(workspace)) == [0, 1, 2, 3]
