"""Read a LiteAvatar package: a folder with a background video, mouth crops, a box, a neutral pose, two ONNX networks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import av
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from avatars.face.channels import CHANNELS
from avatars.render.base import Pictures, RenderFailed

Floats = NDArray[np.float32]
POSE: Final = 32
SIDE: Final = 384
FRAMES: Final = 150
_MOST_BYTES: Final = 64_000_000
_MOST_PIXELS: Final = 4096 * 4096
_MOST_HEIGHT: Final = 1080
_INPUTS: Final = {
    "net_encode.onnx": {"ref_image": (1, 3, SIDE, SIDE)},
    "net_decode.onnx": {
        "input": (1, 3, SIDE, SIDE),
        "skip1": (1, 16, 192, 192),
        "skip0": (1, 32, 96, 96),
        "skip": (1, 64, 48, 48),
        "params": (1, POSE),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """`background`: (n, H, W, 3) uint8; `crops`: mouth pictures of the same frames; `box`: top, bottom, left, right of the
    mouth's patch in the background; `neutral`: (32,); `drive`: (57, 32) from channels to changes of the pose, or None."""

    background: Pictures
    crops: tuple[Pictures, ...]
    box: NDArray[np.int64]
    neutral: Floats
    drive: Floats | None
    encode: ort.InferenceSession
    decode: ort.InferenceSession


def load_package(folder: Path) -> Package:
    """Raises RenderFailed `package_incomplete`, `package_unreadable` or `weights_wrong_shape`."""
    background, shrink = _background(folder / "bg_video.mp4")
    box = _box(folder / "face_box.txt", background.shape[1] / shrink, background.shape[2] / shrink)
    return Package(
        background=background,
        crops=_crops(folder / "ref_frames", len(background)),
        box=np.round(box * shrink).astype(np.int64),
        neutral=_numbers(folder / "neutral_pose.npy", (POSE,)),
        drive=_numbers(folder / "drive.npy", (len(CHANNELS), POSE)) if (folder / "drive.npy").exists() else None,
        encode=_network(folder / "net_encode.onnx"),
        decode=_network(folder / "net_decode.onnx"),
    )


def _there(path: Path) -> Path:
    if not path.is_file():
        hint = "; export net_encode.pt and net_decode.pt to ONNX first" if path.suffix == ".onnx" else ""
        raise RenderFailed("package_incomplete", f"the package lacks {path.name}{hint}")
    if path.stat().st_size > _MOST_BYTES:
        raise RenderFailed("package_unreadable", f"{path.name} is larger than {_MOST_BYTES} bytes")
    return path


def _network(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = ort.InferenceSession(_there(path).read_bytes(), options, providers=["CPUExecutionProvider"])
    except RenderFailed:
        raise
    except Exception as problem:
        raise RenderFailed("package_unreadable", f"{path.name} is no readable ONNX file") from problem
    found = {entry.name: tuple(entry.shape) for entry in session.get_inputs()}
    if found != _INPUTS[path.name]:
        raise RenderFailed("weights_wrong_shape", f"{path.name} takes {found}, not {_INPUTS[path.name]}")
    return session


def _background(path: Path) -> tuple[Pictures, float]:
    """The first 150 frames, no higher than 1080 pixels, and by how much they were shrunk."""
    try:
        with av.open(str(_there(path))) as video:
            stream = video.streams.video[0]
            if stream.width * stream.height > _MOST_PIXELS:
                raise RenderFailed("package_unreadable", f"{path.name} is larger than 4096 x 4096")
            shrink = min(1.0, _MOST_HEIGHT / stream.height)
            width, height = round(stream.width * shrink), round(stream.height * shrink)
            decoded = islice(video.decode(stream), FRAMES)
            frames = [frame.to_ndarray(format="rgb24", width=width, height=height) for frame in decoded]
    except (av.FFmpegError, IndexError) as problem:
        raise RenderFailed("package_unreadable", f"{path.name} is no readable video") from problem
    if not frames:
        raise RenderFailed("package_unreadable", f"{path.name} has no frames")
    return np.stack(frames), shrink


def _crops(folder: Path, frames: int) -> tuple[Pictures, ...]:
    files = sorted(folder.glob("ref_*.jpg"))[:frames]
    if not files:
        raise RenderFailed("package_incomplete", f"the package lacks {folder.name}/ref_00000.jpg")
    try:
        return tuple(np.asarray(Image.open(_there(file)).convert("RGB")) for file in files)
    except (OSError, UnidentifiedImageError) as problem:
        raise RenderFailed("package_unreadable", f"a picture in {folder.name} can't be read") from problem


def _box(path: Path, height: float, width: float) -> NDArray[np.int64]:
    """One line: top bottom left right."""
    try:
        box = np.array([int(word) for word in _there(path).read_text().split()])
    except ValueError as problem:
        raise RenderFailed("package_unreadable", f"{path.name} holds no whole numbers") from problem
    if box.shape != (4,) or not (0 <= box[0] < box[1] <= height and 0 <= box[2] < box[3] <= width):
        raise RenderFailed("package_unreadable", f"{path.name} names no box inside the video")
    return box


def _numbers(path: Path, shape: tuple[int, ...]) -> Floats:
    try:
        values = np.load(_there(path), allow_pickle=False)
    except (ValueError, OSError, EOFError) as problem:
        raise RenderFailed("package_unreadable", f"{path.name} is no readable array") from problem
    if values.shape != shape or not np.isfinite(values).all():
        raise RenderFailed("weights_wrong_shape", f"{path.name} must be {shape} and finite, not {values.shape}")
    return np.asarray(values, np.float32)
