"""A graphics card that isn't there: tensors that say they are on CUDA, follow its rules strictly, and compute on the processor.

So what is drawn "on CUDA" can be compared with what a processor draws, on any machine. It says nothing about CUDA's kernels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest import mock

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from avatars.render.base import Pictures

CUDA: Final = torch.device("cuda", 0)
_LIST: Final = Path(torch.__file__).parents[1] / "torchgen" / "packaged" / "ATen" / "native" / "native_functions.yaml"
_DISPATCHED: Final = re.compile(r"^    [\w, ]*(\bCUDA\b|\bComposite)[\w, ]*:|^  ufunc_inner_loop:", re.MULTILINE)
_MOVES: Final = {"aten::_to_copy", "aten::copy_"}
_WAITS: Final = {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal", "aten::repeat_interleave"}
"""What the processor has to wait for, besides copies, and indices that are masks: a value or a size is needed at once."""


class OnCard(Tensor):
    """A tensor on the card. Its numbers are `held` by the processor."""

    held: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, held: Tensor) -> OnCard:
        strides, offset = held.stride(), int(held.storage_offset())
        with torch.inference_mode(mode=False):  # a view needs the counter of versions that its base has
            made = Tensor._make_wrapper_subclass(
                cls, held.shape, strides=strides, storage_offset=offset, dtype=held.dtype, device=CUDA
            )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        raise RuntimeError(f"{func}: tensors of a card are used where there is none")


class Card(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts by name what it does: `kernels`, what it was `sent` and sent back, and `waits` of the processor for it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kernels: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()

    def forget(self) -> None:
        """Count from nothing again."""
        for counter in (self.kernels, self.sent, self.waits):
            counter.clear()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func._can_decompose():
            with self:
                return func.decompose(*args, **kwargs)
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        there = _place(func, given, kwargs)
        if there or any(isinstance(tensor, OnCard) for tensor in given):
            self._note(func, given, args, kwargs, there)
        if "device" in kwargs:
            kwargs["device"] = torch.device("cpu")
        out = func(*tree_map(_held, args), **tree_map(_held, kwargs))
        return _given_back(func, args, kwargs, out, there)

    def _note(self, func: Any, given: list[Tensor], args: Any, kwargs: Any, there: bool) -> None:
        name = func._schema.name
        if not has_kernel(func):
            raise NotImplementedError(f"{func} has no kernel for CUDA")
        if name in _MOVES and len({isinstance(tensor, OnCard) for tensor in given} | {there}) > 1:
            self._moved(args, kwargs, there)
        elif name in _WAITS and "output_size" not in kwargs:
            self.waits[name] += 1
        if not func.is_view:
            self.kernels[name] += 1

    def _moved(self, args: Any, kwargs: Any, there: bool) -> None:
        name = "copy to the card" if there else "copy from the card"
        is_waiting = not (kwargs.get("non_blocking") or args[2:3] == (True,))
        if not there and not is_waiting:
            raise RuntimeError("a copy from the card that nobody waits for may be read before it is there")
        self.sent[name] += 1
        self.waits.update([name] * is_waiting)


def _place(func: Any, given: list[Tensor], kwargs: Any) -> bool:
    """Whether the result is on the card. RuntimeError where tensors of both sides meet; CUDA itself takes a processor's single
    numbers now and then, but waits for them."""
    if kwargs.get("device") is not None:
        return bool(kwargs["device"].type == "cuda")
    if len({isinstance(tensor, OnCard) for tensor in given}) > 1 and func._schema.name not in _MOVES:
        raise RuntimeError(f"{func}: expected all tensors to be on the same device, but found at least two, cpu and cuda:0")
    return bool(given) and isinstance(given[0], OnCard)


def _held(value: Any) -> Any:
    return value.held if isinstance(value, OnCard) else value


def _given_back(func: Any, args: Any, kwargs: Any, out: Any, there: bool) -> Any:
    """The tensors that were changed in place themselves, new ones for the rest."""
    returns, arguments = func._schema.returns, func._schema.arguments
    if len(returns) == 1 and returns[0].alias_info is not None and returns[0].alias_info.is_write:
        changed = next(k for k, one in enumerate(arguments) if one.alias_info is not None and one.alias_info.is_write)
        return args[changed] if changed < len(args) else kwargs[arguments[changed].name]
    return tree_map(lambda value: OnCard(value) if isinstance(value, Tensor) else value, out) if there else out


def has_kernel(func: Any) -> bool:
    """Whether torch lists a kernel for CUDA, or one for every device."""
    return func._schema.name.removeprefix("aten::") + ("." + func._overloadname).replace(".default", "") in _on_cuda()


@cache
def _on_cuda() -> frozenset[str]:
    """Operators that run on CUDA, by torch's own list of what it dispatches where."""
    blocks = {block.partition("(")[0].strip(): block for block in _LIST.read_text().split("\n- func:")[1:]}
    own = {name for name, block in blocks.items() if _DISPATCHED.search(block) or "\n  dispatch:" not in block}
    delegates = {name: block.partition("structured_delegate: ")[2].split("\n")[0] for name, block in blocks.items()}
    return frozenset(name for name in blocks if (delegates[name] or name) in own)


