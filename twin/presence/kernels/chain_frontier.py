"""Kernels of the frontier: from the stays of those just reached to whom they reach, without a list of pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_ground import (
    Ground,
    fits,
    keys_of,
    local_span,
    offsets_of,
    on_course,
    reach_of,
    records_of,
    seek,
)
from twin.presence.kernels.chain_seen import is_marked, mark, see, slots_for
from twin.presence.kernels.layout import POSSIBLE, UNUSED
from twin.presence.kernels.reading import first_start
from twin.presence.segments.record import (
    DURATION_SHIFT,
    PERSON_MASK,
    PERSON_SHIFT,
    REACH_UNIT_S,
    SECONDS_MASK,
    START_SHIFT,
    TAG_MASK,
)
from twin.types import I64, U32, U64, Bools

AT_ONCE = 2048
"""Records that are looked through before the few that matter are looked at closely."""


class Ranges(NamedTuple):
    """Where others are near: row i has the key ranges at first[i]:first[i + 1], ascending. `only`: the certain ones.

    For certain and floor see `near.nearness.Neighbourhood`.
    """

    first: I64
    lo: U64
    hi: U64
    certain: Bools
    floor: I64
    only: bool


class Parts(NamedTuple):
    """Stays of sources within one day (n,), in order of place: seconds [start, end) of the chain, row of `Ranges`.

    The end may lie in days to come, but no farther than a contact that begins in this day can last.
    """

    start: I64
    end: I64
    row: I64


class Reach(NamedTuple):
    """Who was reached: second of the chain per person (people,), NEVER if not; `bar` (people,) or (0,): isolation.

    theta: least seconds of a contact. bridge: gaps of a stay up to this do not count. sign: of the ground.
    """

    arrival: U32
    bar: U32
    theta: int
    bridge: int
    sign: int


class Room(NamedTuple):
    """Room for a scan.

    table: see `chain_seen`; number (1,): of the last scan; chosen (AT_ONCE,): rows worth a closer look; hint (g,):
    where the last place was in each segment; segment, place, first, last: the runs of records that it goes through.
    """

    table: I64
    number: I64
    chosen: I64
    hint: I64
    segment: I64
    place: I64
    first: I64
    last: I64


class Fragments(NamedTuple):
    """Records of people whom a scan saw more than once (n,): scan, person, key, seconds of the chain."""

    part: I64
    person: U32
    key: U64
    start: I64
    end: I64


class Scanned(NamedTuple):
    """What scans read: records, dictionary entries; how many fragments there are, and slots of the table they need."""

    records: int
    entries: int
    fragments: int
    slots: int


class Site(NamedTuple):
    """Where scans take place: the ground, what is near, who was reached, room."""

    ground: Ground
    ranges: Ranges
    reach: Reach
    room: Room


class Sight(NamedTuple):
    """A scan: number of the part, seconds [start, end) of the chain, until when it looks; its keys in the table."""

    part: int
    start: int
    end: int
    within: int
    slots: int
    key: int


@njit(cache=True, nogil=True)
def scan(site: Site, day: int, parts: Parts, out: Fragments) -> Scanned:
    """Scan around the stays of sources in one day; note whom they reach.

    A record that alone overlaps for long enough is a contact. Records that may have to be joined are put out as
    fragments; those that find no room are counted all the same. The caller makes room and scans again. Other days are
    looked at where gaps are bridged into them, or where a contact goes on at midnight.
    """
    ground, room, bridge = site.ground, site.room, site.reach.bridge
    read, entries, held, most = 0, 0, 0, 0
    today = (ground.first[day], ground.first[day + 1])
    _, later = around(ground, today, (ground.hi[day], ground.hi[day] + site.reach.theta))
    for q in range(parts.start.size):
        start, end, day_end = parts.start[q], parts.end[q], ground.hi[day]
        within = end if bridge else min(end, day_end)
        near = around(ground, today, (start - bridge, end + bridge)) if bridge else today
        runs, looked = runs_near(site, near, (start, within), parts.row[q], 0)
        rows = rows_in(room, runs)
        read, entries = read + rows, entries + looked
        slots = slots_for(rows)
        if slots > room.table.shape[0]:
            most = max(most, slots)
            continue
        sight = Sight(q, start, end, within, slots, next_key(room))
        again, ahead = _look(site, runs, sight)
        if ahead:
            runs, looked = runs_near(site, (today[1], later), (day_end, end), parts.row[q], runs)
            entries += looked
        if again:
            held = _gather(site, runs, sight, out, held)
    return Scanned(read, entries, held, most)


@njit(cache=True, nogil=True)
def around(ground: Ground, segments: tuple[int, int], span: tuple[int, int]) -> tuple[int, int]:
    """A range of segments, widened to all days that a span touches."""
    first, last = segments
    while first > 0 and ground.hi[ground.day[first - 1]] >= span[0]:
        first -= 1
    while last < ground.places.size and ground.lo[ground.day[last]] <= span[1]:
        last += 1
    return first, last


@njit(cache=True, nogil=True)
def next_key(room: Room) -> int:
    """The key in the table of nobody in a new scan; those of persons follow it."""
    room.number[0] += 1
    return int(room.number[0]) << 32


@njit(cache=True, nogil=True)
def rows_in(room: Room, runs: int) -> int:
    """Records in the first runs."""
    rows = 0
    for i in range(runs):
        rows += int(room.last[i] - room.first[i])
    return rows


@njit(cache=True, nogil=True)
def runs_near(site: Site, segments: tuple[int, int], span: tuple[int, int], row: int, n: int) -> tuple[int, int]:
    """Append the runs of records, from number n on, that may meet a span at the places near: (runs, entries read)."""
    ground, ranges, room, bridge = site.ground, site.ranges, site.room, site.reach.bridge
    looked = 0
    for g in range(segments[0], segments[1]):
        records, keys = records_of(ground, g), keys_of(ground, g)
        offsets, longest = offsets_of(ground, g), reach_of(ground, g)
        low, high = local_span(ground, g, span[0], span[1])
        for r in range(ranges.first[row], ranges.first[row + 1]):
            i = seek(keys, ranges.lo[r], room.hint[g])
            stop = seek(keys, ranges.hi[r], i)
            room.hint[g] = i
            looked += stop - i
            for p in range(i, stop):
                fit = fits(keys[p], ranges.floor[r], ranges.certain[r])
                if fit < 0 or (ranges.only and fit == POSSIBLE):
                    continue
                last = int(np.int64(offsets[p + 1]))
                first = first_start(
                    records, int(np.int64(offsets[p])), last, low - bridge - int(np.int64(longest[p])) * REACH_UNIT_S
                )
                last = first_start(records, first, last, high + bridge + 1)
                if first < last:
                    room.segment[n], room.place[n], room.first[n], room.last[n] = g, p, first, last
                    n += 1
    return n, looked


@njit(cache=True, nogil=True)
def _look(site: Site, runs: int, sight: Sight) -> tuple[bool, bool]:
    """Go through runs: (must any records be joined, may a contact go on in the next day)."""
    again, ahead = False, False
    for i in range(runs):
        for first in range(site.room.first[i], site.room.last[i], AT_ONCE):
            n = _open(site, i, (first, min(first + AT_ONCE, site.room.last[i])), sight)
            joins, goes_on = _meet(site, site.room.segment[i], n, sight)
            again, ahead = again or joins, ahead or goes_on
    return again, ahead


@njit(cache=True, nogil=True)
def _open(site: Site, i: int, rows: tuple[int, int], sight: Sight) -> int:
    """Put those of some rows of run i into `chosen` whose person this source may reach earlier; how many.

    Without branches: arrivals are all over the memory, and the processor waits for many of them at once.
    """
    ground, arrival, chosen, g = site.ground, site.reach.arrival, site.room.chosen, site.room.segment[i]
    records, worth = records_of(ground, g), ground.worth[g]
    low, high = local_span(ground, g, sight.start - site.reach.bridge, sight.within + site.reach.bridge)
    m = 0
    for j in range(rows[0], rows[1]):
        s, e, _ = unpacked(records[j], ground.alias)
        chosen[m] = j
        m += int((e >= low) & (s <= high) & (worth[records[j] & np.uint64(TAG_MASK)] != UNUSED))
    earliest, n = sight.start + site.reach.theta, 0
    for j in chosen[:m]:
        _, _, person = unpacked(records[j], ground.alias)
        chosen[n] = j
        n += int(np.int64(arrival[person]) > earliest)
    return n


@njit(cache=True, nogil=True)
def _meet(site: Site, g: int, n: int, sight: Sight) -> tuple[bool, bool]:
    """Note the contacts with the first n chosen records, and which of them may have to be joined with others."""
    ground, reach, table, theta = site.ground, site.reach, site.room.table, site.reach.theta
    again, ahead, records = False, False, records_of(ground, g)
    shift = ground.sign * (ground.base[g] - ground.origin)
    for j in site.room.chosen[:n]:
        s, e, person = unpacked(records[j], ground.alias)
        if ground.sign < 0:
            s, e = -e, -s
        s, e = s + shift, e + shift
        begin, stop = within_bar(reach, person, max(s, sight.start), min(e, sight.within))
        if stop - begin >= theta:
            note(reach, person, begin)
            if begin == sight.start:
                continue  # no contact can begin before the source is there
        elif (
            sight.end > sight.within
            and e >= sight.within
            and sight.end - begin >= theta
            and begin + theta < int(np.int64(reach.arrival[person]))
        ):
            mark(table, sight.slots, sight.key + person)
            again, ahead = True, True
        again |= see(table, sight.slots, sight.key + person, (s, e), reach.bridge)
    return again, ahead


@njit(cache=True, nogil=True)
def unpacked(record: np.uint64, alias: U32) -> tuple[int, int, int]:
    """A record's start, end and person; `alias`: whom a number stands for, or (0,)."""
    start = int(np.int64(record >> np.uint64(START_SHIFT)))
    end = start + int(np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK)))
    person = int(np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK)))
    if alias.size:
        person = int(np.int64(alias[person]))
    return start, end, person


