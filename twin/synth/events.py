"""Incidents of the last days and the resources that can be sent to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synth.city import City
from twin.synth.draw import stream
from twin.synth.roadside import Spots, along_roads
from twin.types import I64

INCIDENTS = (
    ("doorway", "店铺超门线经营", "Shop trading beyond its doorway", 0.24),
    ("noise", "噪声超限扰民", "Noise above its limit", 0.18),
    ("rubbish", "暴露垃圾", "Rubbish left in the open", 0.14),
    ("parking", "违规停放车辆", "Vehicles parked against the rules", 0.14),
    ("smoke", "烟感报警", "Smoke alarm", 0.07),
    ("flood", "内涝积水点告警", "Flood point alarm", 0.05),
    ("slope", "边坡位移预警", "Slope movement warning", 0.03),
    ("manhole", "井盖缺损", "Manhole cover damaged", 0.06),
    ("lift", "电梯困人", "People trapped in a lift", 0.04),
    ("elderly", "长者跌倒告警", "Fall of an elderly person", 0.05),
)
_STATUS = (("new", 0.14), ("dispatched", 0.18), ("handling", 0.22), ("closed", 0.46))

RESOURCES = (
    ("ambulance", "救护车", "Ambulance", 0.8),
    ("fire_engine", "消防车", "Fire engine", 0.8),
    ("patrol", "巡逻车", "Patrol car", 2.0),
    ("grid_worker", "网格员", "Grid worker", 4.0),
    ("test_site", "核酸采样点", "Test site", 1.2),
    ("volunteers", "志愿者队伍", "Volunteers", 1.0),
    ("pump", "排涝泵车", "Drainage pump", 0.4),
    ("shelter", "应急避难场所", "Shelter", 0.5),
    ("drone", "无人机", "Drone", 0.4),
)
"""(category, Chinese, English, per square kilometre)."""


@dataclass(frozen=True, slots=True)
class Events:
    """Columns: spots, kinds (rows of INCIDENTS or RESOURCES), status, and when opened (UTC seconds)."""

    spots: Spots
    kind: I64
    status: list[str]
    opened_at: I64


def draw_incidents(city: City) -> Events:
    """Some dozens in the last three days, most of the older ones closed."""
    rng = stream(city.spec.seed, "incidents")
    wanted = max(8, round(6.5 * city.spec.area_km2))
    spots = _anywhere(city, rng, wanted)
    parts = np.array([part for *_, part in INCIDENTS])
    kind = rng.choice(len(INCIDENTS), wanted, p=parts / parts.sum())
    ago = np.sort(rng.uniform(0, 1, wanted) ** 1.6 * 3 * 86_400)
    status = [_state(a, u) for a, u in zip(ago / (3 * 86_400), rng.uniform(size=wanted), strict=True)]
    return Events(spots, kind, status, city.spec.midnights()[-1] - 1800 - ago.astype(np.int64))


def _state(age: float, draw: float) -> str:
    """The older, the more likely closed."""
    shifted = min(0.999, draw * 0.7 + age * 0.55)
    edges = np.cumsum([part for _, part in _STATUS])
    return _STATUS[int(np.searchsorted(edges, shifted))][0]


def draw_resources(city: City) -> Events:
    """Vehicles, people and sites, three of four free."""
    rng = stream(city.spec.seed, "resources")
    counts = [max(1, round(per_km2 * city.spec.area_km2)) for *_, per_km2 in RESOURCES]
    kind = np.repeat(np.arange(len(RESOURCES)), counts)
    status = ["free" if u < 0.74 else "busy" for u in rng.uniform(size=len(kind))]
    return Events(_anywhere(city, rng, len(kind)), kind, status, np.zeros(len(kind), dtype=np.int64))


def _anywhere(city: City, rng: np.random.Generator, wanted: int) -> Spots:
    spots = along_roads(city, 31.0, 1.0)
    rows: I64 = rng.permutation(len(spots))[:wanted]
    return Spots(spots.xy[rows], spots.heading[rows], spots.block[rows], spots.building[rows])
