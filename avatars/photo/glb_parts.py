"""The meshes of a photo avatar for 3-D viewers: a face with depth, eyes and mouth behind it, and the room behind all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from avatars.face.channels import ARKIT, INDEX, LOOK_DOWN, LOOK_SIDE, LOOK_UP
from avatars.photo.mouth import EXTENT, mouth_axes
from avatars.photo.rig_eyes import EyeParts, lid_moves
from avatars.photo.rig_fields import depth_at, face_circle, filled, follow_at, grid_points, layer_points, spread
from avatars.photo.rig_moves import Floats, Moves, jaw_moves
from avatars.photo.rig_topology import EYE_ENDS, EYES, LOWER_LIP, OVAL, SURFACE, UPPER_LIP

EYES_WIDTH: Final = 0.087  # metres from outer corner to outer corner, as the viewer frames heads
_CAMERA: Final = 1.0  # metres from the eyes to where the viewer's camera stands
_LEVEL: Final = -0.0175  # its height against the eyes
_ABOVE, _BELOW = 0.165, 0.2  # metres above and below the eyes that it shows
_BACKDROP: Final = -0.16
_GRID: Final = 26
_CLOSED: Final = 0.95  # lips that the photo shows open rest as good as closed: a stream has no weight to close them

_UNFOLDING: Final = 12  # rounds of smoothing where closing the lips would turn skin over
_MOUTH: Final = 1.1  # half widths of the mouth that its planes reach; more would come out of the cheeks
_QUAD: Final = np.array([(0, 1, 2), (0, 2, 3)], np.int64)
_SQUARE: Final = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A mesh: `places` (n, 3) metres, `uv` (n, 2), `faces` (m, 3), `moves` (52, n, 3) or nothing; `picture` names its texture.

    `share`: (n,) how much it turns with the head; without it the part is fixed to the head, or to the room if `still`.
    """

    name: str
    places: Floats
    uv: Floats
    faces: Ints
    picture: str
    moves: Floats | None = None
    share: Floats | None = None
    still: bool = False


class Space:
    """Turns pixels and depth into metres so that the viewer's camera sees the photo when nothing moves."""

    def __init__(self, points: Floats, moves: Moves, side: int) -> None:
        self.metre = EYES_WIDTH / abs(float(points[EYE_ENDS[1], 0] - points[EYE_ENDS[0], 0]))
        self._origin = points[list(EYE_ENDS)].mean(0)
        self._near = float(moves.depth[list(EYE_ENDS)].mean())
        above, below = self._origin[1] * self.metre / _ABOVE, (side - self._origin[1]) * self.metre / _BELOW
        self.scale = float(np.clip(min(above, below), 0.75, 1))
        """The viewer takes the head for so much smaller than it is, and comes so near that the photo fills its picture."""

    def place(self, pixels: Floats, depth: Floats | float) -> Floats:
        """(n, 3) metres of pixels (n, 2) at a depth in pixels towards the viewer."""
        flat = (pixels - self._origin) * self.metre * (1, -1)
        z = (np.zeros(len(pixels)) + depth - self._near) * self.metre
        return self.behind(flat, z)

    def behind(self, flat: Floats, z: Floats) -> Floats:
        """What the camera sees at `flat` (n, 2) in the eyes' plane, put at z metres."""
        away, level = _CAMERA * self.scale, (0, _LEVEL * self.scale)
        seen = (flat - level) * ((away - z) / away)[:, None] + level
        return np.column_stack([seen, z])

    def shift(self, pixels: Floats) -> Floats:
        """Movements (…, 2) in pixels as metres (…, 3)."""
        flat = pixels * self.metre * (1, -1)
        return np.concatenate([flat, np.zeros((*flat.shape[:-1], 1))], -1)


