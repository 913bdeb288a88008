"""Everything of one photo that a renderer keeps on its device, made once from the rig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from avatars.photo.mouth import interior, mouth_axes
from avatars.photo.renderer_canvas import Canvas, Window
from avatars.photo.renderer_tiles import Photo, make_photo
from avatars.photo.rig import PhotoRig
from avatars.photo.rig_eyes import EyeParts, eye_parts
from avatars.photo.rig_fields import Plane, dense, face_circle, layer_points, lip_masks, mouth_frame, turn_fields
from avatars.photo.rig_moves import Floats, Moves, fit_moves, jaw_moves
from avatars.photo.rig_topology import CORNERS, EYES, LOWER_LIP

_TINT = (0.85, 1.0, 1.1)  # shade on skin is warm: red light goes through it
SHADE = 0.9  # how strongly a fold's light follows the turn of the skin
_EYE_REACH = 0.12  # of the face's half height that an eye moves with the head
_MOUTH_REACH = (0.95, 0.5, 1.35)  # widths of the mouth aside, up and down from its middle that lips and chin may touch
_WET_LIGHT = (0.58, 0.42, 0.42)  # of the lip's colour, where it turns inwards
_INSIDE_REACH = (0.6, 0.42)  # and, aside and up, what lies behind them


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeTensors:
    """Both eyes' EyeParts on a device, the person's left first; colours count from 0 to 255.

    `windows`: where the eyes may come to, of one size; of its window an eye gives the columns `shown`. `size`: pixels of the
    squares in the photo that the tables are for; `corner` (2, 2, 1, 1): their left and top as places. `lids`: (2, LEVELS, 2,
    size, size) in places of the canvas. `opening` (2, 1, size, size), `ball` (2, 3, size, size), `lash` (2, 3, 1, 1).
    `places` (2, 2, h, w): of the windows' pixels; `behind` (2, 3, h, w): the room there. `turn`: pixels a radian.
    """

    windows: tuple[Window, Window]
    shown: tuple[slice, slice]
    size: int
    corner: Tensor
    lids: Tensor
    opening: Tensor
    ball: Tensor
    lash: Tensor
    places: Tensor
    behind: Tensor
    turn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthTensors:
    """Colours count from 0 to 255.

    `window`: what lips and chin may touch. `inside`: left, top and right, in pixels of it, of what lies behind them. `seam`:
    row in the window where the photo's lips meet. `middle`, `along`, `half`: the inner mouth's axes in pixels of the canvas.
    `layers`: (4, 4, n, n), avatars.photo.mouth.Interior's textures; `own` (1, 8, S, S): the photo's teeth, the photo, and how
    much of teeth and of all is shown; `lower` (1, 4, S, S): the lower lip's layer and its cover; `upper` (1, 1, S, S): the
    upper one's cover. `wet` (3, 1, 1): the lower lip's colour where it turns inwards. `lip`, `jaw`: (53,) pixels that the
    lower lip's edge and the lower teeth go down. `gap`: from the middle of the photo's own opening to the lower lip, in half
    widths.
    """

    window: Window
    inside: tuple[int, int, int]
    seam: int
    layers: Tensor
    own: Tensor
    lower: Tensor
    upper: Tensor
    wet: Tensor
    middle: tuple[float, float]
    along: tuple[float, float]
    half: float
    lip: NDArray[np.float32]
    jaw: NDArray[np.float32]
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Fields are in places: of the canvas, or of the mouth's window.

    `upper`: (53, 3 · cells²), movement right and down, and light; `lower`: the same for the cells of the mouth's window.
    `turn`: (3, 2 · cells²). `tint`: (3, 1, 1), how strongly a change of light changes the colours.
    """

    canvas: Canvas
    moves: Moves
    photo: Photo
    upper: Tensor
    lower: Tensor
    turn: Tensor
    tint: Tensor
    eyes: EyeTensors
    mouth: MouthTensors


def make_parts(rig: PhotoRig, side: int, device: torch.device) -> Parts:
    """Derive everything from a rig for pictures of `side` pixels; takes about a quarter of a second."""
    canvas = Canvas.of(side, device)
    photo, behind = (_fitted(picture, canvas) for picture in (rig.photo, rig.background))
    alpha = _fitted(rig.alpha, canvas)[..., None]
    landmarks = rig.landmarks.astype(float) * (side / rig.side)
    points, moves = landmarks[:, :2], fit_moves(landmarks)
    tint = _tensor(np.array(_TINT), device).view(3, 1, 1)
    mouth = _mouth(points, photo, moves, canvas)
    upper, lower = _layer_fields(points, moves, mouth.window)
    turn = turn_fields(points, moves, canvas.full, canvas.cells) * 2 / canvas.full
    return Parts(
        canvas=canvas,
        moves=moves,
        photo=make_photo(photo, alpha, behind, tint, canvas),
        upper=_tensor(upper.reshape(len(upper), -1), device),
        lower=_tensor(lower.reshape(len(lower), -1), device),
        turn=_tensor(turn.reshape(3, -1), device),
        tint=tint,
        eyes=_eyes([eye_parts(eye, points, photo, moves.mm) for eye in EYES], points, behind, canvas),
        mouth=mouth,
    )


