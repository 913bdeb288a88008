"""POST /speech: sound with its times or alone, charged by character, nothing for what failed."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from numpy.typing import NDArray
from rest_framework.test import APIClient

from accounts.models import ApiKey, Workspace
from accounts.tenancy import workspace_scope
from quotas.models import UsageEntry
from tests.avatars.blocks.conftest import Charged

# What is charged commits by itself.
commits = pytest.mark.django_db(transaction=True)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plan")]
URL = "/api/v1/speech"
TEXT = "Hello there. How are you?"


def speech(api: APIClient, **wish: Any) -> dict[str, Any]:
    answer: Any = api.post(URL, {"text": TEXT} | wish)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    body: dict[str, Any] = json.loads(answer.getvalue())
    return body


def sound(api: APIClient, accept: str) -> bytes:
    answer: Any = api.post(URL, {"text": TEXT}, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept)
    data: bytes = answer.getvalue()
    return data


def refusal(api: APIClient, body: dict[str, Any], accept: str) -> tuple[int, str]:
    answer = api.post(URL, body, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def samples_of(data: bytes) -> NDArray[np.int16]:
    with wave.open(io.BytesIO(data)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 24_000)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2")


@commits
def test_it_speaks_with_the_times_of_words_phonemes_and_visemes(alice_api: APIClient, charged: Charged) -> None:
    body = speech(alice_api)
    assert (body["voice"], body["characters"], body["sample_rate"]) == ("hibari-heart", len(TEXT), 24_000)
    samples = samples_of(base64.b64decode(body["audio"]["base64"]))
    assert len(samples) == body["duration_ms"] * 24
    assert np.abs(samples).max() > 3_000
    assert " ".join(word["text"] for word in body["words"]) == TEXT
    for spans in (body["words"], body["phonemes"], body["visemes"]):
        assert all(0 <= span["start_ms"] < span["end_ms"] <= body["duration_ms"] for span in spans)
        assert all(before["end_ms"] <= after["start_ms"] for before, after in pairwise(spans))
    shapes = body["visemes"]
    assert (shapes[0]["start_ms"], shapes[-1]["end_ms"]) == (0, body["duration_ms"])
    assert all(before["end_ms"] == after["start_ms"] for before, after in pairwise(shapes))
    assert {"sil", "E"} <= {shape["viseme"] for shape in shapes}
    assert charged() == (len(TEXT), 0)


@commits
def test_it_sends_the_same_sound_alone_and_faster(alice_api: APIClient, charged: Charged) -> None:
    pcm = base64.b64decode(speech(alice_api, format="pcm16")["audio"]["base64"])
    wav = sound(alice_api, "audio/wav")
    assert wav[44:] == sound(alice_api, "audio/pcm") == pcm
    assert samples_of(wav).tobytes() == pcm
    assert charged() == (3 * len(TEXT), 0)
    assert speech(alice_api, rate=1.6)["duration_ms"] < 0.8 * len(pcm) / 48


@commits
def test_it_writes_down_who_asked(alice_api: APIClient, workspace: Workspace) -> None:
    speech(alice_api)
    with workspace_scope(workspace.pk):
        entry = UsageEntry.objects.get()
        assert (entry.quantity, entry.api_key_id, entry.provider) == (len(TEXT), ApiKey.objects.get().pk, "local")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"text": ""}, "invalid"),
        ({"text": " "}, "empty_text"),
        ({"text": "x" * 5_001}, "invalid"),
        ({"text": TEXT, "rate": 2.5}, "invalid"),
        ({"text": TEXT, "rate": "nan"}, "invalid"),
        ({"text": TEXT, "volume": 3}, "invalid"),
        ({"text": TEXT, "format": "flac"}, "invalid"),
        ({"text": TEXT, "voice": "nobody"}, "unknown_voice"),
        ({"text": "你好"}, "unsupported_language"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "audio/wav"])
def test_it_refuses_what_it_can_not_speak_and_holds_nothing(
    body: dict[str, Any], code: str, accept: str, alice_api: APIClient, charged: Charged
) -> None:
    assert refusal(alice_api, body, accept) == (400, code)
    assert charged() == (0, 0)


@commits
@pytest.mark.parametrize("accept", ["application/json", "audio/wav"])
def test_it_gives_back_what_it_held_for_a_text_that_says_nothing(accept: str, alice_api: APIClient, charged: Charged) -> None:
    assert refusal(alice_api, {"text": "…"}, accept) == (400, "unsupported_text")
    assert charged() == (0, 0)


@commits
def test_it_refuses_what_the_plan_has_no_room_for(alice_api: APIClient, charged: Charged) -> None:
    assert refusal(alice_api, {"text": "x " * 51}, "audio/wav") == (402, "quota_exceeded")
    assert charged() == (0, 0)


@commits
def test_it_charges_a_listener_who_leaves_for_what_was_begun(alice_api: APIClient, charged: Charged) -> None:
    text = "The first sentence is here. " * 3
    answer: Any = alice_api.post(URL, {"text": text}, headers={"Accept": "audio/wav"})
    pieces: Iterator[bytes] = iter(answer.streaming_content)
    assert next(pieces)[:4] == b"RIFF"
    assert charged()[1] == len(text)
    answer.close()
    settled, held = charged()
    assert 0 < settled < len(text)
    assert held == 0


@commits
@pytest.mark.parametrize("pieces", [1, 100])
async def test_it_streams_from_an_event_loop_too(pieces: int, alice_key: str, charged: Charged) -> None:
    text = "The first sentence is here. " * 3
    headers = {"Authorization": f"Bearer {alice_key}", "Accept": "audio/pcm"}
    answer: Any = await AsyncClient().post(URL, {"text": text}, content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer.is_async
    sizes = []
    async for piece in answer.streaming_content:
        sizes.append(len(piece))
        if len(sizes) == pieces:
            break
    await sync_to_async(answer.close)()
    settled, held = await sync_to_async(charged)()
    assert held == 0
    assert 0 < settled < len(text) if pieces == 1 else settled == len(text)
    assert len(sizes) == 1 if pieces == 1 else len(sizes) > 1
