"""Tables written as Arrow files and streams and as Parquet."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def saved(path: Path, table: pa.Table, rows: int = 1000) -> Path:
    """A table in the form that the name says, in batches of so many rows."""
    packed = path.suffixes[0].lstrip(".")
    options = pa.ipc.IpcWriteOptions(compression=packed if packed in ("lz4", "zstd") else None)
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=rows)
        return path
    make = pa.ipc.new_file if path.suffix == ".arrow" else pa.ipc.new_stream
    with pa.OSFile(str(path), "wb") as file, make(file, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return path