def _layer_fields(points: Floats, moves: Moves, window: Window) -> tuple[Plane, Plane]:
    """Both layers' fields (53, 3, rows, columns), the lower one's in the window alone and in its places."""
    canvas = window.canvas
    values = np.concatenate([moves.flat * 2 / canvas.full, moves.shade[..., None] * SHADE], -1)
    lower_only, upper_only = layer_points(points)
    upper, lower = (dense(points, values, drop, canvas.full, canvas.cells) for drop in (lower_only, upper_only))
    rows, columns = window.size
    scale = np.array([canvas.cells / columns, canvas.cells / rows, 1], np.float32)
    return upper, lower[:, :, window.cells[0], window.cells[1]] * scale[:, None, None]


def _mouth(points: Floats, photo: Plane, moves: Moves, canvas: Canvas) -> MouthTensors:
    inside, masks = interior(points, photo, moves), lip_masks(points, canvas.full)
    frame, (middle, along, half) = mouth_frame(points), mouth_axes(points)
    own = np.concatenate([inside.own * 255, photo * 255, inside.own_teeth[..., None], inside.own_all[..., None]], -1)
    x, y = points[list(CORNERS)].mean(0)
    aside, up, down = (value * moves.mouth for value in _MOUTH_REACH)
    window = Window.around(canvas, x - aside, y - up, x + aside, y + down)
    near, over = (value * moves.mouth for value in _INSIDE_REACH)
    left, top = (part.start for part in reversed(window.pixels))
    layers = inside.textures.copy()
    layers[:, :3] *= 255
    return MouthTensors(
        window=window,
        inside=(max(0, int(x - near) - left), max(0, int(y - over) - top), int(x + near) - left),
        seam=int(middle[1]) - top,
        layers=_tensor(layers, canvas.device),
        own=_planes(own, canvas.device),
        lower=_planes(np.concatenate([photo * 255, masks[1][..., None]], -1), canvas.device),
        wet=_tensor(_lip_colour(points, photo) * np.array(_WET_LIGHT) * 255, canvas.device).view(3, 1, 1),
        upper=_planes(masks[0][..., None], canvas.device),
        middle=(float(middle[0]), float(middle[1])),
        along=(float(along[0]), float(along[1])),
        half=half,
        lip=(moves.flat[:, LOWER_LIP[0, 5]] @ frame.down).astype(np.float32),
        jaw=(jaw_moves(moves) @ frame.down).astype(np.float32),
        gap=0.5 * moves.gap / half,
    )


def _lip_colour(points: Floats, photo: Plane) -> NDArray[np.float32]:
    """The lower lip's usual colour between its inner edge and its middle, in 0–1."""
    at = np.concatenate([points[row[3:8]] for row in LOWER_LIP[1:3]])
    at = np.clip(at.round(), 0, len(photo) - 1).astype(int)
    colour: NDArray[np.float32] = np.median(photo[at[:, 1], at[:, 0]], 0)
    return colour


def _eyes(eyes: list[EyeParts], points: Floats, behind: Plane, canvas: Canvas) -> EyeTensors:
    reach, size, device = _EYE_REACH * face_circle(points)[1], eyes[0].size, canvas.device
    corners = np.array([(eye.left, eye.top) for eye in eyes], float)
    left, right = (Window.square(canvas, x - reach, y - reach, size + 2 * reach) for x, y in corners)
    start = round(float(corners[:, 0].mean()) + size / 2)  # neither eye draws over the other
    room = [behind[window.pixels].transpose(2, 0, 1) * 255 for window in (left, right)]
    return EyeTensors(
        windows=(left, right),
        shown=(slice(max(0, start - left.pixels[1].start), None), slice(None, max(1, start - right.pixels[1].start))),
        size=size,
        corner=_tensor(corners * 2 / canvas.full - 1, device).view(2, 2, 1, 1),
        lids=_tensor(np.stack([eye.lids for eye in eyes]) * 2 / canvas.full, device),
        opening=_tensor(np.stack([eye.opening for eye in eyes])[:, None], device),
        ball=_tensor(np.stack([eye.ball for eye in eyes]) * 255, device),
        lash=_tensor(np.stack([eye.lash for eye in eyes]) * 255, device).view(2, 3, 1, 1),
        places=torch.cat([left.places, right.places]),
        behind=_tensor(np.stack(room), device),
        turn=eyes[0].turn,
    )


def _fitted(picture: NDArray[np.uint8], canvas: Canvas) -> Plane:
    """A picture at the canvas' size, in 0–1; beyond its side its border goes on."""
    if len(picture) != canvas.side:
        picture = np.asarray(Image.fromarray(picture).resize((canvas.side, canvas.side), Image.Resampling.LANCZOS))
    more = (0, canvas.full - canvas.side)
    padded = np.pad(picture, (more, more) + ((0, 0),) * (picture.ndim - 2), mode="edge")
    return padded.astype(np.float32) / np.float32(255)


def _tensor(array: Plane | Floats, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device)


def _planes(picture: Plane, device: torch.device) -> Tensor:
    return _tensor(picture.transpose(2, 0, 1), device)[None]
