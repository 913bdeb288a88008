"""The face on a real voice: what hand-made speech promises holds for speech too."""

import numpy as np
import pytest

from avatars.face import ARKIT, DEFAULT_RIG, EMOTIONS
from avatars.face.channels import INDEX, row
from avatars.face.measure import SHUT_MS, Recital, shut_ms, stream

FPS = 120
MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]


@pytest.fixture(scope="module")
def recital() -> Recital:
    return Recital("hibari-heart")


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_shuts_the_lips_at_every_bilabial(recital: Recital, emotion: str) -> None:
    gap = recital.face(emotion).track(0, recital.end_ms, fps=FPS).weights @ row(DEFAULT_RIG.gap)
    bilabials = recital.bilabials()
    assert len(bilabials) > 15
    assert [span for span in bilabials if shut_ms(gap, span, FPS) < SHUT_MS] == []


def test_it_streams_within_500_bytes_a_second(recital: Recital) -> None:
    for fps in (30, 60):
        rate, worst = stream(recital.face(), recital.end_ms, fps)
        assert 50 < rate < (300 if fps == 30 else 500)
        assert worst < 0.025


def test_it_moves_without_jumps_and_opens_for_speech(recital: Recital) -> None:
    weights = recital.face().track(0, recital.end_ms, fps=60).weights
    assert np.abs(np.diff(weights[:, MOUTH], axis=0)).max() < 0.25
    assert 0.3 < weights[:, INDEX["jawOpen"]].max() < 0.7


def test_it_opens_the_mouth_with_the_loudness_of_the_voice(recital: Recital) -> None:
    face = recital.face()
    for at, chunk in recital.said:
        if chunk.duration_ms < 2_000:
            continue
        whole = chunk.duration_ms // 10 * 10
        frames = face.track(at, at + whole, fps=100).weights[:, INDEX["jawOpen"]]
        level = np.sqrt(np.mean(chunk.pcm[: whole * 24].astype(float).reshape(len(frames), -1) ** 2, axis=1))
        loud = np.clip(20 * np.log10(np.maximum(level, 1) / level.max()) + 40, 0, None)
        smooth = np.convolve(loud, np.hanning(15) / np.hanning(15).sum(), "same")
        assert np.corrcoef(frames, smooth)[0, 1] > 0.5