@njit(cache=True, nogil=True)
def within_bar(reach: Reach, person: int, start: int, end: int) -> tuple[int, int]:
    """A time cut to what lies before a person's isolation."""
    if reach.bar.size:
        bar = int(np.int64(reach.bar[person]))
        if reach.sign > 0:
            return start, min(end, bar)
        return max(start, bar), end
    return start, end


@njit(cache=True, nogil=True)
def note(reach: Reach, person: int, start: int) -> None:
    """Note a contact that begins at a second of the chain."""
    if start + reach.theta < int(np.int64(reach.arrival[person])):
        reach.arrival[person] = np.uint32(start + reach.theta)


@njit(cache=True, nogil=True)
def _gather(site: Site, runs: int, sight: Sight, out: Fragments, held: int) -> int:
    """Put out the records of everybody marked; returns how many there are by now."""
    room = site.room
    whole = Sight(sight.part, sight.start, sight.end, sight.end, sight.slots, sight.key)
    for i in range(runs):
        for first in range(room.first[i], room.last[i], AT_ONCE):
            n = _open(site, i, (first, min(first + AT_ONCE, room.last[i])), whole)
            for j in room.chosen[:n]:
                held = put_out(site, (i, j), sight, out, held)
    return held


@njit(cache=True, nogil=True)
def put_out(site: Site, at: tuple[int, int], sight: Sight, out: Fragments, held: int) -> int:
    """Put out record (run, row) if its person is marked and any of it lies in the window; how many there are by now."""
    ground, g = site.ground, site.room.segment[at[0]]
    s, e, person = unpacked(records_of(ground, g)[at[1]], ground.alias)
    if not is_marked(site.room.table, sight.slots, sight.key + person):
        return held
    inside, s, e = on_course(ground, g, s, e)
    if not inside:
        return held
    if held < out.part.size:
        out.part[held], out.person[held] = sight.part, person
        out.key[held] = keys_of(ground, g)[site.room.place[at[0]]]
        out.start[held], out.end[held] = s, e
    return held + 1


@njit(cache=True, nogil=True)
def settle(order: I64, fragments: Fragments, group: U64, parts: Parts, reach: Reach) -> None:
    """Join fragments, taken in the order of (scan, person, group, start), and note the contacts they are."""
    i = 0
    while i < order.size:
        f = order[i]
        start = fragments.start[f]
        end, i = joined(order, i, fragments, group, reach.bridge)
        part = fragments.part[f]
        person = int(np.int64(fragments.person[f]))
        start, end = within_bar(reach, person, max(start, parts.start[part]), min(end, parts.end[part]))
        if end - start >= reach.theta:
            note(reach, person, start)


@njit(cache=True, nogil=True)
def joined(order: I64, i: int, fragments: Fragments, group: U64, bridge: int) -> tuple[int, int]:
    """From fragment order[i] on, the stay that it begins: (its end, where the next one begins)."""
    f = order[i]
    end = int(fragments.end[f])
    i += 1
    while i < order.size:
        g = order[i]
        if fragments.part[g] != fragments.part[f] or fragments.person[g] != fragments.person[f]:
            break
        if group[g] != group[f] or fragments.start[g] > end + bridge:
            break
        end = max(end, int(fragments.end[g]))
        i += 1
    return end, i
