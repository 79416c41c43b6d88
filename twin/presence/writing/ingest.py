"""A batch into segments: cut by day, sorted into both orders, synced, then named by one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twin.errors import Conflict, InvalidValue
from twin.presence.manifest import Manifest
from twin.presence.segments.batch import Receipt, StayBatch
from twin.presence.segments.days import DayPieces, Days, split
from twin.presence.segments.layout import Pieces, build, parts
from twin.presence.segments.segment import SUFFIX, TEMPORARY, SegmentInfo, sync_folder, write
from twin.types import U32


def store(folder: Path, manifest: Manifest, days: Days, batch: StayBatch, key: str) -> Receipt:
    """Store a batch; it is durable when this returns, and leaves nothing behind when it raises."""
    if not key:
        raise InvalidValue("idempotency key", "is empty", "Give each batch a key of its own")
    batch.check()
    content = batch.digest()
    before = manifest.batch(key)
    if before is not None:
        if before.content != content:
            raise Conflict(f"batch {key!r}", "was stored with other content", "Give the new batch a key of its own")
        return Receipt(key, 0, True, before.version)
    version = manifest.version() + 1
    try:
        with manifest.transaction():
            persons = manifest.assign(batch.pseudonyms)
            manifest.add_batch(version, key, content, len(batch), _span(batch))
            manifest.add_segments(list(_segments(folder, days, batch, persons, version)), version)
            sync_folder(folder)
    except BaseException:
        _discard(folder, version)
        raise
    return Receipt(key, len(batch), False, version)


def _segments(folder: Path, days: Days, batch: StayBatch, persons: U32, version: int) -> Iterator[SegmentInfo]:
    for pieces in split(batch.start, batch.end, days):
        for number, part in enumerate(parts(_columns(batch, persons, pieces))):
            name = f"{_prefix(version)}{pieces.span.day:06d}-{number:02d}"
            yield write(folder, name, build(part), pieces.span)


def _span(batch: StayBatch) -> tuple[int, int] | None:
    """The shortest half-open interval of UTC seconds that holds every stay, points in time among them."""
    if not len(batch):
        return None
    return int(batch.start.min()), int(np.maximum(batch.end, batch.start + 1).max())


def _prefix(version: int) -> str:
    return f"v{version:08d}-"


def _columns(batch: StayBatch, persons: U32, pieces: DayPieces) -> Pieces:
    rows = pieces.rows
    return Pieces(
        pieces.start,
        pieces.duration,
        persons[batch.person[rows]],
        batch.place[rows],
        batch.source[rows],
        batch.quality[rows],
    )


def _discard(folder: Path, version: int) -> None:
    """Remove what a failed batch wrote. Its version was never committed, so nobody else has these names."""
    for path in folder.glob(f"{_prefix(version)}*"):
        if path.suffix in {SUFFIX, TEMPORARY}:
            path.unlink(missing_ok=True)
