"""How the 52 channels, and closing the lips, move the landmarks of one photo: the neutral head's table, fitted to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from avatars.face.channels import ARKIT, INDEX
from avatars.photo.data import basis
from avatars.photo.rig_topology import CHIN, CORNERS, EYE_ENDS, LIPS, LOWER_LIP, OVAL, SURFACE, UPPER_LIP

Floats = NDArray[np.float64]
_FLIP: Final = np.array([1.0, -1.0, -1.0])  # the table's y and z run against the picture's
_LIGHT: Final = np.array([0.0, 0.55, 0.83])  # above the camera, as light mostly is
_MOST_SHADE: Final = 0.16  # folds at the corners of a smile are too fine for the landmarks
_SMILING: Final = ("mouthSmile", "mouthStretch", "mouthDimple")
_ROUNDING: Final = ("mouthPucker", "mouthFunnel")
_NEUTRAL_WIDTH: Final = 1.06  # a relaxed mouth against the table's, both per distance of the eyes
_SMILE_WIDTH: Final = 0.28  # so much wider is a full smile
_MEET: Final = 0.25  # of the way down to the lower lip is where open lips meet: it is the jaw that closes
_CLOSED_SMILE: Final = 0.6  # so much of its smile a photo loses when it closes its lips
_TEETH_FOLLOW: Final = 0.7  # of the lower lip's way is the lower teeth's, when the jaw opens
_BOWS: Final = 4
_TRUST: Final = np.array([0.3, 1, 1, 1, 5, 1, 1, 1, 0.3])  # in the points between the corners
_UPPER_PULL, _LOWER_PULL = (1.0, 0.9, 0.75, 0.55), (1.0, 0.97, 0.93, 0.88)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Movement of the landmarks of a photo in its pixels; the last of the 53 rows closes the photo's own lips.

    `flat`: (53, 478, 2). `shade`: (53, 478), change of the cosine between skin and light. `depth`: (478,) towards the viewer.
    `eyes`, `mouth`, `gap`: distance of the outer eye corners, width of the mouth and space between the lips, in pixels.
    `smile`: 0–1, how much the photo smiles already. `mm`: pixels of a millimetre.
    """

    flat: Floats
    shade: Floats
    depth: Floats
    eyes: float
    mouth: float
    gap: float
    smile: float
    mm: float

    @property
    def openness(self) -> float:
        """Space between the photo's lips per distance of the eyes."""
        return self.gap / self.eyes


def jaw_moves(moves: Moves) -> Floats:
    """How the lower teeth move, (53, 2) pixels.

    The chin's lowest point turns away as the jaw opens; then the lip tells better how far the teeth go.
    """
    jaw = moves.flat[:, CHIN].copy()
    jaw[INDEX["jawOpen"]] = _TEETH_FOLLOW * moves.flat[INDEX["jawOpen"], LOWER_LIP[0, 5]]
    return jaw


def fit_moves(landmarks: Floats) -> Moves:
    """Fit the table to landmarks (478, 3) in pixels."""
    table = basis()
    turn, scale = _similarity(table.places * _FLIP, landmarks)
    flat = _even(((table.moves * _FLIP) @ turn * scale)[..., :2], table.places)
    eyes, mouth, gap = (_span(landmarks, pair) for pair in (EYE_ENDS, CORNERS, (13, 14)))
    smile = _smile(landmarks, table.places)
    smiled = _joined((flat[INDEX["mouthSmileLeft"]] + flat[INDEX["mouthSmileRight"]]) * smile)
    _damp(flat, smile, smiled)
    for side in ("Left", "Right"):  # lids have tables of their own
        flat[INDEX["eyeBlink" + side]] = 0
    closing = _closing(landmarks[:, :2], flat, gap / mouth) - smiled * _CLOSED_SMILE
    shade = np.concatenate([_shading(table.places, table.moves), np.zeros((1, len(landmarks)))])
    shade[[name.startswith(_SMILING) for name in ARKIT] + [False]] *= 1 - 0.85 * smile
    depth = np.median(landmarks[:SURFACE, 2]) - landmarks[:, 2]
    return Moves(
        flat=np.concatenate([flat, closing[None]]),
        shade=shade,
        depth=depth,
        eyes=eyes,
        mouth=mouth,
        gap=gap,
        smile=smile,
        mm=scale / 100,
    )


