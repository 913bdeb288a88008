"""From a neural voice's symbol durations to timed phonemes that agree with what is heard."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatars.voice.closures import place_closures
from avatars.voice.envelope import HOP_MS
from avatars.voice.timeline import PRIMARY_STRESS, SECONDARY_STRESS

UNIT_MS = 25.0
LATE_MS = 60.0  # cumulative durations of these voices run behind their sound by this much (energy and forced alignment)
_STRESS = PRIMARY_STRESS + SECONDARY_STRESS
_EXTENDS = "ːʰʲ\u0303 "  # marks that lengthen or colour the sound before them, and the space between words
_DIPHTHONGS = {
    "A": ("e", "ɪ"),
    "I": ("a", "ɪ"),
    "O": ("o", "ʊ"),
    "W": ("a", "ʊ"),
    "Y": ("ɔ", "ɪ"),
    "Q": ("ə", "ʊ"),
}
_PLAIN = {"T": "ɾ", "ᵊ": "ə", "g": "ɡ"}
VOWELS = frozenset("ɑɒæaʌɐəɛeɪᵻɨiɔoʊuɜɚyøœɯɤ") | frozenset(_DIPHTHONGS)
NUCLEUS = 0.6  # share of a diphthong's time
_ONSET_SHARE, _ONSET_MS = 0.5, 60.0
_AUDIBLE_DB = -38.0
_SHORTEST_TAIL_MS, _LONGEST_TAIL_MS = 50.0, 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A phoneme in the making; `ipa` is empty for a pause, `index` is its place in the symbols."""

    ipa: str
    start: float
    end: float
    index: int
    stress: str = ""

    @property
    def silent(self) -> bool:
        """Whether this is a pause."""
        return not self.ipa


def label(symbols: str, units: NDArray[np.float32], loudness: NDArray[np.float32]) -> list[Label]:
    """Labels in ms for `symbols` (one per duration; everything that is no letter is a pause).

    units: (len(symbols),) float32 durations of 25 ms; loudness: the sound's envelope.
    """
    ends = np.cumsum(units.astype(np.float64)) * UNIT_MS
    heard = [_earlier(piece) for piece in _raw(symbols, [0.0, *ends.tolist()])]
    cut = list(_cut_tails(heard, loudness))
    return list(_split_diphthongs(place_closures(cut, loudness)))


def _raw(symbols: str, edges: list[float]) -> list[Label]:
    """One label a phone or pause. Stress marks have time of their own: part belongs to a short consonant before
    them, the rest to the vowel after."""
    out: list[Label] = []
    stress, lead = "", 0.0
    for index, symbol in enumerate(symbols):
        start, end = edges[index], edges[index + 1]
        if symbol in _STRESS:
            shared = _onset_share(out, end - start)
            if shared:
                out[-1] = replace(out[-1], end=out[-1].end + shared)
            stress, lead = symbol, end - start - shared
        elif symbol in _EXTENDS and out:
            out[-1] = replace(out[-1], end=end)
        else:
            ipa = _PLAIN.get(symbol, symbol) if symbol.isalpha() else ""
            vowel = ipa in VOWELS
            out.append(Label(ipa=ipa, start=start - lead, end=end, index=index, stress=stress if vowel else ""))
            stress, lead = "" if vowel or not ipa else stress, 0.0
    return out


def _onset_share(before: list[Label], duration: float) -> float:
    if not before or before[-1].silent or before[-1].end - before[-1].start >= _ONSET_MS:
        return 0.0
    return min(_ONSET_SHARE * duration, _ONSET_MS)


def _earlier(piece: Label) -> Label:
    return replace(piece, start=max(0.0, piece.start - LATE_MS), end=max(0.0, piece.end - LATE_MS))


def _cut_tails(pieces: list[Label], loudness: NDArray[np.float32]) -> Iterator[Label]:
    """The last phone before a pause is labelled far into the silence: end it where its sound ends."""
    begin = 0.0
    for at, piece in enumerate(pieces):
        start = begin if piece.silent else max(begin, piece.start)
        end = max(start, piece.end)
        if not piece.silent and at + 1 < len(pieces) and pieces[at + 1].silent:
            end = _audible_end(start, pieces[at + 1].end, loudness)
        begin = end
        yield replace(piece, start=start, end=end)


def _audible_end(start: float, limit: float, loudness: NDArray[np.float32]) -> float:
    first = int(start / HOP_MS)
    loud = np.flatnonzero(loudness[first : int(limit / HOP_MS)] > _AUDIBLE_DB)
    heard = (first + (int(loud[-1]) if len(loud) else 0)) * HOP_MS + 10.0
    return max(start, min(max(heard, start + _SHORTEST_TAIL_MS), start + _LONGEST_TAIL_MS, limit))


def _split_diphthongs(pieces: Iterable[Label]) -> Iterator[Label]:
    for piece in pieces:
        if piece.ipa not in _DIPHTHONGS:
            yield piece
            continue
        nucleus, glide = _DIPHTHONGS[piece.ipa]
        turn = piece.start + NUCLEUS * (piece.end - piece.start)
        yield replace(piece, ipa=nucleus, end=turn)
        yield replace(piece, ipa=glide, start=turn, stress="")
