"""One server process that lives and dies with this one."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 20.0
STOP_SECONDS = 15.0


class ServerFailed(RuntimeError):
    """A server did not come up; its log says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running child process, the signal that stops it politely, and its log."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path

    @classmethod
    def start(cls, name: str, command: list[Any], *, stop_signal: signal.Signals, log: Path, **options: Any) -> Server:
        """Start `command` in a session of its own, so that Ctrl-C reaches it only through us."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(stop_signal),
                **options,
            )
        return cls(name, process, stop_signal, log)

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Poll `answers` until it is true; raises ServerFailed when the process ends or time runs out. However the wait
        fails, nothing is left running."""
        deadline = time.monotonic() + START_SECONDS
        try:
            while not answers():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise ServerFailed(f"{self.name} did not start, see {self.log}")
                time.sleep(0.02)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    """A TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], Any] | None:
    """For Popen's preexec_fn: the child gets `stop_signal` when this process ends in any way (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, int(stop_signal))  # PR_SET_PDEATHSIG: even when we are killed
