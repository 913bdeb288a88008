"""From a photo to everything that a photo avatar is: rig, 2.5-D head, portrait, thumbnails; or why it can't be one."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatars.photo.analysis import FoundFace, PhotoRefused, analyse, annotated, choose, segment
from avatars.photo.background import filled
from avatars.photo.glb import photo_glb
from avatars.photo.rig import BadRig, PhotoRig, prepare

PORTRAIT, THUMBNAIL = 512, 256
_FINDING = 640  # longest side of the picture of what was found
Photo = NDArray[np.uint8]
Box = tuple[float, float, float, float]


class Unfit(Exception):
    """The photo can't become an avatar: stable `code` and what to do. `faces`: boxes (left, top, right, bottom) as shares
    of the picture, numbered from 1; `picture`: JPEG of what was found, empty where nothing was."""

    def __init__(self, code: str, hint: str, *, faces: tuple[Box, ...] = (), picture: bytes = b"") -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint
        self.faces = faces
        self.picture = picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarded:
    """A photo avatar. `rig` as avatars.photo.rig writes it, `head` GLB, `portrait` JPEG of PORTRAIT, thumbnails of THUMBNAIL
    pixels a side. `report` says in plain values what was measured."""

    rig: bytes
    head: bytes
    portrait: bytes
    thumbnail: bytes
    thumbnail_webp: bytes
    report: Mapping[str, Any]


def onboard(photo: Photo, *, face: int | None = None) -> Onboarded:
    """Make an avatar of `photo` (H, W, 3), RGB and upright; `face` is the chosen one where there are several, from 1.

    Raises Unfit.
    """
    started = time.perf_counter()
    found = analyse(photo)
    try:
        chosen = choose(found, face)
        rig = _rigged(photo, chosen)
    except PhotoRefused as error:
        raise _unfit(photo, found, error.code, error.hint) from error
    except BadRig as error:
        raise _unfit(photo, found, error.code, str(error)) from error
    head = photo_glb(rig)
    square = Image.fromarray(rig.photo)
    return Onboarded(
        rig=rig.to_bytes(),
        head=head,
        portrait=scaled(square, PORTRAIT, "JPEG"),
        thumbnail=scaled(square, THUMBNAIL, "JPEG"),
        thumbnail_webp=scaled(square, THUMBNAIL, "WEBP"),
        report=_measured(chosen, rig) | {"faces": len(found), "seconds": round(time.perf_counter() - started, 2)},
    )


def warm_up() -> None:
    """Load the networks: the first photo is then as fast as the next."""
    nobody = np.zeros((THUMBNAIL, THUMBNAIL, 3), np.uint8)
    analyse(nobody)
    segment(nobody)


def _rigged(photo: Photo, face: FoundFace) -> PhotoRig:
    alpha = segment(photo)
    return prepare(photo, face.landmarks, alpha, filled(photo, alpha))


def _measured(face: FoundFace, rig: PhotoRig) -> dict[str, Any]:
    degrees = {name: round(getattr(face.pose, name), 1) for name in ("yaw", "pitch", "roll")}
    shares = {name: round(getattr(face, name), 3) for name in ("score", "presence", "brightness", "mouth_covered")}
    return degrees | shares | {"eye_distance_pixels": round(face.eye_distance, 1), "side_pixels": rig.side}


def _unfit(photo: Photo, found: Sequence[FoundFace], code: str, hint: str) -> Unfit:
    height, width = photo.shape[:2]
    boxes = tuple(_shares(face.box, width, height) for face in found)
    return Unfit(code, hint, faces=boxes, picture=_finding(photo, found) if found else b"")


def _shares(box: Box, width: int, height: int) -> Box:
    left, top, right, bottom = (
        round(min(1.0, max(0.0, edge / side)), 4) for edge, side in zip(box, (width, height) * 2, strict=True)
    )
    return left, top, right, bottom


def _finding(photo: Photo, found: Sequence[FoundFace]) -> bytes:
    small = Image.fromarray(annotated(photo, found))
    small.thumbnail((_FINDING, _FINDING))
    return _encoded(small, "JPEG")


def scaled(square: Image.Image, side: int, kind: str) -> bytes:
    return _encoded(square.resize((side, side), Image.Resampling.LANCZOS), kind)


def _encoded(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, quality=86)
    return out.getvalue()
