"""`python -m benchmarks.year --workspaces 1000 --seed 1`: simulate on scratch servers, recompute, compare, print.

Each process has servers of its own and a share of the workspaces; nothing that exists is touched.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import get_context

from benchmarks.year.shares import Share, simulate


def main() -> int:
    """0 when every invoice equals its recomputation."""
    options = _options()
    bounds = [options.workspaces * share // options.processes for share in range(options.processes + 1)]
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(simulate, options, first, last) for first, last in pairwise(bounds)]
        return _report([run.result() for run in runs])


def _report(shares: list[Share]) -> int:
    differing = sorted(number for share in shares for number in share.differing)
    workspaces, invoices = sum(share.workspaces for share in shares), sum(share.invoices for share in shares)
    for kind, amount in sorted(sum((share.counts for share in shares), Counter()).items()):
        print(f"  {kind:10} {amount:8,}")
    print(f"{workspaces:,} workspaces, {invoices:,} invoices in {max(share.seconds for share in shares):.0f} s.")
    gapless = all(share.gapless for share in shares)
    print("Numbers are without gaps." if gapless else "NUMBERS HAVE GAPS.")
    print(f"DIFFERENT: workspaces {differing}" if differing else "Every invoice equals its recomputation to the last minor unit.")
    return 0 if gapless and not differing else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate_year", description=__doc__)
    parser.add_argument("--workspaces", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument(
        "--start",
        type=lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
        default=datetime(2027, 12, 31, tzinfo=UTC),
        help="default: 2027-12-31, so that the year has a 29 February",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
