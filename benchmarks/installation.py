"""A fresh installation for a benchmark: real servers that keep their promises (fsync on), real processes, one tenant
without limits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psutil

from config.embedded.server import free_port
from config.embedded.stack import Stack
from config.processes import Processes, avatars, clock, frames, render, web, worker

_DRAWING: dict[str, Callable[[], list[str]]] = {
    "avatars": avatars,
    "frames": frames,
    "videos": partial(render, processes=os.cpu_count() or 1),
}


@dataclass
class Installation:
    """Starts what talks, and on demand what draws; `key` is an API key of a workspace without limits."""

    worker_processes: int = 1
    port: int = field(default_factory=free_port)
    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="visavis-bench-")))
    processes: Processes = field(default_factory=Processes)
    key: str = ""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> Installation:
        self.stack = Stack(self.root, throwaway=False).up()
        os.environ.update(MEDIA_ROOT=str(self.root / "files"))
        os.environ.update(BASE_URL=self.url, API_RATE_LIMIT="10000000/minute", LOG_LEVEL="ERROR", SESSION_IDLE_SECONDS="3600")
        subprocess.run([sys.executable, "-m", "config.migrate"], check=True)
        self.key = _tenant()
        self.processes.start("web", web(self.port))
        self.processes.start("worker", worker(processes=self.worker_processes, threads=128))
        self.processes.start("clock", clock())
        self._await_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.stop()
        self.stack.down()
        shutil.rmtree(self.root, ignore_errors=True)

    def start_drawing(self, name: str) -> None:
        """One of the workers that load torch, unless it is there: avatars, frames or videos."""
        os.environ.update(OMP_NUM_THREADS="1", LP_NUM_THREADS="1")
        if name not in self.processes.children:
            self.processes.start(name, _DRAWING[name]())

    def _await_ready(self) -> None:
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError("The installation did not become ready.")

    def members(self) -> dict[str, list[psutil.Process]]:
        """Every process of ours by part, children included."""
        roots = {name: psutil.Process(child.pid) for name, child in self.processes.children.items()}
        roots |= {server.name.lower(): psutil.Process(server.process.pid) for server in self.stack.servers}
        return {name: [root, *root.children(recursive=True)] for name, root in roots.items()}

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time used so far by each part."""
        return {name: sum(_times(process) for process in group) for name, group in self.members().items()}

    def memory_mb(self) -> float:
        """Unique memory of all parts (shared pages counted once per process are left out)."""
        return sum(_unique_bytes(process) for group in self.members().values() for process in group) / 1e6


def _times(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # Postgres ends idle backends when it likes
        return 0.0
    return float(times.user + times.system)


def _unique_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0


def _tenant() -> str:
    import django

    django.setup()
    from django.utils import timezone

    from accounts.management.commands.create_demo import create_demo
    from accounts.models import Workspace
    from accounts.tenancy import workspace_scope
    from quotas.metrics import Metric
    from quotas.models import Plan, PlanAllowance, Subscription

    key = create_demo()["api_key"]
    plan = Plan.objects.create(code="benchmark", name="Benchmark")
    PlanAllowance.objects.bulk_create(PlanAllowance(plan=plan, metric=metric, included=None) for metric in Metric)
    workspace = Workspace.objects.get()
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=plan, anchor_at=timezone.now())
    return key
