"""What an avatar is drawn from and with. Renderers stay warm and are shared by the sessions of a process.

What draws needs torch and is imported when it is used, on the drawing thread: only workers for pictures do.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from uuid import UUID

import numpy as np
from django.conf import settings
from PIL import Image

from accounts.tenancy import workspace_scope
from avatars.models import AvatarKind, StoredFile
from avatars.render.base import Pictures, Renderer, Table
from avatars.render.choose import Recipe, build, rungs
from avatars.render.ladder import Rung
from avatars.selectors import avatar_shown, lip_gap
from avatars.services.files import files_of
from avatars.storage import content_of

KEPT = 8  # renderers of a process that stay loaded
Kind = Literal["head", "photo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Who is drawn: the renderer's kind, its GLB or rig, the portrait's bytes, and how far the lips are apart."""

    kind: Kind
    asset: Path
    portrait: bytes
    gap: dict[str, float]

    def rungs(self, side: int) -> tuple[Rung, ...]:
        """The ways to draw it at `side` pixels, best first."""
        return rungs(Recipe(kind=self.kind, asset=self.asset, size=(side, side)), make=_warm)

    def still(self, side: int) -> Pictures:
        """The middle of the portrait (side, side, 3); what is transparent becomes white."""
        with Image.open(io.BytesIO(self.portrait)) as opened:
            picture = opened.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        return np.asarray(_square(white.convert("RGB")).resize((side, side), Image.Resampling.LANCZOS))


def _square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left = (picture.width - side) // 2
    return picture.crop((left, 0, left + side, side))


def face_of(workspace_id: str, avatar_id: str) -> Face:
    """The face of a workspace's or a stock avatar. Raises Gone for one that was deleted, FileNotFoundError for a lost file."""
    with workspace_scope(UUID(workspace_id)):
        info = avatar_shown(avatar_id)
        if info.is_own:
            return _own(info.kind, files_of(UUID(avatar_id)))
    folder = Path(settings.BASE_DIR) / "static" / "cast"
    portrait = (folder / f"{info.id}.webp").read_bytes()
    return Face(kind="head", asset=folder / f"{info.id}.glb", portrait=portrait, gap=lip_gap(info.id))


def _own(kind: str, files: dict[str, StoredFile]) -> Face:
    drawn: tuple[Kind, str] = ("photo", "rig") if kind == AvatarKind.PHOTO else ("head", "head")
    missing = [purpose for purpose in (drawn[1], "portrait") if purpose not in files]
    if missing:
        raise FileNotFoundError(f"the avatar has no {missing[0]}")
    return Face(kind=drawn[0], asset=_local(content_of(files[drawn[1]])), portrait=content_of(files["portrait"]), gap={})


def _local(data: bytes) -> Path:
    """The file on this machine, named by its content; renderers read paths."""
    path = Path(_folder().name) / hashlib.sha256(data).hexdigest()
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(path)
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="visavis-faces-")


class Shared:
    """A renderer that several sessions use; none of them closes it."""

    def __init__(self, renderer: Renderer) -> None:
        self.size, self.most, self._renderer = renderer.size, renderer.most, renderer

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        return self._renderer.render(table)


MAKE: Callable[[Recipe], Renderer] = build
_renderers: dict[Recipe, Shared] = {}


def _warm(recipe: Recipe) -> Renderer:
    """The renderer that is there already, or a new one in place of the one unused longest. On the drawing thread alone."""
    renderer = _renderers.pop(recipe, None) or Shared(MAKE(recipe))
    _renderers[recipe] = renderer
    while len(_renderers) > KEPT:
        del _renderers[next(iter(_renderers))]
    return renderer
