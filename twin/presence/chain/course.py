"""The direction of a chain as a change of clock: backward is forward with the time reversed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from twin.errors import InvalidValue
from twin.types import Window

Direction = Literal["forward", "backward"]


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds of the chain: from the start of the window on, or from its end back. `length`: of the window."""

    origin: int
    sign: int
    length: int

    @classmethod
    def of(cls, window: Window, direction: Direction) -> Course:
        """The course through a window."""
        if direction not in ("forward", "backward"):
            raise InvalidValue(f"direction {direction!r}", "there is none of this name", "Take forward or backward")
        forward = direction == "forward"
        return cls(window.start if forward else window.end, 1 if forward else -1, window.seconds)

    def second(self, utc: int) -> int:
        """A UTC second as a second of the chain, not limited to the window."""
        return self.sign * (utc - self.origin)

    def utc(self, second: int) -> int:
        """And back."""
        return self.origin + self.sign * second
