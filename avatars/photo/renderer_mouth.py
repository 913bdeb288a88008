"""The mouth's window: the lower lip's layer and what lies behind it, under the upper lip's edge."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from avatars.face.channels import INDEX
from avatars.photo.mouth import EXTENT
from avatars.photo.renderer_drive import Drive
from avatars.photo.renderer_parts import Box, MouthTensors, Parts
from avatars.photo.renderer_sampling import sample

_SHADOW = 0.5  # how dark the upper lip makes what is right behind it
_SEALED = 0.8  # between pressed lips there is a dark line, not teeth
_LIP = 0.08  # reach of that shadow, in widths of the mouth


def draw_mouth(person: Tensor, fine: Tensor, lower: Tensor, light: Tensor, head: Tensor, driven: Drive, parts: Parts) -> None:
    """Open the mouth in `person` (B, 4, S, S), in place.

    `fine`: (B, 3, S, S) places of the upper layer; `lower`, `light`: the lower layer's shift (B, 2, G, G) and change of
    light; `head`: (B, 2, G, G) the head's turn.
    """
    mouth = parts.mouth
    rows, columns = mouth.box.slices
    pixels = parts.pixels[:, :, rows, columns]
    grids = torch.cat([lower, light, -head], 1)
    coarse = sample(grids, pixels.expand(len(grids), -1, -1, -1))
    lip = sample(mouth.lower, coarse[:, :2] + pixels)
    cover = sample(mouth.upper, fine[:, :2, rows, columns])
    below = lip[:, :3] * (coarse[:, 2:3] * parts.tint + 1)
    inner = _within(mouth.box, mouth.inner)
    inside = _inside((coarse[:, 3:] + pixels)[inner], driven, parts) * _shadow(cover[inner], parts.moves.mouth)
    inside *= 1 - _SEALED * torch.from_numpy(driven.sealed).to(inside.device).view(-1, 1, 1, 1)
    below[inner] = torch.lerp(inside, below[inner], lip[:, 3:][inner])
    window = person[:, :3, rows, columns]
    window += (below - window) * (1 - cover)


def _within(outer: Box, inner: Box) -> tuple[slice, slice, slice, slice]:
    """The inner window, as cut out of pictures (B, C, h, w) of the outer one."""
    rows = slice(inner.top - outer.top, inner.bottom - outer.top)
    return slice(None), slice(None), rows, slice(inner.left - outer.left, inner.right - outer.left)


def _inside(places: Tensor, driven: Drive, parts: Parts) -> Tensor:
    """Cavity, tongue, teeth, and the photo's own teeth (B, 3, h, w) at places that turn with the head."""
    mouth = parts.mouth
    across, down = _axes(places, mouth, parts.side)
    drops = _drops(driven, mouth, places.device)
    spots = torch.stack([across[:, None].expand(-1, 4, -1, -1), down[:, None] - drops[..., None, None]], 2) / EXTENT
    count, height, width = across.shape
    layers = mouth.layers if count == 1 else mouth.layers.repeat(count, 1, 1, 1)
    seen = sample(layers, spots.reshape(count * 4, 2, height, width)).view(count, 4, 4, height, width)
    colour = seen[:, 0, :3]
    for k in (1, 2, 3):
        colour = seen[:, k, :3] + colour * (1 - seen[:, k, 3:])
    return _own(colour, places, driven, mouth) if mouth.gap > 0.05 else colour


def _own(colour: Tensor, places: Tensor, driven: Drive, mouth: MouthTensors) -> Tensor:
    own, photo = sample(mouth.own, places), sample(mouth.lower[:, :3], places)
    rest = torch.from_numpy(driven.rest).to(places.device).view(-1, 1, 1, 1)
    return torch.lerp(torch.lerp(colour, own[:, :3], own[:, 3:4]), photo, own[:, 4:5] * rest)


def _axes(places: Tensor, mouth: MouthTensors, side: int) -> tuple[Tensor, Tensor]:
    """Places from -1 to 1 in the picture as half widths of the mouth from its middle, along and down."""
    x = (places[:, 0] + 1) * (side / 2) - mouth.middle[0]
    y = (places[:, 1] + 1) * (side / 2) - mouth.middle[1]
    ax, ay = mouth.along
    return (x * ax + y * ay) / mouth.half, (y * ax - x * ay) / mouth.half


def _drops(driven: Drive, mouth: MouthTensors, device: torch.device) -> Tensor:
    """How far cavity, tongue, lower and upper teeth are down, (B, 4) in half widths of the mouth."""
    fields, tongue = (torch.from_numpy(values).to(device) for values in (driven.fields, driven.tongue))
    jaw = (fields @ mouth.jaw).div(mouth.half).clamp(min=-0.2)
    rounded = fields[:, INDEX["mouthPucker"]] + 0.5 * fields[:, INDEX["mouthFunnel"]]
    lifted = tongue * (0.10 + 0.55 * jaw + mouth.gap)
    return torch.stack([jaw * 0.4, jaw * 0.85 + mouth.gap - lifted, jaw * 0.97 + mouth.gap + 0.07, rounded * -0.16], 1)


def _shadow(cover: Tensor, width: float) -> Tensor:
    """The upper lip darkens what is close behind it."""
    reach = max(3, int(_LIP * width) // 2 * 2 + 1)
    padded = functional.pad(cover, (reach // 2,) * 4, mode="replicate")
    around = functional.avg_pool2d(functional.avg_pool2d(padded, (reach, 1), 1), (1, reach), 1)
    return 1 - _SHADOW * around
