"""Which renderers can draw an avatar, best first. Renderers are kept warm and shared by the sessions of a process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders

from accounts.tenancy import workspace_scope
from avatars.render.base import Renderer
from avatars.selectors import avatar
from avatars.stock import AvatarInfo
from streaming.frames.painter import Step, StillRenderer

KEPT = 8  # renderers of a process that stay loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Who is drawn: `gap` is the head's lips at rest (None: the default), `steps` the ways to draw it at a size."""

    gap: dict[str, float] | None
    steps: Callable[[int], tuple[Step, ...]]


Maker = Callable[[AvatarInfo, int], Renderer]
# What draws an avatar of a kind, best first; the still portrait comes after them.
MAKERS: dict[str, dict[str, Maker]] = {}
_renderers: dict[tuple[str, int, str], Renderer] = {}


def face_of(workspace_id: str, avatar_id: str) -> Face:
    """The face of an avatar of a workspace; raises Invalid or NotFound."""
    with workspace_scope(UUID(workspace_id)):
        info = avatar(avatar_id)
    return Face(gap=info.gap or None, steps=partial(_steps, info))


def _steps(info: AvatarInfo, side: int) -> tuple[Step, ...]:
    makers = MAKERS.get(info.kind, {})
    drawn = tuple(Step(name=name, begin=partial(_warm, info, side, name, make)) for name, make in makers.items())
    return (*drawn, Step(name="still", begin=lambda: StillRenderer.of(_portrait(info), side)))


def _warm(info: AvatarInfo, side: int, name: str, make: Maker) -> Renderer:
    """The renderer that is there already, or a new one in place of the one unused longest. On the drawing thread alone."""
    key = (info.id, side, name)
    renderer = _renderers.pop(key, None) or make(info, side)
    _renderers[key] = renderer
    while len(_renderers) > KEPT:
        del _renderers[next(iter(_renderers))]
    return renderer


def _portrait(info: AvatarInfo) -> Path:
    """The portrait's file. FileNotFoundError where there is none."""
    name = info.portrait_url.removeprefix(settings.STATIC_URL)
    collected = Path(settings.STATIC_ROOT) / name  # its URL names what was collected
    found = collected if collected.is_file() else Path(finders.find(name) or collected)
    if not found.is_file():
        raise FileNotFoundError(f"{info.id} has no portrait at {found}")
    return found
