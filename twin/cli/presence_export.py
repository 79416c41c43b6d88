"""A whole answer into a file, with a bar of its rows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from twin.cli.presence_tables import provenance
from twin.cli.presence_twin import Opened
from twin.cli.waiting import waiting

if TYPE_CHECKING:
    from scenes.epidemic.params import PagedParams
    from scenes.epidemic.question import Question
    from twin.presence.export import Format


def export_answer(twin: Opened, question: Question, params: PagedParams, path: Path, form: Format) -> dict[str, Any]:
    """Every row into a file that is there whole or not at all; returns what the rows rest on, and the file."""
    from twin.presence.export import whole_file

    with waiting(f"Asking for {question.query.id}"):
        whole = question.export(twin, params)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with (
        _what_is_there_left_alone(),
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars,
        whole_file(path, form, whole.schema) as writer,
    ):
        task = bars.add_task(path.name, total=whole.total)
        for batch in whole.batches:
            writer.write(batch)
            bars.advance(task, len(batch.rows))
    return {**whole.about, "export": {"file": str(path), "media_type": form.media_type, "bytes": path.stat().st_size}}


@contextmanager
def _what_is_there_left_alone() -> Iterator[None]:
    """Rows are objects by the hundred thousand: looking for waste among all that was loaded takes half of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def export_summary(about: dict[str, Any]) -> None:
    """What went where, and what it rests on."""
    file = about["export"]
    Console().print(
        f"{about['total']:,} rows, {file['bytes']:,} bytes in {file['file']}", highlight=False, soft_wrap=True
    )
    provenance(about)
