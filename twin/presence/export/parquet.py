"""Parquet, a row group a batch."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from twin.presence.export.batches import Batch


class Parquet:
    """Parquet with zstd; what the answer rests on is in the schema's metadata."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd")

    def write(self, batch: Batch) -> None:
        """One row group."""
        self._writer.write_batch(batch.arrow)

    def close(self) -> None:
        """The footer: a file without it cannot be read."""
        self._writer.close()
