"""What is asked of the network, checked: a scale that divides places, a least time per meeting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from twin.errors import InvalidValue
from twin.presence.answer import Rule
from twin.presence.near.areas import Areas
from twin.presence.near.ranges import KeyRanges, with_unknown_floors
from twin.presence.together import Threshold, Together

By = Literal["place", "day", "place_day", "window"]

PER_MEETING = Threshold(600, per="meeting")


@dataclass(frozen=True, slots=True)
class Counting:
    """How meetings are counted: by which rule, in rows of what."""

    rule: Together = field(default_factory=lambda: Together(threshold=PER_MEETING))
    by: By = "place"

    def __post_init__(self) -> None:
        if self.by not in get_args(By):
            raise InvalidValue(f"by {self.by!r}", "there are no such rows", f"Take one of {[*get_args(By)]}")
        if not self.rule.near.partition:
            reason = "is no scale that divides places: near is not the same from everywhere, so pairs must be looked at"
            way_out = "Take unit, floor, cell without ring, square, building, estate or carriage; or ask for the graph"
            raise InvalidValue(f"scale {self.rule.near.id}", reason, way_out)
        if self.rule.threshold.per != "meeting":
            reason = f"is per {self.rule.threshold.per}, which takes pairs to be measured"
            raise InvalidValue("least overlap", reason, "Take the least time per meeting, or ask for the graph")

    @property
    def least(self) -> int:
        """The least seconds of a meeting: to share no time is not to meet."""
        return max(self.rule.threshold.least, 1)

    @property
    def by_place(self) -> bool:
        """Whether each place is counted by itself."""
        return self.by in ("place", "place_day")

    @property
    def by_day(self) -> bool:
        """Whether each local day is counted by itself."""
        return self.by in ("day", "place_day")

    def rule_of(self, question: str) -> Rule:
        """In words."""
        rule = self.rule
        bridged = f" Gaps of a stay up to {rule.bridge_s} s are bridged." if rule.bridge_s else ""
        text = (
            f"{rule.near.text} at the same time for {self.least} s or longer: two stays of different persons, joined"
            f" over midnight, are one meeting, which counts when the later one begins.{bridged} Possible, not certain:"
            " a floor is unknown, the end of a stay is an estimate, or its source is doubtful."
        )
        return Rule(rule.id or f"{question}/{rule.near.id}", rule.version, text)


def ranges_meant(places: KeyRanges | Areas | None) -> KeyRanges | None:
    """The keys of some places, apart and ascending, with the unknown floors that may be there; None: everywhere."""
    if places is None:
        return None
    ranges = places if isinstance(places, KeyRanges) else places.ranges
    if not len(ranges.lo):
        raise InvalidValue("places", "no key range is given", "Give at least one, or none for everywhere")
    return with_unknown_floors(ranges)[0].merged()


def fingerprint(places: KeyRanges | Areas | None) -> object:
    """The same for the same places."""
    ranges = ranges_meant(places)
    return None if ranges is None else (ranges.lo.tobytes(), ranges.hi.tobytes())
