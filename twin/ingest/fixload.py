"""Raw records into the presence store: read to the end, stays found person by person, and those stored as any stays.

The guarantees are those of stays (see `stayload`): the whole source or nothing of it, in bounded memory, each file
once. Records and the stays found in them lie in nameless temporary files meanwhile, by numbers and never by names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from twin.errors import EmptySource
from twin.ingest.datum import LONLAT, to_lonlat
from twin.ingest.fixchecks import FixCheck, FixRows
from twin.ingest.fixes import profile_of, read_fixes
from twin.ingest.fixspool import FIX, FixSpool
from twin.ingest.source import Options, Source
from twin.ingest.stayload import RECORD, Loaded, Refusals, Spooled, check_whole, note_open_end, store_spooled
from twin.ingest.staypeople import People
from twin.ingest.stayplaces import StayPlaces
from twin.ingest.stayrows import Report
from twin.ingest.tablerows import Content
from twin.issues import Issue, Severity
from twin.presence.detection import Found, Positions, Profile, Sightings, Tally, stays_of_positions, stays_of_sightings
from twin.presence.writing.folder import disk_errors
from twin.pseudonyms import Pseudonyms
from twin.store import Store
from twin.types import I64, U64

_NO_SECRET = bytes(32)
"""Numbers people for a look that keeps no pseudonym."""

_NAMED_BELOW = 1 << 53
"""Places below are numbers of named places (see `StayPlaces`), not keys."""


@dataclass(slots=True)
class _Reading:
    """One source while it is read."""

    source: Source
    options: Options
    profile: Profile
    places: StayPlaces
    people: People
    content: Content
    issue: Report
    tick: Callable[[], None]


def load_fixes(
    source: Source, options: Options, store: Store, *, format_id: str, issue: Report, tick: Callable[[], None]
) -> Loaded:
    """Read a whole source, find the stays in it, then store them."""
    profile, people, content = profile_of(options), People(Pseudonyms.open(store.folder)), Content()
    places = StayPlaces(store, options, res=profile.resolution, or_position=True)
    reading = _Reading(source, options, profile, places, people, content, issue, tick)
    with disk_errors(store.folder), ExitStack() as files:
        records = files.enter_context(tempfile.TemporaryFile(prefix="fixes-", dir=store.folder))
        spool = files.enter_context(tempfile.TemporaryFile(prefix="stays-", dir=store.folder))
        _find(reading, format_id, records, spool)
        return store_spooled(store, source.name, content, Spooled(spool, places, people))


def check_fixes(
    source: Source, options: Options, store: Store | None, *, format_id: str, issue: Report, tick: Callable[[], None]
) -> int:
    """How many stays would be stored; without a store, whether named places are known is left open."""
    profile, people = profile_of(options), People(Pseudonyms(_NO_SECRET))
    places = StayPlaces(store, options, res=profile.resolution, or_position=True)
    reading = _Reading(source, options, profile, places, people, Content(), issue, tick)
    with tempfile.TemporaryFile(prefix="fixes-") as records, tempfile.TemporaryFile(prefix="stays-") as spool:
        return _find(reading, format_id, records, spool)


def _find(reading: _Reading, format_id: str, records: IO[bytes], spool: IO[bytes]) -> int:
    """Put the stays of a source aside as RECORDs; returns how many."""
    fixes = FixSpool(records)
    for part in _records(reading, format_id):
        fixes.put(part)
    tally, count = Tally(), 0
    for part in fixes.by_people():
        reading.tick()
        found = _stays(part, reading.profile)
        spool.write(_put_aside(found, reading.profile).tobytes())
        tally += found.tally
        count += len(found)
    _tell(reading, tally, count)
    return count


def _records(reading: _Reading, format_id: str) -> Iterator[NDArray[np.void]]:
    """Batches of FIX records. At the end, whether the source was whole."""
    any_row = any_fix = False
    refusals = Refusals(reading.issue)
    check = FixCheck(reading.source.name, reading.options.zone, refusals, clock_s=reading.profile.clock_s)
    for item in read_fixes(reading.source, reading.options, reading.profile, format_id, reading.content):
        reading.tick()
        any_row = True
        if isinstance(item, Issue):
            refusals(item)
            continue
        rows = check.check(item)
        part = (
            _positions(reading, rows, check) if reading.profile.method == "roaming" else _places(reading, rows, check)
        )
        any_fix = any_fix or len(part) > 0
        yield part
    check_whole(reading.content, check)
    if not any_fix:
        reason = f"none of its rows can be taken: {refusals.first}" if any_row else "it has no rows"
        raise EmptySource(reading.source.name, reason, "Check that it is the right file, and --map")
    note_open_end(reading.content, reading.source.name, reading.issue)


def _positions(reading: _Reading, rows: FixRows, check: FixCheck) -> NDArray[np.void]:
    """Records of rows with positions: the words are degrees of longitude and latitude."""
    lonlat = np.full(rows.xy.shape, np.nan)
    given = np.isfinite(rows.xy).all(axis=1)
    if given.any():
        x, y = rows.xy[given].T
        lonlat[given], _ = to_lonlat(x, y, None, reading.options, LONLAT, thing=reading.source.name)
    good = np.isfinite(lonlat).all(axis=1)
    check.refuse("stay.unknown-place", rows.numbers[~good], "It has no position on Earth")
    rows, lonlat = rows.keep(good), np.ascontiguousarray(lonlat[good].T)
    return _fix(reading, rows, lonlat[0].view(np.uint64), lonlat[1].view(np.uint64))


def _places(reading: _Reading, rows: FixRows, check: FixCheck) -> NDArray[np.void]:
    """Records of rows that name a place: the words are the place and the seconds that a record holds."""
    place, named, good = reading.places.place(rows, check)
    hold = _holds(reading, rows, place, named=np.flatnonzero(named & good))
    return _fix(reading, rows.keep(good), place[good], hold[good].view(np.uint64))


def _fix(reading: _Reading, rows: FixRows, one: U64, two: U64) -> NDArray[np.void]:
    records = np.zeros(len(rows), dtype=FIX)
    records["person"], records["time"] = reading.people.number(rows.person), rows.time
    records["one"], records["two"], records["floor"] = one, two, rows.floor
    return records


def _holds(reading: _Reading, rows: FixRows, place: U64, *, named: I64) -> I64:
    """(n,) seconds that each record holds: by its kind of venue, else by what the place is, else the profile's own."""
    profile = reading.profile
    hold = np.full(len(rows), profile.end_cap_s, dtype=np.int64)
    if not profile.end_cap_by_venue_s:
        return hold
    by_place = np.array([profile.end_cap(*venues) for venues in reading.places.venues()], dtype=np.int64)
    if len(by_place):
        hold[named] = by_place[place[named].astype(np.int64)]
    coded = rows.venue.dictionary_encode()
    caps = np.array([*map(profile.end_cap, coded.dictionary.to_pylist()), 0], dtype=np.int64)
    at = pc.fill_null(coded.indices, len(caps) - 1).to_numpy(zero_copy_only=False)
    return np.where(at < len(caps) - 1, caps[at], hold)


