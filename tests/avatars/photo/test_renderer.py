"""The pictures of a photo avatar: the photo when nothing moves, and faces that are found again as they were meant."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from avatars.photo.renderer import PhotoRenderer
from avatars.render.base import Renderer, RenderFailed
from tests.avatars.photo.portraits import Measured, measured, pose, rig, viseme

PEOPLE = ("astronaut", "officer", "ada")
each = pytest.mark.parametrize("name", PEOPLE)
POSES = {
    "rest": pose(),
    "PP": viseme("PP"),
    "aa": viseme("aa"),
    "ou": viseme("ou"),
    "blink": pose(eyeBlink=1.0),
    "left": pose(headYaw=8.0),
    "right": pose(headYaw=-8.0),
}


@cache
def renderer(name: str, side: int = 512) -> PhotoRenderer:
    return PhotoRenderer(rig(name), (side, side))


@cache
def drawn(name: str) -> dict[str, NDArray[np.uint8]]:
    return dict(zip(POSES, renderer(name).render(np.stack(list(POSES.values()))), strict=True))


@cache
def seen(name: str, what: str) -> Measured:
    return measured(drawn(name)[what])


def original(name: str, side: int) -> NDArray[Any]:
    picture = Image.fromarray(rig(name).photo)
    return np.asarray(picture if picture.width == side else picture.resize((side, side), Image.Resampling.LANCZOS)).astype(int)


@each
@pytest.mark.parametrize("side", [256, 512])
def test_it_gives_the_photo_back_when_nothing_moves(name: str, side: int) -> None:
    assert (renderer(name, side).render(pose()[None])[0] == original(name, side)).all()


@each
def test_it_closes_the_lips_on_a_bilabial(name: str) -> None:
    assert seen(name, "PP").gap < 0.6
    assert seen(name, "aa").gap > seen(name, "PP").gap + 10


@each
def test_it_rounds_the_lips(name: str) -> None:
    assert seen(name, "ou").width < seen(name, "aa").width - 8
    assert seen(name, "ou").width < seen(name, "rest").width - 8
    assert seen(name, "ou").width < 53  # a photo that smiles rounds its lips like the others


@pytest.mark.parametrize(("name", "most"), [("astronaut", 3.5), ("ada", 3), ("officer", 5)])
def test_it_closes_the_eyes(name: str, most: float) -> None:
    """Behind thick glasses the landmarks see lids less well: eyes painted over with skin measure 5.8 there."""
    assert seen(name, "blink").eye < most
    assert seen(name, "rest").eye > 8


@each
def test_it_turns_the_head_to_both_sides(name: str) -> None:
    assert seen(name, "left").nose > seen(name, "rest").nose + 2.5
    assert seen(name, "right").nose < seen(name, "rest").nose - 2.5


@each
def test_it_leaves_the_room_where_it_is(name: str) -> None:
    room = rig(name).alpha < 3
    still, turned = (np.asarray(drawn(name)[what]).astype(int) for what in ("rest", "left"))
    if rig(name).side != 512:
        room = np.asarray(Image.fromarray(room).resize((512, 512)))
    assert room.mean() > 0.1
    assert (np.abs(still - turned).max(-1)[room] < 8).mean() > 0.97


def test_it_looks_to_the_side_it_is_told() -> None:
    """The iris moves to the person's left, which is the picture's right."""
    ada = rig("ada")
    scale = 512 / ada.side
    looks = renderer("ada").render(np.stack([pose(), pose(eyeLookOutLeft=0.5, eyeLookInRight=0.5)])).astype(int)
    for middle in ada.landmarks[[468, 473], :2] * scale:
        x, y = middle.astype(int)
        dark = [255 - look[y - 3 : y + 4, x - 14 : x + 15].mean((0, 2)) for look in looks]
        steps = np.arange(-14, 15)
        where = [float((steps * (row - row.min())).sum() / (row - row.min()).sum()) for row in dark]
        assert where[1] > where[0] + 0.5


def test_it_draws_each_frame_as_if_it_were_alone() -> None:
    table = np.stack([*POSES.values(), *POSES.values()])
    together = renderer("astronaut", 256).render(table)
    alone = np.concatenate([renderer("astronaut", 256).render(row[None]) for row in table])
    assert np.abs(together.astype(int) - alone).max() <= 1


def test_it_moves_gently_when_weights_do() -> None:
    """From one frame to the next nothing jumps, not even where an open mouth closes for a consonant."""
    way = np.linspace(0, 1, 30, dtype=np.float32)[:, None] * viseme("PP")[None]
    frames = renderer("astronaut", 256).render(way).astype(int)
    assert np.abs(np.diff(frames, axis=0)).mean((1, 2, 3)).max() < 1.0


def test_it_draws_other_shapes_than_squares() -> None:
    wide = PhotoRenderer(rig("astronaut"), (256, 144))
    assert wide.render(pose()[None]).shape == (1, 144, 256, 3)
    assert wide.render(np.zeros((0, 57), np.float32)).shape == (0, 144, 256, 3)


@pytest.mark.parametrize("table", [np.zeros((2, 52), np.float32), np.zeros(57, np.float32), np.full((1, 57), np.nan, np.float32)])
def test_it_refuses_what_is_no_face_table(table: NDArray[np.float32]) -> None:
    with pytest.raises(RenderFailed) as failure:
        renderer("astronaut", 256).render(table)
    assert failure.value.code == "bad_table"


def test_it_refuses_sizes_that_no_picture_has() -> None:
    for size in ((0, 512), (4096, 512)):
        with pytest.raises(ValueError, match="64 to 1024"):
            PhotoRenderer(rig("astronaut"), size)


def test_it_is_a_renderer() -> None:
    plain: Renderer = renderer("astronaut", 256)
    assert plain.size == (256, 256)
    assert plain.most == 8


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_draws_the_same_on_a_graphics_card() -> None:
    table = np.stack(list(POSES.values()))
    there = PhotoRenderer(rig("astronaut"), (512, 512), "cuda").render(table).astype(int)
    here = renderer("astronaut").render(table)
    assert np.abs(there - here).mean() < 0.5
