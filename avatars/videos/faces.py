"""Whose face a video shows: the renderer for an avatar, the shape of its mouth, what lies behind it."""

from __future__ import annotations

from avatars.face import DEFAULT_RIG, Rig
from avatars.render.base import Pictures, Renderer, RenderFailed
from avatars.selectors import lip_gap


def renderer_for(avatar_id: str, size: tuple[int, int]) -> Renderer:
    """Draws the avatar at `size` (width, height). Inside of a workspace scope. Raises RenderFailed, NotFound."""
    raise RenderFailed("no_renderer", f"The avatar {avatar_id} can't be drawn on the server yet.")


def rig_of(avatar_id: str) -> Rig:
    """How the avatar's mouth is built."""
    gap = lip_gap(avatar_id)
    return Rig(gap=gap) if gap else DEFAULT_RIG


def backdrop(background: str, size: tuple[int, int]) -> Pictures:
    """What lies behind the avatar: "#rrggbb", or an asset's id; (H, W, 3). Raises RenderFailed."""
    raise RenderFailed("no_background", f"There is no background {background}.")
