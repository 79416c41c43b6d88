"""Cursors: where a part of an answer ended, and how long the whole was when it began. Opaque to the caller."""

from __future__ import annotations

import re

from twin.errors import InvalidValue

MOST = 10_000
"""The longest part that one call gives."""

_FORM = re.compile(r"c([0-9a-f]{1,16})-([0-9a-f]{1,16})")


def make_cursor(last: int, total: int) -> str:
    """After the row `last`, of `total`."""
    return f"c{last:x}-{total:x}"


def read_cursor(cursor: str) -> tuple[int, int]:
    """(last, total); `InvalidValue` for anything that `make_cursor` did not make."""
    match = _FORM.fullmatch(cursor)
    if match is None:
        raise InvalidValue("cursor", "it is not one that an answer gave", "Start without a cursor")
    return int(match[1], 16) & (2**63 - 1), int(match[2], 16)


def checked_limit(limit: int) -> int:
    """A limit that can be served."""
    if not 1 <= limit <= MOST:
        raise InvalidValue("limit", f"{limit} is not between 1 and {MOST}", "Ask for less at a time, with the cursor")
    return limit
