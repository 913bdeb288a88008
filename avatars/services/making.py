"""From an upload to the files of an avatar, or to the reason why there are none. Bytes in, bytes out: no database.

What needs torch is imported when it is used: only the worker for avatars ever does (config/avatars.py).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from avatars.models import AvatarKind
from avatars.refusals import REASONS, Refused
from avatars.uploads.headers import GLB

logger = logging.getLogger(__name__)
File = tuple[bytes, str]
_JPEG, _WEBP, _RIG = "image/jpeg", "image/webp", "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What an avatar is made from. `is_upload`: as it was sent; else a photo that has been cleaned before."""

    kind: AvatarKind = AvatarKind.PHOTO
    content: bytes = b""
    is_upload: bool = True
    face: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`files`: purpose → (content, media type). `refusal` is one of REASONS, or empty. `faces` as Avatar keeps them."""

    files: Mapping[str, File] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""
    faces: tuple[Mapping[str, Any], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(content) for content, _ in self.files.values())


def refused(code: str, **more: Any) -> Outcome:
    """Nothing came of it but a reason."""
    return Outcome(refusal=code, **more)


def made(making: Making) -> Outcome:
    """The files of the avatar, or why there are none."""
    try:
        return _from_head(making) if making.kind == AvatarKind.HEAD3D else _from_photo(making)
    except Refused as error:
        return refused(error.code)


def _from_photo(making: Making) -> Outcome:
    from avatars.photo.onboarding import Unfit, onboard
    from avatars.uploads.photo import cleaned, jpeg, pixels

    picture = cleaned(making.content, most_pixels=settings.AVATAR_PHOTO_PIXELS)
    photo = jpeg(picture) if making.is_upload else making.content
    try:
        result = onboard(pixels(picture), face=making.face)
    except Unfit as error:
        kept: dict[str, File] = {"finding": (error.picture, _JPEG)} if error.picture else {}
        if error.code == "several_faces":
            kept["photo"] = (photo, _JPEG)
        code = error.code if error.code in REASONS else "not_a_face"
        faces = tuple({"box": list(box)} for box in error.faces)
        return refused(code, files=kept, faces=faces, report={"hint": error.hint} if error.hint else {})
    made_files = {
        "photo": (photo, _JPEG),
        "rig": (result.rig, _RIG),
        "head": (result.head, GLB),
        "portrait": (result.portrait, _JPEG),
        "thumbnail": (result.thumbnail, _JPEG),
        "thumbnail_webp": (result.thumbnail_webp, _WEBP),
    }
    return Outcome(files=made_files, report=result.report)


def _from_head(making: Making) -> Outcome:
    from avatars.uploads.heads import prepared_head

    head = prepared_head(making.content)
    return Outcome(files={"head": (head.glb, GLB), **_portraits(head.glb)}, report=head.report)


def _portraits(glb: bytes) -> dict[str, File]:
    """None where the head can't be drawn here: the gallery then draws it in the browser."""
    from avatars.photo.onboarding import PORTRAIT, THUMBNAIL, scaled
    from avatars.uploads.portraits import NoPortrait, portrait_of

    try:
        portrait = portrait_of(glb)
    except NoPortrait as error:
        logger.info("A head has no portrait: %s", error)
        return {}
    return {
        "portrait": (scaled(portrait, PORTRAIT, "JPEG"), _JPEG),
        "thumbnail": (scaled(portrait, THUMBNAIL, "JPEG"), _JPEG),
        "thumbnail_webp": (scaled(portrait, THUMBNAIL, "WEBP"), _WEBP),
    }
