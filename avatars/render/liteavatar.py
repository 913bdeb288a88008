"""LiteAvatar packages as a renderer: a person's video with a small network's mouth. Networks load from ONNX only.

The packages are the user's own; TorchScript ones are executable content and are refused (docs/renderers.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from avatars.render.base import Pictures, RenderFailed, Table, checked
from avatars.render.liteavatar_package import POSE, SIDE, Floats, Package

_RIM: Final = 10  # pixels of the patch over which it fades into the picture
_BLUR, _SIGMA = 21, 15.0


class LiteAvatarRenderer:
    """Draws a package at `size` (width, height); the video is stretched to it.

    The 32 numbers of a pose have no published meaning. `render` needs the package's `drive.npy`, a linear map from our
    channels; `render_poses` takes poses of any origin.
    """

    most = 16

    def __init__(self, package: Package, size: tuple[int, int]) -> None:
        self.size = size
        height, width = package.background.shape[1:3]
        self._package = package
        scale = np.array([size[1] / height, size[1] / height, size[0] / width, size[0] / width])
        top, bottom, left, right = np.round(package.box * scale).astype(int)
        self._rows, self._columns = slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))
        self._background = np.stack([_resized(picture, size) for picture in package.background])
        patch = (self._columns.stop - self._columns.start, self._rows.stop - self._rows.start)
        self._mask = _mask((int(package.box[3] - package.box[2]), int(package.box[1] - package.box[0])), patch)
        self._frame = 0

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3). Raises RenderFailed `no_drive` when the package has no map from channels to poses."""
        drive = self._package.drive
        if drive is None:
            raise RenderFailed("no_drive", "the package has no drive.npy: only render_poses can move it")
        poses: Floats = self._package.neutral + checked(table) @ drive
        return self.render_poses(poses)

    def render_poses(self, poses: Floats) -> Pictures:
        """Pictures of poses (T, 32); the background goes on, to and fro, where the last call left it."""
        if poses.ndim != 2 or poses.shape[1] != POSE or not np.isfinite(poses).all():
            raise RenderFailed("bad_pose", f"poses are (T, {POSE}) and finite, not {poses.shape}")
        out = np.empty((len(poses), self.size[1], self.size[0], 3), np.uint8)
        for i, pose in enumerate(poses):
            out[i] = self._drawn(_to_and_fro(self._frame, len(self._background)), pose)
            self._frame += 1
        return out

    def _drawn(self, frame: int, pose: Floats) -> Pictures:
        picture: Pictures = self._background[frame].copy()
        around = picture[self._rows, self._columns]
        mouth = _resized(self._mouth(frame, pose), (around.shape[1], around.shape[0]))
        mixed = around + (mouth.astype(np.float32) - around) * self._mask
        picture[self._rows, self._columns] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        return picture

    def _mouth(self, frame: int, pose: Floats) -> Pictures:
        """The network's picture of the mouth, (384, 384, 3). The encoder costs little, so nothing of it is kept."""
        crop = self._package.crops[frame % len(self._package.crops)]
        planes = _resized(crop, (SIDE, SIDE)).astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
        try:
            features = self._package.encode.run(None, {"ref_image": planes})
            inputs = dict(zip(("input", "skip1", "skip0", "skip"), features, strict=True))
            (made,) = self._package.decode.run(["output"], {**inputs, "params": np.asarray(pose, np.float32)[None]})
        except (
            ort.capi.onnxruntime_pybind11_state.Fail,
            ort.capi.onnxruntime_pybind11_state.InvalidArgument,
            ValueError,
        ) as problem:
            raise RenderFailed("render_error", f"the package's networks failed: {problem}") from problem
        mouth: Pictures = (np.clip(made[0].transpose(1, 2, 0) / 2 + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8)
        return mouth


def _to_and_fro(step: int, count: int) -> int:
    """0 … count-1 … 0 …, each end once."""
    turn = step % max(2 * count - 2, 1)
    return turn if turn < count else 2 * count - 2 - turn


def _mask(native: tuple[int, int], shown: tuple[int, int]) -> NDArray[np.float32]:
    """How much of the mouth's patch shows, (h, w, 1): all but a soft rim, as the original composes it."""
    width, height = native
    inner = np.zeros((height, width), np.float32)
    inner[_RIM : height - _RIM, _RIM : width - _RIM] = 1
    reach = np.arange(_BLUR) - _BLUR // 2
    kernel = np.exp(-(reach**2) / (2 * _SIGMA**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        inner = np.apply_along_axis(lambda line: np.convolve(np.pad(line, _BLUR // 2, mode="edge"), kernel, "valid"), axis, inner)
    return np.asarray(Image.fromarray(inner.astype(np.float32)).resize(shown, Image.Resampling.BILINEAR))[..., None]


def _resized(picture: Pictures, size: tuple[int, int]) -> Pictures:
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
