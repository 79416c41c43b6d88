"""The shape of a benchmark's answer: the machine, the data, and rows of figures."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, who did it, median and 95th percentile of n runs, the goal where one is set."""

    what: str
    who: str
    p50: float
    p95: float
    unit: str
    n: int
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal (all goals here are upper bounds); None without a goal."""
        return None if self.goal is None else self.p50 <= self.goal


@dataclass(slots=True)
class Report:
    """Rows with the facts that they hang on."""

    machine: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, values: list[float], unit: str, *, goal: float | None = None, who: str = "quanyu") -> None:
        """Append the median and 95th percentile of some runs."""
        p50, p95 = np.percentile(values, [50, 95])
        self.rows.append(Row(what, who, round(float(p50), 3), round(float(p95), 3), unit, len(values), goal))

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"machine": self.machine, "data": self.data, "rows": [asdict(row) for row in self.rows]}


def machine_facts() -> dict[str, Any]:
    """Processor, cores, memory and load, so that a figure can be read."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory_kb = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(memory_kb / 2**20, 1),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def milliseconds(calls: Iterable[Callable[[], object]]) -> list[float]:
    """How long each of some calls took, one after the other."""
    took = []
    for call in calls:
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
    return took


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
