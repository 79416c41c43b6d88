"""What somebody waits for, as values: companions of persons, people at places, places too full."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.errors import InvalidValue, InvalidWindow
from twin.presence.asking import LONGEST_WINDOW_S
from twin.presence.near.ranges import KeyRanges
from twin.presence.together import Threshold, Together, Trust
from twin.types import Window


@dataclass(frozen=True, slots=True)
class WatchPersons:
    """Whoever is together with any of some persons in a window, by a rule: the answer of `companions`."""

    persons: tuple[int, ...]
    window: Window
    rule: Together = field(default_factory=Together)

    def __post_init__(self) -> None:
        _check(self.window)
        if not self.persons or any(person < 0 for person in self.persons):
            raise InvalidValue("persons", "none is given, or a number is negative", "Watch at least one person")


@dataclass(frozen=True, slots=True)
class WatchPlaces:
    """Whoever is at some places for long enough in a window: the answer of `visitors`."""

    ranges: KeyRanges
    window: Window
    threshold: Threshold = field(default_factory=lambda: Threshold(0))
    trust: Trust = field(default_factory=Trust)

    def __post_init__(self) -> None:
        _check(self.window)


@dataclass(frozen=True, slots=True)
class WatchCrowd:
    """When more than `over` people are at some places at once: the curve of `occupancy`, second by second."""

    ranges: KeyRanges
    window: Window
    over: int
    trust: Trust = field(default_factory=Trust)

    def __post_init__(self) -> None:
        _check(self.window)
        if self.over < 1:
            raise InvalidValue("over", "must be at least one person", "Watch the places for visitors instead")


Watch = WatchPersons | WatchPlaces | WatchCrowd


def _check(window: Window) -> None:
    if not 0 < window.seconds < LONGEST_WINDOW_S:
        raise InvalidWindow("window", "ends before or as it starts, or is longer than 68 years", "Give another one")
