"""Questions that begin with persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twin.presence.answer import Answer, CompanionRow, ContactRow, TrajectoryRow
from twin.presence.asking import Asking, people_asked
from twin.presence.contact import Contact
from twin.presence.paging import DEFAULT_LIMIT, page_of
from twin.presence.questions.companions import companions
from twin.presence.questions.contacts import contacts
from twin.presence.questions.trajectory import trajectory
from twin.presence.together import Together
from twin.types import Window


class PeopleQuestions(Asking):
    """Where somebody was, who was with them.

    Every question takes `limit` and `cursor` (pages of a stable order), `as_of` (an older snapshot, while it is kept)
    and `force` (read as much as it takes; else TooMuch says what it would read).
    """

    def trajectory(
        self,
        person: int,
        window: Window,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[TrajectoryRow]:
        """Where a person was, in order of time."""
        page = page_of("trajectory", (person, window), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        (representative,) = people_asked(snapshot, [person])
        return trajectory(snapshot, representative, window, page)

    def companions(
        self,
        persons: Sequence[int],
        window: Window,
        *,
        rule: Together | None = None,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[CompanionRow]:
        """Who was together with any of these persons by a rule: at one place for ten minutes in all, by default."""
        together = rule or Together()
        page = page_of("companions", (sorted(set(persons)), window, together), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return companions(snapshot, people_asked(snapshot, persons), window, together, page)

    def contacts(
        self,
        persons: Sequence[int],
        window: Window,
        *,
        rule: Contact,
        zone: str | None = None,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[ContactRow]:
        """Who is a contact of any of these persons by a whole rule; its days are those of `zone`, else the store's."""
        page = page_of("contacts", (sorted(set(persons)), window, rule, zone), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        if zone is not None:
            snapshot = replace(snapshot, zone=zone)
        return contacts(snapshot, people_asked(snapshot, persons), window, rule, page)
