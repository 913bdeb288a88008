"""Renderer processes: warm, bounded, replaced."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from avatars.render.base import RenderFailed
from avatars.render.pool import Limits, Pooled, RenderPool
from tests.avatars.render.drawers import Plan, make, make_deaf, rows

LIMITS = Limits(processes=1, waiting=1, wait_s=0.2, draw_s=1.5, load_s=30)


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    made = RenderPool(make, LIMITS)
    yield made
    made.close()


def failed(pool: RenderPool, plan: Plan, what: float) -> str:
    with pytest.raises(RenderFailed) as caught:
        pool.render(plan, rows((1, what)))
    return caught.value.code


def test_it_draws_in_another_process_and_keeps_the_renderer(pool: RenderPool, tmp_path: Path) -> None:
    plan = Plan(marks=tmp_path)
    pictures = pool.render(plan, rows((1, 0), (2, 0)))
    assert pictures.shape == (2, 6, 8, 3)
    assert pictures[:, 0, 0, 0].tolist() == [100, 200]
    pool.render(plan, rows((1, 0)))
    assert (tmp_path / "plain.made").read_text() == "x"


def test_it_draws_long_tables_in_order(pool: RenderPool, tmp_path: Path) -> None:
    table = np.zeros((150, 57), np.float32)
    table[:, 0] = np.arange(150) / 100
    pictures = Pooled(pool, Plan(marks=tmp_path), (8, 6)).render(table)
    assert np.abs(pictures[:, 0, 0, 0].astype(int) - np.arange(150)).max() <= 1


def test_it_carries_sound_to_renderers_that_listen(pool: RenderPool, tmp_path: Path) -> None:
    fps, frames = 25.0, 150
    levels = (np.arange(frames) % 90 / 100).astype(np.float32)
    samples = np.repeat(levels, 640)
    pooled = Pooled(pool, Plan(marks=tmp_path), (8, 6))
    pictures = pooled.render_spoken(np.zeros((frames, 57), np.float32), samples, fps)
    assert pictures[:, 0, 0, 0].tolist() == [round(level * 100) for level in levels]
    silent = pooled.render_spoken(np.zeros((frames, 57), np.float32), samples[:640], fps)
    assert not silent[1:].any()


def test_renderers_that_do_not_listen_draw_without_the_sound(tmp_path: Path) -> None:
    pool = RenderPool(make_deaf, LIMITS)
    sound = np.ones(16_000, np.float32)
    assert pool.render_spoken(Plan(marks=tmp_path), rows((1, 0), (2, 0)), sound, 25.0)[:, 0, 0, 0].tolist() == [7, 7]
    pool.close()


def test_it_ends_a_process_that_does_not_even_take_the_sound(pool: RenderPool, tmp_path: Path) -> None:
    plan = Plan(marks=tmp_path)
    pool.render(plan, rows((1, 0)))
    os.kill(int((tmp_path / "plain.pid").read_text()), signal.SIGSTOP)
    with pytest.raises(RenderFailed) as caught:
        pool.render_spoken(plan, np.zeros((60, 57), np.float32), np.zeros(16_000 * 60, np.float32), 1.0)
    assert caught.value.code == "timeout"
    assert pool.render(plan, rows((1, 0)))[0, 0, 0, 0] == 100


def test_it_hands_on_what_the_renderer_says(pool: RenderPool, tmp_path: Path) -> None:
    assert failed(pool, Plan(marks=tmp_path, wrong=True), 0) == "glb_missing"
    assert failed(pool, Plan(marks=tmp_path), 1) == "render_error"
    assert pool.render(Plan(marks=tmp_path), rows((1, 0)))[0, 0, 0, 0] == 100


def test_it_repeats_the_work_of_a_process_that_died_once(pool: RenderPool, tmp_path: Path) -> None:
    assert pool.render(Plan(marks=tmp_path), rows((2, 4)))[0, 0, 0, 0] == 200
    assert (tmp_path / "plain.made").read_text() == "xx"


def test_it_gives_up_work_that_kills_twice_and_goes_on(pool: RenderPool, tmp_path: Path) -> None:
    assert failed(pool, Plan(marks=tmp_path), 3) == "died"
    assert (tmp_path / "plain.made").read_text() == "xx"
    assert pool.render(Plan(marks=tmp_path), rows((1, 0)))[0, 0, 0, 0] == 100


def test_it_ends_a_process_that_hangs_and_bounds_the_queue_meanwhile(pool: RenderPool, tmp_path: Path) -> None:
    plan = Plan(marks=tmp_path)
    pool.render(plan, rows((1, 0)))
    codes: list[str] = []
    hanging = threading.Thread(target=lambda: codes.append(failed(pool, plan, 2)))
    hanging.start()
    while not pool.busy:
        threading.Event().wait(0.01)
    assert failed(pool, plan, 0) == "busy"
    hanging.join(10)
    assert codes == ["timeout"]
    assert pool.render(plan, rows((1, 0)))[0, 0, 0, 0] == 100


def test_it_refuses_work_after_it_was_closed(tmp_path: Path) -> None:
    closing = RenderPool(make, LIMITS)
    closing.close()
    assert failed(closing, Plan(marks=tmp_path), 0) == "closed"
    assert not list(tmp_path.iterdir())
