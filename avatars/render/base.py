"""What every renderer is: a face track's table in, pictures out."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import CHANNELS

Table = NDArray[np.float32]
Pictures = NDArray[np.uint8]


class Renderer(Protocol):
    """Draws one face. Not shared between threads; a batch of up to `most` frames at a time."""

    size: tuple[int, int]
    """Width and height in pixels."""
    most: int

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) of a table (T, 57), columns in the order of avatars.face.channels.CHANNELS.

        Raises RenderFailed when it can't.
        """
        ...


@runtime_checkable
class Spoken(Protocol):
    """A renderer that listens as well."""

    def render_spoken(self, table: Table, samples: Table, fps: float) -> Pictures:
        """Pictures as render, while `samples`, (n,) mono at 16 kHz in -1 to 1, sound from the first frame on."""
        ...


def checked(table: Table) -> Table:
    """The table as float32. Raises RenderFailed `bad_table` unless it is (T, 57) and finite."""
    if table.ndim != 2 or table.shape[1] != len(CHANNELS) or not np.isfinite(table).all():
        raise RenderFailed("bad_table", f"a face table is (T, {len(CHANNELS)}) and finite, not {table.shape}")
    return np.ascontiguousarray(table, np.float32)


class RenderFailed(Exception):
    """A picture could not be made; `code` is stable, the text says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
