"""The REST API of videos: asking, polling, files, recordings, refusals."""

from __future__ import annotations

import json
import re
import struct
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from numpy.typing import NDArray
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.blocks.encoding import compressed
from avatars.presets import preset_create
from avatars.rest.video_shapes import VideoIn
from avatars.videos import pipeline
from avatars.videos.models import Video
from avatars.videos.performance import LEAD_MS, spoken
from quotas.metrics import Metric
from quotas.models import Reservation, ReservationState, UsageEntry
from tests.avatars.videos.factories import SCRIPT, a_wish, files, made, wav

pytestmark = pytest.mark.django_db
SMALL = {"avatar": "ada", "script": SCRIPT, "width": 128, "height": 128}


def ask(api: APIClient, **changes: Any) -> dict[str, Any]:
    response = api.post("/api/v1/videos", SMALL | changes, headers={"Idempotency-Key": json.dumps(changes)})
    assert response.status_code == 202, response.json()
    shown: dict[str, Any] = response.json()
    return shown


def send(api: APIClient, sound: bytes, key: str = "one", **fields: Any) -> Any:
    video = json.dumps({"avatar": "ada", "width": 128, "height": 128} | fields)
    audio = SimpleUploadedFile("speech.wav", sound, "audio/wav")
    return api.post("/api/v1/videos", {"video": video, "audio": audio}, format="multipart", headers={"Idempotency-Key": key})


def slower(recording: bytes) -> bytes:
    """As if its samples came at 8 kHz."""
    return recording.replace(struct.pack("<II", 24_000, 48_000), struct.pack("<II", 8_000, 16_000), 1)


def opus(sound: NDArray[np.int16]) -> bytes:
    return b"".join(compressed([sound], "opus"))


def finish(workspace: Workspace, video_id: str) -> Video:
    with workspace_scope(workspace.pk):
        video = Video.objects.get(pk=UUID(video_id))
    return made(workspace.pk, video)


def test_it_shows_a_video_from_the_wish_to_the_file(workspace: Workspace, alice_api: APIClient, anonymous_api: APIClient) -> None:
    asked = ask(alice_api, captions="vtt", title="Hello")
    assert (asked["state"], asked["progress"]["percent"], asked["files"]["video_url"]) == ("queued", 0, None)
    assert alice_api.get("/api/v1/videos").json()["results"] == [asked]
    finish(workspace, asked["id"])
    shown = alice_api.get(f"/api/v1/videos/{asked['id']}").json()
    assert (shown["state"], shown["progress"]["percent"], shown["title"]) == ("finished", 100, "Hello")
    file = anonymous_api.get(shown["files"]["video_url"], headers={"Range": "bytes=0-3"})
    assert (file.status_code, file.content, file["Content-Type"]) == (206, b"\x1a\x45\xdf\xa3", "video/webm")
    captions = anonymous_api.get(shown["files"]["captions_url"]).content.decode()
    assert captions.startswith("WEBVTT\n\n1\n00:00:00.")
    assert anonymous_api.get(shown["files"]["video_url"].replace("signature=", "signature=0")).status_code == 404


def test_it_repeats_the_answer_to_a_repeated_request(alice_api: APIClient, workspace: Workspace) -> None:
    assert ask(alice_api)["id"] == ask(alice_api)["id"]
    with workspace_scope(workspace.pk):
        assert Video.objects.count() == 1


def test_it_labels_videos_of_the_free_plan_unless_told_otherwise(alice_api: APIClient) -> None:
    assert ask(alice_api)["disclosure_text"] == "AI-generated"
    assert ask(alice_api, disclosure=False)["disclosure_text"] == ""
    assert ask(alice_api, disclosure_text="KI-generiert")["disclosure_text"] == "KI-generiert"


def test_it_cancels_and_erases(alice_api: APIClient) -> None:
    path = f"/api/v1/videos/{ask(alice_api)['id']}"
    assert alice_api.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert alice_api.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert alice_api.delete(path).status_code == 204
    assert alice_api.get(path).status_code == 404


