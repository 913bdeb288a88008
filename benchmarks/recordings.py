"""Recordings of a real speaker with a forced alignment, to judge viseme hearing; needs files and a tool from elsewhere.

ROOT holds the Debian packages asterisk-core-sounds-en (texts) and -en-g722 (sound; CC BY-SA 3.0) unpacked; pocketsphinx
5.1 must be importable. Neither is a dependency of the product. The alignment itself errs: against exact labels of
synthetic speech it agrees in about 69 % of frames.
"""

from __future__ import annotations

import gzip
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatars.audio.features import Floats
from avatars.face.visemes import VISEMES

RATE = 16_000
_MOST = 60
_TEXTS = "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
_SOUNDS = "usr/share/asterisk/sounds/en_US_f_Allison"
_UNUSUAL = re.compile(r"\d|\[|waldo|awesome|asterisk|digium|freebsd|pbx|dundi|iax|tt-", re.IGNORECASE)
_VISEME = {
    "P": "PP", "B": "PP", "M": "PP", "F": "FF", "V": "FF", "TH": "TH", "DH": "TH", "T": "DD", "D": "DD", "K": "kk",
    "G": "kk", "NG": "kk", "CH": "CH", "JH": "CH", "SH": "CH", "ZH": "CH", "S": "SS", "Z": "SS", "N": "nn", "L": "nn",
    "R": "RR", "ER": "RR", "AA": "aa", "AE": "aa", "AH": "aa", "AO": "oh", "EH": "E", "IH": "ih", "IY": "ih", "Y": "ih",
    "UH": "ou", "UW": "ou", "W": "ou",
}  # fmt: skip
_DIPHTHONG = {"AW": ("aa", "ou"), "AY": ("aa", "ih"), "EY": ("E", "ih"), "OW": ("oh", "ou"), "OY": ("oh", "ih")}
_NUCLEUS = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`samples`: (n,) float32; `labels`: a viseme each 10 ms, by forced alignment."""

    samples: Floats
    rate: int
    labels: NDArray[np.uint8]


def recordings(root: Path) -> Iterator[Recording]:
    """Up to 60 prompts that could be aligned. ImportError without pocketsphinx, OSError without the files."""
    decoder = importlib.import_module("pocketsphinx").Decoder(lm=None, loglevel="FATAL")
    texts = gzip.decompress((root / _TEXTS).read_bytes()).decode("utf-8", "replace")
    done = 0
    for line in sorted(texts.splitlines()):
        name, _, text = line.partition(":")
        path, words = root / _SOUNDS / f"{name.strip()}.g722", re.sub(r"[^a-z' ]", " ", text.lower()).split()
        usable = 5 <= len(words) <= 40 and not _UNUSUAL.search(line) and path.exists()
        if not usable or done == _MOST or any(decoder.lookup_word(word) is None for word in words):
            continue
        samples = _decoded(path)
        phones = _aligned(decoder, samples, words)
        if phones:
            done += 1
            yield Recording(
                samples=samples.astype(np.float32) / np.float32(32768), rate=RATE, labels=_labels(phones, len(samples) // 160)
            )


def _decoded(path: Path) -> NDArray[np.int16]:
    codec = av.CodecContext.create("g722", "r")
    codec.sample_rate, codec.layout = RATE, "mono"
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in codec.decode(av.Packet(path.read_bytes()))]).astype(
        np.int16
    )


def _aligned(decoder: Any, samples: NDArray[np.int16], words: list[str]) -> list[tuple[str, int, int]]:
    """(phone, first frame, frames); [] where the aligner gives up."""
    padded = np.pad(samples, (1600, 1600)).tobytes()
    try:
        decoder.set_align_text(" ".join(words))
        _run(decoder, padded)
        if decoder.hyp() is None:
            return []
        decoder.set_alignment()
        _run(decoder, padded)
    except RuntimeError:
        return []
    return [(phone.name, phone.start - 10, phone.duration) for word in decoder.get_alignment() for phone in word]


def _run(decoder: Any, sound: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def _labels(phones: list[tuple[str, int, int]], count: int) -> NDArray[np.uint8]:
    labels = np.zeros(count, np.uint8)
    following = "sil"
    for name, start, length in reversed(phones):
        first, last = _DIPHTHONG.get(name, (_VISEME.get(name, "sil"),) * 2)
        first, last = (following, following) if name == "HH" else (first, last)
        turn = start + round(_NUCLEUS * length)
        labels[max(0, start) : max(0, turn)] = VISEMES.index(first)
        labels[max(0, turn) : max(0, start + length)] = VISEMES.index(last)
        following = first
    return labels
