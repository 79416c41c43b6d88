"""Small counts kept to ourselves: which counts of a table must not be given, so that no total gives one away.

A count from 1 to k - 1 is suppressed. Where the suppressed counts of a group, whose total somebody may know or ask for,
are fewer than two or add up to less than k, the smallest of its others that is not zero is suppressed as well.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from twin.errors import InvalidValue
from twin.types import I64, Bools


def check_least(suppress_below: int) -> None:
    """Refuse a negative k."""
    if suppress_below < 0:
        raise InvalidValue("suppress_below", "is negative", "Give the smallest count that may be shown, 0 for any")


def small(counts: I64, least: int) -> Bools:
    """Which counts are suppressed for themselves."""
    return np.asarray((counts > 0) & (counts < least), dtype=np.bool_)


def suppressed(counts: I64, groups: I64, least: int) -> Bools:
    """(places, buckets) counts to those that must not be given.

    groups (buckets,), ascending: buckets of one number add up to a total, such as those of a day. The places of one
    bucket add up to a total as well.
    """
    hidden = small(counts, least)
    bounds = np.flatnonzero(np.diff(groups, prepend=-1, append=-1)).tolist()
    parts = [(place, slice(*span)) for place in range(len(counts)) for span in pairwise(bounds)]
    across = range(counts.shape[1]) if len(counts) > 1 else range(0)
    changed = bool(hidden.any())
    while changed:
        changed = False
        for place, span in parts:
            changed |= _hide_more(counts[place, span], hidden[place, span], least)
        for bucket in across:
            changed |= _hide_more(counts[:, bucket], hidden[:, bucket], least)
    return hidden


def _hide_more(counts: I64, hidden: Bools, least: int) -> bool:
    """Hide more of one group, in place, until what is hidden says nothing; whether any was."""
    if not hidden.any():
        return False
    others = np.flatnonzero(~hidden & (counts > 0))
    others = others[np.argsort(counts[others], kind="stable")]
    more = 0
    while more < len(others) and (hidden.sum() < 2 or counts[hidden].sum() < least):
        hidden[others[more]] = True
        more += 1
    return more > 0