def _even(flat: Floats, places: Floats) -> Floats:
    """Movements (52, 478, 2) with lips that move as bows: sums of sines over what their corners do.

    Where lips touch, the table's rays met now one of them and now the other, and a peak of a single point makes a notch.
    """
    evened = flat.copy()
    across = places[UPPER_LIP[-1], 0] + places[LOWER_LIP[-1], 0]
    share = (across - across[0]) / (across[-1] - across[0])
    bows = np.sin(np.pi * share[1:-1, None] * np.arange(1, _BOWS + 1))
    even = bows @ np.linalg.pinv(bows * _TRUST[:, None]) * _TRUST
    for row in (*UPPER_LIP, *LOWER_LIP):
        ends = flat[:, CORNERS[0], None] * (1 - share[:, None]) + flat[:, CORNERS[1], None] * share[:, None]
        evened[:, row] = ends
        evened[:, row[1:-1]] += even @ (flat[:, row[1:-1]] - ends[:, 1:-1])
    return evened


def _span(points: Floats, pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0], :2] - points[pair[1], :2]))


def _similarity(table: Floats, landmarks: Floats) -> tuple[Floats, float]:
    """Rotation (3, 3), from the right, and scale that bring the table's face onto the photo's (Umeyama 1991), lips left out."""
    steady = np.setdiff1d(np.arange(SURFACE), LIPS)
    a, b = table[steady] - table[steady].mean(0), landmarks[steady] - landmarks[steady].mean(0)
    u, size, v = np.linalg.svd(a.T @ b)
    sign = np.array([1.0, 1.0, float(np.sign(np.linalg.det(u @ v)))])
    return u @ np.diag(sign) @ v, float((size * sign).sum() / (a**2).sum())


def _smile(landmarks: Floats, table: Floats) -> float:
    """A mouth wider than a relaxed one smiles."""
    wide = _span(landmarks, CORNERS) / _span(landmarks, EYE_ENDS)
    usual = _span(table, CORNERS) / _span(table, EYE_ENDS)
    return float(np.clip((wide / usual - _NEUTRAL_WIDTH) / _SMILE_WIDTH, 0, 1))


def _damp(flat: Floats, smile: float, smiled: Floats) -> None:
    """A photo that smiles already smiles little more, and has to come back first to round its lips.

    `smiled` (478, 2): how its smile has moved it.
    """
    for name, row in zip(ARKIT, flat, strict=True):
        if name.startswith(_SMILING):
            row *= 1 - 0.85 * smile
        elif name.startswith(_ROUNDING):
            row *= 1 + 0.3 * smile
            row -= smiled


def _joined(move: Floats) -> Floats:
    """The movement (478, 2) without what it opens or closes between the lips."""
    joined = move.copy()
    apart = move[LOWER_LIP[0]] - move[UPPER_LIP[0]]
    for rows, share in ((UPPER_LIP, 0.5), (LOWER_LIP, -0.5)):
        for row in rows:
            joined[row[1:-1]] += share * apart[1:-1]
    return joined


def _closing(points: Floats, flat: Floats, openness: float) -> Floats:
    """The movement (478, 2) that brings lips together which the photo shows open."""
    closing = np.zeros_like(points)
    inner_up, inner_low = points[UPPER_LIP[0]], points[LOWER_LIP[0]]
    meet = inner_up * (1 - _MEET) + inner_low * _MEET
    for rows, inner, pulls in ((UPPER_LIP, inner_up, _UPPER_PULL), (LOWER_LIP, inner_low, _LOWER_PULL)):
        for row, pull in zip(rows, pulls, strict=True):
            closing[row[1:-1]] = ((meet - inner) * pull)[1:-1]
    if openness > 0.03:  # the jaw comes along
        jaw = flat[INDEX["jawOpen"]]
        rest = np.setdiff1d(np.arange(len(points)), LIPS)
        rise = np.linalg.norm(points[14] - points[13]) * 0.47 / max(1e-3, float(np.linalg.norm(jaw[CHIN])))
        closing[rest] -= jaw[rest] * rise
    return closing


def _shading(places: Floats, moves: Floats) -> Floats:
    """Change of light on the skin (52, 478) per channel: the cosine between the moved surface and a light from above."""
    faces = Delaunay(places[:SURFACE, :2]).simplices
    normals = _normals(places, faces)
    shade = np.stack([_normals(places + move, faces) @ _LIGHT - normals @ _LIGHT for move in moves])
    shade *= np.clip((normals[:, 2] - 0.35) / 0.4, 0, 1)  # what turns away is measured badly from the front
    shade[:, np.concatenate([np.arange(SURFACE, len(places)), LIPS, OVAL])] = 0
    limited: Floats = np.clip(shade, -_MOST_SHADE, _MOST_SHADE)
    return limited


def _normals(places: Floats, faces: NDArray[np.int32]) -> Floats:
    """Unit normals (478, 3) to the viewer's side, weighted by area."""
    a, b, c = (places[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    across *= np.where(across[:, 2:] < 0, -1.0, 1.0)
    normals = np.zeros_like(places)
    for k in range(3):
        np.add.at(normals, faces[:, k], across)
    unit: Floats = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return unit
