"""What goes with an avatar: the videos that show it, in any state, and how it was set to look; nothing of another one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.errors import NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.blocks.models import AvatarLook
from avatars.models import StoredFile
from avatars.render.base import RenderFailed
from avatars.selectors import lock_avatar
from avatars.services.files import sweep
from avatars.videos import faces, pipeline
from avatars.videos.models import Video, VideoState
from quotas.metrics import Metric
from quotas.models import Allowance
from tests.avatars.own.conftest import kept
from tests.avatars.videos.factories import Painter, a_wish, asked, made, now, segments_of

pytestmark = pytest.mark.django_db


def held(workspace: Workspace) -> dict[str, int]:
    with workspace_scope(workspace.pk):
        rows = Allowance.objects.exclude(held=0).values_list("metric", "held")
        return dict(rows)


def test_it_takes_the_videos_that_show_it_along(
    a_head: dict[str, Any],
    alice_api: APIClient,
    workspace: Workspace,
    files: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    finished = made(workspace.pk, asked(workspace.pk, avatar=a_head["id"].upper()))
    copied = asked(workspace.pk, avatar=a_head["id"])
    half = asked(workspace.pk, avatar=a_head["id"], width=160)
    pipeline.prepare(workspace.pk, half.pk)
    other = made(workspace.pk, asked(workspace.pk, avatar="ada"))
    assert [finished.state, copied.state, other.state] == [VideoState.FINISHED] * 3
    assert now(workspace.pk, half).state == VideoState.RENDERING

    segment = segments_of(workspace.pk, half)[0]
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_api.delete(f"/api/v1/avatars/{a_head['id']}").status_code == 204

    with workspace_scope(workspace.pk):
        assert [video.pk for video in Video.objects.all()] == [other.pk]
        assert set(StoredFile.objects.filter(doomed_at=None).values_list("owner_id", flat=True)) == {other.pk}
    sweep(timezone.now() + timedelta(minutes=2))  # what the steps above doomed: this test's transaction never commits
    with workspace_scope(workspace.pk):
        size = sum(StoredFile.objects.values_list("size", flat=True))
        assert len(kept(files)) == StoredFile.objects.count()
    assert held(workspace).keys() == {Metric.STORAGE_BYTES}
    assert 0 < held(workspace)[Metric.STORAGE_BYTES] <= size
    pipeline.render(workspace.pk, segment.pk, Painter)  # a worker that comes too late makes nothing
    with workspace_scope(workspace.pk):
        assert not Video.objects.exclude(pk=other.pk).exists()


def test_it_takes_its_look_along(a_head: dict[str, Any], alice_api: APIClient, workspace: Workspace) -> None:
    for avatar in (a_head["id"].upper(), "ada"):
        answer = alice_api.patch(f"/api/v1/avatars/{avatar}/state", {"framing": "face"})
        assert answer.status_code == 200
    assert alice_api.get(f"/api/v1/avatars/{a_head['id']}/state").json()["framing"] == "face"
    alice_api.delete(f"/api/v1/avatars/{a_head['id']}")
    with workspace_scope(workspace.pk):
        assert [look.avatar for look in AvatarLook.objects.all()] == ["ada"]


def test_it_is_not_drawn_by_who_still_has_its_renderer(
    a_head: dict[str, Any], alice_api: APIClient, workspace: Workspace
) -> None:
    wish = a_wish(avatar=a_head["id"])
    with workspace_scope(workspace.pk):
        renderer = faces.renderer_for(wish)
        assert faces.renderer_for(wish) is renderer
    alice_api.delete(f"/api/v1/avatars/{a_head['id']}")
    with workspace_scope(workspace.pk), pytest.raises(RenderFailed) as refused:
        faces.renderer_for(wish)
    assert refused.value.code == "avatar_deleted"


def test_a_strangers_delete_takes_nothing(
    a_head: dict[str, Any], charlie_api: APIClient, workspace: Workspace, charlies_workspace: Workspace
) -> None:
    video = asked(workspace.pk, avatar=a_head["id"])
    assert charlie_api.delete(f"/api/v1/avatars/{a_head['id']}").status_code == 404
    assert now(workspace.pk, video).state == VideoState.QUEUED
    with workspace_scope(charlies_workspace.pk), pytest.raises(NotFound):
        lock_avatar(UUID(a_head["id"]))
