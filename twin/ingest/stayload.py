"""Stays into the presence store: the whole source or nothing of it, however large it is.

A source is read once, batch by batch, into a nameless temporary file in the twin's folder, which holds numbers only and
is gone when the import ends. Nothing is given to the store before the last row has been read: a source that turns out
to be truncated, or is interrupted, leaves the twin as it was. Then places that need a key get one, and the stays are
stored in batches of `PART`, each one durable transaction, under keys made of the hash of the source's content. Up to
`PART` stays, that is one transaction. A larger source that is interrupted while it is stored (a power cut) is finished
by importing it again: what is there is recognised by its key and not stored twice.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from twin.errors import Conflict, DiskFull, EmptySource, UnreadableSource
from twin.ingest.numbering import renumbered
from twin.ingest.source import Options, Source
from twin.ingest.staychecks import StayCheck, Stays
from twin.ingest.staypeople import People
from twin.ingest.stayplaces import StayPlaces
from twin.ingest.stayrows import Report, RowCheck
from twin.ingest.stays import read_stays
from twin.ingest.tablerows import Content
from twin.issues import Issue, Severity
from twin.presence import Presence, StayBatch
from twin.presence.writing.folder import disk_errors
from twin.pseudonyms import Pseudonyms
from twin.store import Store
from twin.types import I64, U32, U64, Bools

PART = 4_000_000
"""Stays stored in one transaction."""

_STORED_BYTES = 40
"""Room on the disk that a stay takes while it is stored, at most."""

RECORD = np.dtype(
    [
        ("person", np.uint32),
        ("place", np.uint64),
        ("named", np.bool_),
        ("start", np.int64),
        ("end", np.int64),
        ("source", np.uint8),
        ("quality", np.uint8),
        ("estimated", np.bool_),
    ]
)
"""A stay put aside: person by number, place as `StayPlaces.place` gives it; `estimated`: the end waits to be cut."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a source: stays stored now, and stays that had been stored by an import before."""

    stored: int
    repeated: int


def load_stays(
    source: Source, options: Options, store: Store, *, format_id: str, issue: Report, tick: Callable[[], None]
) -> Loaded:
    """Read a whole source, then store it."""
    people, places = People(Pseudonyms.open(store.folder)), StayPlaces(store, options)
    content = Content()
    with disk_errors(store.folder), tempfile.TemporaryFile(prefix="stays-", dir=store.folder) as spool:
        for stays, place, named in _placed(source, options, format_id, places, content, issue=issue, tick=tick):
            spool.write(_records(stays, place, named, people.number(stays.person)).tobytes())
        return store_spooled(store, source.name, content, Spooled(spool, places, people))


def check_stays(
    source: Source, options: Options, store: Store | None, *, format_id: str, issue: Report, tick: Callable[[], None]
) -> int:
    """How many rows would be stored; without a store, whether named places are known is left open."""
    places = StayPlaces(store, options)
    found = _placed(source, options, format_id, places, Content(), issue=issue, tick=tick)
    return sum(len(stays) for stays, _, _ in found)


@dataclass(slots=True)
class Refusals:
    """Issues on their way to the report; the first refusal is remembered."""

    issue: Report
    first: str = ""

    def __call__(self, fault: Issue) -> None:
        """Pass one on."""
        self.first = self.first or (fault.message if fault.severity is Severity.REJECTED else "")
        self.issue(fault)


def _placed(
    source: Source,
    options: Options,
    format_id: str,
    places: StayPlaces,
    content: Content,
    *,
    issue: Report,
    tick: Callable[[], None],
) -> Iterator[tuple[Stays, U64, Bools]]:
    """Batches of stays with their places (see `StayPlaces.place`). At the end, whether the source was whole."""
    any_row = any_stay = False
    refusals = Refusals(issue)
    check = StayCheck(source.name, options.zone, refusals)
    for item in read_stays(source, options, format_id, content):
        tick()
        any_row = True
        if isinstance(item, Issue):
            refusals(item)
            continue
        stays = check.check(item)
        place, named, good = places.place(stays, check)
        stays = stays.keep(good)
        any_stay = any_stay or len(stays) > 0
        yield stays, place[good], named[good]
    check_whole(content, check)
    if not any_stay:
        reason = f"none of its rows can be taken: {refusals.first}" if any_row else "it has no rows"
        raise EmptySource(source.name, reason, "Check that it is the right file, and --map")
    note_open_end(content, source.name, issue)


