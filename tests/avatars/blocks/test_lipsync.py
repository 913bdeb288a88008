"""POST /lipsync: mouth shapes, weights and the binary stream, of texts and of sound."""

from __future__ import annotations

import io
import json
import struct
import wave
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from avatars.face import CHANNELS, decode
from quotas.metrics import Metric
from streaming.protocol import Flag, Kind, parse_media
from tests.avatars.blocks.conftest import Charged

# What is charged commits by itself.
commits = pytest.mark.django_db(transaction=True)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plan")]
URL = "/api/v1/lipsync"
TEXT = "Bob may bump my map."


def asked(api: APIClient, **wish: Any) -> bytes:
    answer: Any = api.post(URL, {"text": TEXT} | wish)
    kind = "application/octet-stream" if wish.get("output") == "stream" else "application/json"
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    data: bytes = answer.getvalue() if answer.streaming else answer.content
    return data


def weights(api: APIClient, **wish: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    body = json.loads(asked(api, output="weights", **wish))
    assert body["channels"] == list(CHANNELS)
    assert body["frame_count"] == len(body["frames"])
    return np.array(body["frames"])


def upload(seconds: float = 1.0, *, rate: int = 24_000, channels: int = 1, width: int = 2) -> SimpleUploadedFile:
    """A WAV of a hum."""
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setparams((channels, width, rate, 0, "NONE", ""))
        wave_form = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 150 / rate) * (2 ** (8 * width - 2))
        wav.writeframes(np.repeat(wave_form, channels).astype(f"<i{width}").tobytes())
    return SimpleUploadedFile("hum.wav", out.getvalue(), "audio/wav")


@commits
def test_it_gives_the_shapes_that_speech_gives(alice_api: APIClient, charged: Charged) -> None:
    body = json.loads(asked(alice_api))
    speech: Any = alice_api.post("/api/v1/speech", {"text": TEXT})
    spoken = json.loads(speech.getvalue())
    assert body == {"duration_ms": spoken["duration_ms"], "visemes": spoken["visemes"]}
    assert sum(shape["viseme"] == "PP" for shape in body["visemes"]) >= 5
    assert charged() == (2 * len(TEXT), 0)


