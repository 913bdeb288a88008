"""Photo avatars in videos with the operator's Wav2Lip weights: the lips follow the sound, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_django import Settings

from avatars.photo.rig import PhotoRig
from avatars.render.base import Pictures
from avatars.render.lips import face_box, heard
from avatars.videos.drawing import Scene
from avatars.videos.performance import Performance
from avatars.videos.photos import photo_renderer
from tests.avatars.photo.portraits import rig
from tests.avatars.render.test_wav2lip import weights
from tests.avatars.videos.factories import a_wish

torch.set_num_threads(1)
SIZE = (160, 160)
TABLE = np.zeros((4, 57), np.float32)
LOUD = (8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype(np.int16)


@pytest.fixture(scope="module")
def face() -> PhotoRig:
    return rig("astronaut")


@pytest.fixture
def narrow(tmp_path: Path) -> Path:
    torch.save(weights(8), tmp_path / "narrow.pth")
    return tmp_path / "narrow.pth"


def drawn(face: PhotoRig, tmp_path: Path, sound: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> Pictures:
    """What a video shows while `sound` is heard."""
    face.save(tmp_path / "face.rig")
    renderer = photo_renderer((tmp_path / "face.rig").read_bytes(), SIZE, None, transparent=False)
    performance = Performance(sound=sound, table=TABLE, words=())
    scene = Scene(wish=a_wish(width=SIZE[0], height=SIZE[1], fps=25, label=False), performance=performance, renderer=renderer)
    return np.concatenate(list(scene.frames(0, len(TABLE))))


def test_the_lips_of_a_photo_follow_the_sound(face: PhotoRig, narrow: Path, tmp_path: Path, settings: Settings) -> None:
    plain = drawn(face, tmp_path, LOUD)
    settings.WAV2LIP_WEIGHTS = str(narrow)
    loud, silent = drawn(face, tmp_path, LOUD), drawn(face, tmp_path, np.zeros_like(LOUD))
    assert (loud != silent).any()
    changed = (loud != plain).any(-1)
    left, top, right, bottom = face_box(face, SIZE)
    assert changed[:, (top + 3 * bottom) // 4, (left + right) // 2].all()
    changed[:, top:bottom, left:right] = False
    assert not changed.any()


def test_weights_that_are_lost_leave_the_photo_as_it_is(
    face: PhotoRig, tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    plain = drawn(face, tmp_path, LOUD)
    settings.WAV2LIP_WEIGHTS = str(tmp_path / "none.pth")
    assert (drawn(face, tmp_path, LOUD) == plain).all()
    assert "none.pth can't be read" in caplog.text


def test_the_box_holds_the_mouth_and_lies_in_the_picture(face: PhotoRig) -> None:
    for size in ((512, 512), (256, 512), (512, 256)):
        left, top, right, bottom = face_box(face, size)
        assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    left, top, right, bottom = face_box(face, (face.side, face.side))
    x, y = face.landmarks[13, :2]  # the upper lip's inner middle
    assert left < x < right and top + 0.5 * (bottom - top) < y < bottom


def test_it_hears_the_sound_at_16_khz_from_the_moment_on() -> None:
    piece = heard(LOUD, 24_000, 0.25, 0.5)
    expected = 8000 / 32768 * np.sin(2 * np.pi * 440 * (0.25 + np.arange(4000) / 16_000))
    assert piece.shape == (4000,) and np.abs(piece - expected)[100:-100].max() < 0.01
    end = heard(LOUD, 24_000, 0.9, 1.5)
    assert len(end) == 9600 and not end[2000:].any()
    assert not heard(LOUD, 24_000, 5.0, 5.1).any()
