"""What a benchmark found: names, units, percentiles, goals; printed as a table and kept in build/bench.json."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path("build/bench.json")


@dataclass
class Figures:
    """Collects results under their published names."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def value(self, name: str, value: float, unit: str, goal: str = "") -> None:
        """One number."""
        self._keep(name, {"unit": unit, "value": round(value, 2)}, goal)

    def spread(self, name: str, values: Iterable[float], unit: str, goal: str = "") -> None:
        """Percentiles of many."""
        p50, p95, p99 = np.percentile(list(values), [50, 95, 99])
        spread = {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2)}
        self._keep(name, {"unit": unit} | spread, goal)

    def _keep(self, name: str, row: dict[str, Any], goal: str) -> None:
        self.found[name] = row | ({"goal": goal} if goal else {})
        numbers = "  ".join(f"{key} {row[key]:,}" for key in ("value", "p50", "p95", "p99") if key in row)
        print(f"{name:34} {numbers} {row['unit']}" + (f"   (goal {goal})" if goal else ""), flush=True)

    def save(self) -> None:
        """Join what other benchmarks wrote earlier."""
        PATH.parent.mkdir(exist_ok=True)
        earlier = json.loads(PATH.read_text()) if PATH.exists() else {}
        PATH.write_text(json.dumps(earlier | self.found, indent=2) + "\n")


def machine() -> str:
    """What this ran on."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} × {model}, {platform.system()}, Python {platform.python_version()}, load {load}"
