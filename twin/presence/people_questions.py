"""Questions that begin with persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twin.presence.answer import (
    Answer,
    CompanionRow,
    ContactRow,
    LingeringRow,
    MeetingRow,
    SharedPlaceRow,
    TrajectoryRow,
)
from twin.presence.asking import Asking, people_asked
from twin.presence.contact import Contact
from twin.presence.paging import DEFAULT_LIMIT, page_of
from twin.presence.questions.companions import companions
from twin.presence.questions.contacts import contacts
from twin.presence.questions.lingering import Lingering, lingering
from twin.presence.questions.meetings import meetings
from twin.presence.questions.shared_places import Sharing, shared_places
from twin.presence.questions.trajectory import trajectory
from twin.presence.together import Threshold, Together
from twin.types import Window


class PeopleQuestions(Asking):
    """Where somebody was, who was with them.

    Every question takes `limit` and `cursor` (pages of a stable order), `as_of` (an older snapshot, while it is kept)
    and `force` (read as much as it takes; else TooMuch says what it would read).
    """

    def trajectory(
        self,
        persons: int | Sequence[int],
        window: Window,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[TrajectoryRow]:
        """Where one or several persons were, in order of time."""
        asked = [persons] if isinstance(persons, int) else persons
        page = page_of("trajectory", (sorted(set(asked)), window), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return trajectory(snapshot, people_asked(snapshot, asked), window, page)

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
        without: Sequence[int] = (),
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[ContactRow]:
        """Who is a contact of any of these persons by a whole rule; its days are those of `zone`, else the store's.

        without: persons who are none, whatever the rule says.
        """
        page = page_of("contacts", (sorted(set(persons)), window, rule, zone, sorted(set(without))), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        if zone is not None:
            snapshot = replace(snapshot, zone=zone)
        others = snapshot.representatives([person for person in without if 0 <= person < snapshot.people])
        return contacts(snapshot, people_asked(snapshot, persons), window, rule, page, without=others)

    def meetings(
        self,
        persons: Sequence[int],
        window: Window,
        *,
        rule: Together | None = None,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[MeetingRow]:
        """When two persons met, or every two of at most 1,000: each meeting with its places; for any time, by default.

        One row per pair that met, with all its meetings. InvalidValue for a single person and for too many.
        """
        together = rule or Together(threshold=Threshold(0))
        page = page_of("meetings", (sorted(set(persons)), window, together), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return meetings(snapshot, people_asked(snapshot, persons), window, together, page)

    def shared_places(
        self,
        persons: Sequence[int],
        window: Window,
        *,
        rule: Together | None = None,
        together: bool = False,
        at_least: int = 2,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[SharedPlaceRow]:
        """Places where at least so many of at most 1,000 persons were, the most telling first (see `SharedPlaceRow`).

        rule      its scale divides places (InvalidValue for one whose places overlap); a person counts at a place for
                  a stay there by its threshold: for any time, by default
        together  only time counts during which another of them was there as well
        """
        sharing = Sharing(rule or Together(threshold=Threshold(0)), together, at_least)
        page = page_of("shared_places", (sorted(set(persons)), window, sharing), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return shared_places(snapshot, people_asked(snapshot, persons), window, sharing, page)

    def lingering(
        self,
        persons: Sequence[int],
        window: Window,
        *,
        rule: Together | None = None,
        linger_s: int = 7_200,
        half_life_s: float = 1_800.0,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
        as_of: int | None = None,
        force: bool = False,
    ) -> Answer[LingeringRow]:
        """Who was where these persons had been, up to `linger_s` after they had left, the largest exposure first.

        `rule`: its threshold is for later presence, unweighted: any at all, by default. Everything counts within the
        window alone: let it reach `linger_s` beyond the stays that matter.
        """
        asked = Lingering(rule or Together(threshold=Threshold(0)), linger_s, half_life_s)
        page = page_of("lingering", (sorted(set(persons)), window, asked), limit, cursor)
        snapshot = self._snapshot(page, window, as_of=as_of, force=force)
        return lingering(snapshot, people_asked(snapshot, persons), window, asked, page)
