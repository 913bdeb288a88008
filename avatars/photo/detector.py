"""Where faces are: BlazeFace for far faces, then for near ones, both on a picture made square.

Networks and anchors: Bazarevsky et al. 2019, "BlazeFace", and the model cards of MediaPipe Face Detection.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from avatars.photo.analysis_pixels import planes, resized
from avatars.photo.weights import filled_in, one_core

LEAST, SURE = 0.6, 0.75
"""Scores below which it is no face, and from which the near network, which sees faces too easily, is believed at once."""
OVERLAP = 0.3
"""Boxes that share more than this of their union are one face."""
PARTS_FROM = 768
"""Photos with a side this long, in pixels, are worth a look at their parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One face: box (left, top, right, bottom) and points (6, 2) — eyes, nose, mouth, ears — in pixels; score in 0–1."""

    box: tuple[float, float, float, float]
    points: NDArray[np.float32]
    score: float


def detect(photo: NDArray[np.uint8]) -> list[Detection]:
    """Faces of a photo (H, W, 3), largest first.

    The far network looks first; where it sees none, the near one; then the far one again at nine parts of a large photo;
    what the near one only thought it saw counts last.
    """
    with one_core():
        pixels = planes(photo)
        found = _seen(pixels, _far(), 192) or _near_or_in_parts(pixels)
        return sorted(found, key=lambda face: face.box[0] - face.box[2])


def _near_or_in_parts(pixels: Tensor) -> list[Detection]:
    near = _seen(pixels, _near(), 128)
    return [face for face in near if face.score >= SURE] or _in_parts(pixels) or near


def _in_parts(pixels: Tensor) -> list[Detection]:
    """Faces too small in the whole: each found once, where it is seen best."""
    height, width = pixels.shape[-2:]
    if max(height, width) < PARTS_FROM:
        return []
    found = []
    for top in (0, height // 4, height // 2):
        for left in (0, width // 4, width // 2):
            part = pixels[..., top : top + (height + 1) // 2, left : left + (width + 1) // 2]
            found += [_moved(face, left, top) for face in _seen(part, _far(), 192)]
    best: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score):
        if all(float(_shared(_box(face), _box(other)[None])) < OVERLAP for other in best):
            best.append(face)
    return best


def _moved(face: Detection, x: int, y: int) -> Detection:
    left, top, right, bottom = face.box
    box = (left + x, top + y, right + x, bottom + y)
    return replace(face, box=box, points=face.points + np.array([x, y], np.float32))


def _box(face: Detection) -> Tensor:
    return torch.tensor(face.box).reshape(2, 2)


def _seen(pixels: Tensor, network: nn.Module, size: int) -> list[Detection]:
    square, scale, left, top = _square(pixels, size)
    offsets, logits = network(square)
    scores = logits[0, :, 0].sigmoid()
    keep = scores > LEAST
    rows = _corners(offsets[0, keep] / size, _anchors(size)[keep])
    corner = torch.tensor([left, top])
    return [_detection((row * size - corner) / scale, score) for row, score in _merged(rows, scores[keep])]


def _detection(row: Tensor, score: float) -> Detection:
    left, top, right, bottom = row[:2].reshape(-1).tolist()
    return Detection(box=(left, top, right, bottom), points=row[2:].numpy().astype(np.float32), score=score)


def _square(pixels: Tensor, size: int) -> tuple[Tensor, float, int, int]:
    """The picture in -1–1, scaled into a black square; the scale, and how far it lies from the left and the top."""
    height, width = pixels.shape[-2:]
    scale = size / max(height, width)
    inner = (max(1, round(height * scale)), max(1, round(width * scale)))
    small = resized(_thinned(pixels, size).float(), inner)
    top, left = (size - inner[0]) // 2, (size - inner[1]) // 2
    padding = (left, size - inner[1] - left, top, size - inner[0] - top)
    return F.pad(small / 127.5 - 1, padding, value=-1.0), scale, left, top


def _thinned(pixels: Tensor, size: int) -> Tensor:
    """Every n-th pixel of a huge picture: still at least four times what the network sees, and fast."""
    step = max(1, max(pixels.shape[-2:]) // (size * 4))
    return pixels[..., ::step, ::step]


@cache
def _anchors(size: int) -> Tensor:
    """Centres (N, 2) in 0–1 in the order of the output: the near network has two boxes a cell, then six a coarser one."""
    levels = ((4, 1),) if size == 192 else ((8, 2), (16, 6))
    return torch.cat([_centres(size // stride).repeat_interleave(boxes, 0) for stride, boxes in levels])


def _centres(cells: int) -> Tensor:
    line = (torch.arange(cells) + 0.5) / cells
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def _corners(offsets: Tensor, anchors: Tensor) -> Tensor:
    """Offsets (N, 16) from their anchors become (N, 8, 2): two corners, six points; all in 0–1 of the square."""
    pairs = offsets.reshape(-1, 8, 2)
    middle = pairs[:, 0] + anchors
    corners = torch.stack([middle - pairs[:, 1] / 2, middle + pairs[:, 1] / 2], 1)
    return torch.cat([corners, pairs[:, 2:] + anchors[:, None]], 1)


def _merged(rows: Tensor, scores: Tensor) -> Iterator[tuple[Tensor, float]]:
    """One row and score a face: the mean of the boxes that overlap its best one, by score ("blending" of the paper)."""
    left = scores.argsort(descending=True)
    while len(left):
        same = _shared(rows[left[0], :2], rows[left, :2]) > OVERLAP
        same[0] = True
        group = left[same]
        yield (rows[group] * scores[group, None, None]).sum(0) / scores[group].sum(), float(scores[left[0]])
        left = left[~same]


def _shared(one: Tensor, many: Tensor) -> Tensor:
    """Intersection over union of a box (2, 2) with boxes (N, 2, 2)."""
    inner = (torch.minimum(one[1], many[:, 1]) - torch.maximum(one[0], many[:, 0])).clamp(0).prod(1)
    areas = (many[:, 1] - many[:, 0]).prod(1)
    return inner / (areas + (one[1] - one[0]).prod() - inner)


class _Separable(nn.Module):
    """Depthwise 3×3 convolutions, each followed by a 1×1, around a shortcut; `mid` None: one pair, else two."""

    def __init__(self, inner: int, outer: int, *, mid: int | None = None, stride: int = 1) -> None:
        super().__init__()
        first = mid or outer
        self.stride, self.more = stride, outer - inner
        self.depth = nn.Conv2d(inner, inner, 3, stride, 0 if stride == 2 else 1, groups=inner)
        self.point = nn.Conv2d(inner, first, 1)
        self.again = nn.Sequential(nn.ReLU(), nn.Conv2d(mid, mid, 3, 1, 1, groups=mid), nn.Conv2d(mid, outer, 1)) if mid else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.point(self.depth(F.pad(x, (0, 1, 0, 1)) if self.stride == 2 else x))
        y = self.again(y) if self.again else y
        x = F.max_pool2d(x, 2) if self.stride == 2 else x
        return F.relu(y + F.pad(x, (0, 0, 0, 0, 0, self.more)))


def _stage(inner: int, *shapes: tuple[int, int]) -> nn.Sequential:
    """Blocks of (mid, outer) channels; the first halves the picture."""
    blocks = []
    for index, (mid, outer) in enumerate(shapes):
        blocks.append(_Separable(inner, outer, mid=mid, stride=1 if index else 2))
        inner = outer
    return nn.Sequential(*blocks)


class _Up(nn.Module):
    """Adds a finer picture to a coarser one, both brought to `channels`, and looks again."""

    def __init__(self, coarse: int, fine: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.coarse, self.fine = nn.Conv2d(coarse, channels, 1), nn.Conv2d(fine, channels, 1)
        self.blocks = nn.Sequential(*(_Separable(channels, channels, mid=channels // 2) for _ in range(blocks)))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        low, high = F.relu(self.coarse(coarse)), F.relu(self.fine(fine))
        return self.blocks(high + F.interpolate(low, size=high.shape[-2:], mode="bilinear", align_corners=False))  # type: ignore[no-any-return]


class FarNetwork(nn.Module):
    """BlazeFace full range: (1, 3, 192, 192) in -1–1 to offsets (1, 2304, 16) in pixels and logits (1, 2304, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        self.first = nn.Sequential(_Separable(32, 32, mid=8), _Separable(32, 32, mid=8))
        self.second = _stage(32, (12, 48), (12, 48), (16, 64))
        self.fourth = _stage(64, (24, 96), (32, 128), (32, 128))
        self.eighth = _stage(128, (36, 144), (48, 192), (64, 256))
        self.last = _stage(256, *[(96, 384)] * 4)
        self.ups = nn.ModuleList([_Up(384, 256, 96, 2), _Up(96, 128, 64, 2), _Up(64, 64, 48, 1)])
        self.score, self.offset = nn.Conv2d(48, 1, 1), nn.Conv2d(48, 16, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        second = self.second(self.first(F.relu(self.stem(F.pad(x, (0, 1, 0, 1))))))
        fourth = self.fourth(second)
        eighth = self.eighth(fourth)
        y = self.last(eighth)
        for up, fine in zip(self.ups, (eighth, fourth, second), strict=True):
            y = up(y, fine)
        score, offset = self.score(y), self.offset(y)
        return _flat(offset, 16), _flat(score, 1)


class NearNetwork(nn.Module):
    """BlazeFace short range: (1, 3, 128, 128) in -1–1 to offsets (1, 896, 16) in pixels and logits (1, 896, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 5, 2)
        widths, halves = (24, 24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88), (3, 6)
        self.wide = nn.Sequential(
            *(_Separable(a, b, stride=2 if i + 1 in halves else 1) for i, (a, b) in enumerate(pairwise(widths)))
        )
        self.coarse = nn.Sequential(_Separable(88, 96, stride=2), *(_Separable(96, 96) for _ in range(4)))
        self.scores = nn.ModuleList([nn.Conv2d(88, 2, 1), nn.Conv2d(96, 6, 1)])
        self.offsets = nn.ModuleList([nn.Conv2d(88, 32, 1), nn.Conv2d(96, 96, 1)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        wide = self.wide(F.relu(self.stem(F.pad(x, (1, 2, 1, 2)))))
        levels = (wide, self.coarse(wide))
        scores = [_flat(head(level), 1) for head, level in zip(self.scores, levels, strict=True)]
        offsets = [_flat(head(level), 16) for head, level in zip(self.offsets, levels, strict=True)]
        return torch.cat(offsets, 1), torch.cat(scores, 1)


def _flat(x: Tensor, columns: int) -> Tensor:
    """(1, N·columns, H, W) to (1, H·W·N, columns)."""
    return x.permute(0, 2, 3, 1).reshape(1, -1, columns)


@cache
def _far() -> nn.Module:
    return filled_in(FarNetwork(), "face_far")


@cache
def _near() -> nn.Module:
    return filled_in(NearNetwork(), "face_near")
