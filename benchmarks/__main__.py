"""`make bench [ONLY=talk,load,rest,quotas]`: measure, print, and write build/bench.json."""

from __future__ import annotations

import os
import sys

import uvloop

from benchmarks import load, rest, talk
from benchmarks.figures import Figures, machine
from benchmarks.installation import Installation


def main() -> None:
    """Run what is named on the command line, or everything."""
    wanted = sys.argv[1:] or ["talk", "rest", "quotas", "load"]
    print(machine(), flush=True)
    figures = Figures()
    with Installation(worker_processes=2 if "load" in wanted else 1) as place:
        for name in wanted:
            if name == "quotas":
                _quotas(figures)
            else:
                uvloop.run({"talk": talk, "load": load, "rest": rest}[name].measure(place, figures))
    figures.found["machine"] = {"unit": "", "value": machine()}
    figures.save()


def _quotas(figures: Figures) -> None:
    from benchmarks import quotas

    figures.value("reserve_settle_per_s", quotas.reserve_settle_per_s(), "cycles/s", "≥ 2000")
    figures.value("reserve_settle_one_tenant_per_s", quotas.reserve_settle_one_tenant_per_s(), "cycles/s", "≥ 1000")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
