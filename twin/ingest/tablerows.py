"""What every reader of a table hands on: rows as columns, and what it saw of the source as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from twin.types import I64

AGAIN = "Fetch the file again; nothing of it was stored"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as they came: (n,) `numbers` of the rows in the source, from 1, and one array per column of the source.

    In a CSV the header is row 1, so that the number is the one an editor or a spreadsheet shows.
    """

    numbers: I64
    columns: dict[str, pa.Array]


@dataclass(slots=True)
class Content:
    """What reading a source to its end told about it.

    sha256    hash of its content, unpacked
    lines     how many line ends it has
    open_row  its last row, where it may not be whole: it has no line end, or a quote may not be closed
    """

    sha256: Any = field(default_factory=hashlib.sha256)
    last_byte: bytes = b""
    lines: int = 0
    open_row: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the content ends with a line end."""
        return self.last_byte in (b"", b"\n", b"\r", b"\0")  # the last as UTF-16 ends a line

    def saw(self, data: bytes) -> None:
        """Take note of the next bytes."""
        self.sha256.update(data)
        self.lines += data.count(b"\n")
        self.last_byte = data[-1:] or self.last_byte


def first_line(error: Exception) -> str:
    """The first line of a library's message, without what it quotes from the file: that may name a person."""
    if "utf8" in str(error).lower():
        return "it holds bytes that are not UTF-8"
    return str(error).splitlines()[0].split(":")[0].split("'")[0].strip()[:120]
