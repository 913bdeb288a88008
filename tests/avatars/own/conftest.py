"""A place for files that is thrown away, pictures to upload, and a worker that is called instead of waited for."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Workspace
from avatars.consent import VERSION
from avatars.services.preparing import avatar_prepare
from tests.avatars.own.heads import head

Upload = Callable[..., Any]
Prepare = Callable[[dict[str, Any]], dict[str, Any]]
PORTRAIT = Path(__file__).resolve().parents[1] / "photo" / "pictures" / "astronaut.jpg"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Settings) -> Path:
    """The folder of the private storage."""
    folder = tmp_path / "files"
    options = {"BACKEND": "avatars.storage.PrivateFolder", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = settings.STORAGES | {"default": options}
    return folder


def kept(folder: Path) -> list[str]:
    """The files that there are, as kinds: `quarantine/x.glb` → `quarantine glb`."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(f"{path.relative_to(folder).parts[0]} {path.suffix.removeprefix('.')}" for path in paths)


def picture(width: int = 400, height: int = 300, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture of nobody."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(out, kind, **options)
    return out.getvalue()


def send(client: APIClient, content: bytes, *, key: str = "", **fields: Any) -> Any:
    """POST an upload with consent."""
    body = {"file": SimpleUploadedFile("upload.bin", content), "name": "Mira", "consent": VERSION} | fields
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post("/api/v1/avatars", body, format="multipart", **headers)


@pytest.fixture
def prepare(alice_api: APIClient, workspace: Workspace, django_capture_on_commit_callbacks: Any) -> Prepare:
    """`prepare(shape)` does what the worker would, and gives the avatar's shape after it."""

    def work(shape: dict[str, Any]) -> dict[str, Any]:
        with django_capture_on_commit_callbacks(execute=True):
            avatar_prepare(workspace_id=workspace.pk, avatar_id=UUID(shape["id"]))
        answer: dict[str, Any] = alice_api.get(f"/api/v1/avatars/{shape['id']}").json()
        return answer

    return work


@pytest.fixture
def a_head(alice_api: APIClient, prepare: Prepare) -> dict[str, Any]:
    """A head of Alice's workspace, ready."""
    return prepare(send(alice_api, head()).json())


def has(name: str) -> bool:
    """Whether the storage has a file of this name."""
    return bool(default_storage.exists(name))
