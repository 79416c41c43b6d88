"""Tables of stays as columns: CSV, NDJSON, Parquet and Arrow in bounded batches, with the row number of every row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from twin.errors import TwinError, UnreadableSource
from twin.ingest.columns import text
from twin.ingest.source import Source
from twin.ingest.stayarrow import arrow_tables
from twin.ingest.tablerows import AGAIN, Content, Rows, first_line
from twin.ingest.tables import decode_head, header_of
from twin.issues import Issue

BLOCK_BYTES = 1 << 25
"""Text read at a time: some hundred thousand rows."""

LINES = 100_000
"""Rows of NDJSON read at a time."""

ROWS = 1 << 18
"""Rows of Parquet read at a time."""

_HEAD_BYTES = 1 << 16
_DELIMITERS = ",;\t|"
_NULLS = ["", "NA", "null", "NULL", "NaN", "nan", "None", "\\N"]


Tables = Callable[[Source, Content, Callable[[list[str]], list[str]]], Iterator[Rows | Issue]]
"""Reads a source. The third argument gets the names of all columns and answers which of them are wanted."""


class _Watched(io.RawIOBase):
    """A stream whose content is noted as it is read."""

    def __init__(self, stream: BinaryIO, content: Content) -> None:
        self._stream = stream
        self._content = content

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._content.saw(data)
        return data


def csv_tables(source: Source, content: Content, wanted: Callable[[list[str]], list[str]]) -> Iterator[Rows | Issue]:
    """Delimited text. Every cell stays text; a row with too few or too many cells is an issue."""
    head = source.head(_HEAD_BYTES)
    decoded = decode_head(head)
    header = header_of(head)
    if decoded is None or not header:
        raise UnreadableSource(source.name, "it is not a table in a known encoding", "Save it as UTF-8 with a header")
    misfits: dict[int, int] = {}

    def misfit(row: Any) -> str:
        misfits[row.number] = str(row.text).count("\n")
        return "skip"

    names = wanted(header)
    with source.open() as stream, closing(_Watched(stream, content)) as watched:
        try:
            reader = csv.open_csv(
                watched,
                read_options=csv.ReadOptions(
                    use_threads=False,  # only so are rows numbered
                    block_size=BLOCK_BYTES,
                    encoding="utf8" if decoded[1] == "utf-8-sig" else decoded[1],
                    column_names=header,
                    skip_rows=1,
                ),
                parse_options=csv.ParseOptions(
                    delimiter=max(_DELIMITERS, key=decoded[0].split("\n", maxsplit=1)[0].count),
                    newlines_in_values=_has_quotes(source),
                    ignore_empty_lines=False,
                    invalid_row_handler=misfit,
                ),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=names,
                    null_values=_NULLS,
                    strings_can_be_null=True,
                ),
            )
            yield from _numbered(reader, source.name, misfits, content, header[-1])
        except (pa.ArrowException, UnicodeError) as error:
            reason = f"it cannot be read as a table ({first_line(error)})"
            raise UnreadableSource(source.name, reason, "Save it as UTF-8 with one row a line") from error


def _has_quotes(source: Source) -> bool:
    """Whether a cell may be quoted, and so hold line ends: a table without any quote is cut in blocks much faster."""
    with Source(source.path, source.name, source.member).open() as stream:
        return any(b'"' in data for data in iter(lambda: stream.read(1 << 20), b""))


def _numbered(reader: Any, name: str, misfits: dict[int, int], content: Content, end: str) -> Iterator[Rows | Issue]:
    """Batches with their row numbers: those that the parser counted, less the rows that it left out.

    `end` is the last column: the one that is cut where a file is.
    """
    following = 2
    lengths = _Lengths()
    for batch in reader:
        candidates = np.arange(following, following + batch.num_rows + len(misfits), dtype=np.int64)
        numbers = candidates[~np.isin(candidates, list(misfits))][: batch.num_rows]
        if len(numbers):
            following = int(numbers[-1]) + 1
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            lengths.saw(columns.get(end))
            yield Rows(numbers, columns)
        yield from _misfits(name, {row: misfits.pop(row) for row in sorted(misfits) if row < following})
    while following in misfits:
        following += 1
    last = following - 1
    content.open_row = last if not content.ended or content.lines > last else None
    if last in misfits and (not content.ended or misfits[last]):
        reason = "a quote in it is not closed" if misfits[last] else "the file is truncated"
        raise UnreadableSource(name, f"row {last} is its last and not whole: {reason}", AGAIN)
    if not content.ended and last not in misfits and lengths.last_is_cut:
        reason = f"row {last} is its last, has no line end and a shorter last cell than every other"
        raise UnreadableSource(name, f"{reason}: the file is truncated", AGAIN)
    yield from _misfits(name, misfits)


@dataclass(slots=True)
class _Lengths:
    """How long the cells of the last column are: the last of them, and the shortest of the others."""

    shortest: int | None = None
    last: int | None = None

    def saw(self, column: pa.Array | None) -> None:
        """Take note of the next cells; None for a column that nobody wants."""
        if column is None or not len(column):
            return
        lengths = np.asarray(pc.fill_null(pc.binary_length(column), 0))
        others = [int(lengths[:-1].min())] if len(lengths) > 1 else []
        others += [known for known in (self.shortest, self.last) if known is not None]
        self.shortest, self.last = min(others, default=None), int(lengths[-1])

    @property
    def last_is_cut(self) -> bool:
        """Whether the last cell is shorter than every other one."""
        return self.shortest is not None and self.last is not None and self.last < self.shortest


def _misfits(name: str, rows: dict[int, int]) -> Iterator[Issue]:
    """An issue for each row that does not fit the header; the numbers are line ends within the rows."""
    for row, lines in rows.items():
        why = f"; a quote swallows {lines} lines" if lines else ""
        yield Issue("attribute.unreadable", f"{name}:{row}", f"The row has more or fewer cells than the header{why}")


def line_tables(source: Source, content: Content, wanted: Callable[[list[str]], list[str]]) -> Iterator[Rows | Issue]:
    """Newline-delimited JSON. Members that only later rows have count as long as the first rows have them too."""
    names: list[str] = []
    with source.open() as stream:
        lines = enumerate(stream, 1)
        while chunk := list(islice(lines, LINES)):
            rows: list[dict[str, Any]] = []
            numbers: list[int] = []
            for line, written in chunk:
                content.saw(written)
                row = _object(source.name, line, written)
                if isinstance(row, Issue):
                    yield row
                elif row is not None:
                    rows.append(row)
                    numbers.append(line)
            content.open_row = None if content.ended else chunk[-1][0]
            if rows:
                names = names or wanted(list(dict.fromkeys(name for row in rows for name in row)))
                columns = {name: _array([row.get(name) for row in rows]) for name in names}
                yield Rows(np.array(numbers, dtype=np.int64), columns)


def _object(name: str, line: int, written: bytes) -> dict[str, Any] | Issue | None:
    if not written.strip():
        return None
    try:
        row = orjson.loads(written.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if not written.endswith(b"\n"):
            reason = f"row {line} is its last and not whole: the file is truncated"
            raise UnreadableSource(name, reason, AGAIN) from error
        return Issue("attribute.unreadable", f"{name}:{line}", "The line is not JSON")
    return row if isinstance(row, dict) else Issue("object.unsupported", f"{name}:{line}", "This is not an object")


def _array(values: list[Any]) -> pa.Array:
    """Members of JSON objects: of one type where they have one, else all as text (a large number keeps its digits)."""
    kinds = {type(value) for value in values}
    kinds.discard(type(None))
    if kinds <= {str} or kinds <= {float}:
        return pa.array(values, pa.float64() if kinds == {float} else pa.string())
    return pa.array([text(value) for value in values], pa.string())


def parquet_tables(
    source: Source, content: Content, wanted: Callable[[list[str]], list[str]]
) -> Iterator[Rows | Issue]:
    """A Parquet file, of which only the wanted columns are read."""
    with source.on_disk() as path:
        with path.open("rb") as stream:
            while data := stream.read(BLOCK_BYTES):
                content.sha256.update(data)
        try:
            with pq.ParquetFile(path) as file:
                names = wanted(list(file.schema_arrow.names))
                following = 1
                for batch in file.iter_batches(batch_size=ROWS, columns=names):
                    numbers = np.arange(following, following + batch.num_rows, dtype=np.int64)
                    following += batch.num_rows
                    yield Rows(numbers, dict(zip(batch.schema.names, batch.columns, strict=True)))
        except TwinError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UnreadableSource(source.name, f"it is truncated or broken ({first_line(error)})", AGAIN) from error


TABLES: dict[str, Tables] = {
    "stays-csv": csv_tables,
    "stays-ndjson": line_tables,
    "stays-parquet": parquet_tables,
    "stays-arrow": arrow_tables,
}
"""Format id -> reader."""
