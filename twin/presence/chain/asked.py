"""What is asked of a chain, as one value that has been checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from twin.errors import InvalidValue
from twin.presence.answer import Rule
from twin.presence.chain.course import Direction
from twin.presence.together import Together

Method = Literal["auto", "frontier", "sweep"]

LONGEST_CONTACT_S = 86_400
LONGEST_LATENCY_S = 366 * 86_400
MOST_HOPS = 250


@dataclass(frozen=True, slots=True)
class ChainRule:
    """How a chain spreads.

    together        scale, bridged gaps and trust; its threshold has no part in a chain
    theta_s         least seconds of a contact
    latency_s       from the end of the least contact until the person reached is infectious
    hops            the most contacts of a walk; None: any number
    first_contact   who was reached counts from the beginning of that contact, without latency
    isolate_after_s who was reached is isolated so long after arrival; None: never
    isolation       UTC second at which persons are isolated
    times           UTC second from which a seed is infectious (forward), by which it was exposed (backward)
    """

    together: Together
    theta_s: int
    latency_s: int
    hops: int | None
    direction: Direction = "forward"
    first_contact: bool = False
    isolate_after_s: int | None = None
    isolation: Mapping[int, int] = field(default_factory=dict)
    times: Mapping[int, int] = field(default_factory=dict)
    method: Method = "auto"

    def __post_init__(self) -> None:
        if not 1 <= self.theta_s <= LONGEST_CONTACT_S:
            raise InvalidValue("theta_s", f"must be 1 to {LONGEST_CONTACT_S:,} seconds", "Give the least contact")
        if not 0 <= self.latency_s <= LONGEST_LATENCY_S:
            raise InvalidValue("latency_s", "must be 0 seconds to 366 days", "Give 0 for infectious at once")
        if self.first_contact and self.latency_s:
            raise InvalidValue("latency_s", "has no meaning with first_contact", "Give 0, or leave first_contact out")
        if self.hops is not None and not 1 <= self.hops <= MOST_HOPS:
            raise InvalidValue("hops", f"must be 1 to {MOST_HOPS}", "Leave it out for any number of hops")
        if self.isolate_after_s is not None and self.isolate_after_s < 0:
            raise InvalidValue("isolate_after_s", "is negative", "Give seconds after arrival, or leave it out")
        if self.method not in ("auto", "frontier", "sweep"):
            raise InvalidValue(f"method {self.method!r}", "there is none of this name", "Take auto")

    @property
    def layered(self) -> bool:
        """Whether walks are counted hop by hop, as they must be where the time of arrival ends the infectious time."""
        return self.hops is not None or self.isolate_after_s is not None

    def rule(self) -> Rule:
        """The rule in words."""
        together = self.together
        forward = self.direction == "forward"
        steps = f"at most {self.hops} contacts" if self.hops else "any number of contacts"
        after = (
            "A person reached counts from the beginning of that contact on"
            if self.first_contact
            else f"A person reached is infectious {self.latency_s} s later"
        )
        isolated = "" if self.isolate_after_s is None else f" and isolated {self.isolate_after_s} s after being reached"
        bridged = f" Gaps of a stay up to {together.bridge_s} s are bridged." if together.bridge_s else ""
        text = (
            f"{'Forward' if forward else 'Backward'} along walks (a person may occur twice) of {steps}. A contact: "
            f"{together.near.text} at the same time for {self.theta_s} s or longer in one piece, while the one before "
            f"is infectious and neither is isolated. {after}{isolated}{'' if forward else '; time runs backward'}."
            f"{bridged} Possible: a floor is unknown, the end of a stay is an estimate, or its source is doubtful."
        )
        return Rule(together.id or f"chain/{together.near.id}", together.version, text)


def earliest(times: Mapping[int, int], whom: Mapping[int, int], *, latest: bool = False) -> dict[int, int]:
    """Times by number to times by the person a number stands for: the earliest of a person's, or the latest."""
    found: dict[int, int] = {}
    for number, second in times.items():
        person = whom[number]
        known = found.get(person, second)
        found[person] = max(known, second) if latest else min(known, second)
    return found


def numbers_named(seeds: Sequence[int], rule: ChainRule) -> list[int]:
    """Every number that is named."""
    return [*seeds, *rule.isolation, *rule.times]
