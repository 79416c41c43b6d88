"""Questions that follow contacts from person to person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.errors import UnknownPerson
from twin.presence.answer import Answer, PairRow
from twin.presence.asking import Asking, people_asked
from twin.presence.chain.answering import Progress, chain
from twin.presence.chain.asked import ChainRule, Method
from twin.presence.chain.course import Direction
from twin.presence.chain.rows import Chain
from twin.presence.near.areas import Areas
from twin.presence.near.ranges import KeyRanges
from twin.presence.network.asked import PER_MEETING, By, Counting, fingerprint, ranges_meant
from twin.presence.network.degrees import Whom, degrees
from twin.presence.network.graph import Members, contact_graph
from twin.presence.network.network import network
from twin.presence.network.rows import Degrees, NetworkRow
from twin.presence.paging import DEFAULT_LIMIT, page_of
from twin.presence.together import Together
from twin.types import Window


class GraphQuestions(Asking):
    """Chains of contacts and the contact graph. For `limit`, `cursor`, `as_of` and `force` see `PeopleQuestions`."""

    def chain(
        self,
        seeds: Sequence[int],
        window: Window,
        *,
        theta_s: int,
        latency_s: int,
        hops: int | None,
        rule: Together | None = None,
        direction: Direction = "forward",
        first_contact: bool = False,
        isolation: Mapping[int, int] | None = None,
        isolate_after_s: int | None = None,
        seed_times: Mapping[int, int] | None = None,
        method: Method = "auto",
        progress: Progress | None = None,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Chain:
        """Who was reached from the seeds by contacts that follow each other in time (backward: who reached them).

        theta_s is the least length of a contact, latency_s the time until somebody reached is infectious, both in
        seconds; hops: the most contacts, None for any number. For the other values see `chain.asked.ChainRule`;
        rule: scale, bridged gaps and trust. `progress` is told of layers and days finished.
        """
        asked = ChainRule(
            rule or Together(),
            theta_s,
            latency_s,
            hops,
            direction,
            first_contact,
            isolate_after_s,
            dict(sorted((isolation or {}).items())),
            dict(sorted((seed_times or {}).items())),
            method,
        )
        page = page_of("chain", (sorted(set(seeds)), window, asked), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        persons = people_asked(snapshot, seeds)
        if any(not 0 <= person < snapshot.people for person in (*asked.isolation, *asked.times)):
            raise UnknownPerson("isolation, seed_times", "no person has one of these numbers", "Ask by pseudonym")
        return chain(snapshot, persons, window, asked, page, progress=progress)

    def network(
        self,
        window: Window,
        *,
        places: KeyRanges | Areas | None = None,
        rule: Together | None = None,
        by: By = "place",
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[NetworkRow]:
        """How many meetings there were, exactly and without any list of pairs, at some places or everywhere.

        rule  a scale that divides places, and the least seconds per meeting: ten minutes at one unit, by default
        by    rows of each place of the scale (most meetings first), each local day, both, or one of the whole window
        """
        counting = Counting(rule or Together(threshold=PER_MEETING), by)
        page = page_of("network", (window, counting, fingerprint(places)), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return network(snapshot, window, counting, ranges_meant(places), page)

    def degrees(
        self,
        window: Window,
        *,
        persons: Sequence[int] | None = None,
        places: KeyRanges | Areas | None = None,
        rule: Together | None = None,
        met: bool = False,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Degrees:
        """How many meetings each person had: those named, or everybody with a stay there. See `network`.

        met  count the different people whom each person named met, too, by the engine of `companions`
        """
        counting = Counting(rule or Together(threshold=PER_MEETING), "window")
        named = None if persons is None else sorted(set(persons))
        page = page_of("degrees", (window, counting, fingerprint(places), named, met), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        whom = Whom(None if persons is None else people_asked(snapshot, persons), ranges_meant(places), met)
        return degrees(snapshot, window, counting, whom, page)

    def contact_graph(
        self,
        window: Window,
        *,
        persons: Sequence[int] | None = None,
        places: KeyRanges | Areas | None = None,
        rule: Together | None = None,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[PairRow]:
        """Every two of some persons (up to 100,000), or of everybody at some places, who were together by a rule.

        Any scale and any threshold will do; with both persons and places, it is of these persons at these places.
        """
        together = rule or Together()
        named = None if persons is None else sorted(set(persons))
        page = page_of("contact_graph", (window, together, fingerprint(places), named), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        members = Members(None if persons is None else people_asked(snapshot, persons), ranges_meant(places))
        return contact_graph(snapshot, members, window, together, page)
