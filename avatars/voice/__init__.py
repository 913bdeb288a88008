"""How an avatar sounds: text in, clauses of PCM with timed phonemes and words out. Knows no Django."""

from avatars.voice.catalogue import DEFAULT_VOICE, VoiceInfo, catalogue
from avatars.voice.errors import SpeechError, SpeechErrorCode
from avatars.voice.speech import is_slow, speak, warm_up
from avatars.voice.timeline import SAMPLE_RATE, Phoneme, SpeechChunk, Word

__all__ = [
    "DEFAULT_VOICE",
    "SAMPLE_RATE",
    "Phoneme",
    "SpeechChunk",
    "SpeechError",
    "SpeechErrorCode",
    "VoiceInfo",
    "Word",
    "catalogue",
    "is_slow",
    "speak",
    "warm_up",
]
