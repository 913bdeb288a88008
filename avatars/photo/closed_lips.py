"""The same portrait with its lips closed: what a viewer that knows only the 52 channels has to start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from avatars.face.channels import table_row
from avatars.face.visemes import viseme_weights
from avatars.photo.analysis import analyse
from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig import PhotoRig
from avatars.photo.rig_moves import fit_moves

_OPEN: Final = 0.03  # space between the lips per distance of the eyes


def with_closed_lips(rig: PhotoRig) -> PhotoRig:
    """`rig` where its lips touch; else drawn as it says p, and its landmarks found again in that picture.

    A skin of triangles that is pulled over teeth folds at the corners of the mouth; pixels that are drawn there do not.
    """
    if fit_moves(rig.landmarks.astype(float)).openness < _OPEN:
        return rig
    renderer = PhotoRenderer(rig, (rig.side, rig.side))
    drawn = renderer.render(table_row(viseme_weights("PP"))[None])[0]
    found = analyse(drawn)
    return replace(rig, photo=drawn, landmarks=found[0].landmarks) if found else rig