def _stays(records: NDArray[np.void], profile: Profile) -> Found:
    person, time, one, two = (np.ascontiguousarray(records[name]) for name in ("person", "time", "one", "two"))
    if profile.method == "roaming":
        lon, lat, floor = one.view(np.float64), two.view(np.float64), records["floor"].astype(np.int64)
        return stays_of_positions(Positions(person, time, lon, lat, floor), profile)
    return stays_of_sightings(Sightings(person, one, time, two.view(np.int64)), profile)


def _put_aside(found: Found, profile: Profile) -> NDArray[np.void]:
    records = np.empty(len(found), dtype=RECORD)
    records["person"], records["place"], records["named"] = found.person, found.place, found.place < _NAMED_BELOW
    records["start"], records["end"], records["quality"] = found.start, found.end, found.quality
    records["source"], records["estimated"] = profile.source, False
    return records


def _tell(reading: _Reading, tally: Tally, stays: int) -> None:
    """Notes on what became of the records; EmptySource where no stay was found in them."""
    name, profile = reading.source.name, reading.profile
    if not stays:
        reason = f"its {tally.records:,} records make no stay by profile {profile.id}"
        raise EmptySource(name, reason, "Check --source-profile, and the limits in it")
    for count, what in (
        (tally.repeated, "came more than once in a second and count once"),
        (tally.left_out, "were an excursion from a stay and back, and are left out of it"),
        (tally.outside, f"are in no stay: on the way, or too short by profile {profile.id}"),
    ):
        if count:
            why = f"{count:,} of {tally.records:,} records {what}"
            reading.issue(Issue("stay.record-unused", name, why, Severity.NOTE))
    if profile.estimates_ends:
        why = f"Ends are estimates: the next record elsewhere, or the end cap of profile {profile.id}; quality is 1"
        reading.issue(Issue("stay.end-estimated", name, why, Severity.NOTE))
