"""Whose face a video shows: the renderer for an avatar, the shape of its mouth, what lies behind it.

What draws needs torch and is imported when it is used: only workers for pictures do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.errors import NotFound
from avatars.assets import access_asset, file_of
from avatars.face import DEFAULT_RIG, Rig
from avatars.models import AvatarKind, StoredFile
from avatars.render.base import Pictures, Renderer, RenderFailed
from avatars.render.look import fitted, plain
from avatars.selectors import access_avatar, lip_gap
from avatars.services.files import files_of
from avatars.storage import content_of
from avatars.videos.easel import easel
from avatars.videos.wish import VideoWish


def renderer_for(wish: VideoWish) -> Renderer:
    """Draws the wish's avatar over its background at its size; with `render_rgba` where the wish is transparent.

    Inside of a workspace scope; the renderer stands on this thread's easel. Raises RenderFailed.
    """
    _require(wish.avatar)
    key = (wish.avatar, wish.background, wish.framing, wish.size, wish.alpha)
    return easel().renderer(key, lambda: _maker(wish))


def _require(avatar_id: str) -> None:
    """An avatar that was deleted since is not drawn, even where its renderer is still here."""
    if (found := _uuid(avatar_id)) is None:
        return
    try:
        access_avatar(found)
    except NotFound as error:
        easel().clear()
        raise RenderFailed("avatar_deleted", "The avatar was deleted.") from error


def _maker(wish: VideoWish) -> Callable[[], Renderer]:
    """What makes the renderer, with everything at hand that it needs."""
    from avatars.videos.heads import head_renderer
    from avatars.videos.photos import photo_renderer

    size, framing = wish.size, wish.framing
    behind = backdrop(wish.background, size) if wish.background else None
    is_photo, content = _drawn_from(wish.avatar)
    if is_photo:
        return lambda: photo_renderer(content, size, behind, framing=framing, transparent=wish.alpha)
    return lambda: head_renderer(content, size, behind, framing=framing)


def _drawn_from(avatar_id: str) -> tuple[bool, bytes]:
    """Whether it is a photo, and its rig, or the GLB of its head."""
    if (found := _uuid(avatar_id)) is None:
        return False, _stock_file(avatar_id).read_bytes()
    is_photo = access_avatar(found).kind != AvatarKind.HEAD3D
    return is_photo, _content(files_of(found), "rig" if is_photo else "head")


def rig_of(avatar_id: str) -> Rig:
    """How the avatar's mouth is built."""
    gap = lip_gap(avatar_id)
    return Rig(gap=gap) if gap else DEFAULT_RIG


def backdrop(background: str, size: tuple[int, int]) -> Pictures:
    """What lies behind the avatar: "#rrggbb", or an asset that fills the picture; (H, W, 3). Raises RenderFailed."""
    if background.startswith("#"):
        return plain(background, size)
    try:
        content = content_of(file_of(access_asset(UUID(background))))
    except (NotFound, FileNotFoundError, ValueError, OSError) as error:
        raise RenderFailed("no_background", "The background is not there any more.") from error
    return fitted(content, size)


def _stock_file(avatar_id: str) -> Path:
    return Path(settings.BASE_DIR) / "static" / "cast" / f"{avatar_id}.glb"


def _content(files: dict[str, StoredFile], purpose: str) -> bytes:
    if purpose not in files:
        raise RenderFailed("avatar_incomplete", f"The avatar has no {purpose}.")
    return content_of(files[purpose])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
