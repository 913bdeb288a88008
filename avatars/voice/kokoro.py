"""Kokoro-82M (int8): more English voices, and Spanish, French, Italian and Portuguese with espeak-ng's pronunciation."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from avatars.voice.clauses import Clause
from avatars.voice.english import pronounce
from avatars.voice.envelope import envelope
from avatars.voice.errors import SpeechError
from avatars.voice.espeak_ipa import pronounce_foreign
from avatars.voice.graph import open_graph, run_graph
from avatars.voice.labels import label
from avatars.voice.neural import Pronounced, Rendered, alphabet, assemble, batches, known, symbols_of
from avatars.voice.once import once
from avatars.voice.sound import Sound
from avatars.voice.store import MODEL, MODEL_SHA256, table_path, voices_folder

_DURATIONS = "/encoder/Clip_output_0"
_LONGEST = 400  # the model takes 510 symbols
_ESPEAK = {"e": "es", "f": "fr", "i": "it", "p": "pt-br"}


class KokoroEngine:
    """One ONNX session shared by all threads and speakers; `voice` is the speaker's name ("af_sky")."""

    def warm_up(self, voice: str) -> None:
        """Load the model and this speaker, and run them once."""
        _render(pronounce("Hello."), voice, 1.0)

    def render(self, clause: Clause, *, voice: str, rate: float) -> Sound:
        """Speak one clause."""
        tokens = [known(token) for token in _pronounced(clause.spoken, voice)]
        return assemble([_render(run, voice, rate) for run in batches(tokens, _LONGEST)])


def _pronounced(text: str, voice: str) -> tuple[Pronounced, ...]:
    if voice[0] in "ab":
        return pronounce(text, british=voice[0] == "b")
    return pronounce_foreign(text, voice=_ESPEAK[voice[0]])


def _render(tokens: tuple[Pronounced, ...], voice: str, rate: float) -> Rendered:
    symbols = symbols_of(tokens)
    session, styles = _session(voices_folder()), _styles(table_path(voice))
    ids = np.array([[0, *(alphabet()[symbol] for symbol in symbols), 0]], np.int64)
    names = [one.name for one in session.get_inputs()]
    style = styles[min(len(symbols), len(styles) - 1)][None]
    wave, *_, units = run_graph(session, dict(zip(names, (ids, style, np.array([rate], np.float32)), strict=True)))
    samples: NDArray[np.float32] = wave.reshape(-1)
    labels = label(f"^{symbols}$", units.reshape(-1).astype(np.float32), envelope(samples))
    return Rendered(tokens=tokens, samples=samples, labels=labels)


@once
def _session(folder: Path) -> ort.InferenceSession:
    return open_graph(folder / MODEL, digest=MODEL_SHA256, durations=_DURATIONS)


@lru_cache(maxsize=64)
def _styles(path: Path) -> NDArray[np.float32]:
    try:
        return np.fromfile(path, "<f4").reshape(-1, 256)
    except OSError as error:
        raise SpeechError("voice_unavailable", "The voice is not fetched.", hint="Run `make voices`.") from error
