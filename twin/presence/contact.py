"""A whole rule for who counts as a contact, as a value: `Together`, and around it what written rules say more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from twin.errors import InvalidValue
from twin.presence.answer import Rule
from twin.presence.together import Together
from twin.types import Window

Who = Literal["either", "both", "case", "other"]
Where = Literal["met", "shared", "anywhere"]
When = Literal["same_time", "same_day", "same_window"]

_WHO = {
    "either": "either of the two",
    "both": "each of the two",
    "case": "the person asked about",
    "other": "the other",
}
_WHERE = {"met": "where they met", "shared": "at one place where both were at any time", "anywhere": "anywhere"}
_WHEN = {"same_day": "on the same local day, not necessarily at the same time", "same_window": "at any time"}


@dataclass(frozen=True, slots=True)
class Dwell:
    """A cumulative stay: `seconds` in all within `window` (None: the window of the question), strictly more or not.

    who    either of the two, both, the person asked about, or the other one
    where  met: at a place (square, floor … of the scale) where the two met; shared: at one where both were at any time
           of the window; anywhere: all stays together
    """

    seconds: int = 108_000
    strict: bool = True
    who: Who = "either"
    where: Where = "met"
    window: Window | None = None

    def __post_init__(self) -> None:
        if self.seconds < 0:
            raise InvalidValue("cumulative stay", "is negative", "Give seconds, 0 for any stay at all")
        for field_, value, known in (("who", self.who, _WHO), ("where", self.where, _WHERE)):
            if value not in known:
                raise InvalidValue(f"cumulative stay {field_} {value!r}", "there is none", f"Take one of {[*known]}")

    @property
    def least(self) -> int:
        """The seconds that a stay must reach."""
        return self.seconds + self.strict

    @property
    def text(self) -> str:
        """In words."""
        more = "more than " if self.strict else "at least "
        return f"{_WHO[self.who]} stayed {more}{self.seconds} s {_WHERE[self.where]}"


@dataclass(frozen=True, slots=True)
class Contact:
    """Who is a contact of somebody.

    together    how near, how long, by which records
    each_place  the time together is measured within each place (square, floor, building … of the scale) by itself and
                for each person asked about by itself; else over all of them together
    when        same_time: at the same time. Otherwise both merely were at one place for as long as the threshold says,
                each for themselves, on one local day or at any time of the window; that is always `each_place`
    dwell       a cumulative stay that is asked for besides
    combine     and: both time together and cumulative stay; or: either of them, for whoever was met at all
    gaps        (source, seconds) for sources with gaps of their own to be bridged after their stays, instead of
                `together.bridge_s`
    """

    together: Together = field(default_factory=Together)
    each_place: bool = False
    when: When = "same_time"
    dwell: Dwell | None = None
    combine: Literal["and", "or"] = "and"
    gaps: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.when != "same_time" and self.when not in _WHEN:
            raise InvalidValue(f"when {self.when!r}", "there is no such thing", f"Take same_time or one of {[*_WHEN]}")
        if self.combine not in ("and", "or"):
            raise InvalidValue(f"combine {self.combine!r}", "there is no such thing", "Take and, or or")
        for source, gap in self.gaps:
            if not (0 <= source <= 255 and 0 <= gap <= 86_400):
                raise InvalidValue("gaps", "sources are 0 to 255, gaps 0 to 86,400 seconds", "Give (source, seconds)")
        if len({source for source, _ in self.gaps}) < len(self.gaps):
            raise InvalidValue("gaps", "a source is given twice", "Give each source once")

    @property
    def by_place(self) -> bool:
        """Whether each place is measured by itself."""
        return self.each_place or self.when != "same_time"

    def rule(self, question: str) -> Rule:
        """The rule in words."""
        rule = self.together.rule(question)
        text = rule.text + "".join(f" After stays of source {source}: up to {gap} s." for source, gap in self.gaps)
        if self.when != "same_time":
            text = f"{text} Both count {_WHEN[self.when]}, each for themselves."
        elif self.each_place:
            text = f"{text} Each place is measured by itself."
        if self.dwell:
            joined = "And" if self.combine == "and" else "Or, for whoever was met at all,"
            text = f"{text} {joined} {self.dwell.text}."
        return Rule(rule.id, rule.version, text)
