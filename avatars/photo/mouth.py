"""What is inside a mouth: cavity, tongue and two rows of teeth as small textures, and the photo's own teeth if it shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d, map_coordinates, maximum_filter1d

from avatars.photo.rig_fields import Plane, filled, mouth_frame
from avatars.photo.rig_moves import Floats, Moves
from avatars.photo.rig_topology import LOWER_LIP, OVAL, UPPER_LIP

EXTENT: Final = 1.5
"""The textures reach so many half widths of the mouth from its middle, in both directions."""
_SIZE: Final = 192
_ENAMEL: Final = (1.13, 1.03, 0.92)  # against skin; what light comes there has been on lips and gums
_GUM: Final = (0.52, 0.25, 0.24)
_SKIN: Final = (1.22, 0.97, 0.81)  # usual skin by its mean, in neutral light
_UNDER_UPPER, _UNDER_LOWER, _NOTCH = 0.22, 0.01, 0.012  # widths of the mouth
_OWN_SHOWN: Final = 0.05  # lips further apart than this share of the mouth's width show what is behind them


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of teeth from the middle outwards: widths and lengths of one side, and how far the bite goes round."""

    widths: tuple[float, ...]
    lengths: tuple[float, ...]
    gum: float


_UPPER: Final = Row(widths=(1.0, 0.78, 0.88, 0.80, 0.75), lengths=(1.0, 0.95, 0.98, 0.93, 0.88), gum=0.20)
_LOWER: Final = Row(widths=(0.66, 0.70, 0.84, 0.80, 0.75), lengths=(0.95, 0.97, 1.0, 0.95, 0.90), gum=0.30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interior:
    """`textures`: (4, 4, n, n) premultiplied RGBA in 0–1, drawn in the order cavity, tongue, lower teeth, upper teeth.

    `own`: (S, S, 3), the photo's teeth, going on under the upper lip. `own_teeth`, `own_all`: (S, S) in 0–1, how much of
    those teeth, and of everything the photo has between its lips, is shown.
    """

    textures: Plane
    own: Plane
    own_teeth: Plane
    own_all: Plane


def interior(points: Floats, photo: Plane, moves: Moves, *, own: bool = True) -> Interior:
    """Make the inside of the mouth of a photo (S, S, 3) in 0–1 with landmarks (478, 2); `own` keeps the photo's teeth."""
    light = _light(points, photo)
    kept, own_teeth, own_all = _own(points, photo, moves)
    shows_teeth = own and own_teeth.sum() > 0.4 * max(1.0, float(own_all.sum()))
    upper = _placed(_teeth(_UPPER, light), width=0.80, top=-0.27, height=0.52)
    lower = _placed(_teeth(_LOWER, light * 0.8)[::-1], width=0.60, top=0.0, height=0.34)
    lower = _shadowed(gaussian_filter(lower, (1.1, 1.3, 0)))
    layers = [_cavity(light), _tongue(light), lower, upper * (0.0 if shows_teeth else 1.0)]
    textures = np.stack(layers).transpose(0, 3, 1, 2).astype(np.float32)
    return Interior(textures=textures, own=kept, own_teeth=own_teeth, own_all=own_all)


def _light(points: Floats, photo: Plane) -> Floats:
    """How bright the photo's skin is, 0.45–0.95, in the colour of the photo's light, (3,)."""
    low, high = (points[OVAL].min(0).astype(int), points[OVAL].max(0).astype(int))
    skin = photo[max(0, low[1]) : high[1], max(0, low[0]) : high[0]].reshape(-1, 3)
    usual = np.median(skin, 0)
    cast = np.clip(np.sqrt(usual / max(float(usual.mean()), 1e-3) / _SKIN), 0.85, 1.15)
    light: Floats = cast * np.clip(np.percentile(skin.mean(-1), 85), 0.45, 0.95)
    return light


def _axes() -> tuple[Floats, Floats]:
    steps = np.linspace(-EXTENT, EXTENT, _SIZE)
    across, down = np.meshgrid(steps, steps)
    return across, down


def _cavity(light: Floats) -> Plane:
    """Light comes in from below: the palate and the cheeks are dark, never black."""
    across, down = _axes()
    fall = np.clip(0.75 + 0.55 * down - 0.5 * across**2, 0.35, 1.15)
    colour = np.array([0.29, 0.10, 0.09]) * light * fall[..., None]
    return np.concatenate([colour, np.ones_like(fall)[..., None]], -1).astype(np.float32)


def _tongue(light: Floats) -> Plane:
    """Brightest at its tip; its back goes over into the dark."""
    across, down = _axes()
    away = np.hypot(across / 0.66, (down - 0.25) / 0.46)
    cover = np.clip((1 - away) * 3.5, 0, 1)
    groove = 1 - 0.16 * np.exp(-((across / 0.08) ** 2)) * np.clip(0.6 - down, 0, 1)
    shade = np.clip(0.62 + 0.75 * (down + 0.15), 0.5, 1.0) * (1 - 0.35 * np.clip(away, 0, 1) ** 3) * groove
    colour = np.array([0.70, 0.33, 0.32]) * shade[..., None] * light
    return np.concatenate([colour * cover[..., None], cover[..., None]], -1).astype(np.float32)


def _teeth(row: Row, light: Floats, width: int = 512, height: int = 384) -> Plane:
    """A row seen from the front, gum at the top, premultiplied RGBA (height, width, 4)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    across, down = np.abs(x / (width - 1) * 2 - 1), y / (height - 1)
    edges = np.concatenate([[0.0], np.cumsum(row.widths)]) / sum(row.widths)
    edges = np.sin(edges * np.pi / 2 * 0.93) / np.sin(np.pi / 2 * 0.93)  # the arch turns away
    tooth = np.clip(np.searchsorted(edges, across.ravel(), side="right").reshape(across.shape) - 1, 0, len(row.widths) - 1)
    middle, half = (edges[tooth] + edges[tooth + 1]) / 2, (edges[tooth + 1] - edges[tooth]) / 2
    off = (across - middle) / half
    length = 0.80 * np.array(row.lengths)[tooth] * (1 - 0.10 * middle) - 0.07 * np.abs(off) ** 3.5
    cover = np.clip((length - down) * height / 5, 0, 1) * np.clip((edges[-1] - across) * width / 12, 0, 1)
    shade = (
        (1 - 0.55 * middle**1.6) * (1 - 0.10 * np.abs(off) ** 2.5) * (0.84 + 0.16 * np.sin(np.clip(down / length, 0, 1) * 2.67))
    )
    groove = 1 - 0.26 * np.exp(-(((1 - np.abs(off)) * half * width / 5) ** 2)) * (middle < 0.9)
    colour = np.array(_ENAMEL) * (shade * groove)[..., None]
    gum = np.clip((row.gum + 0.07 * off**2 - down) * height / 14, 0, 1)[..., None]
    colour = (colour * (1 - gum) + gum * np.array(_GUM) * shade[..., None]) * light
    return np.concatenate([colour * cover[..., None], cover[..., None]], -1).astype(np.float32)


def _placed(picture: Plane, *, width: float, top: float, height: float) -> Plane:
    """The picture on a clear texture, in half widths of the mouth: `width` to each side, from `top` on downwards."""
    unit = _SIZE / (2 * EXTENT)
    size = (max(2, int(width * 2 * unit)), max(2, int(height * unit)))
    small = np.stack([np.asarray(Image.fromarray(picture[..., k]).resize(size, Image.Resampling.BOX)) for k in range(4)], -1)
    texture = np.zeros((_SIZE, _SIZE, 4), np.float32)
    left, start = (_SIZE - size[0]) // 2, int((top + EXTENT) * unit)
    texture[start : start + size[1], left : left + size[0]] = small
    return texture


def _shadowed(row: Plane) -> Plane:
    """Lower teeth stand in the mouth's shade: darker to the sides and towards the gum."""
    across, down = _axes()
    shade = np.clip(1 - 0.75 * (np.abs(across) / 0.6) ** 2, 0.1, 1) * np.clip(1.05 - 1.9 * np.clip(down, 0, 1), 0.25, 1)
    shaded: Plane = row.copy()
    shaded[..., :3] *= shade[..., None] ** np.array([0.7, 1.25, 1.6])  # less light, warmer light
    return shaded


def _own(points: Floats, photo: Plane, moves: Moves) -> tuple[Plane, Plane, Plane]:
    """What the photo itself shows between its lips: bright and pale is teeth."""
    side = len(photo)
    if moves.gap < _OWN_SHOWN * moves.mouth:
        return photo, np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    mask = filled(np.concatenate([points[UPPER_LIP[0]], points[LOWER_LIP[0]][::-1]]), side)
    bright, vivid = photo.max(-1), 1 - photo.min(-1) / np.maximum(photo.max(-1), 1e-3)
    usual = float(np.percentile(bright[mask > 0.5], 80)) if (mask > 0.5).any() else 1.0
    teeth = np.clip((bright / usual - 0.55) / 0.2, 0, 1) * np.clip((0.52 - vivid) / 0.15, 0, 1)
    shown = gaussian_filter(gaussian_filter(mask, side / 512) * teeth, 0.8 * side / 512) * np.clip(mask * 1.5, 0, 1)
    own, shown = _under_lip(photo, shown, mask, moves.mouth)
    return own, shown, np.clip(gaussian_filter(mask, 0.8) * 1.6, 0, 1).astype(np.float32)


def _under_lip(photo: Plane, shown: Plane, mask: Plane, mouth: float) -> tuple[Plane, Plane]:
    """Let teeth go on where lips hide them, so that a lip that moves uncovers more: far upwards, a little downwards.

    To the sides they fade. `mouth` is its width in pixels.
    """
    source = (shown > 0.6) & (gaussian_filter(mask, 0.01 * mouth) > 0.85)
    if not source.any():
        return photo, shown
    near = distance_transform_edt(~source, return_distances=False, return_indices=True)
    own = photo[near[0], near[1]]
    up, down = max(3, int(_UNDER_UPPER * mouth)), max(1, round(_UNDER_LOWER * mouth))
    longer = maximum_filter1d(shown, up + down + 1, axis=0, origin=-((up - down) // 2))
    longer = gaussian_filter(longer, (0.7, 0.02 * mouth))
    return own, _notched(own, source, longer, _NOTCH * mouth)


def _notched(own: Plane, source: NDArray[np.bool_], shown: Plane, deep: float) -> Plane:
    """Between two teeth, where columns are dark, the edge goes up by so many pixels: no row of teeth ends like a rail."""
    count = np.maximum(source.sum(0), 1)
    bright = gaussian_filter1d(np.where(source, own.mean(-1), 0).sum(0) / count, 0.3)
    usual = np.maximum(maximum_filter1d(bright, max(3, int(deep * 10))), 1e-3)
    notch = gaussian_filter1d(np.clip((1 - bright / usual) / 0.2, 0, 1), 0.5) * deep
    y, x = np.mgrid[: len(shown), : shown.shape[1]].astype(np.float32)
    raised: Plane = map_coordinates(shown, [y + notch, x], order=1, mode="nearest").astype(np.float32)
    return raised


def mouth_axes(points: Floats) -> tuple[Floats, Floats, float]:
    """Middle of the seam between the lips, direction of the inner mouth, and half its width in pixels."""
    frame = mouth_frame(points, (int(UPPER_LIP[0, 0]), int(UPPER_LIP[0, -1])))
    dip = float(frame.place(points[[UPPER_LIP[0, 5], LOWER_LIP[0, 5]]])[1].mean())
    return frame.start + frame.along * frame.width / 2 + frame.down * dip, frame.along, frame.width / 2
