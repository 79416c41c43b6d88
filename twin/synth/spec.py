"""What a synthetic district is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twin.errors import InvalidValue

PER_KM2 = {"grids": 17.0, "cameras": 400.0, "devices": 1500.0, "premises": 70_795 / 175.6}
"""What a square kilometre of a dense district holds beside its buildings and people."""

_LIMITS = {
    "area_km2": (0.2, 400.0),
    "buildings": (100, 500_000),
    "people": (200, 5_000_000),
    "days": (1, 366),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """Size and seed. The same spec gives the same district, whenever and wherever it is made.

    until   the last local day of stays, inclusive
    """

    seed: int = 7
    area_km2: float = 10.0
    buildings: int = 12_000
    people: int = 150_000
    days: int = 14
    until: date = date(2026, 11, 22)
    zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise InvalidValue(name, f"{getattr(self, name)} is not between {low} and {high}", "Give another")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidValue("zone", f"{self.zone!r} is no time zone", "Give one such as Asia/Shanghai") from error
        if not 0 <= self.seed < 2**63:
            raise InvalidValue("seed", f"{self.seed} is not between 0 and 2^63 - 1", "Give another")

    @classmethod
    def small(cls, seed: int = 7) -> Spec:
        """A quarter of a neighbourhood, for tests and quick looks."""
        return cls(seed=seed, area_km2=0.3, buildings=300, people=2_000, days=3)

    def count(self, what: str) -> int:
        """How many of `PER_KM2` there are; a small district is cut into finer grids, so that it has a bit of all."""
        return max(14, round(PER_KM2[what] * self.area_km2))

    def midnights(self) -> list[int]:
        """UTC seconds of the edges of the local days: `days` + 1 of them."""
        first = self.until - timedelta(days=self.days - 1)
        zone = ZoneInfo(self.zone)
        edges = (first + timedelta(days=n) for n in range(self.days + 1))
        return [int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) for day in edges]

    def weekdays(self) -> list[int]:
        """Day of the week of each day, Monday 0."""
        first = self.until - timedelta(days=self.days - 1)
        return [(first + timedelta(days=n)).weekday() for n in range(self.days)]
