"""Intervals in groups to one measure a group: the most of their union by a threshold's measure, and what is certain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.kernels.layout import Hits
from twin.presence.kernels.uniting import WINDOW, Measure, measure
from twin.types import I64, Bools

IN_ALL = Measure(WINDOW, np.empty(0, dtype=np.int64), 1)
"""The whole union."""


Spans = tuple[I64, I64, Bools]
"""Starts, ends, and whether they are certain."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Groups (g,) by ascending code: the seconds of all their intervals, and of the certain ones; -1 for none."""

    code: I64
    most: I64
    surely: I64

    def at(self, code: I64) -> tuple[I64, I64]:
        """(n,) codes to the (n,) seconds and certain seconds of their groups; -1 for a group that is not there."""
        if not len(self.code):
            return np.full(len(code), -1), np.full(len(code), -1)
        at = np.minimum(np.searchsorted(self.code, code), len(self.code) - 1)
        there = self.code[at] == code
        return np.where(there, self.most[at], -1), np.where(there, self.surely[at], -1)


def measured(code: I64, spans: Spans, by: Measure = IN_ALL) -> Measured:
    """(n,) intervals, each in the group of a code, in any order."""
    order = np.lexsort((spans[0], code))
    start, end, certain = (column[order] for column in spans)
    return measured_in_order(code[order], (start, end, certain), by)


def measured_in_order(code: I64, spans: Spans, by: Measure = IN_ALL) -> Measured:
    """The same of intervals that come by code and start."""
    start, end, certain = spans
    fresh = np.ones(len(code), dtype=np.bool_)
    fresh[1:] = code[1:] != code[:-1]
    first = np.flatnonzero(fresh)
    begins = np.append(first, len(code)).astype(np.int64)
    nobody, nowhere = np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint64)
    hits = Hits(nobody, start, end, nobody, nowhere, certain)
    sure = np.logical_or.reduceat(certain, first) if len(first) else np.empty(0, dtype=np.bool_)
    return Measured(code[first], measure(begins, hits, False, by), np.where(sure, measure(begins, hits, True, by), -1))
