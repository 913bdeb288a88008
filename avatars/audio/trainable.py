"""The viseme network as it learns: torch with batch normalisation, folded away when the weights are written."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from avatars.audio.features import BANDS, Floats
from avatars.audio.network import CHANNELS, DILATIONS, TAPS
from avatars.face.visemes import VISEMES

_DROPPED = 0.1


class TrainableNetwork(nn.Module):
    """(B, 80, T) features to (B, 15, T) scores of the frame LOOK_AHEAD earlier; causal, zeros before the first frame."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Conv1d(BANDS, CHANNELS, TAPS)
        self.blocks = [_Block(dilation) for dilation in DILATIONS]
        self.registered = nn.ModuleList(self.blocks)
        self.out = nn.Conv1d(CHANNELS, len(VISEMES), 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Scores."""
        hidden = functional.relu(self.into(functional.pad(frames, (TAPS - 1, 0))))
        for block in self.blocks:
            hidden = block(hidden)
        scores: Tensor = self.out(hidden)
        return scores

    def folded(self) -> dict[str, Floats]:
        """The weights as `VisemeNetwork` takes them: matrices (taps · in, out) and biases (out,), float32."""
        tables = _table("into", self.into) | _table("out", self.out)
        for number, block in enumerate(self.blocks):
            scale, shift = block.normalisation()
            tables |= _table(f"block{number}", block.conv, scale, shift) | _table(f"join{number}", block.join)
        return tables

    @classmethod
    def unfolded(cls, tables: Mapping[str, Floats]) -> "TrainableNetwork":
        """A network with these weights, whose normalisation does nothing: leave it in evaluation mode to train on."""
        network = cls().eval()
        _set(network.into, tables, "into")
        _set(network.out, tables, "out")
        for number, block in enumerate(network.blocks):
            _set(block.conv, tables, f"block{number}")
            _set(block.join, tables, f"join{number}")
            block.norm.eps = 0.0
        return network


class _Block(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.pad = (TAPS - 1) * dilation
        self.conv = nn.Conv1d(CHANNELS, CHANNELS, TAPS, dilation=dilation)
        self.norm = nn.BatchNorm1d(CHANNELS)
        self.drop = nn.Dropout1d(_DROPPED)
        self.join = nn.Conv1d(CHANNELS, CHANNELS, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        inner = functional.relu(self.norm(self.conv(functional.pad(hidden, (self.pad, 0)))))
        joined: Tensor = hidden + self.join(self.drop(inner))
        return joined

    def normalisation(self) -> tuple[Tensor, Tensor]:
        """Scale and shift of the batch normalisation at run time, (96,) each."""
        mean, variance = (torch.as_tensor(moment) for moment in (self.norm.running_mean, self.norm.running_var))
        scale = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        return scale, self.norm.bias - mean * scale


def _table(name: str, layer: nn.Conv1d, scale: Tensor | float = 1.0, shift: Tensor | float = 0.0) -> dict[str, Floats]:
    bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias
    matrix = layer.weight.permute(2, 1, 0).reshape(-1, layer.out_channels)
    return {f"{name}.weight": _array(matrix * scale), f"{name}.bias": _array(bias * scale + shift)}


def _set(layer: nn.Conv1d, tables: Mapping[str, Floats], name: str) -> None:
    matrix = torch.from_numpy(tables[f"{name}.weight"]).reshape(layer.kernel_size[0], -1, layer.out_channels)
    layer.weight = nn.Parameter(matrix.permute(2, 1, 0).contiguous())
    layer.bias = nn.Parameter(torch.from_numpy(tables[f"{name}.bias"]).clone())


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().numpy(), np.float32)
