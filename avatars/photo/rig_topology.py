"""Which of the 478 landmarks is what. Lips run from the person's right corner to the left, rows from inside outwards."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def _rows(*rows: tuple[int, ...]) -> Index:
    return np.array(rows, np.int64)


UPPER_LIP: Final = _rows(
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
)
LOWER_LIP: Final = _rows(
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
)
LIPS: Final = np.unique(np.concatenate([UPPER_LIP.ravel(), LOWER_LIP.ravel()]))
CORNERS: Final = (61, 291)
NOSE_BASE, CHIN, FOREHEAD = 2, 152, 10
OVAL: Final = np.array(
    (
        *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
        *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    )
)
SURFACE: Final = 468
"""The first points lie on the skin; the last ten are the irises."""


class Eye:
    """Points of one eye. `upper`, `lower`: lid edges from the temple inwards; `ends`: corners; `iris`: middle and rim."""

    def __init__(self, side: str, upper: Index, lower: Index, ends: Index, crease: Index, bag: Index, brow: Index) -> None:
        self.side, self.upper, self.lower, self.ends = side, upper, lower, ends
        self.crease, self.bag, self.brow = crease, bag, brow
        self.iris = np.arange(473, 478) if side == "Left" else np.arange(468, 473)

    @property
    def outline(self) -> Index:
        return np.concatenate([self.ends[:1], self.upper, self.ends[1:], self.lower[::-1]])


_RIGHT: Final = Eye(
    "Right",
    upper=np.array([246, 161, 160, 159, 158, 157, 173]),
    lower=np.array([7, 163, 144, 145, 153, 154, 155]),
    ends=np.array([33, 133]),
    crease=np.array([247, 30, 29, 27, 28, 56, 190]),
    bag=np.array([25, 110, 24, 23, 22, 26, 112]),
    brow=np.array([70, 63, 105, 66, 107]),
)
_LEFT: Final = Eye(
    "Left",
    upper=np.array([466, 388, 387, 386, 385, 384, 398]),
    lower=np.array([249, 390, 373, 374, 380, 381, 382]),
    ends=np.array([263, 362]),
    crease=np.array([467, 260, 259, 257, 258, 286, 414]),
    bag=np.array([255, 339, 254, 253, 252, 256, 341]),
    brow=np.array([300, 293, 334, 296, 336]),
)
EYES: Final = (_LEFT, _RIGHT)
EYE_ENDS: Final = (33, 263)
