"""How many pictures a device is given at once, and whether it still works."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import torch

from avatars.render.devices import at_once, is_lost, sent


@pytest.mark.parametrize(("side", "count"), [(64, 32), (256, 32), (512, 32), (1024, 8), (2048, 2), (4096, 1)])
def test_a_card_draws_more_at_once_as_far_as_its_memory_goes(side: int, count: int) -> None:
    assert at_once(torch.device("cuda"), side * side, on_cpu=8, most=32) == count
    assert at_once(torch.device("cpu"), side * side, on_cpu=8, most=32) == 8


def test_what_is_sent_is_there() -> None:
    assert sent(np.arange(3), torch.device("cpu")).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("problem", "lost"), [(torch.AcceleratorError("illegal memory access"), True), (None, False)])
def test_a_card_on_which_every_call_fails_is_lost(problem: Exception | None, lost: bool) -> None:
    stream = mock.Mock(query=mock.Mock(side_effect=problem))
    with mock.patch.multiple(torch.cuda, is_initialized=lambda: True, current_stream=lambda: stream):
        assert is_lost() == lost


def test_a_card_that_nobody_uses_is_not_lost() -> None:
    assert not is_lost()
