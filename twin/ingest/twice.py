"""Objects that a JSON document holds twice under one id: its parser keeps the last and says nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from typing import Any

import orjson

_KEY = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"\s*+:\s*+\{')


class _Marked(dict[str, Any]):
    """An object as it was read, and its keys that came more than once."""

    twice: tuple[str, ...] = ()


def twice_in(data: bytes, member: str, ids: Collection[str]) -> list[str]:
    """The keys of an object's member, of which `ids` are those that are left, that come more than once in its text.

    Nearly every document is let go after one look at its text; only where an id stands twice in it is it read slowly.
    """
    found = Counter(key.group(1) for key in _KEY.finditer(data))
    suspects = {key for key, count in found.items() if count > 1}
    names = {orjson.loads(b'"%b"' % key) for key in suspects if b"\\" in key} | {
        key.decode("utf-8", "replace") for key in suspects
    }
    if names.isdisjoint(ids):
        return []
    whole = json.loads(data, object_pairs_hook=_marked)
    return list(whole[member].twice)


def _marked(pairs: list[tuple[str, Any]]) -> _Marked:
    made = _Marked(pairs)
    if len(made) < len(pairs):
        made.twice = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return made
