"""Pictures of a workspace: checked before they are decoded, written anew, held against the storage, really deleted."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.blocks.models import Asset
from avatars.models import StoredFile
from quotas.metrics import Metric
from quotas.models import Allowance
from tests.avatars.blocks.factories import a_picture
from tests.quotas.factories import counters, subscribe

pytestmark = pytest.mark.django_db
URL = "/api/v1/assets"


def uploaded(api: APIClient, content: bytes, **wish: Any) -> Any:
    return api.post(URL, {"file": SimpleUploadedFile("wall.png", content), "name": "Wall"} | wish, format="multipart")


def held(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        known = Allowance.objects.filter(metric=Metric.STORAGE_BYTES).exists()
        return counters(Metric.STORAGE_BYTES)[1] if known else 0


def kept(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        return Asset.objects.count() + StoredFile.objects.count()


@pytest.mark.parametrize(
    ("form", "mode", "media_type"),
    [("PNG", "RGBA", "image/png"), ("JPEG", "RGB", "image/jpeg"), ("WEBP", "RGBA", "image/webp")],
)
def test_it_keeps_shows_and_erases_a_picture(
    form: str,
    mode: str,
    media_type: str,
    alice_api: APIClient,
    client: Client,
    workspace: Workspace,
    django_capture_on_commit_callbacks: Any,
) -> None:
    answer = uploaded(alice_api, a_picture(form, mode=mode), kind="logo")
    body = answer.json()
    assert (answer.status_code, body["media_type"], body["width"], body["height"]) == (201, media_type, 40, 30)
    assert alice_api.get(f"{URL}/{body['id']}").json() == alice_api.get(URL).json()["results"][0] == body
    shown: Any = client.get(body["url"])
    picture = Image.open(io.BytesIO(shown.getvalue()))
    assert (shown.status_code, picture.size, picture.mode, picture.format) == (200, (40, 30), mode, form)
    assert held(workspace) == body["size"]
    with workspace_scope(workspace.pk):
        name = StoredFile.objects.get().name
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_api.delete(f"{URL}/{body['id']}").status_code == 204
    assert (held(workspace), kept(workspace), default_storage.exists(name)) == (0, 0, False)
    assert client.get(body["url"]).status_code == 404


def test_it_leaves_metadata_behind_and_turns_pictures_upright(alice_api: APIClient, client: Client) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"  # turned by 90°, made by
    body = uploaded(alice_api, a_picture("JPEG", exif=exif) + b"a tail").json()
    assert (body["width"], body["height"]) == (30, 40)
    shown: Any = client.get(body["url"])
    data = shown.getvalue()
    assert b"camera" not in data
    assert b"tail" not in data
    assert not Image.open(io.BytesIO(data)).getexif()


def bomb() -> bytes:
    """A PNG whose header announces 60,000 × 60,000 pixels."""
    content = bytearray(a_picture())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_kind"),
        (b"glTF" + bytes(20), "unknown_kind"),
        (a_picture("GIF", mode="L"), "unknown_kind"),
        (a_picture()[:60], "unreadable"),
        (a_picture()[:20], "unreadable"),
        (bomb(), "too_many_pixels"),
    ],
)
def test_it_refuses_what_is_no_picture_and_keeps_nothing(
    content: bytes, code: str, alice_api: APIClient, workspace: Workspace
) -> None:
    answer = uploaded(alice_api, content)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (kept(workspace), held(workspace)) == (0, 0)


def test_it_refuses_files_that_are_too_large(alice_api: APIClient, workspace: Workspace) -> None:
    body = uploaded(alice_api, bytes(10 * 1024 * 1024 + 70_000))
    file = uploaded(alice_api, a_picture() + bytes(10 * 1024 * 1024))
    assert [(answer.status_code, answer.json()["code"]) for answer in (body, file)] == [(413, "too_large"), (400, "too_large")]
    assert kept(workspace) == 0


def test_it_refuses_what_the_storage_has_no_room_for(alice_api: APIClient, workspace: Workspace) -> None:
    subscribe(workspace, storage_bytes=100)
    answer = uploaded(alice_api, a_picture("PNG", size=(300, 300), mode="RGBA"))
    assert (answer.status_code, answer.json()["metric"]) == (402, "storage_bytes")
    assert (kept(workspace), held(workspace)) == (0, 0)
    assert default_storage.listdir(f"files/{workspace.pk}")[1] == []


def test_it_keeps_a_picture_once_for_one_key(alice_api: APIClient, workspace: Workspace) -> None:
    answers = [
        alice_api.post(
            URL,
            {"file": SimpleUploadedFile("wall.png", a_picture()), "name": "Wall"},
            format="multipart",
            headers={"Idempotency-Key": "k"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert kept(workspace) == 2


def test_it_shows_strangers_nothing(alice_api: APIClient, charlie_api: APIClient, workspace: Workspace) -> None:
    url = f"{URL}/{uploaded(alice_api, a_picture()).json()['id']}"
    assert charlie_api.get(URL).json()["results"] == []
    assert [charlie_api.get(url).status_code, charlie_api.delete(url).status_code] == [404, 404]
    assert kept(workspace) == 2
