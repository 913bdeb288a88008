"""What an avatar is drawn from: its files on this machine, and the ways to draw it, best first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

from django.conf import settings

from accounts.tenancy import workspace_scope
from avatars.assets import PURPOSE
from avatars.models import AvatarKind, StoredFile
from avatars.photo.rig import BadRig
from avatars.render.base import Pictures, Renderer, RenderFailed
from avatars.render.choose import Recipe, rungs
from avatars.render.ladder import Rung
from avatars.render.look import USUAL, Look
from avatars.render.portrait import outline_still, photo_still, portrait_still
from avatars.selectors import avatar_shown, lip_gap
from avatars.services.files import files_of
from avatars.storage import content_of
from sessions.look import SessionLook
from streaming.frames import warm
from streaming.frames.local import Visit

logger = logging.getLogger(__name__)
Kind = Literal["head", "photo"]
_USUAL = SessionLook()


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Who is drawn: the renderer's kind, its GLB or rig, the portrait's bytes, how far the lips are apart, and how much of
    the person is shown in front of what. Whoever draws it closes it: its files leave this machine and its memory then."""

    kind: Kind
    asset: Path
    portrait: bytes
    gap: dict[str, float]
    look: Look = USUAL
    files: Visit = field(default_factory=Visit)

    def close(self) -> None:
        """Nobody draws it any more: its files go with the last who did, and with them what was made of them."""
        warm.let_go(self.files.close())

    def rungs(self, side: int, make: Callable[[Recipe], Renderer]) -> tuple[Rung, ...]:
        """The ways to draw it at `side` pixels, best first; `make` gives the renderers."""
        return rungs(Recipe(kind=self.kind, asset=self.asset, size=(side, side), look=self.look), make=make)

    def still(self, side: int) -> Pictures:
        """The middle of the portrait (side, side, 3), a photo's with its look; what is transparent becomes white. Without a
        portrait a photo is shown itself, of a head an outline."""
        if self.kind == "photo" and (self.look != USUAL or not self.portrait):
            try:
                return photo_still(self.asset, self.look, side)
            except (BadRig, RenderFailed, OSError):  # the last resort has none of its own
                logger.exception("The rig can't be shown; its portrait is.")
        return portrait_still(self.portrait, self.look, side) if self.portrait else outline_still(side)


def face_of(workspace_id: str, avatar_id: str, look: SessionLook = _USUAL) -> Face:
    """The face of a workspace's or a stock avatar. Raises Gone for one that was deleted, FileNotFoundError for a lost file."""
    visit = Visit()
    try:
        return _found(workspace_id, avatar_id, look, visit)
    except BaseException:
        visit.close()
        raise


def _found(workspace_id: str, avatar_id: str, look: SessionLook, visit: Visit) -> Face:
    with workspace_scope(UUID(workspace_id)):
        info = avatar_shown(avatar_id)
        shown = Look(framing=look.framing, background=_background(look.background, visit))
        if info.is_own:
            return _own(info.kind, files_of(UUID(avatar_id)), shown, visit)
    folder = Path(settings.BASE_DIR) / "static" / "cast"
    portrait = (folder / f"{info.id}.webp").read_bytes()
    return Face(kind="head", asset=folder / f"{info.id}.glb", portrait=portrait, gap=lip_gap(info.id), look=shown, files=visit)


def _background(background: str, visit: Visit) -> str:
    """As Look has it; the avatar's own where the picture was deleted since."""
    if not background or background.startswith("#"):
        return background
    file = files_of(UUID(background)).get(PURPOSE)
    return str(visit.path(content_of(file))) if file else ""


def _own(kind: str, files: dict[str, StoredFile], look: Look, visit: Visit) -> Face:
    drawn: tuple[Kind, str] = ("photo", "rig") if kind == AvatarKind.PHOTO else ("head", "head")
    if drawn[1] not in files:
        raise FileNotFoundError(f"the avatar has no {drawn[1]}")
    asset, portrait = visit.path(content_of(files[drawn[1]])), _portrait(files)
    return Face(kind=drawn[0], asset=asset, portrait=portrait, gap={}, look=look, files=visit)


def _portrait(files: dict[str, StoredFile]) -> bytes:
    """Empty where there is none: what is drawn doesn't depend on it."""
    return content_of(files["portrait"]) if "portrait" in files else b""
