"""Listening to a voice: real speech, made once, limited in length and number."""

from __future__ import annotations

import io
import wave

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.access import Access
from accounts.rest.throttling import limiter
from avatars import samples
from avatars.templatetags.languages import language_name
from avatars.voice import DEFAULT_VOICE

pytestmark = pytest.mark.django_db
SAMPLE = f"/voices/{DEFAULT_VOICE}/sample.wav"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()
    limiter().storage.reset()


def test_it_speaks_the_voices_own_sentence(bob_client: Client) -> None:
    answer = bob_client.get(SAMPLE)
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    with wave.open(io.BytesIO(answer.content)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 24_000)
        assert 1 < wav.getnframes() / 24_000 < 10


def test_it_keeps_what_it_made_and_counts_it_once(bob_client: Client, bob_access: Access) -> None:
    first = bob_client.get(SAMPLE, {"text": "Once."})
    for _ in range(samples._RATE.amount - 1):
        assert limiter().hit(samples._RATE, "voice-sample", bob_access.throttle_key)
    assert bob_client.get(SAMPLE, {"text": " Once.  "}).content == first.content
    answer = bob_client.get(SAMPLE, {"text": "Another one."})
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        (SAMPLE, "a" * 161, 400),
        ("/voices/no-such-voice/sample.wav", "", 404),
        ("/voices/..%2f..%2fetc/sample.wav", "", 404),
    ],
)
def test_it_refuses_what_it_can_not_speak(path: str, text: str, status: int, bob_client: Client) -> None:
    answer = bob_client.get(path, {"text": text})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] != "audio/wav"


def test_it_speaks_for_members_only(client: Client) -> None:
    assert client.get(SAMPLE).status_code == 302


def test_it_calls_languages_by_their_names() -> None:
    names = {"en-GB": "English (UK)", "de": "German", "pt-BR": "Portuguese (Brazil)", "tlh": "tlh"}
    assert {tag: language_name(tag) for tag in names} == names
