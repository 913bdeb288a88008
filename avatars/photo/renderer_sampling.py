"""Two operations everything is drawn with: look a picture up at other places, and make a coarse grid fine."""

from torch import Tensor
from torch.nn import functional


def sample(picture: Tensor, places: Tensor, *, beyond: str = "border") -> Tensor:
    """`picture` (1 or B, C, h, w) at `places` (B, 2, H, W), x and y from -1 to 1: (B, C, H, W)."""
    source = picture.expand(places.shape[0], -1, -1, -1)
    return functional.grid_sample(source, places.permute(0, 2, 3, 1), padding_mode=beyond, align_corners=False)


def widen(grid: Tensor, side: int) -> Tensor:
    """(B, C, g, g) as (B, C, side, side)."""
    return functional.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False)


def window_places(places: Tensor, left: int, top: int, size: int, side: int) -> Tensor:
    """Places in a picture of `side` pixels, as places in a square window of it: (B, 2, h, w) to (B, 2, h, w)."""
    moved: Tensor = places.add(1).mul(side / size)
    moved[:, 0] -= 2 * left / size + 1
    moved[:, 1] -= 2 * top / size + 1
    return moved
