"""A worker that draws bars (tests/streaming/easel.py) beside the house, for tests that want pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.house import House

_EASEL = [sys.executable, "-m", "dramatiq", "tests.streaming.easel", "--queues", "frames", "--threads", "4"]
_EASEL += ["--worker-shutdown-timeout", "5000"]
COMMAND, TWO = [*_EASEL, "--processes", "1"], [*_EASEL, "--processes", "2"]


@pytest.fixture(scope="module")
def easel(house: House) -> Iterator[House]:
    """The house with a worker that draws."""
    house._start("frames", COMMAND)
    yield house
    house.processes.children["frames"].terminate()
    house.processes.children.pop("frames").wait()
