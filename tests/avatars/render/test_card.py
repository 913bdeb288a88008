"""The card that isn't there is as strict as a real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from avatars.render.devices import sent
from tests.avatars.render.card import CUDA, OnCard, has_kernel, pretended

HERE = torch.arange(4.0)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda there: there + HERE, id="a tensor that was not sent"),
        pytest.param(lambda there: there * torch.tensor(2.0), id="a number made on the processor"),
        pytest.param(lambda there: there[torch.tensor([1, 2])], id="an index that was not sent"),
        pytest.param(lambda there: there.__setitem__(0, HERE[1]), id="a value that was not sent"),
        pytest.param(lambda there: torch.cat([there, torch.zeros(2)]), id="zeros made on the processor"),
        pytest.param(lambda there: there.numpy(), id="an array without a copy"),
        pytest.param(np.asarray, id="an array of numpy's own making"),
        pytest.param(lambda there: there.to("cpu", non_blocking=True), id="a copy that nobody waits for"),
    ],
)
def test_it_refuses(wrong: Callable[[Tensor], Any]) -> None:
    with pretended():
        there = HERE.to("cuda")
        with pytest.raises((RuntimeError, TypeError)):
            wrong(there)
        assert there.cpu().tolist() == [0, 1, 2, 3]


def test_it_refuses_what_has_no_kernel_for_cuda() -> None:
    assert has_kernel(torch.ops.aten.add.Tensor)
    assert has_kernel(torch.ops.aten.scatter_reduce_.two)
    assert not has_kernel(torch.ops.aten._histogramdd_from_bin_cts.default)
    with pretended(), pytest.raises(NotImplementedError, match="no kernel for CUDA"):
        torch.histogram(HERE.to("cuda"), bins=2)


@pytest.mark.parametrize(
    ("work", "waits"),
    [
        (lambda there: there.mul_(2).sum(), 0),
        (lambda there: there.sum().item(), 1),
        (lambda there: int(there[1]), 1),
        (lambda there: bool(there.sum() > 1), 1),
        (lambda there: there.nonzero(), 1),
        (lambda there: there[there > 1], 1),
        (lambda there: there.__setitem__(there > 1, 0.0), 1),
        (lambda there: there.long().repeat_interleave(there.long()), 1),
        (lambda there: there.cpu(), 1),
        (lambda there: torch.tensor([1.0], device=there.device), 1),
        (lambda there: HERE.to(there.device), 1),
        (lambda there: sent(np.ones(3, np.float32), there.device), 0),
    ],
)
def test_it_counts_what_the_processor_waits_for(work: Callable[[Tensor], Any], waits: int) -> None:
    with pretended() as card:
        there = torch.arange(4.0, device="cuda")
        card.forget()
        work(there)
    assert card.waits.total() == waits


def test_it_computes_what_the_processor_does_and_says_where() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).eval()
    picture = torch.rand(1, 3, 8, 8)
    with torch.inference_mode():
        expected = network(picture)
        with pretended() as card:
            drawn = network.to("cuda")(picture.to("cuda"))
            assert isinstance(drawn, OnCard)
            assert drawn.device == CUDA
            view = drawn[:, 1:]
            view += 1
            assert torch.equal(drawn.cpu()[:, 1:], expected[:, 1:] + 1)
    assert card.kernels["aten::convolution"] == 1
    with pytest.raises(RuntimeError, match="where there is none"):
        drawn + 1
    assert not torch.cuda.is_available()
