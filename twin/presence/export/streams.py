"""Batches to bytes as they come: what a server sends while the next page is being asked for."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa

from twin.presence.export.batches import Batch
from twin.presence.export.formats import Format


class _Spout(io.RawIOBase):
    """A sink that is emptied after every batch."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Keep a copy: Arrow reuses its buffers."""
        self._parts.append(bytes(data))
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        """How much was written: Parquet's footer says where its columns are."""
        return self._length

    def drained(self) -> bytes:
        """Everything since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def encoded(batches: Iterable[Batch], schema: pa.Schema, form: Format) -> Iterator[bytes]:
    """The bytes of a whole file, batch by batch. Whoever stops early has a file that says it is cut off."""
    spout = _Spout()
    writer = form.writer(spout, schema)  # type: ignore[arg-type]
    for batch in batches:
        writer.write(batch)
        data = spout.drained()
        if data:
            yield data
    writer.close()
    yield spout.drained()
