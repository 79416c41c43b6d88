"""Text: a JSON object a line, or comma-separated values."""

from __future__ import annotations

from typing import BinaryIO

import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv

from twin.presence.export.batches import Batch

BOM = b"\xef\xbb\xbf"
"""Without it a spreadsheet takes UTF-8 for the code page of its machine, and Chinese for noise."""


class Ndjson:
    """A row a line, as it stands in the JSON answer."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._sink = sink

    def write(self, batch: Batch) -> None:
        """Some lines."""
        self._sink.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in batch.rows))

    def close(self) -> None:
        """Nothing comes after the last line."""


class Csv:
    """UTF-8 with a byte order mark and a header; what repeats within a row (its evidence) is JSON in one cell."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        sink.write(BOM)
        self._nested = [field.name for field in schema if pa.types.is_list(field.type)]
        flat = [pa.field(field.name, pa.string()) if field.name in self._nested else field for field in schema]
        options = pa_csv.WriteOptions(include_header=True, quoting_style="needed")
        self._schema = pa.schema(flat)
        self._writer = pa_csv.CSVWriter(pa.PythonFile(sink, mode="w"), self._schema, write_options=options)

    def write(self, batch: Batch) -> None:
        """Some lines."""
        columns = [
            pa.array([orjson.dumps(row[name]).decode() for row in batch.rows], pa.string())
            if name in self._nested
            else batch.arrow.column(name)
            for name in self._schema.names
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        """Nothing comes after the last line."""
        self._writer.close()
