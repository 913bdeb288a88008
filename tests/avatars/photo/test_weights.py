"""Weights of the networks: complete, small, read strictly, and made only from what was pinned."""

import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from avatars.photo.detector import FarNetwork, NearNetwork
from avatars.photo.landmarks import MeshNetwork
from avatars.photo.segmentation import PersonNetwork
from avatars.photo.weights import FOLDER, build, filled_in, one_core
from avatars.photo.weights.tflite import weighted

NETWORKS = {"face_far": FarNetwork, "face_near": NearNetwork, "face_mesh": MeshNetwork, "person": PersonNetwork}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_finds_exactly_its_weights(name: str) -> None:
    network = filled_in(NETWORKS[name](), name)
    assert all(value.isfinite().all() and value.dtype == torch.float32 for value in network.parameters())
    assert not any(value.requires_grad for value in network.parameters())
    assert (FOLDER / f"{name}.safetensors").stat().st_size < 3_000_000


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(RuntimeError, match="Missing key"):
        filled_in(NearNetwork(), "face_far")
    with pytest.raises(FileNotFoundError):
        filled_in(NearNetwork(), "nothing")


def test_one_core_is_given_back_after_an_error_too() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), one_core():
        assert torch.get_num_threads() == 1
        _ = 1 / 0
    assert torch.get_num_threads() == before
    assert not torch.is_inference_mode_enabled()


class Backwards(nn.Module):
    """Declares its layers in another order than the one in which they run."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.first = nn.Conv2d(2, 1, 1), nn.Conv2d(3, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.first(x))  # type: ignore[no-any-return]


def arrays(*shapes: tuple[int, ...]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    return [np.full(shape, index + 1, np.float32) for index, shape in enumerate(shapes)]


def test_weights_go_to_the_layers_in_the_order_in_which_they_run(tmp_path: Path) -> None:
    build.write(Backwards(), 4, iter(arrays((2, 3, 1, 1), (2,), (1, 2, 1, 1), (1,))), tmp_path / "net.safetensors")
    network = filled_in(Backwards(), "net", folder=tmp_path)
    assert [float(layer.weight.mean()) for layer in (network.first, network.last)] == [1.0, 3.0]


@pytest.mark.parametrize(
    "shapes",
    [[(2, 1, 1, 3), (2,), (1, 2, 1, 1), (1,)], [(2, 3, 1, 1), (2,), (1, 2, 1, 1), (1,), (1,)]],
    ids=["misshapen", "too many"],
)
def test_weights_that_do_not_fit_are_never_written(shapes: list[tuple[int, ...]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"belongs|left over"):
        build.write(Backwards(), 4, iter(arrays(*shapes)), tmp_path / "net.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_source_other_than_the_one_pinned_is_refused() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("package/model.tflite")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"other"))
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive, pytest.raises(ValueError, match="pinned"):
        build.member(archive, "model.tflite", "0" * 64)


@pytest.mark.parametrize("data", [b"", b"not a model at all", struct.pack("<I", 8) + b"XXXX"])
def test_a_file_that_is_no_tflite_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a TFLite"):
        list(weighted(data))
