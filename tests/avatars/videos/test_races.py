"""Videos that share files are asked for and deleted at the same moment: nobody is left without a file, no file is left over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction

from accounts.errors import Conflict
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.videos.models import Video, VideoState
from avatars.videos.services import asking, video_create, video_delete
from quotas.models import Reservation, ReservationState
from tests.avatars.videos.factories import a_wish, asked, files, made, now

T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    """A thread with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(lambda: connection.close()).result()  # the one of that thread


def both(workspace: Workspace, aside: ThreadPoolExecutor, first: Callable[[], object], second: Callable[[], T]) -> T:
    """`second` begins when `first` is done but has not committed; returns what it returned."""

    def run() -> T:
        with workspace_scope(workspace.pk):
            return second()

    with workspace_scope(workspace.pk), transaction.atomic():
        first()
        running: Future[T] = aside.submit(run)
        time.sleep(0.3)
    return running.result(timeout=10)


def nothing_is_left(workspace: Workspace) -> bool:
    with workspace_scope(workspace.pk):
        held = Reservation.objects.filter(state=ReservationState.OPEN).exists()
        return not (held or Video.objects.exists() or StoredFile.objects.filter(doomed_at=None).exists())


def test_it_makes_a_video_afresh_whose_like_is_being_deleted(workspace: Workspace, aside: ThreadPoolExecutor) -> None:
    first = made(workspace.pk, asked(workspace.pk))
    again = both(workspace, aside, lambda: video_delete(video_id=first.pk), lambda: video_create(wish=a_wish()))
    assert (again.state, again.from_cache) == (VideoState.QUEUED, False)
    assert "video" in files(workspace.pk, made(workspace.pk, again))


def test_it_leaves_the_files_to_a_copy_that_is_just_being_made(workspace: Workspace, aside: ThreadPoolExecutor) -> None:
    first = made(workspace.pk, asked(workspace.pk))
    both(workspace, aside, lambda: video_create(wish=a_wish()), lambda: video_delete(video_id=first.pk))
    with workspace_scope(workspace.pk):
        (copy,) = Video.objects.all()
    assert copy.from_cache
    assert {"video", "manifest", "thumbnail"} == set(files(workspace.pk, copy))
    with workspace_scope(workspace.pk):
        video_delete(video_id=copy.pk)
    assert nothing_is_left(workspace)


@pytest.mark.parametrize("order", [1, -1])
def test_it_leaves_nothing_where_the_last_two_go_at_once(workspace: Workspace, aside: ThreadPoolExecutor, order: int) -> None:
    one, other = [made(workspace.pk, asked(workspace.pk)), asked(workspace.pk)][::order]
    assert one.files_id == other.files_id
    both(workspace, aside, lambda: video_delete(video_id=one.pk), lambda: video_delete(video_id=other.pk))
    assert nothing_is_left(workspace)


def test_it_makes_a_video_afresh_whose_like_has_lost_its_file(workspace: Workspace) -> None:
    first = made(workspace.pk, asked(workspace.pk))
    with workspace_scope(workspace.pk):
        StoredFile.objects.filter(owner_id=first.pk, purpose="video").delete()
    again = asked(workspace.pk)
    assert (now(workspace.pk, again).state, again.from_cache) == (VideoState.QUEUED, False)


def test_it_counts_the_videos_that_are_being_asked_for(
    workspace: Workspace, aside: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    with pytest.raises(Conflict) as refused:
        both(workspace, aside, lambda: video_create(wish=a_wish()), lambda: video_create(wish=a_wish(fps=24)))
    assert refused.value.code == "too_many_videos"
    with workspace_scope(workspace.pk):
        assert [video.wish["fps"] for video in Video.objects.all()] == [25]
