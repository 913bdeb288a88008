"""English, American female: the hibari voice in process, with the times of its phonemes."""

import numpy as np
import onnxruntime as ort

from avatars.voice.clauses import Clause
from avatars.voice.english import pronounce
from avatars.voice.envelope import envelope
from avatars.voice.graph import open_graph, run_graph
from avatars.voice.labels import label
from avatars.voice.neural import Pronounced, Rendered, alphabet, assemble, asset, batches, known, symbols_of
from avatars.voice.once import once
from avatars.voice.sound import Sound
from avatars.voice.vocoder import synthesise

MODEL_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
_DURATIONS = "/Clip_output_0"
_LONGEST = 400  # phonemes the model was made for


class HibariEngine:
    """hibari-tts 0.2.1; one ONNX session shared by all threads."""

    def warm_up(self, voice: str) -> None:
        """Load model, lexicon and tagger, and run them once."""
        _render(pronounce("Hello."), 1.0)

    def render(self, clause: Clause, *, voice: str, rate: float) -> Sound:
        """Speak one clause."""
        tokens = [known(token) for token in pronounce(clause.spoken)]
        return assemble([_render(run, rate) for run in batches(tokens, _LONGEST)])


def _render(tokens: tuple[Pronounced, ...], rate: float) -> Rendered:
    symbols = symbols_of(tokens)
    ids = np.array([[0, *(alphabet()[symbol] for symbol in symbols), 0]], np.int64)
    *spectrum, pitch, units = run_graph(_session(), {"ids": ids, "speed": np.array([rate], np.float32)})
    samples = synthesise([part[0] for part in spectrum], pitch[0])
    labels = label(f"^{symbols}$", units.reshape(-1), envelope(samples))
    return Rendered(tokens=tokens, samples=samples, labels=labels)


@once
def _session() -> ort.InferenceSession:
    return open_graph(asset("hibari.onnx"), digest=MODEL_SHA256, durations=_DURATIONS)
