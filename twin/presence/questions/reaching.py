"""Who reaches a threshold, of united hits."""

from __future__ import annotations

from twin.presence.kernels.layout import Hits
from twin.presence.kernels.uniting import Measure, Union, measure
from twin.presence.segments.days import Days
from twin.presence.together import PER, Threshold
from twin.types import Bools, Window


def reaching(threshold: Threshold, zone: str, window: Window, union: Union, hits: Hits) -> tuple[Bools, Bools]:
    """(m,) groups of hits, each by start, to (which reach the threshold, which do by their certain part alone)."""
    most, surely = union.together, union.certain
    if threshold.per != "window":
        by = Measure(PER[threshold.per], Days(zone).edges_of(window), threshold.span_s)
        most, surely = (measure(union.first_hit, hits, only_certain, by) for only_certain in (False, True))
    return most >= threshold.least, union.sure & (surely >= threshold.least)
