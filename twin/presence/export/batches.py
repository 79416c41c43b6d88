"""What a writer is given, and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import pyarrow as pa

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of an answer: as in its JSON, and as one Arrow record batch with a column for each plain value."""

    rows: Sequence[Row]
    arrow: pa.RecordBatch


class Writer(Protocol):
    """Writes batches of one schema into a sink that only ever grows; nothing is sought, so any byte stream will do."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        """Begin; whatever a format has before its rows is written here."""
        ...

    def write(self, batch: Batch) -> None:
        """Some more rows."""
        ...

    def close(self) -> None:
        """Whatever a format has after its rows. The sink stays open."""
        ...
