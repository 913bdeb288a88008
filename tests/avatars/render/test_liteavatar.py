"""LiteAvatar packages: a tiny one of the right layout, and damaged ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from avatars.render.base import RenderFailed
from avatars.render.liteavatar import LiteAvatarRenderer
from avatars.render.liteavatar_package import load_package
from tests.avatars.render import onnx_files as onnx

SKIPS = {"skip1": (1, 16, 192, 192), "skip0": (1, 32, 96, 96), "skip": (1, 64, 48, 48)}
IMAGE = (1, 3, 384, 384)


def encoder() -> bytes:
    """The picture as it is, and pooled pictures with their planes repeated, in the shapes of the real encoder."""
    nodes, outputs, before = [onnx.node("Identity", ["ref_image"], ["output_0"])], {"output_0": IMAGE}, "ref_image"
    constants: dict[str, NDArray[np.int64]] = {}
    for number, (shape, repeats) in enumerate(zip(SKIPS.values(), (6, 2, 2), strict=True), 1):
        nodes.append(onnx.node("AveragePool", [before], [f"pooled{number}"], kernel_shape=[2, 2], strides=[2, 2]))
        nodes.append(onnx.node("Tile", [f"pooled{number}", f"times{number}"], [f"many{number}"]))
        nodes.append(onnx.node("Slice", [f"many{number}", "start", f"end{number}", "axis"], [f"output_{number}"]))
        constants |= {f"times{number}": np.array([1, repeats, 1, 1]), f"end{number}": np.array([shape[1]])}
        outputs[f"output_{number}"] = shape
        before = f"output_{number}"
    constants |= {"start": np.array([0]), "axis": np.array([1])}
    return onnx.model(nodes, {"ref_image": IMAGE}, outputs, constants)


def decoder(poses: int = 32) -> bytes:
    """Tanh of the picture plus the sum of the pose: a brighter mouth for a larger pose."""
    nodes = [
        onnx.node("ReduceSum", ["params"], ["sum"], axes=[0, 1]),
        onnx.node("Reshape", ["sum", "one"], ["scalar"]),
        onnx.node("Add", ["input", "scalar"], ["moved"]),
        onnx.node("Tanh", ["moved"], ["output"]),
    ]
    return onnx.model(nodes, {"input": IMAGE, **SKIPS, "params": (1, poses)}, {"output": IMAGE}, {"one": np.array([1, 1, 1, 1])})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lite")
    (folder / "net_encode.onnx").write_bytes(encoder())
    (folder / "net_decode.onnx").write_bytes(decoder())
    (folder / "face_box.txt").write_text("40 100 30 90\n")
    np.save(folder / "neutral_pose.npy", np.zeros(32, np.float32))
    drive = np.zeros((57, 32), np.float32)
    drive[24, 0] = 4  # jawOpen
    np.save(folder / "drive.npy", drive)
    (folder / "ref_frames").mkdir()
    with av.open(str(folder / "bg_video.mp4"), "w") as video:
        stream = video.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 160, "yuv420p"
        for number in range(3):
            picture = np.full((160, 128, 3), 60 + 40 * number, np.uint8)
            Image.fromarray(np.full((30, 40, 3), 128, np.uint8)).save(folder / "ref_frames" / f"ref_{number:05}.jpg")
            video.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        video.mux(stream.encode())
    return folder


def test_it_moves_the_mouth_and_nothing_else(whole: Path) -> None:
    table = np.zeros((2, 57), np.float32)
    table[1, 24] = 1
    first = LiteAvatarRenderer(load_package(whole), (128, 160)).render(table[:1])[0].astype(int)
    second = LiteAvatarRenderer(load_package(whole), (128, 160)).render(table[1:])[0].astype(int)
    assert abs(first[70, 60].mean() - 128) < 4
    assert second[70, 60].mean() > 250
    outside = np.ones((160, 128), bool)
    outside[40:100, 30:90] = False
    assert (first[outside] == second[outside]).all()
    rim = first[42, 60].mean()
    assert abs(rim - 60) < 12


def test_it_goes_to_and_fro_through_the_background(whole: Path) -> None:
    renderer = LiteAvatarRenderer(load_package(whole), (64, 80))
    pictures = np.concatenate(
        [renderer.render_poses(np.zeros((4, 32), np.float32)), renderer.render_poses(np.zeros((2, 32), np.float32))]
    )
    assert pictures.shape == (6, 80, 64, 3)
    shades = pictures[:, 2, 2, 0].astype(int)
    assert np.abs(shades - [60, 100, 140, 100, 60, 100]).max() < 6


def test_it_needs_a_map_to_follow_our_channels(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "package"))
    (folder / "drive.npy").unlink()
    renderer = LiteAvatarRenderer(load_package(folder), (64, 80))
    with pytest.raises(RenderFailed) as caught:
        renderer.render(np.zeros((1, 57), np.float32))
    assert caught.value.code == "no_drive"
    with pytest.raises(RenderFailed) as caught:
        renderer.render_poses(np.zeros((1, 31), np.float32))
    assert caught.value.code == "bad_pose"


Damage = Callable[[Path], object]
DAMAGES: list[tuple[Damage, str]] = [
    (lambda folder: (folder / "net_encode.onnx").unlink(), "package_incomplete"),
    (lambda folder: (folder / "bg_video.mp4").unlink(), "package_incomplete"),
    (lambda folder: shutil.rmtree(folder / "ref_frames"), "package_incomplete"),
    (lambda folder: (folder / "bg_video.mp4").write_bytes(b"no video"), "package_unreadable"),
    (lambda folder: (folder / "net_decode.onnx").write_bytes(b"\x80\x02}q\x00."), "package_unreadable"),
    (lambda folder: (folder / "face_box.txt").write_text("40 100 30"), "package_unreadable"),
    (lambda folder: (folder / "face_box.txt").write_text("40 400 30 90"), "package_unreadable"),
    (lambda folder: (folder / "ref_frames" / "ref_00001.jpg").write_bytes(b"no picture"), "package_unreadable"),
    (lambda folder: np.save(folder / "neutral_pose.npy", np.array([{}], object)), "package_unreadable"),
    (lambda folder: np.save(folder / "neutral_pose.npy", np.zeros(31)), "weights_wrong_shape"),
    (lambda folder: (folder / "net_decode.onnx").write_bytes(decoder(16)), "weights_wrong_shape"),
]


@pytest.mark.parametrize(("damage", "code"), DAMAGES)
def test_it_says_what_is_wrong_with_a_package(whole: Path, tmp_path: Path, damage: Damage, code: str) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "package"))
    damage(folder)
    with pytest.raises(RenderFailed) as caught:
        load_package(folder)
    assert caught.value.code == code
