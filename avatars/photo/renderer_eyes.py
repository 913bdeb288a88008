"""Lids and eyes, each in the small window round its eye; what is drawn comes in pairs, the person's left eyes first."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from avatars.photo.renderer_canvas import sample
from avatars.photo.renderer_drive import Drive
from avatars.photo.renderer_parts import EyeTensors, Parts
from avatars.photo.rig_eyes import LEVELS
from avatars.render.devices import sent

_LASH_FROM, _LASH_OVER = 0.55, 0.4  # lashes show as a band from where the lid is this far down
_LASH_DENSE = 1.1  # lashes that a line of three pixels has, against one of a single pixel
_AWAKE = 25  # an eye that moves by a 25th is drawn as a ball behind lids; one at rest is the photo


def draw_eyes(pictures: Tensor, moved: Tensor, driven: Drive, parts: Parts) -> None:
    """Close lids and turn eyeballs in `pictures` (B, S, S, 3), in place; `moved` (B, 3, cells, cells) as for the tiles."""
    busy = np.flatnonzero(driven.lids.any(1) | driven.look.any((1, 2)))
    if not len(busy):
        return
    eyes, frames = parts.eyes, sent(busy, moved.device)
    closed, look = (
        sent(np.concatenate([values[busy, 0], values[busy, 1]]), moved.device) for values in (driven.lids, driven.look)
    )
    cells = torch.cat([moved[frames][(..., *window.cells)] for window in eyes.windows])
    colours = _drawn(eyes.windows[0].widen(cells), eyes, closed, look, parts)
    for part, window, shown in zip(colours.chunk(2), eyes.windows, eyes.shown, strict=True):
        rows, columns = window.pixels
        paste(pictures[:, rows, columns][:, :, shown], frames, part[..., shown])


def paste(pictures: Tensor, frames: Tensor, colours: Tensor) -> None:
    """Colours (b, 3, h, w) from 0 to 255 into those frames of `pictures` (B, h, w, 3)."""
    levels = colours.add_(0.5).clamp_(0, 255.5).to(torch.uint8)
    pictures[frames] = torch.stack(levels.unbind(1), -1)


def _drawn(fine: Tensor, eyes: EyeTensors, closed: Tensor, look: Tensor, parts: Parts) -> Tensor:
    """The eyes' windows (2b, 3, h, w); `fine` (2b, 3, h, w) are shifts and change of light of their pixels."""
    count, scale = len(fine) // 2, parts.canvas.full / eyes.size
    places = fine[:, :2] + _each(eyes.places, count)
    corner = _each(eyes.corner, count)
    _move_lids(places, eyes, closed, corner, scale)
    seen = sample(parts.photo.person, places)
    colours = seen[:, :3] * (fine[:, 2:] * parts.tint + 1)
    colours.addcmul_(_each(eyes.behind, count), 1 - seen[:, 3:])
    at = (places - corner) * scale - 1
    moving = torch.maximum(closed, look.abs().amax(1)).mul(_AWAKE).clamp(0, 1)
    opening = sample(_each(eyes.opening, count), at, beyond="zeros") * moving.view(-1, 1, 1, 1)
    band = ((closed - _LASH_FROM) / _LASH_OVER).clamp(0, 1).view(-1, 1, 1, 1)
    opening = torch.lerp(opening, _softened(opening), band)
    at -= (look * (eyes.turn * 2 / eyes.size)).view(-1, 2, 1, 1)
    colours += (sample(_each(eyes.ball, count), at) - colours) * opening
    return colours.add_((_each(eyes.lash, count) - colours) * (opening * band))


def _softened(slit: Tensor) -> Tensor:
    """A slit (2b, 1, h, w) of a pixel or less as a line that is soft across: sampled, it is a row of steps."""
    return functional.avg_pool2d(slit, 3, 1, 1).mul_(_LASH_DENSE).clamp_(0, 1)


def _each(pair: Tensor, count: int) -> Tensor:
    """The left eye's value `count` times, then the right one's."""
    return pair if count == 1 else pair.repeat_interleave(count, 0)


def _move_lids(places: Tensor, eyes: EyeTensors, closed: Tensor, corner: Tensor, scale: float) -> None:
    """Bring lids down in `places` (2b, 2, h, w), in place."""
    at = closed * (LEVELS - 1)
    level = at.floor().clamp(max=LEVELS - 2)
    part = (at - level).view(-1, 1, 1, 1)
    which = level.long() + LEVELS * (torch.arange(len(level), device=level.device) // (len(level) // 2))
    tables = eyes.lids.flatten(0, 1)
    flow = torch.lerp(tables[which], tables[which + 1], part)
    places += sample(flow, (places - corner) * scale - 1, beyond="zeros")