def skin(points: Floats, moves: Moves, side: int) -> Part:
    """Face, hair and shoulders: the landmarks, and a grid round them; open at eyes and mouth."""
    space = Space(points, moves, side)
    own = _landmark_moves(points, moves)
    outer = _outside(points, points[OVAL] + own[INDEX["jawOpen"], OVAL], side)
    places = np.concatenate([points[:SURFACE], outer])
    posed = places.copy()
    posed[:SURFACE] += moves.flat[INDEX["jawOpen"], :SURFACE] * 0.8  # parted lips, so that no triangle bridges them
    shifts = np.concatenate([own, spread(points, moves.flat, np.array([], np.int64), side, outer)], 1)
    depth = np.concatenate([moves.depth[:SURFACE], depth_at(points, moves, outer)])
    faces = _faces(posed, side)
    return Part(
        name="skin",
        places=space.place(_unfolded(places, shifts[-1] * _CLOSED, faces), depth),
        uv=places / side,
        faces=faces,
        picture="person",
        moves=space.shift(shifts[:-1]),
        share=np.clip(follow_at(points, places), 0.004, 0.996),
    )


def _unfolded(places: Floats, shift: Floats, faces: Ints) -> Floats:
    """The shifted places (n, 2); where a triangle would turn over, its corners move more like their neighbours."""
    way = np.sign(_areas(places[faces]))
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    for _ in range(_UNFOLDING):
        folded = np.unique(faces[_areas((places + shift)[faces]) * way <= 0])
        if not len(folded):
            break
        total, count = np.zeros_like(shift), np.zeros((len(shift), 1))
        for near, far in (ends.T, ends.T[::-1]):
            np.add.at(total, near, shift[far])
            np.add.at(count, near, 1)
        shift = shift.copy()
        shift[folded] = 0.5 * shift[folded] + 0.5 * total[folded] / np.maximum(count[folded], 1)
    moved: Floats = places + shift
    return moved


