"""Arrow IPC: the stream for programs that read along, the file for those that seek."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa

from twin.presence.export.batches import Batch


class ArrowStream:
    """Arrow IPC stream: schema, then batch after batch."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._writer = self._open(pa.PythonFile(sink, mode="w"), schema)

    def _open(self, sink: pa.NativeFile, schema: pa.Schema) -> pa.RecordBatchWriter:
        return pa.ipc.new_stream(sink, schema)

    def write(self, batch: Batch) -> None:
        """One record batch."""
        self._writer.write_batch(batch.arrow)

    def close(self) -> None:
        """The mark of the end: a stream without it was cut off."""
        self._writer.close()


class ArrowFile(ArrowStream):
    """Arrow IPC file: the stream with a table of contents at its end."""

    def _open(self, sink: pa.NativeFile, schema: pa.Schema) -> pa.RecordBatchWriter:
        return pa.ipc.new_file(sink, schema)
