"""How an avatar is to look besides its face: how much of it shows, what is behind it, where its eyes rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageColor, ImageOps

from avatars.face.channels import EYE_LOOK, INDEX, LOOK_DOWN, LOOK_SIDE, LOOK_UP, look
from avatars.render.base import Pictures, RenderFailed, Table

FRAMING: Final[Mapping[str, float]] = {"face": 1.5, "head": 1.0, "bust": 0.8}
"""How large the face is in the picture, against `head`. A photo has nothing beyond its edges: `bust` is `head` there."""
_GAZE: Final = [INDEX["gazeX"], INDEX["gazeY"]]
_DOWN, _IN, _OUT, _UP = (list(EYE_LOOK[start : start + 2]) for start in (0, 2, 4, 6))  # left and right of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What belongs to a renderer: `framing` is one of FRAMING; `background` is empty for the avatar's own, "#rrggbb", or the
    path of a picture. Hashes and pickles."""

    framing: str = "head"
    background: str = ""

    def behind(self, size: tuple[int, int]) -> Pictures | None:
        """The picture (H, W, 3) behind the avatar; None: its own. Raises RenderFailed `no_background`."""
        if not self.background:
            return None
        return plain(self.background, size) if self.background.startswith("#") else fitted(_bytes(self.background), size)


USUAL: Final = Look()


def plain(colour: str, size: tuple[int, int]) -> Pictures:
    """A picture (H, W, 3) of one colour, "#rrggbb". Raises RenderFailed `no_background`."""
    try:
        return np.asarray(Image.new("RGB", size, ImageColor.getrgb(colour)))
    except ValueError as error:
        raise RenderFailed("no_background", f"{colour!r} is no colour.") from error


def fitted(content: bytes, size: tuple[int, int]) -> Pictures:
    """The middle of a picture's file, as large as fills (H, W, 3); what is transparent becomes white.

    Raises RenderFailed `no_background`.
    """
    try:
        with Image.open(BytesIO(content)) as opened:
            picture = ImageOps.fit(opened.convert("RGBA"), size, Image.Resampling.LANCZOS)
    except (OSError, ValueError) as error:
        raise RenderFailed("no_background", "The background can't be read.") from error
    white = Image.new("RGBA", size, "white")
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB"))


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise RenderFailed("no_background", "The background is not there any more.") from error


def glancing(table: Table, gaze: tuple[float, float]) -> Table:
    """The table (T, 57) with the eyes `gaze` degrees further to the avatar's left and up, as a table of its own.

    Opposite eyeLook weights cancel out; a lid that looks down follows by its morph, so blinks stay as they are.
    """
    out = np.array(gazing(table))
    side, lift = gaze
    if side or lift:
        out[:, _GAZE] += gaze
        _turn(out, _OUT, _IN, (LOOK_SIDE, LOOK_SIDE), (side, -side))  # outwards is left for the left eye
        _turn(out, _UP, _DOWN, (LOOK_UP, LOOK_DOWN), (lift, lift))
    return out


def gazing(table: Table) -> Table:
    """The table with eyeLook weights made from the gaze in frames that have a gaze but no such weight."""
    out = np.ascontiguousarray(table, np.float32)
    index = list(EYE_LOOK)
    blank = (np.abs(out[:, index]).max(1, initial=0) == 0) & (np.abs(out[:, _GAZE]).max(1, initial=0) > 0)
    if blank.any():
        out = out.copy()
        out[np.ix_(blank, index)] = look(out[np.ix_(blank, _GAZE)].T.astype(np.float64)).T
    return out


def _turn(table: Table, towards: list[int], back: list[int], degrees: tuple[float, float], by: tuple[float, float]) -> None:
    """Turn both eyes by `by` degrees along two opposite weights, in place; `degrees`: what each weight turns by at 1."""
    angle = table[:, towards] * degrees[0] - table[:, back] * degrees[1] + np.array(by, np.float32)
    table[:, towards], table[:, back] = np.clip(angle / degrees[0], 0, 1), np.clip(-angle / degrees[1], 0, 1)
