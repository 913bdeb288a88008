"""A smile that shows teeth is closed in the picture, so that a viewer's mesh has nothing to fold."""

from __future__ import annotations

import numpy as np

from avatars.photo.closed_lips import with_closed_lips
from avatars.photo.closed_loop import measured
from avatars.photo.rig_moves import fit_moves
from tests.avatars.photo.portraits import rig


def test_it_closes_a_smile_that_shows_teeth_and_leaves_the_rest_of_the_face() -> None:
    smiling = rig("astronaut")
    closed = with_closed_lips(smiling)
    assert measured(smiling.photo).gap > 5
    assert measured(closed.photo).gap < 0.5
    assert fit_moves(closed.landmarks.astype(float)).openness < 0.01
    brow = int(smiling.landmarks[105, 1])
    assert np.abs(closed.photo[:brow].astype(int) - smiling.photo[:brow]).max() <= 2
    assert (closed.alpha == smiling.alpha).all()


def test_it_takes_closed_lips_as_they_are() -> None:
    assert with_closed_lips(rig("officer")) is rig("officer")