@commits
def test_it_closes_the_lips_where_the_shapes_say_so(alice_api: APIClient) -> None:
    shapes = json.loads(asked(alice_api))["visemes"]
    table = weights(alice_api, fps=100)
    jaw, close = (table[:, CHANNELS.index(name)] for name in ("jawOpen", "mouthClose"))
    assert len(table) == -(-shapes[-1]["end_ms"] // 10)
    for shape in shapes:
        if shape["viseme"] == "PP":
            middle = (shape["start_ms"] + shape["end_ms"]) // 20
            assert jaw[middle] - close[middle] < 0.05
    assert jaw.max() > 0.2


@commits
def test_it_streams_the_same_face_in_the_protocols_messages(alice_api: APIClient) -> None:
    table = weights(alice_api, emotion="happy", intensity=1, seed=7)
    data, at = asked(alice_api, output="stream", emotion="happy", intensity=1, seed=7), 0
    tables: list[Any] = []
    while data:
        (length,) = struct.unpack_from("<I", data)
        header, payload = parse_media(data[4 : 4 + length])
        assert (header.kind, header.seq, header.pts_ms) == (Kind.FACE, len(tables), at)
        tables.append(decode(payload).table())
        data, at = data[4 + length :], at + 2_000
        assert bool(header.flags & Flag.LAST) == (not data)
    together = np.concatenate(tables)
    assert together.shape == table.shape
    assert np.abs(together - table)[:, :52].max() < 0.05
    assert np.abs(weights(alice_api, emotion="happy", intensity=1, seed=8) - table).max() > 0.01
    assert np.abs(weights(alice_api, emotion="sad", seed=7) - table).max() > 0.1


@commits
def test_it_does_not_care_where_clauses_end() -> None:
    """More stretches of speech than a face remembers, drawn as they come."""
    from avatars.blocks.lips import Manner, tracks
    from avatars.voice import speak

    chunks = list(speak("Stop here. " * 20, voice="hibari-heart"))
    table = np.concatenate([track.table() for track in tracks(chunks, Manner(fps=30))])
    jaw = table[:, CHANNELS.index("jawOpen")]
    for chunk in chunks:
        first, last = chunk.start_ms * 30 // 1000, (chunk.start_ms + chunk.duration_ms) * 30 // 1000
        assert jaw[first:last].max() > 0.1


@pytest.mark.parametrize(
    "wish",
    [
        {"text": ""},
        {"fps": 0},
        {"fps": 121},
        {"output": "video"},
        {"emotion": "grumpy"},
        {"intensity": 1.1},
        {"intensity": "nan"},
        {"seed": -1},
        {"seed": 2**32},
        {"voice": "nobody"},
        {"audio": "UklGRg=="},
    ],
)
def test_it_refuses_wishes_that_make_no_sense(wish: dict[str, Any], alice_api: APIClient, charged: Charged) -> None:
    answer = alice_api.post(URL, {"text": TEXT, "output": "weights"} | wish)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert charged() == (0, 0)


@pytest.mark.parametrize(
    ("content", "wish", "code"),
    [
        (b"", {}, "invalid"),
        (b"RIFF nothing", {}, "audio_unreadable"),
        (b"\x00\x00\x00", {"format": "pcm16"}, "audio_unreadable"),
        (upload(0).read(), {}, "audio_empty"),
        (upload(0.1, rate=6_000).read(), {}, "audio_unreadable"),
        (upload(0.1, rate=96_000).read(), {}, "audio_unreadable"),
        (bytes(2 * 24_000 * 301), {"format": "pcm16"}, "audio_too_long"),
        (upload().read(), {"text": TEXT}, "invalid"),
    ],
)
def test_it_refuses_sound_that_it_can_not_read(
    content: bytes, wish: dict[str, Any], code: str, alice_api: APIClient, charged: Charged
) -> None:
    answer = alice_api.post(URL, {"audio": SimpleUploadedFile("x.wav", content)} | wish, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert charged(Metric.STT_MS) == (0, 0)


def test_it_refuses_files_that_are_too_large_unread(alice_api: APIClient, charged: Charged) -> None:
    content = SimpleUploadedFile("x.wav", bytes(32 * 1024 * 1024 + 65 * 1024))
    answer = alice_api.post(URL, {"audio": content}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert charged(Metric.STT_MS) == (0, 0)


@commits
def test_it_hears_what_our_own_voice_says(alice_api: APIClient, charged: Charged) -> None:
    spoken: Any = alice_api.post("/api/v1/speech", {"text": TEXT}, headers={"Accept": "audio/wav"})
    said = json.loads(asked(alice_api))
    answer = alice_api.post(URL, {"audio": SimpleUploadedFile("map.wav", spoken.getvalue())}, format="multipart")
    heard = answer.json()
    assert (answer.status_code, heard["duration_ms"]) == (200, said["duration_ms"])
    assert (heard["visemes"][0]["start_ms"], heard["visemes"][-1]["end_ms"]) == (0, said["duration_ms"])
    assert agreement(said["visemes"], heard["visemes"], said["duration_ms"]) > 0.6
    assert charged(Metric.STT_MS) == (said["duration_ms"], 0)


def agreement(one: list[dict[str, Any]], other: list[dict[str, Any]], duration_ms: int) -> float:
    """The share of time in which two lists of mouth shapes show the same."""
    both: int = np.sum(names_at(one, duration_ms) == names_at(other, duration_ms))
    return both / duration_ms


def names_at(shapes: list[dict[str, Any]], duration_ms: int) -> Any:
    return np.concatenate([[shape["viseme"]] * (shape["end_ms"] - shape["start_ms"]) for shape in shapes])[:duration_ms]


@commits
@pytest.mark.parametrize(("rate", "channels", "width"), [(24_000, 1, 2), (48_000, 2, 2), (8_000, 1, 4)])
def test_it_draws_a_face_for_sound_of_any_usual_form(rate: int, channels: int, width: int, alice_api: APIClient) -> None:
    wish = {"audio": upload(1.1, rate=rate, channels=channels, width=width), "output": "weights", "fps": 20, "emotion": "happy"}
    answer: Any = alice_api.post(URL, wish, format="multipart")
    assert (answer.status_code, json.loads(answer.getvalue())["frame_count"]) == (200, 22)


@commits
def test_it_refuses_sound_that_the_plan_has_no_room_for(alice_api: APIClient, charged: Charged) -> None:
    answer = alice_api.post(URL, {"audio": upload(10.1)}, format="multipart")
    assert (answer.status_code, answer.json()["metric"]) == (402, "stt_ms")
    assert charged(Metric.STT_MS) == (0, 0)
