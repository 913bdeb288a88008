"""Which renderers can draw an avatar, best first, and with what. Renderers stay warm and are shared by a process's sessions.

What draws needs torch and is imported when it is used, on the drawing thread: only workers for pictures do.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.tenancy import workspace_scope
from avatars.models import AvatarKind
from avatars.render.base import Renderer, RenderFailed
from avatars.selectors import avatar_shown, lip_gap
from avatars.services.files import files_of
from avatars.storage import content_of
from streaming.frames.painter import Step, StillRenderer

KEPT = 8  # renderers of a process that stay loaded
_FILES = ("head", "rig", "portrait")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """What an avatar is drawn from: the bytes of its files by purpose (`head`: GLB, `rig`, `portrait`)."""

    id: str
    kind: str
    files: Mapping[str, bytes]
    gap: dict[str, float]

    def file(self, purpose: str) -> bytes:
        """One file; raises RenderFailed."""
        if purpose not in self.files:
            raise RenderFailed("avatar_incomplete", f"The avatar has no {purpose}.")
        return self.files[purpose]


Make = Callable[[Assets, int], Renderer]


def assets_of(workspace_id: str, avatar_id: str) -> Assets:
    """What an avatar of a workspace, or of the stock cast, is drawn from. Raises Gone."""
    with workspace_scope(UUID(workspace_id)):
        info = avatar_shown(avatar_id)
        rows = files_of(UUID(avatar_id)) if info.is_own else {}
        files = {purpose: content_of(rows[purpose]) for purpose in _FILES if purpose in rows}
    return Assets(id=info.id, kind=info.kind, files=files or stock_files(info.id), gap=lip_gap(avatar_id))


def stock_files(avatar_id: str) -> dict[str, bytes]:
    """Those of a head of the stock cast."""
    folder = Path(settings.BASE_DIR) / "static" / "cast"
    return {"head": (folder / f"{avatar_id}.glb").read_bytes(), "portrait": (folder / f"{avatar_id}.webp").read_bytes()}


def steps_of(assets: Assets, side: int) -> tuple[Step, ...]:
    """The ways to draw an avatar at `side` pixels, best first; the still portrait, which never fails, is the last."""
    drawn = tuple(
        Step(name=name, begin=partial(_warm, assets, max(64, int(side * share)), name, make))
        for name, share, make in MAKERS.get(assets.kind, ())
    )
    return (*drawn, Step(name="still", begin=lambda: StillRenderer.of(assets.file("portrait"), side)))


_renderers: dict[tuple[str, int, str, int], Renderer] = {}


def _warm(assets: Assets, side: int, name: str, make: Make) -> Renderer:
    """The renderer that is there already, or a new one in place of the one unused longest. On the drawing thread alone."""
    key = (assets.id, zlib.crc32(assets.files.get("rig") or assets.files.get("head") or b""), name, side)
    renderer = _renderers.pop(key, None) or make(assets, side)
    _renderers[key] = renderer
    while len(_renderers) > KEPT:
        del _renderers[next(iter(_renderers))]
    return renderer


def _head(assets: Assets, side: int) -> Renderer:
    """Torch on CUDA, OpenGL elsewhere."""
    return _torch(assets, side) if _device() == "cuda" else _opengl(assets, side)


def _torch(assets: Assets, side: int) -> Renderer:
    from avatars.render.head.model import read_head
    from avatars.render.head.torch_renderer import TorchHead

    return TorchHead(read_head(assets.file("head")), (side, side), device=_device())


def _opengl(assets: Assets, side: int) -> Renderer:
    from avatars.render.head.gl_renderer import GLHead
    from avatars.render.head.model import read_head

    return GLHead(read_head(assets.file("head")), (side, side))


def _photo(assets: Assets, side: int) -> Renderer:
    from avatars.photo.renderer import PhotoRenderer
    from avatars.photo.rig import BadRig, PhotoRig

    try:
        return PhotoRenderer(PhotoRig.from_bytes(assets.file("rig")), (side, side), _device())
    except BadRig as error:
        raise RenderFailed("rig_unreadable", str(error)) from error


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


# By kind: a name for people, the share of the side that is drawn (the rest is enlarged), and how to begin.
MAKERS: dict[str, tuple[tuple[str, float, Make], ...]] = {
    AvatarKind.HEAD3D: (
        ("head", 1.0, _head),
        ("head-half", 0.5, _head),
        ("torch-half", 0.5, _torch),
    ),
    AvatarKind.PHOTO: (("photo", 1.0, _photo), ("photo-half", 0.5, _photo)),
}