def test_it_lets_an_avatar_say_a_recording(workspace: Workspace, alice_api: APIClient) -> None:
    sound = spoken(a_wish()).sound
    response = send(alice_api, wav(sound))
    assert response.status_code == 202, response.json()
    video = finish(workspace, response.json()["id"])
    assert (video.state, video.error) == ("finished", "")
    assert abs(video.duration_ms - len(sound) / 24 - 1000) < 100
    other = send(alice_api, wav(np.roll(sound, 5000)))
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("sound", "fields", "code"),
    [
        (b"This is text, and no sound.", {}, "unreadable_sound"),
        (b"", {}, "invalid"),
        (wav(np.zeros(100, np.int16)), {}, "recording_too_short"),
        (slower(wav(np.zeros(601 * 8_000, np.int16))), {}, "recording_too_long"),
        (wav(np.zeros(24_000, np.int16)), {"script": "Hello."}, "script_or_audio"),
        (wav(np.zeros(24_000, np.int16)), {"captions": "vtt"}, "captions_need_script"),
    ],
)
def test_it_refuses_recordings_that_it_can_not_use(
    alice_api: APIClient, workspace: Workspace, sound: bytes, fields: dict[str, Any], code: str
) -> None:
    response = send(alice_api, sound, **fields)
    assert (response.status_code, response.json()["code"]) == (400, code)
    with workspace_scope(workspace.pk):
        assert not Video.objects.exists()


@pytest.mark.parametrize(
    ("sound", "code"),
    [
        (b"OggS" + bytes(5000), "unreadable_sound"),
        (b"RIFF....WAVEnonsense", "unreadable_sound"),
        (b"\x1a\x45\xdf\xa3" + bytes(100), "unreadable_sound"),
        (opus(np.zeros(1000, np.int16)), "recording_too_short"),
    ],
)
def test_it_fails_where_only_a_worker_finds_that_a_recording_is_of_no_use(
    alice_api: APIClient, workspace: Workspace, sound: bytes, code: str
) -> None:
    shown = send(alice_api, sound).json()
    assert shown["state"] == "queued"
    with workspace_scope(workspace.pk):
        video = Video.objects.get()
    pipeline.prepare(workspace.pk, video.pk)
    shown = alice_api.get(f"/api/v1/videos/{video.pk}").json()
    assert (shown["state"], shown["error"]["code"]) == ("failed", code)
    assert shown["error"]["hint"].startswith("Send")
    assert files(workspace.pk, video) == {}
    with workspace_scope(workspace.pk):
        assert not Reservation.objects.filter(state=ReservationState.OPEN).exists()


@pytest.mark.parametrize(
    "text",
    [
        '{"avatar": "ada", "rate": NaN}',
        "[" * 100_000,
        '{"avatar": "ada", "title": "\\u0000"}',
        '{"avatar": "ada", "title": "\\ud800"}',
        '{"avatar": "ada", "fps": ' + "9" * 40 + "}",
        '["ada"]',
        "",
    ],
)
def test_it_reads_the_part_of_a_form_as_strictly_as_a_body(alice_api: APIClient, workspace: Workspace, text: str) -> None:
    audio = SimpleUploadedFile("speech.wav", wav(np.zeros(24_000, np.int16)), "audio/wav")
    response = alice_api.post("/api/v1/videos", {"video": text, "audio": audio}, format="multipart")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert "video" in str(response.json()["errors"])
    with workspace_scope(workspace.pk):
        assert not Video.objects.exists()


def test_it_captions_a_recording_by_its_transcript(alice_api: APIClient, workspace: Workspace, anonymous_api: APIClient) -> None:
    performance = spoken(a_wish())
    shown = send(alice_api, wav(performance.sound), captions="vtt", transcript=SCRIPT).json()
    assert (shown["transcript"], shown["script"]) == (SCRIPT, "")
    finish(workspace, shown["id"])
    shown = alice_api.get(f"/api/v1/videos/{shown['id']}").json()
    captions = anonymous_api.get(shown["files"]["captions_url"]).content.decode()
    begin = re.search(r"(\d\d)\.(\d{3}) --> ", captions)
    assert begin is not None
    first = performance.words[0].start_ms + LEAD_MS  # the recording begins with a lead of its own
    assert abs(int(begin[1]) * 1000 + int(begin[2]) - first) < 150
    assert "bottle." in captions
    with workspace_scope(workspace.pk):  # it was spoken, to find out how it sounds
        charged = UsageEntry.objects.get(metric=Metric.TTS_CHARACTERS)
    assert charged.quantity == len(SCRIPT)