def _areas(corners: Floats) -> Floats:
    """Twice the signed areas of triangles (m, 3, 2)."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return areas


def _outside(points: Floats, opened: Floats, side: int) -> Floats:
    """A grid over the whole picture, and its border, without what the face covers, also when its jaw has opened it."""
    middle, _ = face_circle(points)
    grid = grid_points(side, _GRID)
    steps = np.linspace(0, side, 9)
    edge = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    edge = edge[((edge == 0) | (edge == side)).any(1)]
    covered = [_within(grid, middle + (oval - middle) * 1.06, side) for oval in (points[OVAL], opened)]
    return np.concatenate([grid[~(covered[0] | covered[1])], edge])


def _within(places: Floats, polygon: Floats, side: int) -> NDArray[np.bool_]:
    mask = filled(polygon, side)
    at = np.clip(places, 0, side - 1).astype(int)
    within: NDArray[np.bool_] = mask[at[:, 1], at[:, 0]] > 0.5
    return within


def _landmark_moves(points: Floats, moves: Moves) -> Floats:
    """(53, 468, 2) pixels, lids included."""
    flat = moves.flat.copy()
    for name, lids in zip(("eyeBlinkLeft", "eyeBlinkRight"), lid_moves(points), strict=True):
        flat[INDEX[name]] = lids
    for row in (*UPPER_LIP, *LOWER_LIP):  # triangles at the corners of a smile fold easily
        flat[:, row[1:-1]] = flat[:, row[1:-1]] * 0.5 + (flat[:, row[:-2]] + flat[:, row[2:]]) * 0.25
    return flat[:, :SURFACE]


def _faces(posed: Floats, side: int) -> Ints:
    """Triangles (m, 3) over the places but not across eyes and mouth; those of the lower lip first, so that it lies below."""
    faces = Delaunay(posed).simplices.astype(np.int64)
    middles = posed[faces].mean(1)
    holes = [eye.outline for eye in EYES] + [np.concatenate([UPPER_LIP[0], LOWER_LIP[0][::-1]])]
    for hole in holes:
        keep = ~_within(middles, posed[hole], side)
        faces, middles = faces[keep], middles[keep]
    below = np.isin(faces, layer_points(posed)[0]).any(1)
    return np.concatenate([faces[below], faces[~below]])


def backdrop(points: Floats, moves: Moves, side: int) -> Part:
    """The room: the filled background."""
    space = Space(points, moves, side)
    corners = np.array([(0, 0), (side, 0), (side, side), (0, side)], float)
    flat = space.place(corners, moves.depth[list(EYE_ENDS)].mean())[:, :2]
    places = space.behind(flat, np.full(4, _BACKDROP))
    return Part(name="background", places=places, uv=corners / side, faces=_QUAD, picture="background", still=True)


def eyeballs(points: Floats, moves: Moves, side: int, eyes: tuple[EyeParts, ...]) -> tuple[Part, Part]:
    """Balls that look about, and what shows beside them when they do. The viewer measures the head by how wide both are."""
    space = Space(points, moves, side)
    near = float(moves.depth[list(EYE_ENDS)].mean())
    centre, wide = points[list(EYE_ENDS), 0].mean(), EYES_WIDTH / 2 / space.metre * space.scale
    balls: list[Floats] = []
    whites: list[Floats] = []
    uv: list[Floats] = []
    still_uv: list[Floats] = []
    shifts: list[Floats] = []
    for k, (topology, eye) in enumerate(zip(EYES, eyes, strict=True)):
        ends = points[topology.ends]
        middle, half = ends.mean(0), abs(ends[0, 0] - ends[1, 0]) / 2
        for reach, depth, places, places_uv in ((1.0, -12.0, balls, uv), (1.25, -14.0, whites, still_uv)):
            corners = middle + _SQUARE * half * (reach, 1.0)
            if places is balls:  # the outer edge tells the scale
                outer = np.abs(corners[:, 0] - centre) > np.abs(middle[0] - centre)
                corners[outer, 0] = centre + np.sign(middle[0] - centre) * wide
            places.append(space.place(corners, near + depth * moves.mm))
            places_uv.append(((corners - (eye.left, eye.top)) / eye.size + (k, 0)) / (2, 1))
        shifts.append(np.repeat(_looks(topology.side, eye.turn)[:, None], 4, 1))
    faces = np.concatenate([_QUAD, _QUAD + 4])
    moved = space.shift(np.concatenate(shifts, 1))
    looking = Part(name="eyes", places=np.concatenate(balls), uv=np.concatenate(uv), faces=faces, picture="eyes", moves=moved)
    staying = Part(name="whites", places=np.concatenate(whites), uv=np.concatenate(still_uv), faces=faces, picture="eyes")
    return looking, staying


def _looks(side: str, turn: float) -> Floats:
    """Pixels (52, 2) that one eye moves at weight 1 of each channel."""
    outwards = 1.0 if side == "Left" else -1.0
    angles = {
        "Out": (outwards * LOOK_SIDE, 0.0),
        "In": (-outwards * LOOK_SIDE, 0.0),
        "Down": (0.0, LOOK_DOWN),
        "Up": (0.0, -LOOK_UP),
    }
    shifts = np.zeros((len(ARKIT), 2))
    for name, angle in angles.items():
        shifts[INDEX[f"eyeLook{name}{side}"]] = np.sin(np.radians(angle)) * turn
    return shifts


def mouth_parts(points: Floats, moves: Moves, side: int) -> list[Part]:
    """Cavity, tongue, lower and upper teeth as planes behind the lips; what hangs on the jaw moves with the chin."""
    space = Space(points, moves, side)
    closed = points + moves.flat[-1] * _CLOSED
    middle, along, half = mouth_axes(closed)
    down = np.array([-along[1], along[0]])
    near = float(moves.depth[[13, 14]].mean())
    jaw = jaw_moves(moves)[:-1]
    cells = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * 2), -1).reshape(-1, 2)
    lift = np.zeros_like(jaw)
    lift[INDEX["tongueOut"]] = -0.2 * half * down
    flat = middle + (cells[:, :1] * along + cells[:, 1:] * down) * half * _MOUTH
    skin_at = depth_at(points, moves, flat + jaw[INDEX["jawOpen"]] * 0.5)
    depth = np.minimum(near - 20 * moves.mm, skin_at - 10 * moves.mm)
    rises = {"mouth": jaw * 0.4, "tongue": jaw * 0.85 + lift, "lowerTeeth": jaw * 0.97, "teeth": jaw * 0}
    parts = []
    for k, (name, rise) in enumerate(rises.items()):
        places = space.place(flat, depth + 1.5 * k * moves.mm)
        uv = ((cells * _MOUTH / EXTENT + 1) / 2 + (k % 2, k // 2)) / 2
        shift = space.shift(np.repeat(rise[:, None], len(cells), 1))
        parts.append(Part(name=name, places=places, uv=uv, faces=Delaunay(cells).simplices, picture="mouth", moves=shift))
    return parts
