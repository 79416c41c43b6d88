"""The parts of a twin that a question at the command line needs, opened for as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from twin.presence import Presence
    from twin.pseudonyms import Pseudonyms
    from twin.store import Store

In = Annotated[Path | None, typer.Option("--in", metavar="DIR", help="The twin's folder; default: TWIN_FOLDER")]


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened twin, as far as questions about records need it."""

    store: Store
    presence: Presence
    pseudonyms: Pseudonyms
    zone: str


@contextmanager
def opened(folder: Path | None, *, asks: bool = True, write: bool = False) -> Iterator[Opened]:
    """The twin's parts; with `asks`, the kernels are loaded first, so that an answer's time is its own."""
    from twin.presence import Presence, warm
    from twin.pseudonyms import Pseudonyms
    from twin.settings import Settings
    from twin.store import Store

    settings = Settings()
    where = folder or settings.folder
    with Store.open(where, database_url=settings.database_url) as store:
        zone = store.meta.zone if write else settings.zone or store.meta.zone
        with Presence.open(where / "presence", zone=zone, write=write) as presence:
            if asks:
                warm()
            yield Opened(store, presence, Pseudonyms.open(where), zone)
