"""English, American female: the hibari voice in process, with the times of its phonemes."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime as ort
from hibari import dsp
from numpy.typing import NDArray

from avatars.voice.clauses import Clause
from avatars.voice.english import pronounce
from avatars.voice.envelope import envelope
from avatars.voice.graph import open_graph
from avatars.voice.labels import label
from avatars.voice.neural import Pronounced, Rendered, assemble, batches, symbols_of
from avatars.voice.sound import Sound

MODEL_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
_DURATIONS = "/Clip_output_0"
_LONGEST = 400  # phonemes the model was made for
_NOISE_SEED = 7  # one noise for every clause: the same text gives the same sound, whichever thread speaks it


class HibariEngine:
    """hibari-tts 0.2.1; one ONNX session shared by all threads."""

    def warm_up(self, voice: str) -> None:
        """Load model, lexicon and tagger, and run them once."""
        _render(pronounce("Hello."), 1.0)

    def render(self, clause: Clause, *, voice: str, rate: float) -> Sound:
        """Speak one clause."""
        known = [_known(token) for token in pronounce(clause.spoken)]
        return assemble([_render(run, rate) for run in batches(known, _LONGEST)])


def alphabet() -> dict[str, int]:
    """Phoneme symbol to model input id, the same for hibari and Kokoro."""
    return cast("dict[str, int]", json.loads(_asset("vocab.json").read_text(encoding="utf-8")))


def _render(tokens: tuple[Pronounced, ...], rate: float) -> Rendered:
    symbols = symbols_of(tokens)
    ids = np.array([[0, *(_ids()[symbol] for symbol in symbols), 0]], np.int64)
    *spectrum, units = _session().run(None, {"ids": ids, "speed": np.array([rate], np.float32)})
    samples = cast(
        "NDArray[np.float32]", dsp.synth(*(part[0] for part in spectrum), np.random.default_rng(_NOISE_SEED))
    )
    labels = label(f"^{symbols}$", units.reshape(-1), envelope(samples))
    return Rendered(tokens=tokens, samples=samples, labels=labels)


def _known(token: Pronounced) -> Pronounced:
    symbols = "".join(symbol for symbol in token.symbols if symbol in _ids())
    return Pronounced(start=token.start, end=token.end, symbols=symbols)


def _asset(name: str) -> Path:
    return Path(str(files("hibari") / "assets" / name))


@cache
def _ids() -> dict[str, int]:
    return alphabet()


@cache
def _session() -> ort.InferenceSession:
    return open_graph(_asset("hibari.onnx"), digest=MODEL_SHA256, durations=_DURATIONS)
