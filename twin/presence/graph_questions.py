"""Questions that follow contacts from person to person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.errors import UnknownPerson
from twin.presence.asking import Asking, people_asked
from twin.presence.chain.answering import Progress, chain
from twin.presence.chain.asked import ChainRule, Method
from twin.presence.chain.course import Direction
from twin.presence.chain.rows import Chain
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
