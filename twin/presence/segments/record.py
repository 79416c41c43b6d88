"""One piece of a stay in 64 bits: start 17 | duration 17 | person 26 | tag 4.

Start and duration are seconds within one local day (at most 25 hours, 90,000 s). The tag is an index into the
segment's own table of (source, quality). Sorted as integers, the records of one place are in order of start.
"""

from __future__ import annotations

import numpy as np

from twin.types import U32, U64

START_SHIFT = 47
DURATION_SHIFT = 30
PERSON_SHIFT = 4
SECONDS_MASK = (1 << 17) - 1
PERSON_MASK = (1 << 26) - 1
TAG_MASK = 15

PERSON_LIMIT = 1 << 26
"""How many persons a store can tell apart."""

TAG_LIMIT = 16
"""How many (source, quality) pairs a segment can hold; more make further segments."""

REACH_UNIT_S = 360
"""The longest stay of a place is kept in one byte: steps of six minutes, rounded up."""

DAY_LIMIT = 255 * REACH_UNIT_S
"""The longest local day that fits, in seconds: 25 hours and a half."""

RECORD_BYTES = 8
ROW_BYTES = 3


def seconds_of(records: U64) -> tuple[U32, U32]:
    """(n,) records to their (n,) seconds of the day and durations in seconds."""
    start = (records >> np.uint64(START_SHIFT)).astype(np.uint32)
    duration = ((records >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK)).astype(np.uint32)
    return start, duration
