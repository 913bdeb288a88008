"""How far sound and lips of a finished file are from where they were meant to be, measured from the file."""

from __future__ import annotations

from io import BytesIO
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from avatars.render.base import Pictures
from avatars.videos.performance import Performance
from avatars.voice import SAMPLE_RATE

Values = NDArray[np.float64]
_MOST_MS, _STEP_MS = 150, 5
_SIDE = 48  # to which pictures are made small before they are compared
_PER_MS = SAMPLE_RATE // 1000


def offset_ms(file: bytes, performance: Performance, drawn: Pictures, fps: int) -> float:
    """By how much the sound comes after the lips; `drawn`: what the renderer makes of the performance's table."""
    return sound_lag_ms(file, performance) - lips_lag_ms(file, drawn, fps)


def sound_lag_ms(file: bytes, performance: Performance) -> float:
    """How much later than in the performance the file's sound is heard: where both correlate best."""
    start, heard = sound(file)
    length = 1 << (len(heard) + len(performance.sound)).bit_length()
    spectrum = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(performance.sound.astype(np.float64), length))
    at = int(np.fft.irfft(spectrum, length).argmax())
    return (at - length if at > length // 2 else at) / _PER_MS + start * 1000


def lips_lag_ms(file: bytes, drawn: Pictures, fps: int) -> float:
    """How much later than drawn the file's pictures are shown: the shift, in steps of 5 ms, at which they differ least."""
    times, shown = _shown(file)
    wanted = np.stack([_small(VideoFrame.from_ndarray(picture, format="rgb24")) for picture in drawn])
    shifts = np.arange(-_MOST_MS, _MOST_MS + 1, _STEP_MS)
    errors = [float(np.abs(shown - _at(wanted, (times - shift / 1000) * fps)).mean()) for shift in shifts]
    return float(shifts[int(np.argmin(errors))])


def sound(file: bytes) -> tuple[float, Values]:
    """When it begins in seconds, and its samples at 24 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(BytesIO(file), "r") as opened:
        frames = cast(list[AudioFrame], list(opened.decode(audio=0)))
    parts = [part.to_ndarray()[0] for frame in [*frames, None] for part in resampler.resample(frame)]
    return float(frames[0].time or 0), np.concatenate(parts).astype(np.float64)


def _shown(file: bytes) -> tuple[Values, Values]:
    """Times in seconds, and small pictures (T, P)."""
    with av.open(BytesIO(file), "r") as opened:
        frames = [(float(frame.time or 0), _small(frame)) for frame in opened.decode(video=0)]
    times, pictures = zip(*frames, strict=True)
    return np.array(times), np.stack(pictures)


def _small(frame: VideoFrame) -> Values:
    return frame.reformat(width=_SIDE, height=_SIDE, format="gray").to_ndarray().reshape(-1).astype(np.float64)


def _at(pictures: Values, where: Values) -> Values:
    """Between the pictures on both sides of each place."""
    where = np.clip(where, 0, len(pictures) - 1)
    before = np.minimum(where.astype(int), len(pictures) - 2)
    part = (where - before)[:, None]
    mixed: Values = pictures[before] * (1 - part) + pictures[before + 1] * part
    return mixed
