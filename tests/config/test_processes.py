"""Every actor is loaded by a worker, and every queue has one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from config.processes import BATCH_QUEUES, avatars, batch, frames, render, worker

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "quotas", "avatars", "sessions", "streaming")


def actor_modules() -> set[str]:
    """Modules that define a Dramatiq actor."""
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "actor(" in path.read_text()]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths if _defines_actor(path)}


def _defines_actor(path: Path) -> bool:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return any("actor" in ast.unparse(decorator) for node in functions for decorator in node.decorator_list)


@cache
def loaded_by(entry: str) -> tuple[set[str], set[str]]:
    """The modules and the queues that a worker with this entry knows."""
    code = f"import sys, {entry}\nfrom accounts.queue import broker\nprint(*sys.modules)\nprint(*broker.get_declared_queues())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    modules, queues = done.stdout.splitlines()[-2:]
    return set(modules.split()), set(queues.split())


def test_every_actor_is_loaded_by_its_worker() -> None:
    batch_modules, batch_queues = loaded_by("config.batch")
    elsewhere = loaded_by("config.avatars")[0] | loaded_by("config.render")[0] | {"streaming.tasks", "streaming.frames.tasks"}
    assert actor_modules() - batch_modules - elsewhere == set(), "import them in config/batch.py, avatars.py or render.py"
    assert batch_queues - set(BATCH_QUEUES) <= {"live", "avatars", "render"}, "name the queue in config/processes.py"
    assert not {"onnxruntime", "torch"} & batch_modules, "voices and networks are loaded by the other workers"


def test_avatars_and_videos_do_not_wait_for_each_other() -> None:
    for command, entry, queue in ((avatars(), "config.avatars", "avatars"), (render(), "config.render", "render")):
        modules, queues = loaded_by(entry)
        assert "torch" in modules
        assert queue in queues
        assert command[command.index("--queues") + 1 : command.index("--processes")] == [queue]


def test_pictures_of_live_sessions_have_a_worker_of_their_own() -> None:
    modules, queues = loaded_by("config.frames")
    assert {"torch", "streaming.frames.tasks"} <= modules
    assert "frames" in queues
    assert frames()[frames().index("--queues") + 1 : frames().index("--threads")] == ["frames"]


def test_no_gateway_and_no_worker_of_turns_loads_what_draws() -> None:
    for entry in ("config.asgi", "streaming.tasks"):
        modules, _ = loaded_by(
            f"django, os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings'); django.setup(); import {entry}"
        )
        assert not {"torch", "av", "avatars.render.head.model"} & modules, entry


def test_live_turns_have_a_worker_of_their_own() -> None:
    assert worker()[worker().index("--queues") + 1 : worker().index("--processes")] == ["live"]
    assert "live" not in batch()
    assert set(BATCH_QUEUES) <= set(batch())
