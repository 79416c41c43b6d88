"""What counts as together, as values: how near, how long, which records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from twin.errors import InvalidValue
from twin.presence.answer import Rule
from twin.presence.kernels.layout import CERTAIN, POSSIBLE, UNUSED
from twin.presence.kernels.uniting import DAY, MEETING, SPAN, WINDOW
from twin.presence.near.nearness import Nearness
from twin.presence.near.scales import Unit
from twin.presence.segments.batch import MEASURED
from twin.types import U8

Per = Literal["window", "meeting", "day", "span"]
PER: dict[Per, int] = {"window": WINDOW, "meeting": MEETING, "day": DAY, "span": SPAN}


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least time shared: `seconds` of the union over the whole window, one meeting, one local day, or any span.

    `strict`: more than `seconds`, not just as much.
    """

    seconds: int = 600
    per: Per = "window"
    span_s: int = 86_400
    strict: bool = False

    def __post_init__(self) -> None:
        if self.seconds < 0:
            raise InvalidValue("least overlap", "is negative", "Give seconds, 0 for any meeting at all")
        if self.per not in PER:
            raise InvalidValue(f"least overlap per {self.per!r}", "there is no such measure", f"Take one of {[*PER]}")
        if self.span_s < 1:
            raise InvalidValue("span", "must be at least a second", "Give seconds, 86400 for any 24 hours")

    @property
    def least(self) -> int:
        """The seconds that a measure must reach."""
        return self.seconds + self.strict

    @property
    def text(self) -> str:
        """In words."""
        length = f"for more than {self.seconds} s" if self.strict else f"for {self.seconds} s or longer"
        over = {"window": "in all", "meeting": "at one meeting", "day": "within one local day"}
        return f"{length} {over.get(self.per, f'within any {self.span_s} s')}"


@dataclass(frozen=True, slots=True)
class Trust:
    """Which sources count: `only` these (None: all), of which `doubtful` ones make an answer no more than possible."""

    only: frozenset[int] | None = None
    doubtful: frozenset[int] = frozenset()

    def worth(self, sources: U8, qualities: U8) -> U8:
        """(t,) sources and qualities to CERTAIN, POSSIBLE or UNUSED each."""
        worth = np.where(qualities == MEASURED, np.uint8(CERTAIN), np.uint8(POSSIBLE))
        if self.doubtful:
            worth[np.isin(sources, list(self.doubtful))] = POSSIBLE
        if self.only is not None:
            worth[~np.isin(sources, list(self.only))] = UNUSED
        return worth


@dataclass(frozen=True, slots=True)
class Together:
    """A rule for who was together: near enough, for long enough, by these records.

    `bridge_s`: gaps up to this between stays of one person at one place are bridged before anything is compared (stays
    are clipped to the window first). `id` and `version` name the rule; without them it is named after its scale.
    """

    near: Nearness = field(default_factory=Unit)
    threshold: Threshold = field(default_factory=Threshold)
    bridge_s: int = 0
    trust: Trust = field(default_factory=Trust)
    id: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.bridge_s <= 86_400:
            raise InvalidValue("bridged gap", "must be 0 to 86,400 seconds", "A longer gap is not one stay")

    def rule(self, question: str) -> Rule:
        """The rule in words."""
        bridged = f" Gaps of a stay up to {self.bridge_s} s are bridged." if self.bridge_s else ""
        text = (
            f"{self.near.text} at the same time, {self.threshold.text}: the length of the union of shared intervals."
            f"{bridged} Possible: a floor is unknown, the end of a stay is an estimate, or its source is doubtful."
        )
        return Rule(self.id or f"{question}/{self.near.id}", self.version, text)
