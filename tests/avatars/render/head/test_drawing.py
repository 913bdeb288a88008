"""Heads as torch draws them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from avatars.render.base import Pictures, RenderFailed
from tests.avatars.render.head.looks import CAST, head, pose, renderer


def brightness(picture: Pictures, box: tuple[int, int, int, int]) -> float:
    left, top, right, bottom = box
    return float(picture[top:bottom, left:right].mean())


def moved(**channels: float) -> NDArray[np.int_]:
    """How much each pixel of Omar changes from rest, (H, W)."""
    still, posed = renderer().render(np.concatenate([pose(), pose(**channels)])).astype(int)
    change: NDArray[np.int_] = np.abs(posed - still).max(-1)
    return change


@pytest.mark.parametrize("slug", ["omar", "kenji"])
def test_it_looks_like_the_portrait_that_the_browser_drew(slug: str) -> None:
    drawn = renderer(slug).render(pose())[0]
    portrait = Image.open(CAST / f"{slug}.webp").convert("RGB")
    # The portrait is framed closer: by the widths of what both cameras see, and their levels.
    side = 2 * np.tan(np.radians(9)) / 0.365 * 128
    top = 64 - side / 2 + (-0.0175 + 0.018) / 0.365 * 128
    near = Image.fromarray(drawn).resize((64, 64), box=(64 - side / 2, top, 64 + side / 2, top + side))
    difference = np.abs(np.asarray(near, int) - np.asarray(portrait.resize((64, 64)), int))
    assert difference.mean() < 16
    upside_down = np.abs(np.asarray(near, int)[::-1] - np.asarray(portrait.resize((64, 64)), int))
    assert upside_down.mean() > 2 * difference.mean()


def test_it_opens_the_jaw_below_the_eyes_only() -> None:
    change = moved(jawOpen=0.7)
    assert change[58:90].max() > 60
    assert change[:40].max() < 4


def test_it_blinks() -> None:
    change = moved(eyeBlinkLeft=1, eyeBlinkRight=1)
    assert change[40:62].max() > 40
    assert change[75:].max() < 4


def test_it_turns_the_face_to_the_persons_left_and_leaves_the_shoulders() -> None:
    change = moved(headYaw=15)
    assert change[30:80].max() > 60
    assert change[122:].max() < 12
    alpha = renderer().render_rgba(np.concatenate([pose(headYaw=-15), pose(headYaw=15)]))[..., :3].astype(int)
    nose = alpha[:, 58:66].mean((1, 3))
    assert np.abs(nose[0] - nose[1][::-1]).mean() < np.abs(nose[0] - nose[1]).mean()


def test_it_looks_where_the_gaze_points_with_or_without_eye_weights() -> None:
    assert moved(gazeX=25)[44:60].max() > 15
    by_gaze, by_weights = renderer().render(np.concatenate([pose(gazeX=28), pose(gazeX=28, eyeLookOutLeft=1, eyeLookInRight=1)]))
    assert (by_gaze == by_weights).all()


def test_it_draws_the_same_picture_alone_and_among_others() -> None:
    poses = np.concatenate([pose(), pose(jawOpen=1), pose(headRoll=9)])
    assert (renderer().render(poses)[1] == renderer().render(poses[1:2])[0]).all()
    assert renderer().render(poses[:0]).shape == (0, 128, 128, 3)


def test_it_cuts_the_person_out() -> None:
    picture = renderer().render_rgba(pose())[0]
    assert picture.shape == (128, 128, 4)
    assert picture[64, 64, 3] == 255
    assert picture[4, 4, 3] == 0
    assert 0.3 < (picture[..., 3] > 127).mean() < 0.8
    edge = ((picture[..., 3] > 20) & (picture[..., 3] < 235)).sum()
    assert edge > 60


def test_it_draws_over_a_backdrop_of_ones_own() -> None:
    from avatars.render.head.torch_renderer import TorchHead

    green = np.full((96, 64, 3), (10, 200, 30), np.uint8)
    picture = TorchHead(head("omar"), (64, 96), backdrop=green).render(pose())[0]
    assert picture.shape == (96, 64, 3)
    assert (picture[2, 2] == (10, 200, 30)).all()
    assert (picture[48, 32] != (10, 200, 30)).any()


@pytest.mark.parametrize("table", [np.zeros((1, 52), np.float32), np.full((1, 57), np.nan, np.float32), np.zeros(57, np.float32)])
def test_it_refuses_what_is_no_face_table(table: NDArray[np.float32]) -> None:
    with pytest.raises(RenderFailed) as caught:
        renderer().render(table)
    assert caught.value.code == "bad_table"


def test_it_draws_long_hair_with_holes_in_it() -> None:
    alpha = renderer("ada", 128).render_rgba(pose())[0, ..., 3]
    assert brightness(alpha[..., None], (40, 60, 88, 100)) > 250
    row = alpha[100]
    assert (np.diff((row > 127).astype(int)) != 0).sum() >= 2
