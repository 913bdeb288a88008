"""Whose face a video shows: the renderer for an avatar, the shape of its mouth, what lies behind it.

What draws needs torch and is imported when it is used: only workers for pictures do.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from PIL import Image, ImageColor

from accounts.errors import NotFound
from avatars.face import DEFAULT_RIG, Rig
from avatars.models import AvatarKind, StoredFile
from avatars.render.base import Pictures, Renderer, RenderFailed
from avatars.selectors import access_avatar, lip_gap
from avatars.services.files import files_of
from avatars.storage import content_of
from avatars.videos.wish import VideoWish


def renderer_for(wish: VideoWish) -> Renderer:
    """Draws the wish's avatar over its background at its size; with `render_rgba` where the wish is transparent.

    Inside of a workspace scope. Raises RenderFailed.
    """
    behind = backdrop(wish.background, wish.size) if wish.background else None
    found = _uuid(wish.avatar)
    if found is None:
        return _head_of(_stock_file(wish.avatar).read_bytes(), wish, behind)
    kind, files = _own(found)
    if kind == AvatarKind.HEAD3D:
        return _head_of(_content(files, "head"), wish, behind)
    from avatars.videos.photos import photo_renderer

    return photo_renderer(_content(files, "rig"), wish.size, behind, transparent=wish.alpha)


def rig_of(avatar_id: str) -> Rig:
    """How the avatar's mouth is built."""
    gap = lip_gap(avatar_id)
    return Rig(gap=gap) if gap else DEFAULT_RIG


def backdrop(background: str, size: tuple[int, int]) -> Pictures:
    """What lies behind the avatar: "#rrggbb"; (H, W, 3). Raises RenderFailed."""
    try:
        colour = ImageColor.getrgb(background)[:3]
    except ValueError as error:
        raise RenderFailed("no_background", f"There is no background {background}.") from error
    return np.asarray(Image.new("RGB", size, colour))


def _head_of(data: bytes, wish: VideoWish, behind: Pictures | None) -> Renderer:
    import torch

    from avatars.render.head.model import read_head
    from avatars.render.head.torch_renderer import TorchHead

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return TorchHead(read_head(data), wish.size, device=device, backdrop=behind)


def _stock_file(avatar_id: str) -> Path:
    return Path(settings.BASE_DIR) / "static" / "cast" / f"{avatar_id}.glb"


def _own(avatar_id: UUID) -> tuple[str, dict[str, StoredFile]]:
    try:
        return access_avatar(avatar_id).kind, files_of(avatar_id)
    except NotFound as error:
        raise RenderFailed("avatar_deleted", "The avatar was deleted.") from error


def _content(files: dict[str, StoredFile], purpose: str) -> bytes:
    if purpose not in files:
        raise RenderFailed("avatar_incomplete", f"The avatar has no {purpose}.")
    return content_of(files[purpose])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
