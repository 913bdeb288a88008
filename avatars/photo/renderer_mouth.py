"""The mouth's window: the lower lip's layer and what lies behind it, under the upper lip's edge."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from avatars.face.channels import INDEX
from avatars.photo.mouth import EXTENT
from avatars.photo.renderer_canvas import sample
from avatars.photo.renderer_drive import Drive
from avatars.photo.renderer_eyes import paste
from avatars.photo.renderer_fields import inverse
from avatars.photo.renderer_parts import MouthTensors, Parts
from avatars.render.devices import sent

_SHADOW = 0.42  # how dark the upper lip makes what is right behind it
_SEALED = 0.8  # between pressed lips there is a dark line, not teeth
_LIP = 0.08  # reach of that shadow, in widths of the mouth
_MARGIN = 0.12  # widths of the mouth that its inside may show below the middle of the lower lip's edge
_WET = (0.85, 0.45)  # how much of what is right behind the lower lip is the lip itself, in a slit and in a wide mouth
_WIDE = 0.3  # weight of jawOpen then
Values = NDArray[np.float32]


def draw_mouth(pictures: Tensor, moved: Tensor, head: Tensor, driven: Drive, parts: Parts) -> None:
    """Open the mouth in `pictures` (B, S, S, 3), in place.

    `moved` (B, 3, cells, cells): the upper layer's shift and change of light; `head` (B, 2, cells, cells): the head's turn.
    """
    busy = np.flatnonzero(driven.mouth)
    if not len(busy):
        return
    frames, driven = sent(busy, moved.device), driven.only(busy)
    window = parts.mouth.window
    rows, columns = window.cells
    turned = head[frames][:, :, rows, columns]
    shift = _lower(turned, driven, parts)
    fine = window.widen(torch.cat([moved[frames][:, :2, rows, columns], shift], 1))
    rows, columns = window.pixels
    shown = pictures[:, rows, columns]
    paste(shown, frames, _drawn(shown[frames].permute(0, 3, 1, 2).float(), fine, turned, driven, parts))


def _lower(turned: Tensor, driven: Drive, parts: Parts) -> Tensor:
    """The lower layer's shift and change of light (b, 3, rows, columns) of the window's cells."""
    window = parts.mouth.window
    fields = sent(driven.fields, turned.device) @ parts.lower
    moved = inverse(fields.view(-1, 3, *window.size), window.middles, turned / window.share)
    moved[:, :2] *= window.share
    return moved


def _drawn(above: Tensor, fine: Tensor, turned: Tensor, driven: Drive, parts: Parts) -> Tensor:
    """The window (b, 3, h, w) of which `above` is all but what is below the upper lip."""
    mouth, spots = parts.mouth, parts.mouth.window.places
    lip = sample(mouth.lower, fine[:, 2:4] + spots)
    cover = sample(mouth.upper, fine[:, :2] + spots)
    below = lip[:, :3] * (fine[:, 4:5] * parts.tint + 1)
    left, top, right = mouth.inside
    part = (slice(top, _bottom(driven, parts)), slice(left, right))
    inner = (..., *part)
    places = spots[inner] - mouth.window.widen(turned, part)
    inside = _inside(places, driven, parts) * (1 - _SEALED * _column(driven.sealed, lip))
    inside = _between(inside, cover[inner], lip[:, 3:][inner], _column(_wet(driven), lip), parts)
    below[inner] = torch.lerp(inside, below[inner], lip[:, 3:][inner])
    return above.add_((below - above) * ((1 - cover) * _column(driven.mouth, cover)))


def _column(values: Values, like: Tensor) -> Tensor:
    return sent(values, like.device).view(-1, 1, 1, 1)


def _bottom(driven: Drive, parts: Parts) -> int:
    """Row of the window below which no frame shows what is behind the lips."""
    mouth = parts.mouth
    deepest = float((driven.fields @ mouth.lip).max()) + mouth.gap * mouth.half + _MARGIN * parts.moves.mouth
    turned = float(np.abs(driven.turn).max()) * np.pi / 180 * parts.moves.mouth
    return int(mouth.seam + max(deepest, 0) + turned) + 1


def _inside(places: Tensor, driven: Drive, parts: Parts) -> Tensor:
    """Cavity, tongue, teeth, and the photo's own teeth (b, 3, h, w) at places that turn with the head."""
    mouth = parts.mouth
    across, down = _axes(places, mouth, parts.canvas.full)
    drops = sent(_drops(driven, mouth), places.device)
    spots = torch.stack([across[:, None].expand(-1, 4, -1, -1), down[:, None] - drops[..., None, None]], 2) / EXTENT
    seen = [sample(mouth.layers[k : k + 1], spots[:, k]) for k in range(4)]
    colour = seen[0][:, :3]
    for layer in seen[1:]:
        colour = layer[:, :3] + colour * (1 - layer[:, 3:])
    return _own(colour, places, driven, mouth) if mouth.gap > 0.05 else colour


