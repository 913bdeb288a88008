"""Idempotency-Key on speech and lips: one answer, charged once, for a day; nothing is kept without a key."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import IdempotencyRecord, Workspace
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.services import files as service
from quotas.metrics import Metric
from quotas.services import expire_lapsed
from tests.avatars.blocks.conftest import Charged
from tests.avatars.blocks.test_lipsync import upload
from tests.quotas.factories import counters, take

# What is charged commits by itself.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plan")]
TEXT = "Bob may bump my map."
SPEECH, LIPSYNC = "/api/v1/speech", "/api/v1/lipsync"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """The private storage, empty."""
    backend = {"BACKEND": "avatars.storage.PrivateFolder", "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    return tmp_path / "files"


def sent(api: APIClient, url: str, body: dict[str, Any], *, key: str = "k", accept: str = "*/*", **more: Any) -> Any:
    return api.post(url, body, headers={"Idempotency-Key": key, "Accept": accept}, **more)


def kept(workspace: Workspace) -> tuple[int, int]:
    """Answers and keys that are kept."""
    with workspace_scope(workspace.pk):
        return StoredFile.objects.filter(purpose="answer").count(), IdempotencyRecord.objects.count()


@pytest.mark.parametrize(
    ("url", "wish", "accept", "media_type"),
    [
        (SPEECH, {}, "application/json", "application/json"),
        (SPEECH, {}, "audio/wav", "audio/wav"),
        (SPEECH, {}, "audio/ogg", "audio/ogg"),
        (LIPSYNC, {}, "application/json", "application/json"),
        (LIPSYNC, {"output": "stream"}, "*/*", "application/octet-stream"),
    ],
)
def test_it_answers_the_same_and_charges_once(
    url: str, wish: dict[str, Any], accept: str, media_type: str, alice_api: APIClient, charged: Charged, workspace: Workspace
) -> None:
    first, again = (sent(alice_api, url, {"text": TEXT} | wish, accept=accept) for _ in range(2))
    assert (first.status_code, first["Content-Type"], "Idempotency-Replayed" in first) == (200, media_type, False)
    assert (again.status_code, again["Content-Type"], again["Idempotency-Replayed"]) == (200, media_type, "true")
    assert len(first.content) > 50
    assert again.content == first.content
    assert charged() == (len(TEXT), 0)
    assert kept(workspace) == (1, 1)
    sent(alice_api, url, {"text": TEXT} | wish, key="another", accept=accept)
    assert charged() == (2 * len(TEXT), 0)


def test_it_knows_uploads_by_what_they_hold(alice_api: APIClient, charged: Charged) -> None:
    first, again = (sent(alice_api, LIPSYNC, {"audio": upload(0.5)}, format="multipart") for _ in range(2))
    assert (first.status_code, again["Idempotency-Replayed"], again.content) == (200, "true", first.content)
    other = sent(alice_api, LIPSYNC, {"audio": upload(0.6)}, format="multipart")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert charged(Metric.STT_MS) == (500, 0)


def test_it_refuses_a_key_for_something_else(alice_api: APIClient, charged: Charged, workspace: Workspace) -> None:
    sent(alice_api, SPEECH, {"text": TEXT})
    for body, accept in (({"text": "Another."}, "*/*"), ({"text": TEXT, "rate": 1.5}, "*/*"), ({"text": TEXT}, "audio/wav")):
        answer = sent(alice_api, SPEECH, body, accept=accept)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert sent(alice_api, LIPSYNC, {"text": TEXT}).status_code == 200  # a key counts for its address
    assert charged() == (2 * len(TEXT), 0)
    assert kept(workspace) == (2, 2)


def test_a_failure_takes_no_key(alice_api: APIClient, charged: Charged, workspace: Workspace) -> None:
    assert sent(alice_api, SPEECH, {"text": "…"}).json()["code"] == "unsupported_text"
    assert sent(alice_api, SPEECH, {"text": "x " * 51}).status_code == 402
    sound = {"audio": SimpleUploadedFile("x.wav", b"RIFF nothing")}
    assert sent(alice_api, LIPSYNC, sound, format="multipart").status_code == 400
    assert (charged(), kept(workspace)) == ((0, 0), (0, 0))
    assert sent(alice_api, SPEECH, {"text": TEXT}).status_code == 200


def test_it_keeps_nothing_without_a_key(alice_api: APIClient, workspace: Workspace, folder: Path) -> None:
    answer: Any = alice_api.post(SPEECH, {"text": TEXT})
    assert answer.getvalue()
    assert kept(workspace) == (0, 0)
    assert not any(path.is_file() for path in folder.rglob("*"))


def test_strangers_have_keys_of_their_own(alice_api: APIClient, charlie_api: APIClient, workspace: Workspace) -> None:
    sent(alice_api, SPEECH, {"text": TEXT})
    assert "Idempotency-Replayed" not in sent(charlie_api, SPEECH, {"text": TEXT})
    assert kept(workspace) == (1, 1)


def test_it_forgets_the_answer_after_a_day(alice_api: APIClient, charged: Charged, workspace: Workspace, folder: Path) -> None:
    sent(alice_api, SPEECH, {"text": TEXT})
    assert service.sweep(timezone.now() + timedelta(hours=23)) == 0
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=2)):
        assert service.sweep(timezone.now()) == 1
        assert not any(path.is_file() for path in folder.rglob("*"))
        assert "Idempotency-Replayed" not in sent(alice_api, SPEECH, {"text": TEXT})
    assert charged() == (2 * len(TEXT), 0)


def test_its_room_is_held_for_the_day(alice_api: APIClient, charged: Charged, workspace: Workspace) -> None:
    answer = sent(alice_api, SPEECH, {"text": TEXT}, accept="audio/wav")
    assert charged(Metric.STORAGE_BYTES) == (0, len(answer.content))
    sent(alice_api, SPEECH, {"text": TEXT}, accept="audio/wav")
    assert charged(Metric.STORAGE_BYTES) == (0, len(answer.content))
    expire_lapsed(now=timezone.now() + timedelta(hours=24))
    assert charged(Metric.STORAGE_BYTES) == (0, len(answer.content))
    expire_lapsed(now=timezone.now() + timedelta(hours=24, minutes=6))
    assert charged(Metric.STORAGE_BYTES) == (0, 0)


def test_it_is_sent_and_not_kept_where_the_storage_is_full(alice_api: APIClient, workspace: Workspace, folder: Path) -> None:
    with workspace_scope(workspace.pk):
        take(10_000_000 - 1_000, metric=Metric.STORAGE_BYTES)
    answer = sent(alice_api, SPEECH, {"text": TEXT}, accept="audio/wav")
    assert (answer.status_code, len(answer.content) > 1_000) == (200, True)
    assert kept(workspace) == (0, 1)
    assert not any(path.is_file() for path in folder.rglob("*"))
    again = sent(alice_api, SPEECH, {"text": TEXT}, accept="audio/wav")
    assert (again.status_code, again.json()["code"]) == (410, "answer_gone")
    with workspace_scope(workspace.pk):
        assert counters(Metric.TTS_CHARACTERS) == (len(TEXT), 0, 0)


def test_it_says_so_when_the_storage_has_lost_it(alice_api: APIClient, charged: Charged, folder: Path) -> None:
    sent(alice_api, SPEECH, {"text": TEXT})
    for path in folder.rglob("*.*"):
        path.unlink()
    answer = sent(alice_api, SPEECH, {"text": TEXT})
    assert (answer.status_code, answer.json()["code"]) == (410, "answer_gone")
    assert charged() == (len(TEXT), 0)


def test_two_at_once_are_made_and_charged_once(alice_api: APIClient, alice_key: str, charged: Charged) -> None:
    codes: list[int] = []

    def ask() -> None:
        api = APIClient(headers={"Authorization": f"Bearer {alice_key}"})
        codes.append(sent(api, SPEECH, {"text": TEXT}).status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(codes) == 4
    assert set(codes) <= {200, 409}
    assert 200 in codes
    assert charged() == (len(TEXT), 0)


def test_a_claim_whose_process_died_ends(alice_api: APIClient, charged: Charged, workspace: Workspace) -> None:
    sent(alice_api, SPEECH, {"text": TEXT})
    with workspace_scope(workspace.pk):  # as it stands while the first is being made
        IdempotencyRecord.objects.update(status=None, body=None, expires_at=timezone.now() + timedelta(minutes=15))
    waiting = sent(alice_api, SPEECH, {"text": TEXT})
    assert (waiting.status_code, waiting.json()["code"]) == (409, "idempotency_in_progress")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sent(alice_api, SPEECH, {"text": TEXT}).status_code == 200
    assert charged() == (2 * len(TEXT), 0)
