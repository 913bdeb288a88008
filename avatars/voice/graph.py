"""Opens an ONNX voice with one more output: the duration tensor that its graph computes but does not return."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

from avatars.voice.errors import SpeechError


def open_graph(path: Path, *, digest: str, durations: str) -> ort.InferenceSession:
    """A one-thread session whose last output is the tensor named `durations`.

    Raises SpeechError(voice_unavailable) when the file is missing or its sha256 is not `digest`.
    """
    model = _checked(path, digest)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(with_output(model, durations), options, providers=["CPUExecutionProvider"])


def run_graph(session: ort.InferenceSession, inputs: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
    """All outputs; raises SpeechError(engine_failed) when the runtime gives up."""
    try:
        outputs: list[NDArray[np.float32]] = session.run(None, inputs)
    except (Fail, InvalidArgument, RuntimeException) as error:
        raise SpeechError("engine_failed", "The voice model failed on this text.", hint="Try other words.") from error
    return outputs


def with_output(model: bytes, tensor: str) -> bytes:
    """The model with `tensor` among its outputs.

    Parsers of protocol buffers merge repeated fields, so appending ModelProto.graph (7) > GraphProto.output (12) >
    ValueInfoProto.name (1) adds to the list that is there already; see onnx.proto3.
    """
    return model + _field(7, _field(12, _field(1, tensor.encode())))


def _checked(path: Path, digest: str) -> bytes:
    try:
        model = path.read_bytes()
    except OSError as error:
        raise SpeechError(
            "voice_unavailable", f"The voice model {path.name} can't be read.", hint="Install the voice again."
        ) from error
    if sha256(model).hexdigest() != digest:
        raise SpeechError(
            "voice_unavailable",
            f"The voice model {path.name} is not the one this version was made for.",
            hint="Install the pinned version of the voice again.",
        )
    return model


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])
