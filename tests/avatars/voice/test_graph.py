"""Opening a pinned model with its durations."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from avatars.voice import SpeechError
from avatars.voice.graph import open_graph, run_graph
from avatars.voice.hibari import MODEL_SHA256
from avatars.voice.neural import asset

MODEL = asset("hibari.onnx")


def test_it_returns_durations_that_add_up_to_the_sound() -> None:
    session = open_graph(MODEL, digest=MODEL_SHA256, durations="/Clip_output_0")
    ids = np.array([[0, 50, 83, 54, 156, 31, 0]], np.int64)
    *spectrum, pitch, units = run_graph(session, {"ids": ids, "speed": np.ones(1, np.float32)})
    assert units.shape == (7,)
    assert units.sum() * 2 == spectrum[0].shape[-1] == pitch.shape[-1]


def test_it_refuses_another_model_than_the_pinned_one(tmp_path: Path) -> None:
    changed = tmp_path / "hibari.onnx"
    changed.write_bytes(MODEL.read_bytes()[:-1] + b"\0")
    assert sha256(MODEL.read_bytes()).hexdigest() == MODEL_SHA256
    with pytest.raises(SpeechError) as caught:
        open_graph(changed, digest=MODEL_SHA256, durations="/Clip_output_0")
    assert caught.value.code == "voice_unavailable"


def test_it_says_so_when_the_model_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpeechError) as caught:
        open_graph(tmp_path / "none.onnx", digest=MODEL_SHA256, durations="/Clip_output_0")
    assert caught.value.code == "voice_unavailable"


def test_it_says_so_when_the_model_fails() -> None:
    session = open_graph(MODEL, digest=MODEL_SHA256, durations="/Clip_output_0")
    with pytest.raises(SpeechError) as caught:
        run_graph(session, {"ids": np.array([[0, 50, 0]], np.int64), "speed": np.array([np.nan], np.float32)})
    assert caught.value.code == "engine_failed"
