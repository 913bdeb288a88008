"""What reading a transcript costs: its characters, once, whatever becomes of the video; nothing where it is never read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.videos import pipeline
from avatars.videos.models import Video, VideoState
from avatars.videos.performance import spoken
from avatars.videos.services import Lost, charge_transcript, let_video_go, take_video, video_cancel, video_create
from avatars.videos.upload import recording_of
from quotas.metrics import Metric
from quotas.models import Reservation, ReservationState, UsageEntry
from tests.avatars.videos.factories import SCRIPT, a_wish, asked, made, now, wav

pytestmark = pytest.mark.django_db
OTHER = "Once upon a time there was a king who lived in a castle."


def sent(workspace: Workspace, transcript: str, **changes: Any) -> Video:
    """A recording of SCRIPT that is said to be `transcript`."""
    recording = recording_of(wav(spoken(a_wish()).sound))
    with workspace_scope(workspace.pk):
        return video_create(wish=a_wish(script="", transcript=transcript, **changes), recording=recording)


def charged(workspace: Workspace) -> list[int]:
    """Characters in the ledger; nothing is held once a video is over."""
    with workspace_scope(workspace.pk):
        entries = UsageEntry.objects.filter(metric=Metric.TTS_CHARACTERS).exclude(quantity=0)
        return list(entries.values_list("quantity", flat=True))


def is_held(workspace: Workspace) -> bool:
    with workspace_scope(workspace.pk):
        return Reservation.objects.filter(metric=Metric.TTS_CHARACTERS, state=ReservationState.OPEN).exists()


def test_it_charges_a_transcript_once_where_the_video_is_made(workspace: Workspace) -> None:
    assert made(workspace.pk, sent(workspace, SCRIPT, captions="vtt")).state == VideoState.FINISHED
    assert (charged(workspace), is_held(workspace)) == ([len(SCRIPT)], False)


def test_it_charges_a_transcript_that_was_read_to_find_out_that_it_differs(workspace: Workspace) -> None:
    video = made(workspace.pk, sent(workspace, OTHER))
    assert (video.state, video.error) == (VideoState.FAILED, "transcript_differs")
    assert (charged(workspace), is_held(workspace)) == ([len(OTHER)], False)


def test_it_charges_a_transcript_that_was_read_where_the_video_is_cancelled(workspace: Workspace) -> None:
    video = sent(workspace, SCRIPT)
    pipeline.prepare(workspace.pk, video.pk)
    with workspace_scope(workspace.pk):
        video_cancel(video_id=video.pk)
    assert now(workspace.pk, video).state == VideoState.CANCELLED
    assert (charged(workspace), is_held(workspace)) == ([len(SCRIPT)], False)


def test_its_page_does_not_say_that_nothing_was_charged(workspace: Workspace, alice_client: Client) -> None:
    read, unread = sent(workspace, OTHER), asked(workspace.pk)
    pipeline.prepare(workspace.pk, read.pk)
    with workspace_scope(workspace.pk):
        video_cancel(video_id=unread.pk)
    told = {video.pk: alice_client.get(f"/videos/{video.pk}").content.decode() for video in (read, unread)}
    assert "Send the very words" in told[read.pk] and "Nothing was charged" not in told[read.pk]
    assert "Nothing was charged" in told[unread.pk]


def test_it_charges_once_where_a_worker_reads_again(workspace: Workspace) -> None:
    video = sent(workspace, SCRIPT)
    with workspace_scope(workspace.pk):
        taken = take_video(video_id=video.pk, states=[VideoState.QUEUED], state=VideoState.PREPARING)
        assert taken is not None
        charge_transcript(taken[1])
        let_video_go(taken[1], counts=True)
        with pytest.raises(Lost):
            charge_transcript(taken[1])
    assert made(workspace.pk, video).state == VideoState.FINISHED
    assert charged(workspace) == [len(SCRIPT)]


@pytest.mark.parametrize(
    ("transcript", "error"),
    [
        pytest.param("x" * 900 + ".", "transcript_differs", id="more than anybody says"),
        pytest.param("今日は良い天気です。", "unsupported_language", id="not the voice's language"),
    ],
)
def test_it_charges_nothing_for_what_is_not_read(workspace: Workspace, transcript: str, error: str) -> None:
    video = made(workspace.pk, sent(workspace, transcript))
    assert (video.state, video.error) == (VideoState.FAILED, error)
    assert (charged(workspace), is_held(workspace)) == ([], False)


def test_it_charges_nothing_where_it_is_cancelled_before_it_is_read(workspace: Workspace) -> None:
    video = sent(workspace, SCRIPT)
    with workspace_scope(workspace.pk):
        video_cancel(video_id=video.pk)
    pipeline.prepare(workspace.pk, video.pk)
    assert (charged(workspace), is_held(workspace)) == ([], False)
