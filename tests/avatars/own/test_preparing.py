"""What workers do to avatars, in any order: photos, faces to choose from, losses, races."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.models import Avatar, AvatarState, StoredFile
from avatars.services import sweeping
from avatars.services.making import made
from avatars.services.own import avatar_delete
from avatars.services.preparing import MOST_ATTEMPTS, _begun, _keep, avatar_give_up, avatar_prepare
from avatars.storage import PrivateFolder
from quotas.metrics import Metric
from tests.avatars.own.conftest import PORTRAIT, Prepare, kept, picture, send
from tests.avatars.own.heads import head, read
from tests.avatars.own.test_rest import held

pytestmark = pytest.mark.django_db


def side_by_side() -> bytes:
    """Two of the same person."""
    out = io.BytesIO()
    with Image.open(PORTRAIT) as one:
        both = Image.new("RGB", (2 * one.width, one.height))
        both.paste(one, (0, 0))
        both.paste(one, (one.width, 0))
    both.save(out, "JPEG", quality=92)
    return out.getvalue()


def test_it_makes_a_photo_into_an_avatar(alice_api: APIClient, prepare: Prepare, files: Path, workspace: Workspace) -> None:
    shape = prepare(send(alice_api, PORTRAIT.read_bytes()).json())
    assert (shape["state"], shape["kind"], shape["refusal"]) == ("ready", "photo", None)
    assert kept(files) == ["files bin", "files glb", "files jpg", "files jpg", "files jpg", "files webp"]
    glb = alice_api.get(shape["asset_url"])
    names = {name for mesh in read(glb.content)["meshes"] for name in mesh.get("extras", {}).get("targetNames", [])}
    assert {"jawOpen", "mouthClose", "eyeBlinkLeft"} <= names
    with Image.open(io.BytesIO(alice_api.get(shape["portrait_url"]).content)) as portrait:
        assert (portrait.format, portrait.size) == ("JPEG", (512, 512))
    with workspace_scope(workspace.pk):
        assert held(workspace, Metric.STORAGE_BYTES) == sum(StoredFile.objects.values_list("size", flat=True))


def test_it_asks_whose_avatar_it_is_to_be(alice_api: APIClient, prepare: Prepare, files: Path, workspace: Workspace) -> None:
    shape = prepare(send(alice_api, side_by_side()).json())
    refusal = shape["refusal"]
    assert (shape["state"], refusal["code"]) == ("refused", "several_faces")
    assert [face["face"] for face in refusal["faces"]] == [1, 2]
    assert alice_api.get(refusal["picture_url"]).status_code == 200
    assert held(workspace, Metric.AVATARS) == 1
    address = f"/api/v1/avatars/{shape['id']}/choice"
    assert alice_api.post(address, {"face": 3}).json()["code"] == "unknown_face"
    right = next(face["face"] for face in refusal["faces"] if face["box"][0] > 0.5)
    assert alice_api.post(address, {"face": right}).status_code == 202
    shape = prepare(shape)
    assert (shape["state"], shape["report"]["faces"]) == ("ready", 2)
    again = alice_api.post(address, {"face": 1})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_choose")
    assert held(workspace, Metric.AVATARS) == 1


def test_it_says_what_is_wrong_with_a_picture_of_nobody(
    alice_api: APIClient, prepare: Prepare, files: Path, workspace: Workspace
) -> None:
    shape = prepare(send(alice_api, picture()).json())
    assert (shape["state"], shape["refusal"]["code"], shape["refusal"]["picture_url"]) == ("refused", "no_face", "")
    assert shape["refusal"]["hint"]
    assert kept(files) == []
    assert held(workspace, Metric.AVATARS) == 0


def test_it_refuses_what_the_storage_has_no_room_for(
    alice_api: APIClient, prepare: Prepare, files: Path, workspace: Workspace
) -> None:
    from quotas.models import Allowance

    shape = send(alice_api, PORTRAIT.read_bytes()).json()
    with workspace_scope(workspace.pk):
        Allowance.objects.filter(metric=Metric.STORAGE_BYTES).update(ceiling=500_000)
    assert prepare(shape)["refusal"]["code"] == "storage_full"
    assert kept(files) == []
    assert (held(workspace, Metric.STORAGE_BYTES), held(workspace, Metric.AVATARS)) == (1, 0)


def test_it_does_nothing_twice(alice_api: APIClient, prepare: Prepare, files: Path, a_head: dict[str, Any]) -> None:
    before = alice_api.get(a_head["asset_url"]).content
    assert prepare(a_head) == a_head
    assert alice_api.get(a_head["asset_url"]).content == before


def test_it_leaves_alone_what_was_deleted(
    alice_api: APIClient, workspace: Workspace, files: Path, django_capture_on_commit_callbacks: Any
) -> None:
    shape = send(alice_api, head()).json()
    with django_capture_on_commit_callbacks(execute=True):
        alice_api.delete(f"/api/v1/avatars/{shape['id']}")
    avatar_prepare(workspace_id=workspace.pk, avatar_id=UUID(shape["id"]))
    assert kept(files) == []
    with workspace_scope(workspace.pk):
        assert not StoredFile.objects.exists()


class SlowFolder(PrivateFolder):
    """A storage in which something happens while a file is written."""

    meanwhile: ClassVar[list[Callable[[], object]]] = []

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().save(name, content, max_length)


def test_it_keeps_nothing_of_what_is_deleted_while_it_is_written(
    alice_api: APIClient, workspace: Workspace, files: Path, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    shape = send(alice_api, head()).json()
    backend = {"BACKEND": f"{__name__}.SlowFolder", "OPTIONS": {"location": str(files)}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    SlowFolder.meanwhile.append(lambda: avatar_delete(avatar_id=UUID(shape["id"])))
    with django_capture_on_commit_callbacks(execute=True):
        avatar_prepare(workspace_id=workspace.pk, avatar_id=UUID(shape["id"]))
    assert alice_api.get(f"/api/v1/avatars/{shape['id']}").status_code == 404
    assert kept(files) == []
    with workspace_scope(workspace.pk):
        assert not StoredFile.objects.exists()
    assert held(workspace, Metric.STORAGE_BYTES) == 0


def test_it_gives_up_when_every_attempt_has_failed(
    alice_api: APIClient, workspace: Workspace, files: Path, django_capture_on_commit_callbacks: Any
) -> None:
    shape = send(alice_api, head()).json()
    for path in files.rglob("*.glb"):
        path.unlink()  # the storage has lost it
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(FileNotFoundError):
            avatar_prepare(workspace_id=workspace.pk, avatar_id=UUID(shape["id"]))
    with django_capture_on_commit_callbacks(execute=True):
        avatar_give_up(workspace_id=workspace.pk, avatar_id=UUID(shape["id"]))
    after = alice_api.get(f"/api/v1/avatars/{shape['id']}").json()
    assert (after["state"], after["refusal"]["code"]) == ("refused", "failed")
    assert held(workspace, Metric.AVATARS) == 0


def test_the_clock_goes_on_with_what_was_lost(alice_api: APIClient, workspace: Workspace) -> None:
    def woken_at(shape: dict[str, Any], **changes: Any) -> Any:
        with workspace_scope(workspace.pk):
            rows = Avatar.objects.filter(pk=shape["id"])
            if changes:
                rows.update(**changes)
            return rows.get().woken_at

    lost, tried, fresh = (send(alice_api, head()).json() for _ in range(3))
    now = timezone.now()
    for shape in (lost, tried):
        woken_at(shape, woken_at=now - timedelta(minutes=4))
    woken_at(tried, attempts=MOST_ATTEMPTS)
    before = woken_at(fresh)
    sweeping.sweep(now)
    states = [alice_api.get(f"/api/v1/avatars/{shape['id']}").json()["state"] for shape in (lost, tried, fresh)]
    assert states == ["preparing", "refused", "preparing"]
    assert (woken_at(lost), woken_at(fresh)) == (now, before)


def test_the_clock_forgets_what_was_refused(
    alice_api: APIClient, prepare: Prepare, workspace: Workspace, a_head: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    shape = prepare(send(alice_api, head("hat")).json())
    for hours, left in ((23, 2), (25, 1)):
        with django_capture_on_commit_callbacks(execute=True):
            sweeping.sweep(timezone.now() + timedelta(hours=hours))
        with workspace_scope(workspace.pk):
            assert Avatar.objects.count() == left
    assert alice_api.get(f"/api/v1/avatars/{shape['id']}").status_code == 404
    with workspace_scope(workspace.pk):
        assert Avatar.objects.get().state == AvatarState.READY


def test_it_fails_clearly_when_every_worker_has_died(
    alice_api: APIClient, workspace: Workspace, files: Path, django_capture_on_commit_callbacks: Any
) -> None:
    shape = send(alice_api, head()).json()
    started = [_begun(workspace.pk, UUID(shape["id"])) for _ in range(MOST_ATTEMPTS)]  # each died in the middle of it
    assert held(workspace, Metric.AVATARS) == 1
    now = timezone.now()
    sweeping.sweep(now + timedelta(minutes=2))
    assert alice_api.get(f"/api/v1/avatars/{shape['id']}").json()["state"] == "preparing"
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.sweep(now + timedelta(minutes=4))
    after = alice_api.get(f"/api/v1/avatars/{shape['id']}").json()
    assert (after["state"], after["refusal"]["code"]) == ("refused", "failed")
    assert (held(workspace, Metric.AVATARS), held(workspace, Metric.STORAGE_BYTES), kept(files)) == (0, 1, [])
    assert started[0] is not None
    _keep(started[0], made(started[0].making))  # one of them was only slow
    assert alice_api.get(f"/api/v1/avatars/{shape['id']}").json() == after
    assert (held(workspace, Metric.AVATARS), kept(files)) == (0, [])


def test_it_does_not_wait_for_ever_for_a_worker(alice_api: APIClient, workspace: Workspace, files: Path) -> None:
    shape = send(alice_api, head()).json()
    for days, state in ((1, "preparing"), (3, "refused")):
        sweeping.sweep(timezone.now() + timedelta(days=days))
        assert alice_api.get(f"/api/v1/avatars/{shape['id']}").json()["state"] == state
    assert held(workspace, Metric.AVATARS) == 0
