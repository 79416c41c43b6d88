"""Small premises: shops, restaurants, workshops, on the floors where people find them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synth.city import City
from twin.synth.draw import stream
from twin.synth.names import Name, premises_name
from twin.types import F64, I64, Objects

CATEGORIES = ("food", "shop", "service", "workshop", "leisure", "elderly")
_STREET = (0.36, 0.33, 0.14, 0.09, 0.05, 0.03)
_MALL = (0.34, 0.42, 0.08, 0.0, 0.16, 0.0)

_WEIGHTS = {
    "house": 1.0,
    "shops": 26.0,
    "podium": 60.0,
    "mall": 700.0,
    "market": 120.0,
    "factory": 1.5,
    "office": 4.0,
    "cbd": 8.0,
    "station": 250.0,
}
"""How many premises a building of each sort draws, against a village house. A mall has them on every floor."""


@dataclass(frozen=True, slots=True)
class Premises:
    """Columns: building row, xy metres, level, category and name."""

    building: I64
    xy: F64
    level: I64
    category: Objects
    names: list[Name]

    def __len__(self) -> int:
        return len(self.building)


def draw_premises(city: City) -> Premises:
    """As many as the area asks for, dealt to buildings by their sort."""
    rng = stream(city.spec.seed, "premises")
    houses = city.buildings
    weight = np.array([_WEIGHTS.get(sort, 0.0) for sort in houses.sort.tolist()])
    weight *= rng.uniform(0.2, 1.8, len(weight))
    share = np.cumsum(weight) / weight.sum()
    wanted = city.spec.count("premises")
    building = np.searchsorted(share, (np.arange(wanted) + 0.5) / wanted).astype(np.int64)
    tall = np.isin(houses.sort[building], ["mall", "podium", "shops", "market"])
    level = np.where(tall, 1 + (rng.uniform(size=wanted) ** 1.4 * houses.storeys[building]).astype(np.int64), 1)
    mall = houses.sort[building] == "mall"
    draws = rng.uniform(size=wanted)
    street, inside = (np.minimum(np.searchsorted(np.cumsum(parts), draws), 5) for parts in (_STREET, _MALL))
    category = np.array(CATEGORIES, dtype=object)[np.where(mall, inside, street)]
    names = [premises_name(sort, rng) for sort in category.tolist()]
    xy = houses.centres[building] + rng.uniform(-2.2, 2.2, (wanted, 2))
    return Premises(building, np.round(xy, 2), level.astype(np.int64), category, names)
