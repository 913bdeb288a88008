"""The asset a photo avatar is kept as: a square portrait, who is in it, what is behind, where the landmarks are."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from avatars.photo.rig_topology import CORNERS, EYE_ENDS, OVAL

FORMAT: Final = "visavis-photo-rig"
VERSION: Final = "1"
SIZES: Final = (512, 768)
_MOST_BYTES: Final = 8 << 20
_DTYPES: Final = {"photo": np.uint8, "alpha": np.uint8, "background": np.uint8, "landmarks": np.float32}
_ZOOM: Final = 2.15  # sides of the crop per height of the face
_LEAST_EYES: Final = 0.04  # of the picture's side; a face smaller than this has no lips to move


class BadRig(ValueError):
    """A rig can't be made or read; `code` is stable, the text says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRig:
    """Everything a renderer needs of one photo; what it derives from this it derives again when it starts.

    `photo`, `background`: (S, S, 3) uint8; `alpha`: (S, S) uint8, 255 where the person is; S is one of SIZES.
    `landmarks`: (478, 3) float32 in pixels of the photo, x right, y down, z away from the viewer.
    """

    photo: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    background: NDArray[np.uint8]
    landmarks: NDArray[np.float32]

    def __post_init__(self) -> None:
        side = self.photo.shape[0] if self.photo.ndim else 0
        shapes = {"photo": (side, side, 3), "alpha": (side, side), "background": (side, side, 3), "landmarks": (478, 3)}
        for name, shape in shapes.items():
            array: NDArray[Any] = getattr(self, name)
            if side not in SIZES or array.shape != shape or array.dtype != _DTYPES[name]:
                raise BadRig("rig_shape", f"{name} is {array.dtype} {array.shape}, not {shape}")
        _check_landmarks(self.landmarks, side)

    @property
    def side(self) -> int:
        """Width and height of the pictures in pixels."""
        return int(self.photo.shape[0])

    def to_bytes(self) -> bytes:
        """The asset as docs/rig.md describes it."""
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _DTYPES}
        return bytes(save_tensors(arrays, metadata={"format": FORMAT, "version": VERSION}))

    @classmethod
    def from_bytes(cls, data: bytes) -> PhotoRig:
        """Read an asset. Raises BadRig for anything else, however it was made; nothing in it is ever executed."""
        _check_header(data)
        try:
            arrays = load_tensors(data)
        except (SafetensorError, ValueError, KeyError) as error:
            raise BadRig("rig_unreadable", "the arrays of the rig can't be read") from error
        return cls(**arrays)

    def save(self, path: Path) -> None:
        """Write the asset to `path`."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> PhotoRig:
        """Read the asset at `path`. Raises BadRig."""
        if path.stat().st_size > _MOST_BYTES:
            raise BadRig("rig_too_large", f"a rig has at most {_MOST_BYTES} bytes")
        return cls.from_bytes(path.read_bytes())


def prepare(
    photo: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    alpha: NDArray[np.float32],
    background: NDArray[np.uint8],
) -> PhotoRig:
    """Crop a photo to a square portrait round its face.

    `photo`, `background`: (H, W, 3) uint8; `landmarks`: (478, 3) in pixels; `alpha`: (H, W) in 0–1. Raises BadRig.
    """
    height, width = photo.shape[:2]
    if alpha.shape != (height, width) or background.shape != photo.shape or landmarks.shape != (478, 3):
        raise BadRig("rig_shape", "photo, alpha, background and landmarks do not belong together")
    left, top, extent = _window(landmarks, width, height)
    side = SIZES[-1] if extent >= 1.2 * SIZES[0] else SIZES[0]
    scale = side / extent
    window = (left, top, left + extent, top + extent)
    placed = (landmarks - np.array([left, top, 0.0], np.float32)) * np.float32(scale)
    mask = (np.clip(alpha, 0, 1) * 255).round().astype(np.uint8)
    return PhotoRig(
        photo=_cut(photo, window, side),
        alpha=_cut(mask, window, side),
        background=_cut(background, window, side),
        landmarks=placed.astype(np.float32),
    )


def _window(landmarks: NDArray[np.float32], width: int, height: int) -> tuple[float, float, float]:
    """Left, top and side of the crop; it leaves the photo only where the photo is too small for a square."""
    oval = landmarks[OVAL, :2]
    low, high = oval.min(0), oval.max(0)
    extent = min(float((high - low).max()) * _ZOOM, float(max(width, height)))
    middle = (low + high) / 2 - np.array([0, 0.02 * extent])
    left, top = (_inside(float(middle[i]) - extent / 2, extent, (width, height)[i]) for i in (0, 1))
    return left, top, extent


def _inside(start: float, extent: float, limit: int) -> float:
    return float(np.clip(start, 0, limit - extent)) if extent <= limit else (limit - extent) / 2


def _cut(picture: NDArray[np.uint8], window: tuple[float, float, float, float], side: int) -> NDArray[np.uint8]:
    """Resample a window; beyond the photo its border goes on."""
    height, width = picture.shape[:2]
    pad = int(np.ceil(max(0.0, -window[0], -window[1], window[2] - width, window[3] - height)))
    edges = ((pad, pad), (pad, pad)) + ((0, 0),) * (picture.ndim - 2)
    image = Image.fromarray(np.pad(picture, edges, mode="edge"))
    left, top, right, bottom = (value + pad for value in window)
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS, box=(left, top, right, bottom)), np.uint8)


def _check_landmarks(landmarks: NDArray[np.float32], side: int) -> None:
    if not np.isfinite(landmarks).all() or np.abs(landmarks).max() > 4 * side:
        raise BadRig("rig_landmarks", "landmarks lie outside of the picture")
    for ends in (EYE_ENDS, CORNERS):
        if np.linalg.norm(landmarks[ends[0], :2] - landmarks[ends[1], :2]) < _LEAST_EYES * side:
            raise BadRig("rig_landmarks", "the face is too small")


def _check_header(data: bytes) -> None:
    """Look at names, types and sizes before anything is unpacked."""
    if not 8 < len(data) <= _MOST_BYTES:
        raise BadRig("rig_too_large" if len(data) > 8 else "rig_unreadable", "a rig of this length can't be")
    length = struct.unpack_from("<Q", data)[0]
    if length > min(len(data) - 8, 4096):
        raise BadRig("rig_unreadable", "not a rig")
    try:
        header = json.loads(data[8 : 8 + length])
        meta = header.pop("__metadata__")
        found = (meta["format"], meta["version"], set(header))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRig("rig_unreadable", "not a rig") from error
    if found[0] != FORMAT or found[2] != set(_DTYPES):
        raise BadRig("rig_unreadable", "not a rig")
    if found[1] != VERSION:
        raise BadRig("rig_version", f"this rig has version {found[1]!r}, this renderer reads {VERSION}")
