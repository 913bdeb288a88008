"""Face tables for tests of renderers."""

from __future__ import annotations

import numpy as np

from avatars.render.base import Table


def rows(*pairs: tuple[float, float]) -> Table:
    table = np.zeros((len(pairs), 57), np.float32)
    table[:, :2] = pairs
    return table
