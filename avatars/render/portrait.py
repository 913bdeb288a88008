"""A photo's rig dressed for a look: closer, and in front of something else. Renderers draw what comes out as any other."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from avatars.photo.rig import PhotoRig
from avatars.photo.rig_topology import OVAL
from avatars.render.base import Pictures
from avatars.render.look import FRAMING, Look


def portrait_still(portrait: bytes, look: Look, side: int) -> Pictures:
    """The middle of a portrait's file (side, side, 3), as near as `look` frames it; what is transparent becomes white."""
    with Image.open(BytesIO(portrait)) as opened:
        picture = opened.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    shown = min(picture.size)
    extent = shown / max(1, FRAMING[look.framing])
    left, top = (picture.width - extent) / 2, (shown - extent) / 2
    box = left, top, left + extent, top + extent
    return np.asarray(white.convert("RGB").resize((side, side), Image.Resampling.LANCZOS, box=box))


def outline_still(side: int) -> Pictures:
    """Somebody, (side, side, 3): a head and shoulders in grey, where there is no portrait to show."""
    picture = Image.new("RGB", (side, side), (226, 229, 233))
    draw, shade = ImageDraw.Draw(picture), (176, 182, 190)
    draw.ellipse(tuple(side * at for at in (0.33, 0.18, 0.67, 0.58)), fill=shade)
    draw.ellipse(tuple(side * at for at in (0.14, 0.66, 0.86, 1.5)), fill=shade)
    return np.asarray(picture)


def photo_still(rig: Path, look: Look, side: int) -> Pictures:
    """A photo avatar at rest (side, side, 3), with its look. Raises BadRig, RenderFailed `no_background`."""
    photo = dressed(PhotoRig.load(rig), look, (side, side)).photo
    return np.asarray(Image.fromarray(photo).resize((side, side), Image.Resampling.LANCZOS))


def dressed(rig: PhotoRig, look: Look, size: tuple[int, int]) -> PhotoRig:
    """The rig of which a renderer of `size` shows `look`. Raises RenderFailed `no_background`."""
    behind = look.behind(size)
    near = closer(rig, FRAMING[look.framing])
    return near if behind is None else elsewhere(near, around(behind, near.side))


def closer(rig: PhotoRig, factor: float) -> PhotoRig:
    """The same person with a face `factor` times as large, as far as there is picture: never smaller."""
    if factor <= 1:
        return rig
    extent = rig.side / factor
    low, high = rig.landmarks[OVAL, :2].min(0), rig.landmarks[OVAL, :2].max(0)
    left, top = np.clip((low + high) / 2 - extent / 2, 0, rig.side - extent)
    window = (float(left), float(top), float(left + extent), float(top + extent))
    placed = (rig.landmarks - np.array([left, top, 0], np.float32)) * np.float32(factor)
    return PhotoRig(
        photo=_cut(rig.photo, window),
        alpha=_cut(rig.alpha, window),
        background=_cut(rig.background, window),
        landmarks=placed.astype(np.float32),
    )


def elsewhere(rig: PhotoRig, background: Pictures) -> PhotoRig:
    """The same person in front of another `background` (S, S, 3): what of the old one shines through goes, too."""
    through = 1 - rig.alpha[..., None].astype(np.float32) / 255
    photo = rig.photo + (background.astype(np.float32) - rig.background) * through
    return replace(rig, photo=np.clip(photo + 0.5, 0, 255).astype(np.uint8), background=background)


def around(picture: Pictures, side: int) -> Pictures:
    """The square (side, side, 3) of which a renderer as large as `picture` (H, W, 3) shows just that picture."""
    height, width = picture.shape[:2]
    largest = max(height, width)
    left, top = (largest - width) // 2, (largest - height) // 4  # as PhotoRenderer cuts
    edges = ((top, largest - height - top), (left, largest - width - left), (0, 0))
    whole = Image.fromarray(np.pad(picture, edges, mode="edge"))
    return np.asarray(whole.resize((side, side), Image.Resampling.BICUBIC))


def _cut(picture: Pictures, window: tuple[float, float, float, float]) -> Pictures:
    """A window of a picture at the picture's own size."""
    size = picture.shape[1], picture.shape[0]
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, box=window))
