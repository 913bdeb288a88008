"""Private files: signed addresses that end, ranges, headers, and bytes that are gone when their row is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.errors import NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.services import files as service
from avatars.storage import content_of, link, signature, writing
from tests.avatars.own.conftest import kept

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 4


def stored(workspace: Workspace, purpose: str = "portrait") -> StoredFile:
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose=purpose, content=CONTENT, media_type="image/jpeg")
        row.save(force_insert=True)
    return row


@pytest.mark.parametrize("purpose", ["portrait", "head", "asset"])
def test_it_shows_a_file_to_who_has_the_address(purpose: str, client: Client, workspace: Workspace) -> None:
    response = client.get(link(stored(workspace, purpose)))
    assert (response.status_code, response.content) == (200, CONTENT)
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"].startswith("private, max-age=")


@pytest.mark.parametrize("purpose", ["photo", "rig", "upload", "finding"])
def test_it_keeps_what_is_no_viewers_business_to_our_own_pages(purpose: str, client: Client, workspace: Workspace) -> None:
    response = client.get(link(stored(workspace, purpose)))
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response


def test_it_gives_one_address_to_all_who_ask_within_a_while(client: Client, workspace: Workspace) -> None:
    row = stored(workspace)
    with time_machine.travel("2026-11-20T10:00:01Z", tick=False) as clock:
        first = link(row)
        clock.shift(timedelta(minutes=59, seconds=58))
        assert link(row) == first
        clock.shift(timedelta(seconds=2))
        assert link(row) != first
        assert client.get(first).status_code == 200
        clock.shift(timedelta(minutes=59))
        assert client.get(first).status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.get(first).status_code == 404


def test_it_believes_no_other_address(client: Client, workspace: Workspace, charlies_workspace: Workspace) -> None:
    mine, other = stored(workspace), stored(charlies_workspace)
    good = urlsplit(link(mine))
    expires = int(parse_qs(good.query)["expires"][0])
    forged = [
        good.path,
        f"{good.path}?expires={expires}&signature={'0' * 64}",
        f"{good.path}?expires={expires + 3600}&signature={signature(workspace.pk, mine.pk, expires)}",
        f"{good.path}?expires=x&signature=ä",
        f"{good.path}?{good.query}".replace(str(mine.pk), str(other.pk)),
        f"/files/{workspace.pk}/{other.pk}/portrait.jpg?expires={expires}&signature={signature(workspace.pk, other.pk, expires)}",
    ]
    assert [client.get(address).status_code for address in forged] == [404] * len(forged)
    assert client.get(f"{good.path}?{good.query}").status_code == 200
    assert client.post(f"{good.path}?{good.query}").status_code == 405


@pytest.mark.parametrize(
    ("wish", "status", "part"),
    [
        ("bytes=0-9", 206, CONTENT[:10]),
        ("bytes=1000-", 206, CONTENT[1000:]),
        ("bytes=1000-9999", 206, CONTENT[1000:]),
        ("bytes=1024-", 416, b""),
        ("bytes=-5", 200, CONTENT),
        ("lines=1-2", 200, CONTENT),
    ],
)
def test_it_gives_parts_to_players(wish: str, status: int, part: bytes, client: Client, workspace: Workspace) -> None:
    response = client.get(link(stored(workspace)), headers={"Range": wish})
    assert (response.status_code, response.content) == (status, part)


def test_it_removes_what_was_written_when_the_rest_fails(workspace: Workspace, files: Path) -> None:
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace.pk), writing() as write:
        write(owner_id=uuid4(), purpose="photo", content=CONTENT, media_type="image/jpeg").save(force_insert=True)
        assert kept(files) == ["files jpg"]
        _ = 1 / 0
    assert kept(files) == []


def test_it_erases_what_is_doomed(
    workspace: Workspace, files: Path, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    row, other = stored(workspace), stored(workspace)
    with django_capture_on_commit_callbacks(execute=True):
        with workspace_scope(workspace.pk):
            service.doom(row.owner_id)
        assert client.get(link(row)).status_code == 404
        assert default_storage.exists(row.name)
    assert not default_storage.exists(row.name)
    with workspace_scope(workspace.pk):
        assert [one.pk for one in StoredFile.objects.all()] == [other.pk]
        assert content_of(other) == CONTENT


def test_it_erases_later_what_a_dead_process_left(workspace: Workspace, files: Path) -> None:
    row = stored(workspace)
    with workspace_scope(workspace.pk):
        service.doom(row.owner_id)  # the transaction of this test never commits: as if the process had died
    assert service.sweep(timezone.now()) == 0
    assert kept(files) == ["files jpg"]
    assert service.sweep(timezone.now() + timedelta(minutes=2)) == 1
    assert kept(files) == []
    with workspace_scope(workspace.pk):
        assert not StoredFile.objects.exists()


def test_it_erases_others_where_one_cannot_be_erased(workspace: Workspace, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_AT_ONCE", 2)
    rows = [stored(workspace) for _ in range(4)]
    for row in rows[:2]:
        path = files / row.name
        path.unlink()
        (path / "in the way").mkdir(parents=True)
    with workspace_scope(workspace.pk):
        for row in rows:
            service.doom(row.owner_id)
    begin = timezone.now()
    assert [service.sweep(begin + timedelta(minutes=minutes)) for minutes in (2, 4, 6)] == [0, 2, 0]
    with workspace_scope(workspace.pk):
        assert {row.pk for row in StoredFile.objects.all()} == {row.pk for row in rows[:2]}
    for row in rows[:2]:
        (files / row.name / "in the way").rmdir()
    assert service.sweep(begin + timedelta(minutes=8)) == 2


def test_it_finds_only_the_workspaces_own(workspace: Workspace, charlies_workspace: Workspace) -> None:
    row = stored(workspace)
    with workspace_scope(workspace.pk):
        assert service.access_file(row.pk) == row
        assert service.size_of(row.owner_id) == len(CONTENT)
    with workspace_scope(charlies_workspace.pk), pytest.raises(NotFound):
        service.access_file(row.pk)


def test_it_makes_files_that_nobody_else_on_the_machine_reads(workspace: Workspace, files: Path, settings: Settings) -> None:
    row = stored(workspace)
    path = files / row.name
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert UUID(path.stem) == row.pk
    with pytest.raises(NotImplementedError):
        default_storage.url(row.name)
