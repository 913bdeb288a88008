"""Write tiny ONNX files by hand: the few messages of onnx.proto3 that two small networks need."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]


def model(
    nodes: Sequence[bytes],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
    constants: Mapping[str, NDArray[np.generic]],
) -> bytes:
    """A ModelProto of IR 6, opset 11."""
    graph = b"".join(_part(1, node) for node in nodes) + _text(2, "net")
    graph += b"".join(_part(5, _tensor(name, value)) for name, value in constants.items())
    graph += b"".join(_part(11, _value(name, shape)) for name, shape in inputs.items())
    graph += b"".join(_part(12, _value(name, shape)) for name, shape in outputs.items())
    return _number(1, 6) + _part(7, graph) + _part(8, _number(2, 11))


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Sequence[int]) -> bytes:
    """A NodeProto; attributes are lists of integers."""
    out = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in outputs) + _text(4, kind)
    for name, values in attributes.items():
        out += _part(5, _text(1, name) + b"".join(_number(8, value) for value in values) + _number(20, 7))
    return out


def _tensor(name: str, value: NDArray[np.generic]) -> bytes:
    kind = {"float32": 1, "int64": 7}[str(value.dtype)]
    return b"".join(_number(1, side) for side in value.shape) + _number(2, kind) + _text(8, name) + _part(9, value.tobytes())


def _value(name: str, shape: Shape) -> bytes:
    sides = b"".join(_part(1, _number(1, side)) for side in shape)
    return _text(1, name) + _part(2, _part(1, _number(1, 1) + _part(2, sides)))


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())


def _part(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += struct.pack("B", value & 127 | 128)
        value >>= 7
    return out + struct.pack("B", value)
