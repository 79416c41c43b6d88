"""Stays taken back: as named one by one, of a whole batch, or of a person for good; and stays put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from twin.errors import Conflict, InvalidValue
from twin.presence.manifest import Manifest
from twin.presence.segments.batch import StayBatch
from twin.presence.segments.days import Days, DaySpan
from twin.presence.segments.omitting import Choice, omit
from twin.presence.segments.pieces import CUT_BITS
from twin.presence.segments.record import PERSON_MASK, PERSON_SHIFT
from twin.presence.segments.segment import SegmentInfo, read_columns
from twin.presence.versions import Change, Done, Kind
from twin.presence.writing.drafts import Drafts, remove
from twin.presence.writing.ingest import span
from twin.presence.writing.keyed import content_of, made_before
from twin.presence.writing.matching import distinct, match
from twin.presence.writing.merging import group_of
from twin.types import I64, U32, U64, Bools


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """The store that stays are taken back from. Whoever calls holds the right to change it."""

    folder: Path
    manifest: Manifest
    days: Days

    def stays(self, stays: StayBatch, key: str, reason: str) -> Done:
        """Take back stays named by person, place, start, end and source: every copy of each."""
        stays.check()
        content = content_of([b"stays", stays.digest()])
        before = made_before(self.manifest, key, Kind.WITHDRAWAL, content)
        if before is not None:
            return Done(key, before.version, True)
        named, _ = distinct(stays)
        found = match(self.folder, self.manifest, self.days, named)
        gone = [(info, _rows(rows)) for info, rows in found.rows]
        done = self._exchange(gone, Change(Kind.WITHDRAWAL, key, content, reason))
        return replace(done, absent=int(np.count_nonzero(found.copies == 0)))

    def batch(self, batch: str, key: str, reason: str) -> Done:
        """Take back what is left of a batch or of the new stays of a correction."""
        content = content_of([b"batch", batch.encode()])
        before = made_before(self.manifest, key, Kind.WITHDRAWAL, content)
        if before is not None:
            return Done(key, before.version, True)
        made = self.manifest.of_key(batch)
        if made is None or made.kind not in {Kind.BATCH, Kind.CORRECTION}:
            raise InvalidValue("batch", "no stays were stored under this key", "Give the key they were stored under")
        gone = [
            (info, _origin(self.manifest.batches(info.file).index(made.version)))
            for info in self.manifest.segments_of(made.version)
        ]
        return self._exchange(gone, Change(Kind.WITHDRAWAL, key, content, reason, undoes=made.version))

    def correct(self, old: StayBatch, new: StayBatch, key: str, reason: str) -> Done:
        """Put stays in the place of others. All of the old ones must be stored."""
        old.check()
        new.check()
        content = content_of([b"correction", old.digest(), new.digest()])
        before = made_before(self.manifest, key, Kind.CORRECTION, content)
        if before is not None:
            return Done(key, before.version, True)
        named, rows = distinct(old)
        found = match(self.folder, self.manifest, self.days, named)
        absent = rows[found.copies == 0]
        if len(absent):
            reason = f"is not stored ({len(absent)} of the old stays in all)"
            raise Conflict(f"old stay {absent[0]}", reason, "Nothing was changed; name stays as they were stored")
        gone = [(info, _rows(rows)) for info, rows in found.rows]
        change = Change(Kind.CORRECTION, key, content, reason, added=len(new), span=span(new))
        return self._exchange(gone, change, new)

    def _exchange(
        self, gone: Sequence[tuple[SegmentInfo, Choice]], change: Change, new: StayBatch | None = None
    ) -> Done:
        """Put segments without the records chosen, and new stays, in the place of these segments."""
        manifest = self.manifest
        with Drafts(self.folder, manifest.files) as drafts, manifest.transaction():
            for info, choice in gone:
                drafts.draw(_day(info), partial(omit, self.folder, info, manifest.batches(info.file), choice))
            left = sum(info.stays for info, _ in chain(*drafts.drawn()))
            removed = sum(info.stays for info, _ in gone) - left
            number = manifest.version() + 1
            if new is not None:
                numbers = manifest.assign(new.pseudonyms, b"".join(new.pseudonyms))
                drafts.add_batch(new, self.days, numbers, number)
            version = manifest.add_version(replace(change, removed=removed))
            manifest.drop_segments([info.file for info, _ in gone], version)
            manifest.add_segments(chain(*drafts.publish(version)), version)
        return Done(change.key or "", version, False, change.added, removed)

    def person(self, pseudonym: bytes, key: str, reason: str) -> Done:
        """Erase a human, under all their numbers, from every version there is."""
        content = content_of([b"person", pseudonym])
        before = made_before(self.manifest, key, Kind.ERASURE, content)
        if before is not None:
            return Done(key, before.version, True)
        manifest = self.manifest
        persons = np.array(group_of(manifest.merged(), manifest.person(pseudonym)), dtype=np.uint32)
        segments = [info for info in manifest.every_segment() if holds(self.folder, info, persons)]
        with Drafts(self.folder, manifest.files) as drafts, manifest.transaction():
            for info in segments:
                drafts.draw(_day(info), partial(omit, self.folder, info, manifest.batches(info.file), _of(persons)))
            counting = manifest.builds().keys()
            pairs = list(zip(segments, drafts.drawn(), strict=True))
            removed = sum(old.stays - sum(new.stays for new, _ in made) for old, made in pairs if old.file in counting)
            version = manifest.add_version(Change(Kind.ERASURE, key, content, reason, removed=removed))
            for old, made in zip(segments, drafts.publish(version), strict=True):
                if made:
                    manifest.replace_segment(old.file, *made[0])
                else:
                    manifest.delete_segments([old.file])
            manifest.forget_people(persons.tolist())
        remove(self.folder, [info.file for info in segments])
        manifest.scrub()
        return Done(key, version, False, 0, removed)


def holds(folder: Path, info: SegmentInfo, persons: U32) -> bool:
    """Whether a segment has records of any of these persons."""
    columns, first = read_columns(folder, info)
    if len(columns["person_ids"]):
        return bool(np.isin(persons, columns["person_ids"]).any())
    slots = persons.astype(np.int64) - first
    slots = slots[(slots >= 0) & (slots < len(columns["person_counts"]))]
    return bool(columns["person_counts"][slots].any())


def _day(info: SegmentInfo) -> DaySpan:
    return DaySpan(info.day, info.base, info.until)


def _rows(rows: I64) -> Choice:
    def chosen(records: U64, _: U32) -> Bools:
        gone = np.zeros(len(records), dtype=np.bool_)
        gone[rows] = True
        return gone

    return chosen


def _origin(index: int) -> Choice:
    def chosen(_: U64, marks: U32) -> Bools:
        gone: Bools = np.equal(marks >> np.uint32(CUT_BITS), np.uint32(index))
        return gone

    return chosen


def _of(persons: U32) -> Choice:
    def chosen(records: U64, _: U32) -> Bools:
        found = (records >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK)
        gone: Bools = np.any([np.equal(found, person) for person in persons.astype(np.uint64)], axis=0)
        return gone

    return chosen
