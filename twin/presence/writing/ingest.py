"""A batch into segments: cut by day, sorted into both orders, synced, then named by one transaction."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from twin.errors import Conflict, InvalidValue
from twin.presence.manifest import Manifest
from twin.presence.segments.batch import Receipt, StayBatch
from twin.presence.segments.days import Days, split
from twin.presence.segments.pieces import cut
from twin.presence.versions import Change, Kind
from twin.presence.writing.drafts import Drafts


def store(folder: Path, manifest: Manifest, days: Days, batch: StayBatch, key: str) -> Receipt:
    """Store a batch; it is durable when this returns, and leaves nothing behind when it raises."""
    check_key(key)
    batch.check()
    before = manifest.of_key(key)
    if before is not None:
        if before.kind is not Kind.BATCH or before.content != batch.digest():
            raise Conflict(f"batch {key!r}", "was stored with other content", "Give the new batch a key of its own")
        return Receipt(key, 0, True, before.version)
    with Drafts(folder, manifest.files) as drafts, manifest.transaction():
        names = b"".join(batch.pseudonyms)
        digest = drafts.call(partial(batch.digest, names))
        numbers = manifest.assign(batch.pseudonyms, names)
        number = manifest.version() + 1
        for day in split(batch.start, batch.end, days):
            drafts.add(day.span, cut(batch, numbers, day, number))
        change = Change(Kind.BATCH, key, digest.result(), added=len(batch), span=span_of(batch))
        version = manifest.add_version(change)
        manifest.add_segments(((info, [version]) for info in drafts.publish(version)), version)
    return Receipt(key, len(batch), False, version)


def check_key(key: str) -> None:
    """Refuse an empty idempotency key."""
    if not key:
        raise InvalidValue("idempotency key", "is empty", "Give each batch a key of its own")


def span_of(batch: StayBatch) -> tuple[int, int] | None:
    """The shortest half-open interval of UTC seconds that holds every stay, points in time among them."""
    if not len(batch):
        return None
    return int(batch.start.min()), int(np.maximum(batch.end, batch.start + 1).max())
