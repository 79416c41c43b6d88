"""The growth study as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "quanyu"  # the same figures draw the same file

from matplotlib import pyplot  # noqa: E402 - after the choice of a backend without a screen

from benchmarks.presence.growth import Point, Study  # noqa: E402

_RECENT, _WHOLE, _RATE = "#1f6fb2", "#b35c1e", "#3d7f4f"


def draw(study: Study, path: Path) -> None:
    """Write an SVG: answers above, ingest below; against days on the left, against people on the right."""
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 6.5), height_ratios=(2, 1), layout="constrained")
    try:
        for column, points, size, unit in (
            (0, study.days, [point.days for point in study.days], "days stored"),
            (1, study.people, [point.people / 1e6 for point in study.people], "million people"),
        ):
            _answers(axes[0][column], size, points)
            _ingest(axes[1][column], size, points)
            axes[1][column].set_xlabel(unit)
        axes[0][0].set_title(f"{study.days[0].people:,} people")
        axes[0][1].set_title(f"{study.people[0].days} days")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})
    finally:
        pyplot.close(figure)


def _answers(axis: Any, size: Sequence[float], points: Sequence[Point]) -> None:
    lines = [("last 14 days", _RECENT, [p.recent for p in points]), ("all days", _WHOLE, [p.whole for p in points])]
    if lines[0][2] == lines[1][2]:
        lines = lines[:1]  # nothing is older
    for name, colour, spans in lines:
        axis.plot(size, [span[0] for span in spans], color=colour, marker="o", label=f"{name}, median")
        axis.plot(size, [span[1] for span in spans], color=colour, linestyle="--", label=f"{name}, 95th percentile")
    axis.set_ylim(bottom=0)
    axis.set_ylabel("companions, ms")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)


def _ingest(axis: Any, size: Sequence[float], points: Sequence[Point]) -> None:
    axis.plot(size, [point.rate for point in points], color=_RATE, marker="o")
    axis.set_ylim(bottom=0)
    axis.set_ylabel("ingest, M stays/s")
    axis.grid(alpha=0.3)