def _own(colour: Tensor, places: Tensor, driven: Drive, mouth: MouthTensors) -> Tensor:
    own, rest = sample(mouth.own, places), _column(driven.rest, places)
    return torch.lerp(torch.lerp(colour, own[:, :3], own[:, 6:7]), own[:, 3:6], own[:, 7:] * rest)


def _axes(places: Tensor, mouth: MouthTensors, side: int) -> tuple[Tensor, Tensor]:
    """Places on the canvas, of `side` pixels, as half widths of the mouth from its middle, along and down."""
    x = (places[:, 0] + 1) * (side / 2) - mouth.middle[0]
    y = (places[:, 1] + 1) * (side / 2) - mouth.middle[1]
    ax, ay = mouth.along
    return (x * ax + y * ay) / mouth.half, (y * ax - x * ay) / mouth.half


def _drops(driven: Drive, mouth: MouthTensors) -> Values:
    """How far cavity, tongue, lower and upper teeth are down, (b, 4) in half widths of the mouth."""
    fields = driven.fields
    jaw = np.maximum(fields @ mouth.jaw / mouth.half, -0.2)
    rounded = fields[:, INDEX["mouthPucker"]] + 0.5 * fields[:, INDEX["mouthFunnel"]]
    lifted = driven.tongue * (0.10 + 0.55 * jaw + mouth.gap)
    drops = [jaw * 0.4, jaw * 0.8 + mouth.gap - lifted, jaw * 0.97 + mouth.gap - 0.02, rounded * -0.16]
    return np.stack(drops, 1).astype(np.float32)


def _wet(driven: Drive) -> Values:
    """How much of the lower lip's inner side is seen, (b,) 0–1: nothing while the photo is as it was."""
    slit, wide = _WET
    opened = np.clip(driven.fields[:, INDEX["jawOpen"]] / _WIDE, 0, 1)
    seen: Values = (slit + (wide - slit) * opened) * (1 - driven.rest)
    return seen


def _between(inside: Tensor, upper: Tensor, lower: Tensor, wet: Tensor, parts: Parts) -> Tensor:
    """What is `inside` (b, 3, h, w), as it is close to lips that cover `upper` and `lower` (b, 1, h, w).

    `wet`: (b, 1, 1, 1) 0–1, how strongly the lower one is seen there.
    The upper lip darkens what is right behind it. The lower lip turns inwards, red and wet, before it ends: without
    that a slit would be a black line that looks cut out.
    """
    reach = max(3, int(_LIP * parts.moves.mouth) // 2 * 2 + 1)
    padded = functional.pad(torch.cat([upper, lower], 1), (reach // 2,) * 4, mode="replicate")
    around = functional.avg_pool2d(functional.avg_pool2d(padded, (reach, 1), 1), (1, reach), 1)
    turned = (around[:, 1:] * 2).clamp(0, 1) * wet
    inside *= 1 - around[:, :1] * (parts.tint * _SHADOW)
    return torch.lerp(inside, parts.mouth.wet, turned)
