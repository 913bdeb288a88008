"""Bytes that no row knows go after a while; young ones, known ones and what is not ours stay."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.identifiers import uuid7
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.services import files as service
from avatars.services import orphans
from avatars.storage import PrivateFolder
from tests.avatars.own.test_files import stored

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def left(folder: Path, name: str, *, hours: float) -> Path:
    """A file of which no row tells, written some hours ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    written = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (written, written))
    return path


def orphan(folder: Path, workspace: Workspace, kind: str = "quarantine", *, hours: float = 25) -> Path:
    """One with a name as we make them."""
    return left(folder, f"{kind}/{workspace.pk}/{uuid7()}.jpg", hours=hours)


def test_it_erases_old_ones_and_leaves_young_ones(workspace: Workspace, files: Path) -> None:
    old = [orphan(files, workspace, kind) for kind in ("quarantine", "files", "files")]
    young = orphan(files, workspace, hours=23)
    assert orphans.sweep(NOW) == 3
    assert [path.exists() for path in (*old, young)] == [False, False, False, True]
    assert orphans.sweep(NOW + timedelta(hours=2)) == 1
    assert not young.exists()


@pytest.mark.parametrize("purpose", ["upload", "portrait"])
def test_it_leaves_what_a_row_knows(purpose: str, workspace: Workspace, charlies_workspace: Workspace, files: Path) -> None:
    paths = [files / stored(one, purpose).name for one in (workspace, charlies_workspace)]
    gone = orphan(files, charlies_workspace, hours=0)
    assert orphans.sweep(NOW + timedelta(days=30)) == 1
    assert [path.exists() for path in (*paths, gone)] == [True, True, False]


def test_it_touches_nothing_that_is_not_ours(workspace: Workspace, files: Path) -> None:
    others = [
        left(files, f"files/{uuid4()}/{uuid7()}.jpg", hours=999),  # another installation's workspace
        left(files, f"files/{workspace.pk}/notes.txt", hours=999),
        left(files, f"backups/{workspace.pk}/{uuid7()}.jpg", hours=999),
        left(files, f"files/{uuid7()}.jpg", hours=999),
    ]
    assert orphans.sweep(NOW) == 0
    assert all(path.exists() for path in others)


def test_it_can_be_switched_off_and_knows_an_empty_storage(workspace: Workspace, files: Path, settings: Settings) -> None:
    assert orphans.sweep(NOW) == 0
    old = orphan(files, workspace, hours=6)
    settings.FILE_ORPHAN_HOURS = 0
    assert orphans.sweep(NOW) == 0
    assert old.exists()
    settings.FILE_ORPHAN_HOURS = 5
    assert orphans.sweep(NOW) == 1


class Stubborn(PrivateFolder):
    """A storage that doesn't let uploads go."""

    def delete(self, name: str) -> None:
        if name.startswith("quarantine/"):
            raise PermissionError(name)
        super().delete(name)


def test_one_that_can_not_be_erased_does_not_keep_the_others(workspace: Workspace, files: Path, settings: Settings) -> None:
    backend = {"BACKEND": f"{__name__}.Stubborn", "OPTIONS": {"location": str(files)}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    stuck, later = orphan(files, workspace), orphan(files, workspace, "files")
    assert orphans.sweep(NOW) == 1
    assert [stuck.exists(), later.exists()] == [True, False]
    rows = [stored(workspace, purpose) for purpose in ("upload", "portrait")]
    with workspace_scope(workspace.pk):
        for row in rows:
            service.doom(row.owner_id)
    assert service.sweep(NOW + timedelta(hours=1)) == 1
    assert [(files / row.name).exists() for row in rows] == [True, False]
