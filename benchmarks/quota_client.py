"""One client of the quota benchmark, a process with threads as in production: `python -m benchmarks.quota_client SECONDS`.

Reads the workspaces' ids (one line) from stdin, says `ready`, starts at the next line, says its cycles a second.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from uuid import UUID

import django

THREADS = 32


def main() -> None:
    """Cycles over the workspaces for the seconds named on the command line, in THREADS threads."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks.quotas import cycle

    tenants = [UUID(name) for name in sys.stdin.readline().split()]
    all_ready, go = threading.Barrier(THREADS + 1), threading.Event()
    done = [0] * THREADS
    seconds = float(sys.argv[1])

    def work(number: int) -> None:
        cycle(tenants[0])  # connected, and every statement planned
        all_ready.wait()
        go.wait()
        at, until = os.getpid() * 101 + number * 37, time.perf_counter() + seconds
        while time.perf_counter() < until:
            cycle(tenants[(at + done[number]) % len(tenants)])
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    all_ready.wait()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    go.set()
    for thread in threads:
        thread.join()
    print(sum(done) / (time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    main()
