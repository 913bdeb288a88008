"""From light to bytes: tone curve, averaging, sRGB; and the gaze of a table."""

from __future__ import annotations

import numpy as np
import torch

from avatars.face.channels import INDEX
from avatars.render.head import studio
from avatars.render.head.develop import Encoder, averaged, toned
from avatars.render.look import gazing
from tests.avatars.render.head.looks import head, pose


def neutral(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """The published curve, for one colour."""
    low = min(red, green, blue)
    offset = low - 6.25 * low * low if low < 0.08 else 0.04
    colour = [value - offset for value in (red, green, blue)]
    peak = max(colour)
    if peak >= 0.76:
        bent = 1 - 0.24**2 / (peak + 0.24 - 0.76)
        grey = 1 - 1 / (0.15 * (peak - bent) + 1)
        colour = [value * bent / peak * (1 - grey) + bent * grey for value in colour]
    return colour[0], colour[1], colour[2]


def test_it_bends_light_as_the_published_curve() -> None:
    light = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(1)) * 4
    light[0, :, 0, 0] = torch.tensor([0.01, 0.02, 0.5])
    expected = np.array([neutral(*colour) for colour in light.permute(0, 2, 3, 1).reshape(-1, 3).tolist()])
    found = toned(light).permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    assert np.abs(found - expected).max() < 1e-5
    assert found.max() <= 1


def test_it_leaves_the_light_it_was_given_alone() -> None:
    light = torch.full((1, 3, 2, 2), 2.0)
    toned(light)
    assert (light == 2).all()


def test_it_encodes_as_srgb() -> None:
    encoded = Encoder(torch.device("cpu")).bytes(torch.tensor([0.0, 0.2140, 0.5, 1.0]))
    assert encoded.tolist() == [0, 127, 188, 255]


def test_it_averages_samples_without_changing_the_light() -> None:
    for size in (12, 18, 24):
        samples = torch.rand(1, size, size, 4, generator=torch.Generator().manual_seed(2))
        small = averaged(samples, 12, 12)
        assert small.shape == (1, 4, 12, 12)
        assert abs(float(small.mean() - samples.mean())) < 0.01
        assert abs(float(averaged(torch.full((1, size, size, 4), 0.3), 12, 12).std())) < 1e-6


def test_it_makes_eye_weights_only_where_a_gaze_has_none() -> None:
    table = np.concatenate([pose(gazeX=14), pose(gazeX=14, eyeLookUpLeft=0.3), pose(jawOpen=1)])
    looking = gazing(table)
    assert looking[0, INDEX["eyeLookOutLeft"]] == looking[0, INDEX["eyeLookInRight"]] == 0.5
    assert (looking[1:] == table[1:]).all()
    assert table[0, INDEX["eyeLookOutLeft"]] == 0


def test_it_stands_back_for_narrow_pictures() -> None:
    square, wide, narrow = (studio.frame_head(head("omar"), aspect) for aspect in (1.0, 1.8, 0.5))
    assert square.half == wide.half
    assert narrow.half * 0.5 > 0.129
    assert narrow.level > square.level


def test_it_lights_from_above_and_from_the_persons_right() -> None:
    axes = np.array([[0, 1, 0], [0, -1, 0], [-1, 0, 0], [1, 0, 0]], np.float32)
    up, down, right, left = studio.harmonic_basis(axes) @ studio.harmonics()
    assert up.mean() > down.mean()
    assert right.mean() > left.mean()
    assert right[0] > right[2]
