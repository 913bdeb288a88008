"""Segments and sound into the finished file: pictures are copied as they are, only the sound is encoded here."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from avatars.videos.encoder import recipe
from avatars.videos.wish import Format
from avatars.voice import SAMPLE_RATE

_BLOCK_MS = 1000


class SegmentsDiffer(Exception):
    """A segment does not hold the frames that it should."""


def join(
    path: Path,
    segments: Sequence[tuple[Path, int]],
    sound: NDArray[np.int16],
    *,
    fps: int,
    kind: Format,
    metadata: Mapping[str, str],
    keep: Callable[[], None] = lambda: None,
) -> None:
    """Write the finished file. `segments`: paths in order, each with how many frames it holds; `sound`: (n,) int16 mono at
    24 kHz; `keep()` is called for each packet, what it raises ends the work. Raises SegmentsDiffer, CodecMissing."""
    options = {"movflags": "+faststart+use_metadata_tags"} if kind == "mp4" else {}
    with av.open(str(path), "w", format=kind, options=options) as out:
        out.metadata.update(metadata)
        with av.open(str(segments[0][0])) as opened:
            picture = out.add_stream_from_template(opened.streams.video[0])
            picture.metadata.update(opened.streams.video[0].metadata)
        picture.time_base = Fraction(1, fps)
        packets = heapq.merge(_pictures(segments, picture, fps), _heard(out, sound, kind), key=_begins)
        for packet in packets:
            out.mux(packet)
            keep()


def _begins(packet: Packet[Any]) -> Fraction:
    assert packet.time_base is not None
    return Fraction(packet.dts or 0) * packet.time_base


def _pictures(segments: Sequence[tuple[Path, int]], stream: Any, fps: int) -> Iterator[Packet[Any]]:
    """Every packet is one frame, in order: its time follows from counting."""
    at = 0
    for path, frames in segments:
        end = at + frames
        with av.open(str(path)) as opened:
            for packet in opened.demux(video=0):
                if packet.size == 0:
                    continue
                packet.stream = stream
                packet.time_base = Fraction(1, fps)
                packet.pts = packet.dts = at
                packet.duration = 1
                at += 1
                yield packet
        if at != end:
            raise SegmentsDiffer(f"A segment holds {frames + at - end} frames instead of {frames}.")


def _heard(out: Any, sound: NDArray[np.int16], kind: Format) -> Iterator[Packet[Any]]:
    """The sound, encoded. The encoder's own delay is announced in the file, so players skip it."""
    chosen = recipe(kind)
    stream = out.add_stream(chosen.audio, rate=chosen.audio_rate, layout="mono")
    stream.bit_rate = chosen.audio_bits
    return _encoded(stream, sound)


def _encoded(stream: Any, sound: NDArray[np.int16]) -> Iterator[Packet[Any]]:
    resampler = av.AudioResampler(format=stream.format, layout="mono", rate=stream.rate)
    step = SAMPLE_RATE * _BLOCK_MS // 1000
    for at in range(0, len(sound), step):
        frame = av.AudioFrame.from_ndarray(sound[None, at : at + step], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, at, Fraction(1, SAMPLE_RATE)
        for ready in resampler.resample(frame):
            yield from stream.encode(ready)
    for ready in resampler.resample(None):
        yield from stream.encode(ready)
    yield from stream.encode(None)
