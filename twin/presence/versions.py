"""What the manifest says of a store: its history, and what counts at one version of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from twin.presence.segments.segment import SegmentInfo
from twin.types import U32


class Kind(StrEnum):
    """What made a version."""

    BATCH = "batch"
    COMPACTION = "compaction"
    RETENTION = "retention"
    WITHDRAWAL = "withdrawal"
    ERASURE = "erasure"
    CORRECTION = "correction"
    MERGE = "merge"
    UNMERGE = "unmerge"


@dataclass(frozen=True, slots=True)
class Version:
    """One step of the history of a store: what was done and when (UTC second; None: before times were kept).

    `key` is the idempotency key, `content` the hash of what was handed in with it. `added` and `removed` count stays,
    a stay over midnight once. `kept`: the store can still be asked as of this version.
    """

    version: int
    kind: Kind
    at: int | None
    key: str | None
    content: bytes | None
    reason: str
    added: int
    removed: int
    first: int | None
    last: int | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A version to be made (see `Version`). `span`: the UTC seconds [first, last) of the stays it adds.

    `undoes`: the version of the batch that it takes back.
    """

    kind: Kind
    key: str | None = None
    content: bytes | None = None
    reason: str = ""
    added: int = 0
    removed: int = 0
    span: tuple[int, int] | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change: the version it made, or had made before under this key (`repeated`).

    `added` and `removed` count stays, a stay over midnight once. `absent`: stays to be removed that are not stored.
    """

    key: str
    version: int
    repeated: bool
    added: int = 0
    removed: int = 0
    absent: int = 0


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did: segments before and after, records that were written anew, the version then."""

    before: int
    after: int
    rows: int
    version: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is kept after older versions were let go: the oldest that can be asked; files and bytes removed."""

    oldest: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class State:
    """What counts at one version: the numbers below `people`, segments by time, whom a number stands for.

    `alias` is None where no numbers are merged, else (people,); `merged` the (m, 2) numbers that stand for another, and
    for whom.
    """

    version: int
    people: int
    segments: Sequence[SegmentInfo]
    alias: U32 | None
    merged: U32


@dataclass(frozen=True, slots=True)
class DroppedDays:
    """What retention took: local days, records and stays that counted, persons forgotten, bytes freed."""

    version: int
    days: int
    records: int
    stays: int
    people: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Proof of retention: a segment of a local day that is gone, its records and checksum, and when it went (UTC)."""

    version: int
    at: int
    day: int
    rows: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over everything that counts now."""

    people: int
    stays: int
    first: int | None
    last: int | None
    days: int
    segments: int
    pieces: int
    size: int


def alias_of(people: int, merged: U32) -> U32 | None:
    """(m, 2) numbers and whom they stand for to (people,) whom each number stands for; None without any."""
    if not len(merged):
        return None
    alias = np.arange(people, dtype=np.uint32)
    alias[merged[:, 0]] = merged[:, 1]
    return alias
