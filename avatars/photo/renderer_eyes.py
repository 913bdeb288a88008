"""Lids and eyes, each in the small window round its eye."""

import torch
from torch import Tensor

from avatars.photo.renderer_parts import EyeTensors, Parts
from avatars.photo.renderer_sampling import sample, window_places
from avatars.photo.rig_eyes import LEVELS

_LASH_FROM, _LASH_OVER = 0.5, 0.35  # lashes show as a band once the lid is this far down

_AWAKE = 25  # an eye that moves by a 25th is drawn as a ball behind lids; one at rest is the photo


def move_lids(places: Tensor, parts: Parts, closed: Tensor) -> None:
    """Bring lids down in `places` (B, 3, S, S), in place; `closed` (B, 2) is 0–1 for the left and right eye."""
    for eye, share in zip(parts.eyes, closed.unbind(1), strict=True):
        if not share.any():
            continue
        at = share * (LEVELS - 1)
        level = at.floor().clamp(max=LEVELS - 2)
        part = (at - level).view(-1, 1, 1, 1)
        flow = eye.lids[level.long()] * (1 - part) + eye.lids[level.long() + 1] * part
        window = _window(places[:, :2], eye)
        window += sample(flow, window_places(window, eye.left, eye.top, eye.size, parts.side), beyond="zeros")


def draw_eyes(person: Tensor, places: Tensor, parts: Parts, closed: Tensor, look: Tensor) -> None:
    """Put eyeballs and lash bands into `person` (B, 4, S, S), in place; `look` (B, 2, 2) are sines to the right and down."""
    for k, eye in enumerate(parts.eyes):
        if not closed[:, k].any() and not look[:, k].any():
            continue
        at = window_places(_window(places[:, :2], eye), eye.left, eye.top, eye.size, parts.side)
        moving = torch.maximum(closed[:, k], look[:, k].abs().amax(1)).mul(_AWAKE).clamp(0, 1)
        opening = sample(eye.opening, at, beyond="zeros") * moving.view(-1, 1, 1, 1)
        turned = at - (look[:, k] * (eye.turn * 2 / eye.size)).view(-1, 2, 1, 1)
        window = _window(person[:, :3], eye)
        window += (sample(eye.ball, turned) - window) * opening
        band = ((closed[:, k] - _LASH_FROM) / _LASH_OVER).clamp(0, 1).view(-1, 1, 1, 1)
        window += (eye.lash - window) * (opening * band)


def _window(picture: Tensor, eye: EyeTensors) -> Tensor:
    return picture[:, :, eye.top : eye.top + eye.size, eye.left : eye.left + eye.size]
