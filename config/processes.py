"""The processes of an installation on one machine: web, the workers for live turns, avatars, videos and the rest, clock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from config.embedded.server import die_with_parent

STOP_SECONDS = 8.0
BATCH_QUEUES = ("batch", "mail", "billing", "webhooks")


def web(port: int, *, host: str = "127.0.0.1") -> list[str]:
    """uvicorn as docs/operations.md explains it."""
    return [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", host, "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--ws", "streaming.transport:GatewayProtocol"),
        *("--ws-per-message-deflate", "false", "--ws-max-size", "131072"),
        *("--lifespan", "off", "--log-level", "warning", "--no-server-header", "--no-proxy-headers"),
        *("--timeout-graceful-shutdown", "3"),
    ]


def worker(*, processes: int = 1, threads: int = 64) -> list[str]:
    """Workers for live turns. A turn holds a thread while it is spoken; nearly all of them sleep."""
    return [
        *("env", f"dramatiq_queue_prefetch={threads}", sys.executable, "-m", "dramatiq", "config.worker", "--queues", "live"),
        *("--processes", str(processes), "--threads", str(threads), "--worker-shutdown-timeout", "5000"),
    ]


def batch(*, threads: int = 8) -> list[str]:
    """Workers for mail, webhooks, bills and long jobs: what may wait, and must not keep a turn waiting."""
    return [
        *("env", f"dramatiq_queue_prefetch={threads}", sys.executable, "-m", "dramatiq", "config.batch"),
        *("--queues", *BATCH_QUEUES, "--processes", "1", "--threads", str(threads), "--worker-shutdown-timeout", "5000"),
        "--skip-logging",  # Django's settings say what is logged
    ]


def avatars(*, processes: int = 1) -> list[str]:
    """Workers that make avatars: somebody waits for each, so they have processes of their own."""
    return _one_by_one("config.avatars", "avatars", processes)


def render(*, processes: int = 2) -> list[str]:
    """Workers for videos. A process for each core that may draw: threads would wait for each other."""
    return _one_by_one("config.render", "render", processes)


def _one_by_one(entry: str, queue: str, processes: int) -> list[str]:
    return [
        *("env", "dramatiq_queue_prefetch=1", sys.executable, "-m", "dramatiq", entry),
        *("--queues", queue, "--processes", str(processes), "--threads", "1"),
        *("--worker-shutdown-timeout", "5000", "--skip-logging"),
    ]


def frames(*, processes: int | None = None, threads: int = 8) -> list[str]:
    """Workers that draw live sessions for clients that can't. A session holds a thread; a process draws on one core, and
    there is one for each core unless `processes` says how many."""
    return [
        *("env", f"dramatiq_queue_prefetch={threads}", sys.executable, "-m", "dramatiq", "config.frames", "--queues", "frames"),
        *(("--processes", str(processes)) if processes else ()),
        *("--threads", str(threads), "--worker-shutdown-timeout", "5000", "--skip-logging"),
    ]


def clock() -> list[str]:
    return [sys.executable, "manage.py", "clock"]


@dataclass
class Processes:
    """A handful of children that live and die together."""

    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str]) -> None:
        # Sessions of their own: Ctrl-C in the terminal reaches only us, and we stop them in order.
        last_will = die_with_parent(signal.SIGTERM)
        self.children[name] = subprocess.Popen(command, start_new_session=True, preexec_fn=last_will)

    def wait(self) -> str:
        """Block until a child ends; returns its name."""
        while True:
            for name, child in self.children.items():
                if child.poll() is not None:
                    return name
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask all to stop, then insist."""
        running = [child for child in self.children.values() if child.poll() is None]
        for child in running:
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
