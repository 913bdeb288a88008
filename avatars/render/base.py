"""What every renderer is: a face track's table in, pictures out."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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


class RenderFailed(Exception):
    """A picture could not be made; `code` is stable, the text says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[type["RenderFailed"], tuple[str, str]]:
        """It crosses processes whole."""
        return RenderFailed, (self.code, self.detail)