def test_it_refuses_a_transcript_that_the_plan_has_no_characters_for(alice_api: APIClient, workspace: Workspace) -> None:
    sound = wav(np.zeros(24_000, np.int16))
    assert send(alice_api, sound, transcript="word " * 3900).status_code == 202
    assert send(alice_api, sound, key="two", transcript="other " * 3000).json()["code"] == "quota_exceeded"
    with workspace_scope(workspace.pk):
        assert Video.objects.count() == 1
        held = Reservation.objects.get(metric=Metric.TTS_CHARACTERS, state=ReservationState.OPEN).held
    assert held == len("word " * 3900) - 1  # without the last space


def test_it_fails_where_the_transcript_says_something_else(alice_api: APIClient, workspace: Workspace) -> None:
    other = "Once upon a time there was a king who lived in a castle."
    shown = send(alice_api, wav(spoken(a_wish()).sound), captions="vtt", transcript=other).json()
    with workspace_scope(workspace.pk):
        video = Video.objects.get()
    pipeline.prepare(workspace.pk, video.pk)
    shown = alice_api.get(f"/api/v1/videos/{shown['id']}").json()
    assert (shown["state"], shown["error"]["code"]) == ("failed", "transcript_differs")


def test_it_takes_compressed_recordings(alice_api: APIClient, workspace: Workspace) -> None:
    sound = spoken(a_wish()).sound
    video = finish(workspace, send(alice_api, opus(sound)).json()["id"])
    assert (video.state, video.error) == ("finished", "")
    assert abs(video.duration_ms - len(sound) / 24 - 1000) < 150


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"script": ""}, 400),
        ({"transcript": SCRIPT}, 400),
        ({"fps": 5}, 400),
        ({"colour": "red"}, 400),
        ({"emotions": [{"name": "happy"}]}, 400),
        ({"emotions": [{"name": "happy", "at_text": 4000}]}, 400),
        ({"background": "not-a-colour"}, 400),
        ({"script": "word " * 3900}, 402),
    ],
)
def test_it_refuses_wishes(alice_api: APIClient, workspace: Workspace, changes: dict[str, Any], status: int) -> None:
    response = alice_api.post("/api/v1/videos", SMALL | changes)
    assert response.status_code == status, response.json()
    with workspace_scope(workspace.pk):
        assert not Video.objects.exists()


def test_it_takes_what_a_preset_says(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        preset_create(
            name="Calm", avatar="ada", rate=Decimal("0.9"), emotion="sad", intensity=Decimal("0.4"), background="#ffffff"
        )
    shown = ask(alice_api, avatar="", preset="Calm")
    assert (shown["avatar"], shown["background"]) == ("ada", "#ffffff")
    with workspace_scope(workspace.pk):
        wish = Video.objects.get().wish
    assert (wish["rate"], wish["emotions"][0]["name"], wish["emotions"][0]["at_ms"]) == (0.9, "sad", 0)
    assert ask(alice_api, preset="Calm", background="#000000")["background"] == "#000000"
    assert alice_api.post("/api/v1/videos", SMALL | {"preset": "Loud"}).json()["code"] == "unknown_preset"
    assert alice_api.post("/api/v1/videos", {"script": "Hello."}).json()["code"] == "avatar_missing"


@pytest.mark.parametrize("number", [0, 1])
def test_it_carries_out_the_examples_of_the_document(alice_api: APIClient, number: int) -> None:
    examples = VideoIn._spectacular_annotation["examples"]  # type: ignore[attr-defined]
    assert len(examples) == 2
    assert alice_api.post("/api/v1/videos", examples[number].value).status_code == 202
