"""Whose face a video shows: the renderer for an avatar, the shape of its mouth, what lies behind it.

What draws needs torch and is imported when it is used: only workers for pictures do.
"""

from __future__ import annotations

import threading
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
from avatars.videos.wish import VideoWish

_kept = threading.local()  # the renderer of the segment before: the next one is often of the same video


def renderer_for(wish: VideoWish) -> Renderer:
    """Draws the wish's avatar over its background at its size; with `render_rgba` where the wish is transparent.

    Inside of a workspace scope; the renderer belongs to the thread. Raises RenderFailed.
    """
    _require(wish.avatar)
    key = (wish.avatar, wish.background, wish.framing, wish.size, wish.alpha)
    if getattr(_kept, "key", None) != key:
        _forget()
        _kept.renderer, _kept.key = _made(wish), key
    renderer: Renderer = _kept.renderer
    return renderer


def _require(avatar_id: str) -> None:
    """An avatar that was deleted since is not drawn, even where its renderer is still here."""
    if (found := _uuid(avatar_id)) is None:
        return
    try:
        access_avatar(found)
    except NotFound as error:
        _forget()
        raise RenderFailed("avatar_deleted", "The avatar was deleted.") from error


def _forget() -> None:
    """Give back what the renderer that was kept holds; OpenGL contexts don't go by themselves."""
    close = getattr(getattr(_kept, "renderer", None), "close", None)
    _kept.renderer = _kept.key = None
    if close is not None:
        close()


def _made(wish: VideoWish) -> Renderer:
    from avatars.videos.heads import head_renderer
    from avatars.videos.photos import photo_renderer

    behind = backdrop(wish.background, wish.size) if wish.background else None
    found = _uuid(wish.avatar)
    if found is None:
        return head_renderer(_stock_file(wish.avatar).read_bytes(), wish.size, behind, framing=wish.framing)
    kind, files = access_avatar(found).kind, files_of(found)
    if kind == AvatarKind.HEAD3D:
        return head_renderer(_content(files, "head"), wish.size, behind, framing=wish.framing)
    return photo_renderer(_content(files, "rig"), wish.size, behind, framing=wish.framing, transparent=wish.alpha)


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
