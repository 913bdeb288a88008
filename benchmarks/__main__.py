"""`make bench [ONLY=talk,load,rest,quotas,usage,pictures,frames,videos,viewer]`: measure, print, and write build/bench.json."""

from __future__ import annotations

import os
import sys

import uvloop

from benchmarks import frames, load, pictures, rest, talk, videos, viewer
from benchmarks.figures import Figures, machine
from benchmarks.installation import Installation
from benchmarks.scratch import scratch_database

_ALONE = ("quotas", "usage")  # ask Postgres alone: nothing else runs meanwhile
_NO_SERVER = ("pictures", "viewer")


def main() -> None:
    """Run what is named on the command line, or everything."""
    wanted = sys.argv[1:] or ["talk", "rest", "quotas", "usage", "load", "frames", "videos", "pictures", "viewer"]
    print(machine(), flush=True)
    figures = Figures()
    served = [name for name in wanted if name not in (*_ALONE, *_NO_SERVER)]
    if set(wanted) & set(_ALONE):
        with scratch_database() as owner_url:
            _measure_alone([name for name in wanted if name in _ALONE], figures, owner_url)
    if served:
        with Installation(worker_processes=3 if "load" in served else 1) as place:
            served_by = {"talk": talk, "load": load, "rest": rest, "frames": frames, "videos": videos}
            for name in served:
                uvloop.run(served_by[name].measure(place, figures))
    for name in (name for name in wanted if name in _NO_SERVER):
        {"pictures": pictures, "viewer": viewer}[name].measure(figures)
    figures.found["machine"] = {"unit": "", "value": machine()}
    figures.save()


def _measure_alone(wanted: list[str], figures: Figures, owner_url: str) -> None:
    from benchmarks import billing, quotas, usage_page

    if "quotas" in wanted:
        figures.value("reserve_settle_per_s", quotas.reserve_settle_per_s(), "cycles/s", "≥ 2000")
        figures.value("reserve_settle_one_tenant_per_s", quotas.reserve_settle_one_tenant_per_s(), "cycles/s", "≥ 1000")
        figures.value("closing_invoices_per_s", billing.closing_invoices_per_s(), "invoices/s", "≥ 100")
        figures.value("renewals_per_s", quotas.renewals_per_s(), "renewals/s")
    if "usage" in wanted:
        workspaces, seconds = usage_page.fill(owner_url)
        figures.value("usage_ledger_rows", usage_page.ROWS, "rows")
        figures.value("usage_ledger_fill_s", seconds, "s")
        figures.value("usage_daily_first_sum_s", usage_page.sum_days(), "s")
        figures.spread("usage_page_ms", usage_page.page_ms(workspaces), "ms", "p95 ≤ 100")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