class _Counter(TorchFunctionMode):
    """Where things are asked for. What torch would ask CUDA before it chooses an operator is answered here: which card "cuda"
    is, and what brackets look at."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in {Tensor.__getitem__, Tensor.__setitem__} and isinstance(args[0], OnCard):
            return self._indexed(func, *args)
        asked = {name: _numbered(value) for name, value in (kwargs or {}).items()}
        return _UNGUARDED.get(func, func)(*map(_numbered, args), **asked)

    def _indexed(self, func: Any, tensor: OnCard, index: Any, *value: Any) -> Any:
        tensors = [leaf for leaf in tree_leaves((index, value)) if isinstance(leaf, Tensor)]
        if not all(isinstance(leaf, OnCard) for leaf in tensors):
            raise RuntimeError("indices and values must be on the same device as what is indexed")
        name = "aten::index_put_" if value else "aten::index"
        is_masked = any(leaf.dtype in {torch.bool, torch.uint8} for leaf in tree_leaves(index) if isinstance(leaf, Tensor))
        self._card.waits.update([name] * is_masked)
        self._card.kernels.update([name] * bool(tensors or value))
        out = func(tensor.held, *tree_map(_held, (index, *value)))
        return None if out is None else OnCard(out)


def _numbered(value: Any) -> Any:
    return CUDA if isinstance(value, str | torch.device) and str(value) == "cuda" else value


def _nonzero(tensor: Tensor, *, as_tuple: bool = False) -> Any:
    return torch.argwhere(tensor).unbind(1) if as_tuple else torch.argwhere(tensor)


def _contiguous(tensor: Tensor) -> Tensor:
    return tensor if tensor.is_contiguous() else tensor.clone(memory_format=torch.contiguous_format)


def _tensor(data: Any, *, device: Any = "cpu", **options: Any) -> Tensor:
    """As torch does it: made by the processor, and sent."""
    return torch.tensor(data, **options).to(device)


_UNGUARDED: Final[dict[Any, Any]] = {
    torch.tensor: _tensor,
    Tensor.nonzero: _nonzero,
    Tensor.contiguous: _contiguous,
    Tensor.__invert__: torch.bitwise_not,
    Tensor.item: torch.ops.aten._local_scalar_dense.default,
    Tensor.tolist: lambda tensor: tensor.cpu().tolist(),
    Tensor.__int__: lambda tensor: int(tensor.item()),
    Tensor.__index__: lambda tensor: int(tensor.item()),
    Tensor.__float__: lambda tensor: float(tensor.item()),
}
"""What asks CUDA for its present card before anybody else hears of it, and the same without that."""


@contextmanager
def pretended() -> Iterator[Card]:
    """A card, in this thread; torch.cuda.is_available() says so everywhere."""
    replaces = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)  # a parameter on the card can't be one of the processor's
    present = mock.patch.object(torch.cuda, "is_available", return_value=True)
    try:
        with present, mock.patch.object(torch.cuda, "_lazy_init"), Card() as card, _Counter(card):
            yield card
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(replaces)


on_a_card = pytest.mark.parametrize(
    "there",
    [
        pytest.param(pretended, id="pretended"),
        pytest.param(nullcontext, id="real", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")),
    ],
)
"""Tests that draw on "cuda" within `there()`."""


def assert_same(there: Pictures, here: Pictures) -> None:
    """What a card drew is what the processor did; a real one rounds differently, here and there at an edge."""
    difference = np.abs(there.astype(int) - here)
    assert there.shape == here.shape
    assert difference.mean() < 0.1
    assert (difference > 3).mean() < 1e-3
