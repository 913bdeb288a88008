"""The whole house for tests that need it: web, workers and clock as real processes over the test's own database.

Fixtures: `house` (the running processes; its tests use `transactional_db`, so what they commit the processes see),
`stage` (Alice's clients of it, see tests/live.py) and `quiet` (fails the test when a process logs a stack trace).
"""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from django.db import connection

from accounts.queue import broker
from config.embedded.server import free_port
from config.processes import Processes, batch, clock, web, worker
from tests.live import Stage

QUICK = {
    "SESSION_SLICE_SECONDS": "2",
    "SESSION_RESUME_SECONDS": "7",
    "SESSION_CONNECT_SECONDS": "4",
    "API_RATE_LIMIT": "100000/minute",
    "WEBHOOK_ALLOW_INSECURE": "on",
    "LOG_LEVEL": "WARNING",
}
READY_SECONDS = 60


@dataclass
class House:
    """Addresses of the running processes, and the means to break them."""

    port: int
    logs: Path
    processes: Processes = field(default_factory=Processes)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mail(self) -> Path:
        """The folder of the mails that the processes sent."""
        return self.logs / "mail"

    def http(self, key: str) -> httpx.Client:
        """A REST client with an API key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=20)

    def start(self) -> None:
        broker.flush_all()  # messages of tests that had no worker, about rows that are gone
        self._start("web", web(self.port))
        self._start("clock", clock())
        self._start("batch", batch(threads=4))
        self.start_worker()
        self._await_ready()

    def start_worker(self) -> None:
        self._start("worker", worker(threads=8))

    def _start(self, name: str, command: list[str]) -> None:
        """As children that write their logs to files."""
        log = self.logs / f"{name}.log"
        self.processes.start(name, ["/bin/sh", "-c", f'exec "$@" >>{shlex.quote(str(log))} 2>&1', name, *command])

    def log(self) -> str:
        """What the processes have complained about so far."""
        return "".join(path.read_text() for path in sorted(self.logs.glob("*.log")))

    def web_process(self) -> psutil.Process:
        return psutil.Process(self.processes.children["web"].pid)

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
def house(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Started once for all tests that need it."""
    place = House(free_port(), tmp_path_factory.mktemp("house"))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    changes = {**QUICK, "DATABASE_URL": url, "BASE_URL": place.url, "DATABASE_POOL_SIZE": "8"}
    changes |= {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(place.mail)}
    kept = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        place.start()
        yield place
    finally:
        place.processes.stop()
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def quiet(house: House) -> Iterator[House]:
    """The house; the test fails when one of its processes logs a stack trace meanwhile."""
    before = len(house.log())
    yield house
    assert "Traceback" not in house.log()[before:], house.log()[before:][-4000:]


@pytest.fixture
async def stage(house: House, transactional_db: None, alice_key: str) -> AsyncIterator[Stage]:
    """Alice's clients; what they opened is ended after the test."""
    made = Stage(house.url, alice_key)
    yield made
    await made.clear()