def check_whole(content: Content, check: RowCheck) -> None:
    """Raise UnreadableSource for a source whose last row is not whole."""
    if content.open_row is not None and content.open_row == check.last_refused:
        cause = "a quote in it may not be closed" if content.ended else "it has no line end: the file is truncated"
        reason = f"row {content.open_row} is its last and cannot be read; {cause}"
        raise UnreadableSource(check.name, reason, "Fetch the file again; nothing of it was stored")


def note_open_end(content: Content, name: str, issue: Report) -> None:
    """A note where the last row has no line end."""
    if content.open_row is not None and not content.ended:
        why = "The last row has no line end: if the file was cut off, its last cell may be cut too"
        issue(Issue("source.open-end", f"{name}:{content.open_row}", why, Severity.NOTE))


def _records(stays: Stays, place: U64, named: Bools, person: U32) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    records = np.empty(len(stays), dtype=RECORD)
    records["person"], records["place"], records["named"] = person, place, named
    for name in ("start", "end", "source", "quality", "estimated"):
        records[name] = getattr(stays, name)
    return records


@dataclass(frozen=True, slots=True)
class Spooled:
    """Stays put aside as RECORDs in a file that was written to its end, the named places, and the people, by number."""

    file: IO[bytes]
    places: StayPlaces
    people: People


def store_spooled(store: Store, name: str, content: Content, spooled: Spooled) -> Loaded:
    """Store stays put aside, once the whole source has been read."""
    _check_room(store, spooled.file.tell() // RECORD.itemsize)
    spooled.file.seek(0)
    batches = _batches(spooled.file, spooled.places.keys(), spooled.people)
    return _store(store, name, content.sha256.hexdigest(), batches)


def _check_room(store: Store, count: int) -> None:
    needed = count * _STORED_BYTES
    free = shutil.disk_usage(store.folder).free
    if free < needed:
        reason = f"{count:,} stays may need {needed >> 20:,} MiB, {free >> 20:,} MiB are free; nothing was stored"
        raise DiskFull(str(store.folder), reason, "Free some space and retry")


def _batches(spool: IO[bytes], keys: U64, people: People) -> Iterator[StayBatch]:
    """The spooled stays as batches, each with just the people it names."""
    while data := spool.read(PART * RECORD.itemsize):
        records = np.frombuffer(data, dtype=RECORD)
        named = records["named"]
        place = records["place"].copy()
        place[named] = keys[place[named].astype(np.int64)]
        here, person = renumbered(records["person"].copy(), len(people))
        start, end = records["start"].copy(), records["end"].copy()
        if records["estimated"].any():
            end = until_next(person, start, end, records["estimated"])
        yield StayBatch(
            pseudonyms=people.names(here),
            person=person,
            place=place,
            start=start,
            end=end,
            source=records["source"].copy(),
            quality=records["quality"].copy(),
        )


def until_next(person: U32, start: I64, end: I64, estimated: Bools) -> I64:
    """(n,) ends, of which the estimated ones are cut where the same person's next stay begins."""
    order = np.lexsort((start, person))
    following = np.full(len(order), np.iinfo(np.int64).max)
    same = person[order][1:] == person[order][:-1]
    following[order[:-1][same]] = start[order][1:][same]
    return np.where(estimated, np.minimum(end, following), end)


def _store(store: Store, name: str, sha256: str, batches: Iterator[StayBatch]) -> Loaded:
    stored = repeated = 0
    with Presence.open(store.folder / "presence", zone=store.meta.zone, write=True) as presence:
        for n, batch in enumerate(batches):
            try:
                receipt = presence.ingest(batch, key=f"stays:{sha256}:{n}")
            except Conflict as error:
                reason = (
                    "this very file was imported before, with other options or while fewer of its places were known"
                )
                way_out = "Nothing was stored; to add rows refused then, put them into a file of their own"
                raise Conflict(name, reason, way_out) from error
            stored += receipt.stored
            repeated += len(batch) if receipt.repeated else 0
    return Loaded(stored, repeated)
