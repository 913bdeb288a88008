"""What a voice says and when: one clause of sound with the times of its phonemes and words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 24_000
SAMPLES_PER_MS = SAMPLE_RATE // 1000
PRIMARY_STRESS, SECONDARY_STRESS = "ˈ", "ˌ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phoneme:
    """One speech sound on the utterance's audio clock; between two phonemes with a gap there is a pause.

    `ipa` is one IPA segment of a single letter (affricates as ligatures, "ʧ"; diphthongs come as nucleus and glide),
    with the stress mark in front of a stressed vowel: "ˈɛ". p and b last from the closing of the lips to their release.
    """

    ipa: str
    start_ms: int
    end_ms: int

    @property
    def segment(self) -> str:
        """The IPA segment without its stress mark."""
        return self.ipa.lstrip(PRIMARY_STRESS + SECONDARY_STRESS)

    @property
    def stress(self) -> int:
        """0 none, 1 secondary, 2 primary."""
        return 2 if self.ipa.startswith(PRIMARY_STRESS) else int(self.ipa.startswith(SECONDARY_STRESS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word as it stands in the caller's text (its punctuation included) and when it sounds, for captions."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechChunk:
    """One clause of an utterance, ready to play.

    `pcm`: (n,) int16 mono at `sample_rate` Hz (always 24,000); n is a whole number of milliseconds.
    `start_ms`: where pcm[0] lies on the utterance's clock; chunks follow each other without a gap.
    `phonemes`, `words`: in order, on the utterance's clock, inside this chunk's audio.
    `text` is what of the caller's text is heard here; `characters` is how much of it this chunk covers, with the space
    around it, so that the sum over all chunks is the length of the text.
    """

    text: str
    pcm: NDArray[np.int16]
    sample_rate: int
    start_ms: int
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]
    characters: int

    @property
    def duration_ms(self) -> int:
        """Length of the audio."""
        return len(self.pcm) * 1000 // self.sample_rate
