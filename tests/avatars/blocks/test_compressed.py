"""Opus and MP3, out and in: the sound is not moved by a sample, and nothing strange is decoded."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
import soxr
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rest_framework.test import APIClient
from scipy.signal import correlate

from accounts.errors import Invalid
from avatars.blocks.encoding import RECIPES, compressed
from avatars.blocks.hearing import recording_of
from quotas.metrics import Metric
from tests.avatars.blocks.conftest import Charged
from tests.avatars.sounds import RATE, written

REFUSALS = {"audio_unreadable", "audio_empty", "audio_too_long"}


def noise(seconds: float, *, seed: int = 1) -> NDArray[np.int16]:
    """Syllables of noise: what has one place in time alone."""
    count = int(seconds * RATE)
    rough = np.random.default_rng(seed).standard_normal(count)
    soft = np.convolve(rough, np.ones(8) / 8, "same") * np.sin(np.arange(count) * 4 / RATE) ** 2
    syllables: NDArray[np.int16] = (soft / np.abs(soft).max() * 20_000).astype(np.int16)
    return syllables


def late_by(content: bytes, sound: NDArray[np.int16]) -> float:
    """How many milliseconds later than `sound` the decoded `content` is, where both agree best."""
    heard = recording_of(content)
    original = soxr.resample(sound.astype(np.float32), RATE, heard.rate)
    best = int(np.argmax(correlate(heard.samples, original, "full", method="fft"))) - (len(original) - 1)
    return best * 1000 / heard.rate


@pytest.mark.parametrize("form", RECIPES)
@pytest.mark.parametrize("pieces", [1, 7])
def test_it_does_not_move_the_sound(form: str, pieces: int) -> None:
    sound = noise(2.0517)
    content = b"".join(compressed(np.array_split(sound, pieces), form))
    assert len(content) < sound.nbytes / 4
    assert abs(late_by(content, sound)) <= 0.05
    assert recording_of(content).duration_ms == 2052
    assert recording_of(content, form).duration_ms == 2052


def test_opus_is_sent_while_it_is_made() -> None:
    parts = list(compressed([noise(1.0, seed=seed) for seed in range(4)], "opus"))
    assert parts[0].startswith(b"OggS")
    assert all(len(part) > 1_000 for part in parts[:-1])


@pytest.mark.parametrize(
    ("container", "codec", "rate", "layout"),
    [
        ("ogg", "libopus", 48_000, "stereo"),
        ("webm", "libopus", 48_000, "mono"),
        ("mp3", "libmp3lame", 44_100, "stereo"),
        ("mp3", "libmp3lame", 16_000, "mono"),
    ],
)
def test_it_hears_what_others_write(container: str, codec: str, rate: int, layout: str) -> None:
    sound = noise(1.5)
    content = written(sound, container, codec, rate=rate, layout=layout)
    assert abs(late_by(content, sound)) <= 0.1
    assert recording_of(content).duration_ms == pytest.approx(1500, abs=2)


def code_of(content: bytes, form: str = "auto") -> str:
    with pytest.raises(Invalid) as refused:
        recording_of(content, form)
    return refused.value.code


def test_it_decodes_nothing_else() -> None:
    sound = noise(0.5)
    opus, mp3 = (b"".join(compressed([sound], form)) for form in ("opus", "mp3"))
    assert code_of(opus, "mp3") == code_of(mp3, "opus") == code_of(opus, "wav") == "audio_unreadable"
    assert code_of(written(sound, "ogg", "flac")) == "audio_unreadable"
    assert code_of(written(sound, "matroska", "pcm_s16le")) == "audio_unreadable"
    assert code_of(written(sound, "flac", "flac")) == "audio_unreadable"
    for content in (b"", b"\x00" * 100, b"OggS" + bytes(90), b"ID3" + bytes(90), b"\x1a\x45\xdf\xa3" + bytes(90)):
        assert code_of(content) in REFUSALS


def test_it_stops_decoding_when_it_is_long_enough() -> None:
    hour = (np.zeros(60 * RATE, np.int16) for _ in range(6))
    content = b"".join(compressed(hour, "opus"))
    assert len(content) < 300_000
    assert code_of(content) == "audio_too_long"


GOOD = {form: b"".join(compressed([noise(0.3)], form)) for form in RECIPES} | {
    "webm": written(noise(0.3), "webm", "libopus", rate=48_000)
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 1500), st.binary(min_size=1, max_size=12), st.integers(0, 400))
@example("webm", GOOD["webm"].index(b"A_OPUS"), b"A_NONE", 0)  # a codec that nobody knows
def test_it_reads_or_refuses_damaged_files(form: str, at: int, damage: bytes, cut: int) -> None:
    content = bytearray(GOOD[form])
    content[at : at + len(damage)] = damage
    try:
        heard = recording_of(bytes(content[: len(content) - cut]))
    except Invalid as refused:
        assert refused.code in REFUSALS
    else:
        assert np.isfinite(heard.samples).all()
        assert heard.duration_ms <= 300_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("form", "accept"), [("opus", "audio/ogg"), ("mp3", "audio/mpeg")])
def test_speech_comes_compressed_with_the_same_times(form: str, accept: str, alice_api: APIClient, charged: Charged) -> None:
    text = "Bob may bump my map."
    plain: Any = alice_api.post("/api/v1/speech", {"text": text, "format": "pcm16"})
    small: Any = alice_api.post("/api/v1/speech", {"text": text, "format": form})
    body, other = json.loads(small.getvalue()), json.loads(plain.getvalue())
    content = base64.b64decode(body["audio"].pop("base64"))
    sound = np.frombuffer(base64.b64decode(other["audio"].pop("base64")), "<i2")
    assert body == other | {"audio": {"format": form}}
    assert abs(late_by(content, sound)) <= 0.1
    assert recording_of(content).duration_ms == body["duration_ms"]
    alone: Any = alice_api.post("/api/v1/speech", {"text": text}, headers={"Accept": accept})
    assert (alone.status_code, alone["Content-Type"]) == (200, accept)
    assert abs(late_by(alone.getvalue(), sound)) <= 0.1
    assert charged() == (3 * len(text), 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", RECIPES)
def test_lips_follow_compressed_sound(form: str, alice_api: APIClient, charged: Charged) -> None:
    file = SimpleUploadedFile("hum", b"".join(compressed([noise(1.1)], form)))
    answer = alice_api.post("/api/v1/lipsync", {"audio": file}, format="multipart")
    assert (answer.status_code, answer.json()["duration_ms"]) == (200, 1_100)
    assert charged(Metric.STT_MS) == (1_100, 0)
