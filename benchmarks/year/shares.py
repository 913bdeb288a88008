"""A process's share of a simulated year, on servers of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

_LOCAL_MAIL = "django.core.mail.backends.locmem.EmailBackend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one process has done. `differing`: workspaces whose invoices are not the recomputed ones."""

    workspaces: int
    differing: list[int]
    invoices: int
    gapless: bool
    seconds: float
    counts: Counter[str]


def simulate(options: argparse.Namespace, first: int, last: int) -> Share:
    """Workspaces `first` up to `last` on servers of their own, in this process."""
    from config.embedded.stack import Stack

    for name in ("DATABASE_URL", "REDIS_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    stack = Stack.temporary().up()
    os.environ |= {"LOG_LEVEL": "ERROR", "EMAIL_BACKEND": _LOCAL_MAIL}
    try:
        subprocess.run([sys.executable, "-m", "config.migrate"], check=True)
        return _simulated(options, first, last)
    finally:
        stack.down()


def _simulated(options: argparse.Namespace, first: int, last: int) -> Share:
    import django

    django.setup()
    from accounts.tenancy import unscoped
    from benchmarks.year.driver import Driver
    from benchmarks.year.happenings import expected
    from benchmarks.year.plans import write_plans
    from quotas.models import Invoice

    plans, began = write_plans(), time.perf_counter()
    driver = Driver(seed=options.seed, first=first, last=last, start=options.start, days=options.days)
    years = driver.run()
    took = time.perf_counter() - began
    with unscoped("all numbers of a simulation"):
        numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
    return Share(
        workspaces=last - first,
        differing=[n for n, year in years.items() if expected(year.events, plans) != (year.invoices, year.money_left)],
        invoices=len(numbers),
        gapless=[int(number.removeprefix("INV-")) for number in numbers] == list(range(1, len(numbers) + 1)),
        seconds=took,
        counts=Counter(event.kind for journal in driver.journals.values() for event in journal),
    )
