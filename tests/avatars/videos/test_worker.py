"""Real render workers: one is killed in the middle of a video, one hangs; another one goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.queue import broker
from avatars.videos import clock
from avatars.videos.models import SegmentState, VideoState
from config.processes import render
from tests.avatars.videos.factories import SCRIPT, asked, files, now, segments_of

PATIENCE_SECONDS = 90.0


@contextmanager
def worker(log: Path, entry: str = "config.render", **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process for pictures, over this test's database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = os.environ | {"DATABASE_URL": url, "DATABASE_POOL_SIZE": "4"} | more
    command = [entry if part == "config.render" else part for part in render(processes=1)]
    with log.open("wb") as told:
        process = subprocess.Popen(command, env=environment, stdout=told, stderr=told, start_new_session=True)
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """As the kernel would: without a word, children included."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def await_that(is_so: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"It took too long. {log.read_text()[-3000:]}")
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_it_is_made_although_its_worker_is_killed(workspace: Workspace, tmp_path: Path) -> None:
    broker.flush_all()
    video = asked(workspace.pk, script=" ".join([SCRIPT] * 2))
    log = tmp_path / "worker.log"

    def is_in_the_second() -> bool:
        segments = segments_of(workspace.pk, video)
        return len(segments) == 2 and segments[0].state == SegmentState.DONE and segments[1].drawn > 0

    with worker(log) as first:
        await_that(is_in_the_second, log)
        kill(first)
    kept = files(workspace.pk, video)["segment.0"].digest
    assert segments_of(workspace.pk, video)[1].state == SegmentState.RUNNING
    assert clock.sweep(timezone.now()) == 0  # it may still be alive
    assert clock.sweep(timezone.now() + timedelta(seconds=40)) == 1
    assert files(workspace.pk, video)["segment.0"].digest == kept
    with worker(log):
        await_that(lambda: not now(workspace.pk, video).is_open, log)
    done = now(workspace.pk, video)
    assert (done.state, done.error) == (VideoState.FINISHED, "")
    assert {"video", "thumbnail", "manifest"} == set(files(workspace.pk, video))


@pytest.mark.django_db(transaction=True)
def test_it_is_made_although_the_drawing_of_its_worker_hangs(workspace: Workspace, tmp_path: Path) -> None:
    broker.flush_all()
    video = asked(workspace.pk, width=64, height=64)
    log, stuck = tmp_path / "worker.log", tmp_path / "stuck"
    stuck.touch()
    with worker(log, "tests.avatars.videos.stuck", STUCK=str(stuck)) as hanging:
        await_that(lambda: hanging.poll() is not None, log)
    assert hanging.returncode not in (0, -signal.SIGKILL)
    assert "Timeout" in log.read_text() and "stuck.py" in log.read_text()
    (segment,) = segments_of(workspace.pk, video)
    assert (segment.state, segment.drawn, segment.tries) == (SegmentState.RUNNING, 0, 1)
    stuck.unlink()
    assert clock.sweep(timezone.now() + timedelta(seconds=40)) == 1
    with worker(log, "tests.avatars.videos.stuck", STUCK=str(stuck)) as drawing:
        await_that(lambda: not now(workspace.pk, video).is_open, log)
        time.sleep(3)  # longer than its limit: one that rests is no one that hangs
        assert drawing.poll() is None
    assert (now(workspace.pk, video).state, now(workspace.pk, video).error) == (VideoState.FINISHED, "")
