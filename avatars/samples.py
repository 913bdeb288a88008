"""What a voice sounds like: one short sentence as WAV, made once and kept for a day."""

from __future__ import annotations

import io
import wave
from hashlib import sha256

import numpy as np
from django.core.cache import cache
from limits import parse

from accounts.errors import Conflict, Invalid, NotFound, TooMany
from accounts.rest.throttling import limiter
from avatars.selectors import voice
from avatars.voice import SAMPLE_RATE, SpeechError, VoiceInfo, speak

LONGEST = 160
KEPT_SECONDS = 86_400
# Making one costs about a second of processor time and is not metered, so it is limited instead.
_RATE = parse("30/minute")
_SENTENCES = {
    "de": "Guten Tag! So klinge ich, wenn wir miteinander sprechen.",
    "en": "Hello! This is how I sound when we talk, face to face.",
    "es": "¡Hola! Así sueno cuando hablamos cara a cara.",
    "fr": "Bonjour ! Voici ma voix quand nous parlons ensemble.",
    "it": "Ciao! Questa è la mia voce quando parliamo insieme.",
    "ja": "こんにちは。これが私の声です。",
    "nl": "Hallo! Zo klink ik als we met elkaar praten.",
    "pl": "Dzień dobry! Tak brzmi mój głos, kiedy rozmawiamy.",
    "pt": "Olá! É assim que eu falo quando conversamos.",
    "ru": "Здравствуйте! Вот так звучит мой голос.",
    "tr": "Merhaba! Konuşurken sesim böyle duyulur.",
    "zh": "你好！这就是我的声音。",
}


def sample(voice_id: str, text: str, *, asked_by: str) -> bytes:
    """A WAV (16-bit mono, 24 kHz) of `text` or of the voice's own sentence.

    Raises NotFound (no such voice here), Invalid (text_too_long or what the voice can't say), TooMany.
    """
    info = _voice(voice_id)
    said = " ".join(text.split()) or sentence_for(info)
    if len(said) > LONGEST:
        raise Invalid(f"A sample has at most {LONGEST} characters.", code="text_too_long")
    key = f"voice-sample:{sha256(f'{voice_id}|{said}'.encode()).hexdigest()}"
    kept: bytes | None = cache.get(key)
    if kept is None:
        _limit(asked_by)
        kept = _wav(said, voice_id)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def sentence_for(info: VoiceInfo) -> str:
    """A greeting in the voice's language, in English where there is none."""
    return _SENTENCES.get(info.language.split("-")[0], _SENTENCES["en"])


def _voice(voice_id: str) -> VoiceInfo:
    try:
        return voice(voice_id)
    except (Invalid, Conflict) as error:
        raise NotFound(error.detail, code="unknown_voice") from error


def _limit(asked_by: str) -> None:
    if not limiter().hit(_RATE, "voice-sample", asked_by):
        raise TooMany("Too many samples in a minute; wait a little.")


def _wav(text: str, voice_id: str) -> bytes:
    try:
        pcm = np.concatenate([chunk.pcm for chunk in speak(text, voice=voice_id)])
    except SpeechError as error:
        raise Invalid(str(error), code=error.code, hint=error.hint) from error
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE)
        wav.writeframes(pcm.astype("<i2").tobytes())
    return out.getvalue()
