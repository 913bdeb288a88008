import numpy as np
import pytest

from avatars.audio.augment import disturbed
from avatars.audio.corpus import Utterance
from avatars.audio.features import HOP, SAMPLE_RATE

HUM = (0.3 * np.sin(2 * np.pi * 220 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)).astype(np.float32)
LABELS = np.repeat(np.arange(1, 11, dtype=np.uint8), 10)
ONE = Utterance(voice="a", samples=HUM, labels=LABELS)


@pytest.mark.parametrize("seed", range(12))
def test_it_disturbs_the_sound_and_keeps_labels_and_length_together(seed: int) -> None:
    samples, labels = disturbed(ONE, np.tile(HUM, 4), np.random.default_rng(seed))
    assert samples.dtype == np.float32 and len(samples) == HOP * len(labels)
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1
    spoken = labels[labels > 0]
    assert (np.diff(spoken.astype(int)) >= 0).all() and set(spoken.tolist()) == set(range(1, 11))
    assert 0.8 < len(spoken) / len(LABELS) < 1.2
    assert ONE.samples is HUM and HUM.max() <= 0.3


def test_it_disturbs_differently_each_time() -> None:
    first, second = (disturbed(ONE, np.tile(HUM, 4), np.random.default_rng(seed))[0] for seed in (1, 2))
    assert len(first) != len(second) or np.abs(first - second).max() > 0.01
