"""Pictures into segments of compressed video, each decodable by itself so that segments join without encoding again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from avatars.render.base import Pictures
from avatars.videos.performance import SEGMENT_SECONDS
from avatars.videos.wish import Format

SUFFIX = "mkv"  # of a segment: holds every codec we use, with alpha
_VP9 = {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "lag-in-frames": "0", "auto-alt-ref": "0", "crf": "31", "b": "0"}
# Without pictures that depend on later ones, order of decoding is order of showing: segments join by counting.
_H264 = {"preset": "veryfast", "crf": "21", "bf": "0"}


class CodecMissing(Exception):
    """This installation's FFmpeg can't write the format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a format is written: codecs, their options, and whether its pictures can be transparent."""

    video: str
    options: dict[str, str]
    audio: str
    audio_rate: int
    audio_bits: int
    mime: str


RECIPES: dict[Format, Recipe] = {
    "webm": Recipe(video="libvpx-vp9", options=_VP9, audio="libopus", audio_rate=48_000, audio_bits=64_000, mime="video/webm"),
    "mp4": Recipe(video="libx264", options=_H264, audio="aac", audio_rate=48_000, audio_bits=96_000, mime="video/mp4"),
}


def recipe(kind: Format) -> Recipe:
    """The recipe of a format; raises CodecMissing."""
    found = RECIPES[kind]
    for codec in (found.video, found.audio):
        if codec not in av.codecs_available:
            raise CodecMissing(f"FFmpeg was built without {codec}, which {kind} needs.")
    return found


class SegmentEncoder:
    """Writes one segment to `path`; a context manager. Without alpha it takes (T, H, W, 3), with alpha (T, H, W, 4)."""

    def __init__(self, path: Path, *, size: tuple[int, int], fps: int, kind: Format, alpha: bool = False) -> None:
        chosen = recipe(kind)
        self._layout = "rgba" if alpha else "rgb24"
        self._count = 0
        self._reformatter = VideoReformatter()  # one for all frames: it keeps its tables
        self._file = av.open(str(path), "w", format="matroska")
        self._stream = cast(VideoStream, self._file.add_stream(chosen.video, rate=fps, options=chosen.options))
        self._shape(size, "yuva420p" if alpha else "yuv420p", fps)

    def _shape(self, size: tuple[int, int], layout: str, fps: int) -> None:
        stream = self._stream
        stream.width, stream.height = size
        stream.pix_fmt = layout
        context: Any = stream.codec_context
        context.gop_size = fps * SEGMENT_SECONDS
        context.thread_count = 1
        context.color_range, context.colorspace = 1, 1  # limited range, BT.709: what players expect
        context.color_primaries, context.color_trc = 1, 1
        if layout == "yuva420p":
            stream.metadata["alpha_mode"] = "1"

    def write(self, pictures: Pictures) -> None:
        """Append frames."""
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=self._layout)
            frame.color_range = 2
            frame = self._reformatter.reformat(
                frame,
                format=self._stream.pix_fmt,
                dst_colorspace=Colorspace.ITU709,
                src_color_range="JPEG",
                dst_color_range="MPEG",
            )
            frame.pts = self._count
            self._count += 1
            self._file.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if failed is None:
            self._file.mux(self._stream.encode(None))
        self._file.close()
