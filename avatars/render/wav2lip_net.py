"""The Wav2Lip-96 network, built to the widths of the weights it is given. Names as in published checkpoints."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from avatars.render.base import RenderFailed

FACE: Final = 96
_MOST_BYTES: Final = 2_000_000_000
_FACE_STRIDES: Final = (1, 2, 2, 2, 2, 2)
_AUDIO: Final = (((1, 1), 3), ((3, 1), 3), ((3, 3), 3), ((3, 2), 2))
"""Stride of each group of the audio encoder, and how many layers it has."""
_FULL: Final = (16, 32, 64, 128, 256, 512)


class Layer(nn.Module):
    """Convolution, batch norm, ReLU; the input is added before the ReLU when `residual`."""

    def __init__(self, convolution: nn.Module, width: int, *, residual: bool = False) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(convolution, nn.BatchNorm2d(width))
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """Same height and width when residual."""
        y: Tensor = self.conv_block(x)
        return torch.relu(y + x if self.residual else y)


class Wav2Lip(nn.Module):
    """Mel (B, 1, 80, 16) and face (B, 6, 96, 96) to a face (B, 3, 96, 96) in 0–1. `divisor` narrows every layer."""

    def __init__(self, divisor: int = 1) -> None:
        super().__init__()
        widths = tuple(width // divisor for width in _FULL)
        self.face_encoder_blocks = _face_encoder(widths)
        self.audio_encoder = _audio_encoder(widths)
        self.face_decoder_blocks = _face_decoder(divisor)
        last = 80 // divisor
        self.output_block = nn.Sequential(_plain(last, 32 // divisor), nn.Conv2d(32 // divisor, 3, 1), nn.Sigmoid())

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """The lower half of `face[:, :3]` is black; `face[:, 3:]` shows the person whole."""
        skips: list[Tensor] = []
        for block in self.face_encoder_blocks:
            skips.append(block(skips[-1] if skips else face))
        x: Tensor = self.audio_encoder(mel)
        for block in self.face_decoder_blocks:
            x = torch.cat([block(x), skips.pop()], 1)
        out: Tensor = self.output_block(x)
        return out


def load_weights(path: Path) -> Wav2Lip:
    """The network with the weights of a checkpoint: a state dict, or one under `state_dict`, with or without `module.`.

    Nothing in the file is executed. Raises RenderFailed `weights_missing`, `weights_unreadable` or `weights_wrong_shape`.
    """
    state = _state(path)
    try:
        widest = state["face_decoder_blocks.0.0.conv_block.0.weight"].shape[0]
    except KeyError as problem:
        raise RenderFailed("weights_wrong_shape", "these are no weights of Wav2Lip-96: the decoder is missing") from problem
    divisor = _FULL[-1] // max(widest, 1)
    if divisor not in (1, 2, 4, 8, 16) or divisor * widest != _FULL[-1]:
        raise RenderFailed("weights_wrong_shape", f"the decoder is {widest} wide; known are 512, 256, 128, 64 and 32")
    with torch.random.fork_rng(devices=[]):
        network = Wav2Lip(divisor)
    try:
        network.load_state_dict(dict(state), strict=True)
    except RuntimeError as problem:
        raise RenderFailed("weights_wrong_shape", str(problem).splitlines()[-1].strip()) from problem
    return network.eval()


def _state(path: Path) -> Mapping[str, Tensor]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RenderFailed("weights_unreadable", f"{path.name} is larger than {_MOST_BYTES} bytes")
        held: Any = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as problem:
        raise RenderFailed("weights_missing", f"{path.name} can't be read: {problem.strerror}") from problem
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError) as problem:
        raise RenderFailed("weights_unreadable", f"{path.name} holds more or less than tensors") from problem
    held = held.get("state_dict", held) if isinstance(held, dict) else None
    if not isinstance(held, dict) or not all(isinstance(value, Tensor) for value in held.values()):
        raise RenderFailed("weights_unreadable", f"{path.name} holds no state dict")
    return {str(name).removeprefix("module."): value for name, value in held.items()}


def _face_encoder(widths: tuple[int, ...]) -> nn.ModuleList:
    repeats = (0, 2, 3, 2, 2, 1)
    blocks = [nn.Sequential(Layer(nn.Conv2d(6, widths[0], 7, 1, 3), widths[0]))]
    for before, width, stride, repeat in zip(widths, widths[1:], _FACE_STRIDES[1:], repeats[1:], strict=False):
        blocks.append(nn.Sequential(_plain(before, width, stride), *_residual(width, repeat)))
    top = widths[-1]
    blocks.append(nn.Sequential(_plain(top, top, padding=0), _point(top, top)))
    return nn.ModuleList(blocks)


def _audio_encoder(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 1
    for width, (stride, count) in zip(widths[1:5], _AUDIO, strict=True):
        layers += [_plain(before, width, stride), *_residual(width, count - 1)]
        before = width
    return nn.Sequential(*layers, _plain(before, widths[5], padding=0), _point(widths[5], widths[5]))


def _face_decoder(divisor: int) -> nn.ModuleList:
    """From the sound's vector upwards; a block's input is the one before it and the encoder's of the same size."""
    full = ((1024, 512, 1), (1024, 512, 2), (768, 384, 2), (512, 256, 2), (320, 128, 2), (160, 64, 2))
    blocks = [nn.Sequential(_point(512 // divisor, 512 // divisor))]
    for number, (before, width, repeat) in enumerate(full):
        stride, padding = (1, 0) if number == 0 else (2, 1)
        up = nn.ConvTranspose2d(before // divisor, width // divisor, 3, stride, padding, padding)
        blocks.append(nn.Sequential(Layer(up, width // divisor), *_residual(width // divisor, repeat)))
    return nn.ModuleList(blocks)


def _plain(before: int, width: int, stride: int | tuple[int, int] = 1, padding: int = 1) -> Layer:
    return Layer(nn.Conv2d(before, width, 3, stride, padding), width)


def _point(before: int, width: int) -> Layer:
    return Layer(nn.Conv2d(before, width, 1), width)


def _residual(width: int, count: int) -> list[Layer]:
    return [Layer(nn.Conv2d(width, width, 3, 1, 1), width, residual=True) for _ in range(count)]
