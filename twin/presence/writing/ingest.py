"""A batch into segments: cut by day, sorted into both orders, synced, then named by one transaction."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path

from twin.presence.manifest import Manifest
from twin.presence.segments.batch import Receipt, StayBatch, plain
from twin.presence.segments.days import Days, span_of
from twin.presence.versions import Change, Kind, Version
from twin.presence.writing.drafts import Drafts
from twin.presence.writing.keyed import made_before


def store(folder: Path, manifest: Manifest, days: Days, batch: StayBatch, key: str) -> Receipt:
    """Store a batch; it is durable when this returns, and leaves nothing behind when it raises."""
    batch.check()
    content = batch.digest() if not key or manifest.of_key(key) else b""  # of a new batch: beside the rest
    before = made_before(manifest, key, Kind.BATCH, content)
    if before is not None:
        return Receipt(key, 0, True, before.version, _gone(manifest, days, before))
    with Drafts(folder, manifest.files) as drafts, manifest.transaction():
        names = b"".join(batch.pseudonyms)
        digest = drafts.call(partial(batch.digest, names))
        numbers = manifest.assign(batch.pseudonyms, names)
        number = manifest.version() + 1
        drafts.add_batch(batch, days, numbers, number)
        change = Change(Kind.BATCH, key, digest.result(), added=len(batch), span=span(batch))
        version = manifest.add_version(change)
        manifest.add_segments(chain(*drafts.publish(version)), version)
    return Receipt(key, len(batch), False, version)


def _gone(manifest: Manifest, days: Days, batch: Version) -> str | None:
    """Why the stays of a batch are no longer there; None where they are."""
    undone, last_day = manifest.gone_since(batch.version)
    if undone:
        return "withdrawn"
    if last_day is None or batch.first is None or days.number(batch.first) > last_day:
        return None
    return "partly dropped" if manifest.segments_of(batch.version) else "dropped"


def span(batch: StayBatch) -> tuple[int, int] | None:
    """The shortest half-open interval of UTC seconds that holds every stay; None without stays."""
    return span_of(plain(batch.start), plain(batch.end)) if len(batch) else None
