"""The person without eyes and mouth moving: only those tiles of the photo are drawn in which something moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_cdt
from torch import Tensor
from torch.nn import functional

from avatars.photo.renderer_canvas import TILE, Canvas, sample
from avatars.render.devices import at_once

_STILL: Final = 0.01  # pixels that nobody sees move
_UNLIT: Final = 1e-3  # change of light that nobody sees
_NOTHING: Final = 1e-3  # what is left of a picture when it is taken from itself
_AT_ONCE: Final = 128  # tiles: their colours and places fit into a core's own cache
_MOST: Final = 1 << 16  # of a card, which has no such cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """What is looked up: S is the canvas' side, t its tiles a row, p pixels of a tile, colours count from 0 to 255.

    `person`: (1, 4, S, S), the photo less the background behind it, and alpha in 0–1. `behind`: (3, t, t, p, p).
    `still`: (S, S, 3) uint8, the photo. `near`, `deep`: (t, t), pixels from a tile to the person, their haze included,
    and to what is not wholly the person. `tint`: (3, 1, 1, 1), how strongly a change of light changes the colours.
    """

    person: Tensor
    behind: Tensor
    still: Tensor
    near: Tensor
    deep: Tensor
    tint: Tensor


def make_photo(
    photo: NDArray[np.float32], alpha: NDArray[np.float32], behind: NDArray[np.float32], tint: Tensor, canvas: Canvas
) -> Photo:
    """Of pictures (S, S, 3) and alpha (S, S, 1) in 0–1, S the canvas' side."""
    t, p = canvas.tiles, canvas.tile
    person = np.concatenate([(photo - behind * (1 - alpha)) * 255, alpha], -1)
    tiled = (behind * 255).reshape(t, p, t, p, 3).transpose(4, 0, 2, 1, 3)
    return Photo(
        person=_tensor(person.transpose(2, 0, 1)[None], canvas),
        behind=_tensor(tiled, canvas),
        still=torch.from_numpy((photo * 255 + 0.5).astype(np.uint8)).to(canvas.device),
        near=_tensor(_distance((np.abs(person) > _NOTHING).any(-1), t, p), canvas),
        deep=_tensor(_distance(alpha[..., 0] < 1, t, p), canvas),
        tint=tint.view(3, 1, 1, 1),
    )


def _tensor(array: NDArray[np.float32], canvas: Canvas) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(canvas.device)


def _distance(there: NDArray[np.bool_], tiles: int, pixels: int) -> NDArray[np.float32]:
    """From each tile to what is there, in pixels; nothing anywhere is far away."""
    if not there.any():
        return np.full((tiles, tiles), 1e6, np.float32)
    away = distance_transform_cdt(~there, "chessboard").reshape(tiles, pixels, tiles, pixels)
    nearest: NDArray[np.float32] = np.maximum(away.min((1, 3)) - 1, 0).astype(np.float32)
    return nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiles:
    """Tiles of a batch in which anything changes, each (N,). They come in an order in which two kinds are slices: the room
    shows in those before `edge`, the light changes in those from `lit[0]` to `lit[1]`."""

    frame: Tensor
    row: Tensor
    column: Tensor
    edge: int
    lit: tuple[int, int]

    def part(self, start: int, count: int) -> _Tiles:
        """Up to `count` of them."""
        only = slice(start, start + count)
        first, last = (min(max(bound - start, 0), count) for bound in self.lit)
        return _Tiles(
            frame=self.frame[only],
            row=self.row[only],
            column=self.column[only],
            edge=min(max(self.edge - start, 0), count),
            lit=(first, last),
        )


def draw_tiles(moved: Tensor, photo: Photo, canvas: Canvas) -> Tensor:
    """Pictures (B, S, S, 3) uint8; `moved` (B, 3, cells, cells): where each cell came from as a shift, and change of light."""
    pictures = photo.still.repeat(len(moved), 1, 1, 1)
    padded = functional.pad(moved, (1, 1, 1, 1), mode="replicate")
    busy = _busy(padded, photo, canvas)
    padded[:, :2] += canvas.middles
    patches = padded.unfold(2, TILE + 2, TILE).unfold(3, TILE + 2, TILE).transpose(0, 1)
    words = pictures.view(len(moved), canvas.tiles, canvas.tile, canvas.tiles, -1).view(torch.int64)
    count = at_once(canvas.device, canvas.tile**2, on_cpu=_AT_ONCE, most=_MOST)
    for start in range(0, len(busy.frame), count):
        tiles = busy.part(start, count)
        colours = _coloured(patches[:, tiles.frame, tiles.row, tiles.column], canvas, photo, tiles)
        words[tiles.frame, tiles.row, :, tiles.column] = _packed(colours).view(torch.int64)
    return pictures


def _busy(padded: Tensor, photo: Photo, canvas: Canvas) -> _Tiles:
    """Room alone, room and light, light alone, neither."""
    most = functional.max_pool2d(padded.abs(), TILE + 2, TILE)
    shift, light = most[:, :2].amax(1) * (canvas.full / 2), most[:, 2]
    lit = light > _UNLIT
    changed = ((shift > _STILL) | lit) & (shift + 1 >= photo.near)
    frame, row, column = changed.nonzero(as_tuple=True)
    composed = (shift + 1 >= photo.deep)[frame, row, column]
    lit = lit[frame, row, column]
    order = (composed.int() * -2 + (lit ^ ~composed).int()).argsort()
    edge, both, bright = torch.stack([composed.sum(), (composed & lit).sum(), lit.sum()]).tolist()
    begin = edge - both
    return _Tiles(frame=frame[order], row=row[order], column=column[order], edge=edge, lit=(begin, begin + bright))


def _coloured(patches: Tensor, canvas: Canvas, photo: Photo, tiles: _Tiles) -> Tensor:
    """Colours (3, N, p, p) of tiles whose cells are `patches` (3, N, TILE + 2, TILE + 2)."""
    count, p, edge, lit = patches.shape[1], canvas.tile, tiles.edge, slice(*tiles.lit)
    fine = canvas.widening @ (patches @ canvas.widening.T)
    places = fine[:2].reshape(1, 2, count * p, p)
    seen = sample(photo.person if edge else photo.person[:, :3], places).view(-1, count, p, p)
    colours = seen[:3]
    if lit.start < lit.stop:
        colours[:, lit] *= fine[2:, lit] * photo.tint + 1
    if edge:
        behind = photo.behind[:, tiles.row[:edge], tiles.column[:edge]]
        colours[:, :edge].addcmul_(behind, 1 - seen[3:, :edge])
    return colours


def _packed(colours: Tensor) -> Tensor:
    """(3, N, p, p) in 0–255 as rows of bytes (N, p, 3 · p)."""
    levels = colours.add_(0.5).clamp_(0, 255.5).to(torch.uint8)
    return torch.stack(levels.unbind(0), -1).flatten(2)
