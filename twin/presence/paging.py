"""Pages of an answer in a stable order. A cursor names the snapshot, the question and how far we are."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from twin.errors import InvalidValue

DEFAULT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of an answer is wanted. Without a limit: all of it."""

    limit: int | None
    offset: int
    snapshot: int | None  # of the first page; None: the newest
    question: str  # fingerprint

    def cut(self, total: int) -> slice:
        """The rows of this page."""
        return slice(self.offset, total if self.limit is None else min(self.offset + self.limit, total))

    def rest(self, total: int, snapshot: int) -> tuple[int, str | None]:
        """How many rows this page leaves out, and the cursor of the next page if there is one."""
        part = self.cut(total)
        given = max(part.stop - part.start, 0)
        if part.stop >= total:
            return total - given, None
        state = json.dumps([snapshot, part.stop, self.question]).encode()
        return total - given, base64.urlsafe_b64encode(state).decode()


def snapshot_of(cursor: str) -> int:
    """The snapshot that a cursor stays on; InvalidValue for one that is not ours."""
    return _state(cursor)[0]


def page_of(question: str, params: Sequence[Any], limit: int | None, cursor: str | None) -> Page:
    """The page that a caller asks for; a cursor must come from the same question."""
    if limit is not None and limit < 1:
        raise InvalidValue("limit", "must be at least 1", "Leave it out to get every row")
    fingerprint = hashlib.sha256(repr((question, params)).encode()).hexdigest()[:16]
    if cursor is None:
        return Page(limit, 0, None, fingerprint)
    snapshot, offset, asked = _state(cursor)
    page = Page(limit, offset, snapshot, asked)
    if page.question != fingerprint or page.offset < 0:
        raise InvalidValue("cursor", "belongs to another question", "Ask with the same values as for the first page")
    return page


def _state(cursor: str) -> tuple[int, int, str]:
    """(snapshot, offset, fingerprint of the question)."""
    try:
        snapshot, offset, asked = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return int(snapshot), int(offset), str(asked)
    except (binascii.Error, ValueError, TypeError, UnicodeError) as error:
        raise InvalidValue("cursor", "is not one of ours", "Give `next` of the page before, unchanged") from error
