"""Delimited text as rows: encoding and delimiter found by looking, cells kept as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from twin.errors import UnreadableSource
from twin.ingest.columns import Columns, number
from twin.ingest.datum import LONLAT
from twin.ingest.features import BATCH, Batch
from twin.ingest.source import Options, Source
from twin.issues import Issue

_DELIMITERS = ",;\t|"
HEAD_BYTES = 1 << 16
"""Enough of a table's beginning to see its header, encoding and delimiter."""

_LONGEST_CELL = 1 << 26
_ENCODINGS = ("utf-8", "gb18030")

csv.field_size_limit(_LONGEST_CELL)


def decode_head(head: bytes) -> tuple[str, str] | None:
    """(text, encoding) of the first bytes of a text file, or None where they are not text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="ignore"), "utf-16"
    if b"\0" in head:
        return None
    for encoding in _ENCODINGS:
        try:
            return head.decode(encoding), "utf-8-sig" if encoding == "utf-8" else encoding
        except UnicodeDecodeError as error:
            if error.start >= len(head) - 4:  # a character cut in two at the end of the head
                return head[: error.start].decode(encoding), "utf-8-sig" if encoding == "utf-8" else encoding
    return None


def header_of(head: bytes) -> list[str]:
    """The column names of a delimited text by its first bytes; empty where it is no such table."""
    decoded = decode_head(head)
    if decoded is None:
        return []
    line = decoded[0].lstrip("\ufeff").split("\n", maxsplit=1)[0].rstrip("\r")
    if not line.strip() or line.lstrip()[:1] in "{[<":
        return []
    try:
        cells = next(csv.reader([line], delimiter=_delimiter(line)))
    except (csv.Error, StopIteration):
        return []
    names = [cell.strip() for cell in cells]
    plain = sum(1 for name in names if number(name) is not None)
    return names if len(names) > 1 and plain < len(names) / 2 else []


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def read_rows(source: Source) -> Iterator[tuple[int, dict[str, Any] | Issue]]:
    """(line number, row) of every line under the header, or an issue for one with more cells than the header."""
    decoded = decode_head(source.head(HEAD_BYTES))
    if decoded is None:
        raise UnreadableSource(source.name, "it is not text in a known encoding", "Save it as UTF-8")
    first = decoded[0].lstrip("\ufeff").split("\n", maxsplit=1)[0]
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding=decoded[1], newline="")
        reader = csv.reader(text, delimiter=_delimiter(first), strict=False)
        try:
            header = [cell.strip() for cell in next(reader, [])]
            for cells in reader:
                if not any(cells):
                    continue
                while len(cells) > len(header) and not cells[-1].strip():
                    cells.pop()  # rows that end in separators hold no more than the others
                if len(cells) > len(header):
                    why = f"The row has {len(cells)} cells, the header {len(header)}"
                    yield reader.line_num, Issue("attribute.unreadable", f"{source.name}:{reader.line_num}", why)
                    continue
                yield reader.line_num, dict(zip_longest(header, cells, fillvalue=""))
        except (csv.Error, UnicodeDecodeError) as error:
            reason = f"line {reader.line_num + 1} cannot be read ({error})"
            raise UnreadableSource(source.name, reason[:200], "Save it as UTF-8 with one row a line") from error
        finally:
            text.detach()


def position_columns(columns: Columns) -> tuple[str, str, str | None] | None:
    """(x column, y column, reference system by their nature) of a table of points, or None."""
    if "lon" in columns and "lat" in columns:
        return columns.by_field["lon"], columns.by_field["lat"], LONLAT
    if "x" in columns and "y" in columns:
        return columns.by_field["x"], columns.by_field["y"], None
    return None


def read_points(source: Source, options: Options) -> Iterator[Batch]:
    """A table with a position per row as batches of point features."""
    batch = Batch()
    columns: Columns | None = None
    places: tuple[str, str, str | None] | None = None
    for line, row in read_rows(source):
        if isinstance(row, Issue):
            batch.issues.append(row)
            continue
        if columns is None:
            columns = Columns(row, options.mapping, source.name)
            places = position_columns(columns)
            batch.crs = places[2] if places else None
        xy = (number(row.get(places[0])), number(row.get(places[1]))) if places else (None, None)
        if xy[0] is None or xy[1] is None:
            why = "There is no usable position in this row"
            batch.issues.append(Issue("position.missing", f"{source.name}:{line}", why))
            continue
        batch.numbers.append(line)
        batch.ids.append(None)
        batch.rows.append(row)
        batch.raw.append({"type": "Point", "coordinates": xy})
        if len(batch) >= BATCH:
            yield batch
            batch = Batch(crs=batch.crs)
    yield batch
