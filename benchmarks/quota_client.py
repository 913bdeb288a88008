"""One client of the quota benchmark, a process as in production: `python -m benchmarks.quota_client SECONDS`.

Reads the workspaces' ids (one line) from stdin, says `ready`, starts at the next line, says its cycles a second.
"""

from __future__ import annotations

import os
import sys
import time
from uuid import UUID

import django


def main() -> None:
    """Cycles over the workspaces for the seconds named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks.quotas import cycle

    tenants = [UUID(name) for name in sys.stdin.readline().split()]
    cycle(tenants[0])  # connected, and every statement planned
    print("ready", flush=True)
    sys.stdin.readline()
    began, done, first = time.perf_counter(), 0, os.getpid() * 101
    while time.perf_counter() < began + float(sys.argv[1]):
        cycle(tenants[(first + done) % len(tenants)])
        done += 1
    print(done / (time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    main()
