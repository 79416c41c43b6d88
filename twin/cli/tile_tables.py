"""What `twin tiles` did, as tables for people and as plain values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tiles import BuildReport, Update
    from twin.issues import Issue

FAULTS_SHOWN = 20


def print_built(reports: list[BuildReport]) -> None:
    """One line a layer, and what was wrong with features."""
    names = ("layer", "features", "tiles", "made", "MB", "seconds", "features/s", "left out", "faults")
    # In this form it fits 80 columns without breaking a word.
    table = Table(*names, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for report in reports:
        speed = f"{report.features / report.seconds:,.0f}"
        counts = (f"{report.features:,}", f"{report.tiles:,}", f"{report.packed:,}", f"{report.bytes / 1e6:.1f}")
        table.add_row(
            report.kind, *counts, f"{report.seconds:.1f}", speed, f"{report.left_out:,}", f"{len(report.issues):,}"
        )
    Console().print(table)
    for report in reports:
        if report.outdated:
            typer.echo(f"{report.kind}: it was in the layout of an older version, and is built anew from the store")
    print_faults([issue for report in reports for issue in report.issues])


def print_updated(done: dict[str, Update | None]) -> None:
    """One line a layer."""
    for name, update in done.items():
        if update is None:
            typer.echo(f"{name}: nothing of it has changed")
        elif update.rebuilt:
            typer.echo(f"{name}: built anew ({update.rebuilt}), {update.packed:,} tiles made")
        else:
            news = update.news
            documents = ", and the tree" if news.documents else ""
            typer.echo(f"{name}: {len(news.tiles):,} tiles changed{documents}, {update.packed:,} made")


def update_as_dict(update: Update | None) -> dict[str, Any] | None:
    """None where nothing changed."""
    if update is None:
        return None
    news = update.news
    return {
        "version": news.n,
        "tiles": list(news.tiles),
        "documents": news.documents,
        "made": update.packed,
        "rebuilt": update.rebuilt,
    }


def print_faults(issues: list[Issue]) -> None:
    """The rules that were met, with counts, and the first objects."""
    if not issues:
        return
    table = Table("rule", "object", "what")
    for issue in issues[:FAULTS_SHOWN]:
        table.add_row(issue.code, issue.path, issue.message)
    Console().print(table)
    if len(issues) > FAULTS_SHOWN:
        rest = ", ".join(f"{count:,} {code}" for code, count in Counter(issue.code for issue in issues).items())
        typer.echo(f"{len(issues) - FAULTS_SHOWN:,} more (in all: {rest}); --json lists them")


def as_dict(report: BuildReport) -> dict[str, Any]:
    """A build as plain values."""
    return {
        "kind": report.kind,
        "folder": str(report.folder),
        "features": report.features,
        "tiles": report.tiles,
        "made": report.packed,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "left_out": report.left_out,
        "outdated": report.outdated,
        "issues": [issue_as_dict(issue) for issue in report.issues],
    }


def issue_as_dict(issue: Issue) -> dict[str, str]:
    """A fault as plain values."""
    return {"rule": issue.code, "path": issue.path, "message": issue.message, "severity": issue.severity.value}
