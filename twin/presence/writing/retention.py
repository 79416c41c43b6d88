"""Whole days that go for good: from every version, from the disk, with the persons whom nothing else names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np

from twin.presence.manifest import Manifest
from twin.presence.segments.days import day_number
from twin.presence.segments.segment import SegmentInfo, read_columns
from twin.presence.versions import Change, DroppedDays, Kind
from twin.presence.writing.drafts import remove
from twin.types import U32, Bools


def drop_days(folder: Path, manifest: Manifest, before: date, reason: str) -> DroppedDays:
    """Drop the local days before a date; the manifest keeps what they were and when they went."""
    gone = manifest.every_segment(day_number(before))
    if not gone:
        return DroppedDays(manifest.version(), 0, 0, 0, 0, 0)
    names = {info.file for info in gone}
    counting = [info for info in gone if info.file in manifest.builds()]
    unnamed = _unnamed(folder, manifest, (info for info in manifest.every_segment() if info.file not in names))
    stays = sum(info.stays for info in counting)
    with manifest.transaction():
        version = manifest.add_version(Change(Kind.RETENTION, reason=reason, removed=stays))
        manifest.prove(version, gone)
        manifest.delete_segments(names)
        manifest.forget_people(unnamed.tolist())
    size = remove(folder, names)
    manifest.scrub()
    days = len({info.day for info in counting})
    return DroppedDays(version, days, sum(info.rows for info in counting), stays, len(unnamed), size)


def _unnamed(folder: Path, manifest: Manifest, left: Iterable[SegmentInfo]) -> U32:
    """Numbers of the persons that no segment left names, nor one of any other number of the same human."""
    named = np.zeros(manifest.people(), dtype=np.bool_)
    for info in left:
        _mark(folder, info, named)
    same = manifest.merges_ever()
    before = -1
    while before != (before := int(named.sum())):  # through every human that any kept version knows
        for person, of in same:
            named[person] = named[of] = named[person] or named[of]
    known = manifest.known()
    return known[~named[known]]


def _mark(folder: Path, info: SegmentInfo, named: Bools) -> None:
    """Mark the persons of a segment."""
    columns, first = read_columns(folder, info)
    if len(columns["person_ids"]):
        named[columns["person_ids"]] = True
    else:
        named[first : first + len(columns["person_counts"])] |= columns["person_counts"] > 0
