"""A process whose drawing hangs ends and says where; one that draws on stays."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIMIT_S = 0.6
_PROCESS = f"""
import ctypes, time
from avatars.lanes import DeadlineLane
from avatars.render.deadline import Deadline
lane = DeadlineLane("drawing")
Deadline(lane.busy_for, limit_s={LIMIT_S}, beat_s=0.05).start()
"""


def ended(work: str) -> subprocess.CompletedProcess[str]:
    """A process of its own that does `work`."""
    return subprocess.run([sys.executable, "-c", _PROCESS + work], capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize(
    "hanging",
    [
        pytest.param("lambda: time.sleep(15)", id="waiting"),
        pytest.param("lambda: ctypes.PyDLL(None).sleep(15)", id="native code that holds Python's lock"),
    ],
)
def test_it_ends_a_process_whose_drawing_hangs(hanging: str) -> None:
    process = ended(f"lane.run(0.0, {hanging})\nprint('drawn')")
    assert process.returncode == 1
    assert "Timeout" in process.stderr and "carry_out" in process.stderr
    assert "drawn" not in process.stdout


def test_it_leaves_a_process_that_draws_and_rests() -> None:
    process = ended("for _ in range(8): lane.run(0.0, lambda: time.sleep(0.15))\ntime.sleep(1)\nprint('drawn')")
    assert (process.returncode, process.stdout, process.stderr) == (0, "drawn\n", "")


def test_it_leaves_a_process_that_is_stopping() -> None:
    watched = "watch = Deadline(lambda: 0.0, limit_s=0.3, beat_s=0.01)\nwatch.start()\ntime.sleep(0.1)\nwatch.stop()\n"
    process = ended(watched.replace("lambda: 0.0", "lane.busy_for") + "time.sleep(0.2)\nprint('stopped')")
    assert (process.returncode, process.stdout) == (0, "stopped\n")


def test_it_ends_a_process_that_has_lost_its_graphics_card() -> None:
    lost = "lost = []\nDeadline(lane.busy_for, beat_s=0.05, is_lost=lambda: bool(lost)).start()\ntime.sleep(0.3)\n"
    process = ended(lost + "print('drawn', flush=True)\nlost.append(True)\ntime.sleep(10)\nprint('lived on')")
    assert (process.returncode, process.stdout) == (1, "drawn\n")
    assert process.stderr.startswith("The graphics card is lost")
    assert "Thread" in process.stderr
