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
    """One figure: what was measured, who did it, median and 95th percentile of n runs, the goals where some are set.

    Goals are upper bounds (`goal` of the median, `goal95` of the 95th percentile), or lower ones with `at_least`; then
    `p95` is what 95 of 100 runs reach.
    """

    what: str
    who: str
    p50: float
    p95: float
    unit: str
    n: int
    goal: float | None = None
    goal95: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether every goal is reached; None without one."""
        sign = -1 if self.at_least else 1
        pairs = ((self.p50, self.goal), (self.p95, self.goal95))
        verdicts = [sign * value <= sign * goal for value, goal in pairs if goal is not None]
        return all(verdicts) if verdicts else None

    @property
    def goals(self) -> str:
        """The goals in words: "≤ 5, p95 ≤ 15"."""
        sign = "≥" if self.at_least else "≤"
        pairs = (("", self.goal), ("p95 ", self.goal95))
        return ", ".join(f"{name}{sign} {goal:g}" for name, goal in pairs if goal is not None)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach: bounds of the median and of the 95th percentile, in the unit of its row."""

    p50: float | None = None
    p95: float | None = None
    at_least: bool = False


@dataclass(slots=True)
class Report:
    """Rows with the facts that they hang on."""

    machine: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def add(
        self, what: str, values: list[float], unit: str, *, goal: float | Goal | None = None, who: str = "quanyu"
    ) -> Row:
        """Append the median and 95th percentile of some runs; a plain number is an upper bound of the median."""
        set_for = goal if isinstance(goal, Goal) else Goal(goal)
        p50, p95 = np.percentile(values, [50, 5 if set_for.at_least else 95])
        figures = (round(float(p50), 3), round(float(p95), 3), unit, len(values))
        row = Row(what, who, *figures, set_for.p50, set_for.p95, set_for.at_least)
        self.rows.append(row)
        return row

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
