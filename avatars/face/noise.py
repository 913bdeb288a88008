"""Seeded randomness that is a function of integers alone, bit-equal to the browser's twin (32-bit multiplications)."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import Floats

Words: TypeAlias = NDArray[np.uint32]

_A, _B, _C = np.uint32(0x9E3779B1), np.uint32(0x2C1B3C6D), np.uint32(0x297A2D39)


def salts(seed: int, *streams: int) -> Words:
    """One 32-bit salt for each stream of a seed, as a column (streams, 1)."""
    mixed = [((seed ^ stream * 0xC2B2AE3D) * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF for stream in streams]
    return np.array(mixed, np.uint32)[:, None]


def hashed(index: NDArray[np.int64], salt: Words) -> Floats:
    """Uniform numbers in [0, 1) of integers (…, n) under salts (…, 1); indices are taken modulo 2^32."""
    x = index.astype(np.uint32) * _A + salt
    x ^= x >> np.uint32(15)
    x *= _B
    x ^= x >> np.uint32(12)
    x *= _C
    x ^= x >> np.uint32(15)
    return x / 4294967296.0


def quintic(x: Floats) -> Floats:
    """0 below 0, 1 above 1, a step with continuous speed and acceleration between."""
    x = np.minimum(np.maximum(x, 0.0), 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def cubic(x: Floats) -> Floats:
    """0 below 0, 1 above 1, a step with continuous speed between."""
    x = np.minimum(np.maximum(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)


def value_noise(u: Floats, salt: Words) -> Floats:
    """Smooth noise in [-1, 1] over u (K, T), one lattice value at each integer; salt (K, 1)."""
    cell = np.floor(u)
    f = u - cell
    i = cell.astype(np.int64)
    a, b = hashed(i, salt), hashed(i + 1, salt)
    return 2.0 * (a + (b - a) * (f * f * f * (f * (6.0 * f - 15.0) + 10.0))) - 1.0
