"""Questions that begin with places."""

from __future__ import annotations

from twin.presence.answer import Answer, FootfallRow, OccupancyRow, VisitorRow
from twin.presence.asking import Asking
from twin.presence.near.areas import Areas
from twin.presence.near.ranges import KeyRanges
from twin.presence.paging import DEFAULT_LIMIT, page_of
from twin.presence.questions.buckets import Step
from twin.presence.questions.footfall import Counting, footfall
from twin.presence.questions.occupancy import Occupation, occupancy
from twin.presence.questions.placed import placed
from twin.presence.questions.visitors import visitors
from twin.presence.together import Threshold, Trust
from twin.types import Window


class PlaceQuestions(Asking):
    """Who was there, and how many. For `limit`, `cursor`, `as_of` and `force` see `PeopleQuestions`."""

    def visitors(
        self,
        ranges: KeyRanges,
        window: Window,
        *,
        threshold: Threshold | None = None,
        trust: Trust | None = None,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[VisitorRow]:
        """Who was at the places of these key ranges: for any time at all, by default."""
        least, trusted = threshold or Threshold(0), trust or Trust()
        page = page_of("visitors", (ranges.lo.tobytes(), ranges.hi.tobytes(), window, least, trusted), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return visitors(snapshot, ranges, window, page, threshold=least, trust=trusted)

    def footfall(
        self,
        places: KeyRanges | Areas,
        window: Window,
        *,
        step: Step = "hour",
        trust: Trust | None = None,
        suppress_below: int = 0,
        limit: int | None = None,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[FootfallRow]:
        """How many people were there and how many came, by local hour or day, or every so many seconds.

        places          key ranges, taken together, or areas, one by one
        suppress_below  counts from 1 to this are not given, nor others that would give one away by a day's total or by
                        the total of all places
        """
        counting, of = Counting(step, trust or Trust(), suppress_below), placed(places)
        page = page_of("footfall", (*of.fingerprint, window, counting), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return footfall(snapshot, of, window, counting, page)

    def occupancy(
        self,
        places: KeyRanges | Areas,
        window: Window,
        *,
        step_s: int = 3600,
        trust: Trust | None = None,
        suppress_below: int = 0,
        limit: int | None = None,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[OccupancyRow]:
        """How many people were there at once: every `step_s` seconds, at the most, and on average. See `footfall`."""
        asked, of = Occupation(step_s, trust or Trust(), suppress_below), placed(places)
        page = page_of("occupancy", (*of.fingerprint, window, asked), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return occupancy(snapshot, of, window, asked, page)
