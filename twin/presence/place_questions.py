"""Questions that begin with places."""

from __future__ import annotations

from twin.presence.answer import Answer, VisitorRow
from twin.presence.asking import Asking
from twin.presence.near.ranges import KeyRanges
from twin.presence.paging import DEFAULT_LIMIT, page_of
from twin.presence.questions.visitors import visitors
from twin.presence.together import Threshold, Trust
from twin.types import Window


class PlaceQuestions(Asking):
    """Who was there. For `limit`, `cursor`, `as_of` and `force` see `PeopleQuestions`."""

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
