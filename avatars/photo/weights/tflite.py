"""Constants of a TFLite file in the order its operators use them: just enough of the format to read weights.

Format: FlatBuffers' internals, and the tables Model, SubGraph, Tensor, Buffer, Operator of TensorFlow Lite's schema.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.float16, 2: np.int32}
CONVOLUTION, DEPTHWISE, DEQUANTIZE, CUSTOM = 3, 4, 6, 32


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator that has weights: its code in the schema, and its constants: weights, then bias."""

    code: int
    constants: list[NDArray[np.float32]]


def weighted(data: bytes) -> Iterator[Operator]:
    """The convolutions of the first graph, in its order. Raises struct.error or ValueError on something else."""
    if data[4:8] != b"TFL3":
        raise ValueError("not a TFLite file")
    model = _Table(data, _u32(data, 0))
    codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    tensors = graph.tables(0)
    stands_for: dict[int, int] = {}
    for operator in graph.tables(3):
        code, inputs = codes[operator.number(0, "I")], operator.numbers(1, np.int32)
        if code == DEQUANTIZE:
            stands_for[int(operator.numbers(2, np.int32)[0])] = int(inputs[0])
        elif code in (CONVOLUTION, DEPTHWISE, CUSTOM):
            indices = [stands_for.get(int(index), int(index)) for index in inputs[1:]]
            yield Operator(code, [_constant(tensors[index], buffers) for index in indices])


def _constant(tensor: "_Table", buffers: list["_Table"]) -> NDArray[np.float32]:
    shape, kind = tensor.numbers(0, np.int32), _TYPES[tensor.number(1, "b")]
    raw = buffers[tensor.number(2, "I")].numbers(0, np.uint8).tobytes()
    return np.frombuffer(raw, kind).reshape(shape).astype(np.float32)


class _Table:
    """A FlatBuffers table: fields by their number, absent ones with their default of zero or nothing."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.slots = at - struct.unpack_from("<i", data, at)[0]

    def _field(self, number: int) -> int:
        place = 4 + 2 * number
        size = struct.unpack_from("<H", self.data, self.slots)[0]
        offset = struct.unpack_from("<H", self.data, self.slots + place)[0] if place < size else 0
        return self.at + offset if offset else 0

    def number(self, number: int, form: str) -> int:
        at = self._field(number)
        return int(struct.unpack_from("<" + form, self.data, at)[0]) if at else 0

    def numbers(self, number: int, kind: type[np.generic]) -> NDArray[Any]:
        at = self._field(number)
        if not at:
            return np.zeros(0, kind)
        start = at + _u32(self.data, at)
        return np.frombuffer(self.data, kind, _u32(self.data, start), start + 4)

    def tables(self, number: int) -> list["_Table"]:
        at = self._field(number)
        start = at + _u32(self.data, at)
        places = range(start + 4, start + 4 + 4 * _u32(self.data, start), 4)
        return [_Table(self.data, place + _u32(self.data, place)) for place in places]


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])
