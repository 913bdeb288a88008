"""The whole house for tests that need it: web, worker and clock as real processes over the test's own database.

Fixtures: `house` (the running processes; its tests use `transactional_db`, so what they commit the processes see) and
`live` (opens websocket connections as a client would).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from django.db import connection

from config.embedded.server import free_port
from config.processes import Processes, clock, web, worker

QUICK = {
    "SESSION_SLICE_SECONDS": "2",
    "SESSION_RESUME_SECONDS": "4",
    "SESSION_CONNECT_SECONDS": "5",
    "API_RATE_LIMIT": "100000/minute",
    "LOG_LEVEL": "WARNING",
}
READY_SECONDS = 60


@dataclass
class House:
    """Addresses of the running processes, and the means to break them."""

    port: int
    processes: Processes = field(default_factory=Processes)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def http(self, key: str) -> httpx.Client:
        """A REST client with an API key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=20)

    def start(self) -> None:
        self.processes.start("web", web(self.port))
        self.processes.start("clock", clock())
        self.start_worker()
        self._await_ready()

    def start_worker(self) -> None:
        self.processes.start("worker", worker(threads=8))

    def kill_worker(self) -> None:
        """As the kernel would: without a word, children included."""
        main = psutil.Process(self.processes.children["worker"].pid)
        for process in [*main.children(recursive=True), main]:
            process.send_signal(signal.SIGKILL)
        self.processes.children["worker"].wait()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError("The house did not become ready.")


@pytest.fixture(scope="session")
def house(django_db_setup: None) -> Iterator[House]:
    """Started once for all tests that need it."""
    place = House(free_port())
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    changes = {**QUICK, "DATABASE_URL": url, "BASE_URL": place.url, "DATABASE_POOL_SIZE": "8"}
    kept = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        place.start()
        yield place
    finally:
        place.processes.stop()
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
