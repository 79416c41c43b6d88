"""What the kernels are handed: columns of a segment, probes, scratch, as plain tuples of arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.types import I64, U8, U16, U32, U64, Bools

CERTAIN, POSSIBLE, UNUSED = 0, 1, 2
"""What a record's (source, quality) is worth to a question: one of these for each tag of a segment."""

COUNT_BITS = np.uint64(24)
"""A person's cell in the scratch: seconds of overlap above, number of overlaps in the lowest 24 bits."""

EXCLUDED = np.uint64((1 << 64) - 1)
"""Mark of a person in the scratch who is not to be met."""


FENCE = 512
"""Keys between two fences: as many as are on a page of memory."""


class Places(NamedTuple):
    """The place order of one segment (see `segments.layout.Columns`).

    fences: every FENCE-th key, or (0,); a search in them touches a few pages of the file, one in all keys many. base:
    UTC second its day begins at.
    """

    records: U64
    keys: U64
    fences: U64
    offsets: U32
    reach: U8
    base: int


class People(NamedTuple):
    """The person order of one segment: row numbers in 16 and 8 bits, and where each person's begin."""

    low: U16
    high: U8
    ids: U32
    counts: U8
    blocks: U32
    first: int


class Probes(NamedTuple):
    """What is looked for: (n,) half-open key ranges and UTC intervals, by start.

    certain: the place leaves no doubt. floor: the floor asked for within the range, ANY_FLOOR for all. stay: the number
    of the stay that is probed for, as the caller counts them.
    """

    lo: U64
    hi: U64
    start: I64
    end: I64
    certain: Bools
    floor: I64
    stay: U32


class Work(NamedTuple):
    """One segment's share of a sweep: its places, the probes of its day, the worth (t,) of its tags."""

    places: Places
    probes: Probes
    worth: U8


class Hits(NamedTuple):
    """Overlaps found: (n,) person, UTC interval shared, for which stay, the key of the place, whether it is certain."""

    person: U32
    start: I64
    end: I64
    stay: U32
    place: U64
    certain: Bools
