"""`python -m config.demo`: all of Visavis on this machine, with a workspace to sign in to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from config.embedded.stack import Stack
from config.processes import Processes, avatars, batch, clock, frames, render, web, worker

FOLDER = Path(__file__).resolve().parent.parent / ".visavis"
CARD = FOLDER / "demo.json"
READY_SECONDS = 60


def main() -> None:
    """Servers, migrations, a demo workspace, processes; then wait for Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    port = int(os.environ.get("PORT", "8000"))
    if not _port_is_free(port):
        sys.exit(f"Port {port} is taken: stop what uses it, or choose another one with PORT=….")
    stack, processes = Stack.kept(), Processes()
    try:
        _run(stack, processes, port)
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave anything running
        processes.stop()
        stack.down()


def _run(stack: Stack, processes: Processes, port: int) -> None:
    stack.up()
    _environment(port)
    subprocess.run([sys.executable, "-m", "config.migrate"], check=True)
    subprocess.run([sys.executable, "manage.py", "create_demo", str(CARD)], check=True)
    processes.start("web", web(port, host=os.environ.get("HOST", "127.0.0.1")))
    processes.start("worker", worker())
    processes.start("clock", clock())
    _await_ready(port, processes)
    processes.start("batch", batch())  # nobody waits for these
    processes.start("avatars", avatars())
    processes.start("render", render())
    processes.start("frames", frames(processes=2))
    _greet()
    name = processes.wait()
    sys.exit(f"The {name} process ended; see its output above.")


def _environment(port: int) -> None:
    os.environ.setdefault("BASE_URL", f"http://localhost:{port}")
    os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1")
    os.environ.setdefault("EMAIL_BACKEND", "config.mail.DemoBackend")
    os.environ.setdefault("WEBHOOK_ALLOW_INSECURE", "true")  # to a server on this machine
    os.environ.setdefault("LOG_LEVEL", "WARNING")


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST", "127.0.0.1"), port))
        except OSError:
            return False
    return True


def _await_ready(port: int, processes: Processes) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        for name, child in processes.children.items():
            if child.poll() is not None:
                sys.exit(f"The {name} process did not start; see its output above.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit("The processes did not become ready in time.")


def _greet() -> None:
    card = json.loads(CARD.read_text())
    print(
        f"""
  Visavis is running at {card["url"]}

    sign in    {card["email"]}
    password   {card["password"]}
    API key    {card["api_key"]}

  Sign-ups get their code by mail: it is shown here and kept in .visavis/mail.
  `make hello` speaks a sentence without a browser. Ctrl-C stops everything; data stays in .visavis.
""",
        flush=True,
    )


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
