"""Uploaded sound as samples: every width of WAV says the same, and nothing that is cut off is an error of ours."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.errors import Invalid
from avatars.blocks.hearing import recording_of

RAMP = np.linspace(-0.9, 0.9, 480)


def wav(width: int, *, channels: int = 1) -> bytes:
    """The ramp with samples of `width` bytes."""
    wide = (RAMP * 2**31).astype("<i4").repeat(channels)
    data = (wide.astype(np.int64) // 2**24 + 128).astype(np.uint8).tobytes()
    if width > 1:
        data = wide.view(np.uint8).reshape(-1, 4)[:, 4 - width :].tobytes()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, width, 24_000, 0, "NONE", ""))
        file.writeframes(data)
    return out.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_it_reads_every_width_as_the_same_sound(width: int, channels: int) -> None:
    recording = recording_of(wav(width, channels=channels), "wav")
    assert (recording.rate, recording.duration_ms, recording.samples.dtype.name) == (24_000, 20, "float32")
    np.testing.assert_allclose(recording.samples, RAMP, atol=2.0 ** (1 - 8 * width) + 1e-6)


def test_it_reads_bare_samples() -> None:
    recording = recording_of((RAMP * 32767).astype("<i2").tobytes(), "pcm16")
    np.testing.assert_allclose(recording.samples, RAMP, atol=1e-4)


@example(cut=0, noise=b"\x28", at=34)  # samples of five bytes
@given(cut=st.integers(0, 1_000), noise=st.binary(max_size=60), at=st.integers(0, 60))
def test_it_reads_or_refuses_whatever_comes(cut: int, noise: bytes, at: int) -> None:
    content = wav(2)
    damaged = content[:at] + noise + content[at + len(noise) : len(content) - cut]
    try:
        recording = recording_of(damaged, "wav")
    except Invalid as refusal:
        assert refusal.code in {"audio_unreadable", "audio_empty", "audio_too_long"}
    else:
        assert recording.samples.ndim == 1
        assert np.isfinite(recording.samples).all()
