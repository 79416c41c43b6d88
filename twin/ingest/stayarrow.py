"""Arrow IPC as columns: the file (.arrow, .feather) and the stream (.arrows), whole or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from twin.errors import TwinError, UnreadableSource
from twin.ingest.source import Source
from twin.ingest.tablerows import AGAIN, Content, Rows, first_line

ROWS = 1 << 18
"""Rows handed on at a time."""

_BLOCK_BYTES = 1 << 24
_FILE = b"ARROW1\0\0"
_STREAM = b"\xff\xff\xff\xff"
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"
_FEATHER_1 = b"FEA1"
_LONGEST_SCHEMA = 1 << 26


def is_arrow(_path: Path, head: bytes) -> bool:
    """Whether it begins like an Arrow file or stream, or like a Feather file of version 1 (to say what it is)."""
    if head.startswith(_STREAM):
        return 0 < int.from_bytes(head[4:8], "little") < _LONGEST_SCHEMA
    return head.startswith((_FILE, _FEATHER_1))


def arrow_tables(source: Source, content: Content, wanted: Callable[[list[str]], list[str]]) -> Iterator[Rows]:
    """An Arrow file or stream, of which only the wanted columns are unpacked and checked in full."""
    with source.on_disk() as path:
        with path.open("rb") as stream:
            while data := stream.read(_BLOCK_BYTES):
                content.sha256.update(data)
        try:
            following = 1
            for batch in _batches(path, wanted, source.name):
                for at in range(0, batch.num_rows, ROWS):
                    part = batch.slice(at, ROWS)
                    part.validate(full=True)
                    numbers = np.arange(following, following + part.num_rows, dtype=np.int64)
                    following += part.num_rows
                    yield Rows(numbers, dict(zip(part.schema.names, part.columns, strict=True)))
        except TwinError:
            raise
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            reason = f"it is truncated or broken ({first_line(error)})"
            raise UnreadableSource(source.name, reason, AGAIN) from error


def _batches(path: Path, wanted: Callable[[list[str]], list[str]], name: str) -> Iterator[pa.RecordBatch]:
    """Record batches with the wanted columns only. A stream without its end mark was cut off."""
    with pa.memory_map(str(path)) as mapped:
        begins = mapped.read(len(_FILE))
        mapped.seek(0)
        if begins.startswith(_FEATHER_1):
            raise UnreadableSource(name, "it is a Feather file of version 1", "Save it as version 2")
        is_file = begins == _FILE
        schema = (pa.ipc.open_file if is_file else pa.ipc.open_stream)(mapped).schema
        names = wanted(list(schema.names))
        picked = pa.ipc.IpcReadOptions(included_fields=[schema.names.index(one) for one in names])
        mapped.seek(0)
        if is_file:
            file = pa.ipc.open_file(mapped, options=picked)
            for number in range(file.num_record_batches):
                yield file.get_batch(number)
            return
        yield from pa.ipc.open_stream(mapped, options=picked)
        end = mapped.tell()
        mapped.seek(max(end - len(_STREAM_END), 0))
        if mapped.read(len(_STREAM_END)) != _STREAM_END:
            raise UnreadableSource(name, "it has no end mark: the stream was cut off", AGAIN)
        if end != mapped.size():
            raise UnreadableSource(name, "it goes on after the end of its stream", "Save each stream as its own file")
