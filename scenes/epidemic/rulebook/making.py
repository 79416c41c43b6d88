"""From a rule to the engine's values: scale, time, records."""

from __future__ import annotations

from dataclasses import replace

from scenes.epidemic.areas import AREA_KINDS, areas
from scenes.epidemic.rulebook.clauses import Chosen
from scenes.epidemic.rulebook.near import Near
from scenes.epidemic.rulebook.schema import Rule
from scenes.epidemic.rulebook.setting import setting_ranges
from scenes.epidemic.rulebook.tables import source_number
from twin.presence import (
    Carriage,
    Cell,
    Contact,
    Dwell,
    Floor,
    Nearness,
    Radius,
    Rows,
    Square,
    Threshold,
    Together,
    Trust,
    Unit,
)
from twin.presence.near.metric import CELL_RADIUS_M
from twin.presence.near.within import Within
from twin.store import Store
from twin.types import Window

AREA_RADIUS_M = {"storey": 30.0, "building": 30.0, "estate": 150.0, "grid": 150.0, "community": 400.0, "street": 1000.0}
"""Half the usual width of an area, metres: what the error of a source is compared with."""

WIDEST_CELL_M = 1e4


def nearness_of(near: Near, store: Store) -> Nearness:
    """The scale of a rule."""
    scale, same_floor = near.scale, bool(near.same_floor)
    if scale in AREA_KINDS:
        return replace(areas(store, scale), same_floor=same_floor)
    if scale in ("rows", "compartments"):
        return Rows(near.nearby or 0, crew=bool(near.crew), modes=near.modes or (), compartments=scale != "rows")
    if scale in ("carriage", "run"):
        return Carriage(whole_run=scale == "run", modes=near.modes or ())
    if scale == "cell":
        return Cell(near.res or 0, near.ring or 0, same_floor)
    if scale == "square":
        return Square(near.side_m or 0.0, near.origin or (0.0, 0.0), same_floor)
    if scale == "radius":
        return Radius(near.radius_m or 0.0, same_floor)
    return Unit() if scale == "unit" else Floor()


def reach_m(near: Near) -> float:
    """How far apart two can be and yet be near: what the error radius of a source must not exceed. Aboard: any."""
    if near.scale in AREA_RADIUS_M:
        return AREA_RADIUS_M[near.scale]
    if near.scale == "cell":
        return CELL_RADIUS_M.get(near.res or 0, WIDEST_CELL_M) * (1 + 2 * (near.ring or 0))
    if near.scale == "square":
        return (near.side_m or 0.0) / 2
    if near.scale == "radius":
        return near.radius_m or 0.0
    return CELL_RADIUS_M[12] if near.scale in ("unit", "floor") else float("inf")


def trust_of(rule: Rule) -> Trust:
    """Which records count; those of a source whose error is larger than the scale are doubtful."""
    sources, reach = rule.sources, reach_m(rule.near)
    doubtful = {source_number(name) for name in sources.doubtful}
    doubtful |= {source_number(name) for name, error in sources.error_m.items() if error > reach}
    only = None if sources.only is None else frozenset(source_number(name) for name in sources.only)
    return Trust(only, frozenset(doubtful))


def together_of(chosen: Chosen, store: Store) -> Together:
    """What counts as together by a rule."""
    rule = chosen.rule
    near = nearness_of(rule.near, store)
    if rule.setting is not None:
        words = (*rule.setting.premises, *rule.setting.hubs, *rule.setting.building_use)
        near = Within(near, ", ".join(words), setting_ranges(store, rule.setting))
    threshold = Threshold()
    if rule.threshold is not None:
        least = rule.threshold
        threshold = Threshold(least.seconds, least.per, least.span_s or 86_400, least.strict)
    return Together(near, threshold, rule.gaps.bridge_s, trust_of(rule), chosen.name, rule.version)


def contact_of(chosen: Chosen, store: Store, stays: Window | None) -> Contact:
    """The whole rule on direct contacts. `stays`: the window of the cumulative stay."""
    rule = chosen.rule
    least, stay = rule.threshold, rule.stay
    dwell = None
    if stay is not None:
        dwell = Dwell(round(stay.hours * 3600), stay.strict, stay.who, stay.where, stays)
    return Contact(
        together_of(chosen, store),
        each_place=bool(least and least.each_place),
        when=least.when if least else "same_time",
        dwell=dwell,
        combine=stay.combine if stay else "and",
        gaps=tuple((source_number(name), gap) for name, gap in rule.gaps.by_source.items()),
    )
