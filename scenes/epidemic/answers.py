"""Presence answers as they go out: places described, times in UTC and the twin's zone, pseudonyms only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

import numpy as np

from scenes.epidemic.asked import Records, presence_of
from scenes.epidemic.fields import INTERVAL, Many, Place, flag, minutes, person_of, pseudonym, whole
from scenes.epidemic.shape import Described, Items, Shape, Telling
from scenes.epidemic.windows import local
from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence import Answer
from twin.store import PlaceInfo, Store

TRAJECTORY = Shape(Place("place"), *INTERVAL, whole("source"), whole("quality"))

COMPANIONS = Shape(
    pseudonym(),
    minutes("minutes", "together_s"),
    minutes("certain_minutes", "certain_s"),
    minutes("possible_minutes", "possible_s"),
    whole("meetings"),
    whole("first"),
    whole("last"),
    flag("certain"),
    Many(
        "evidence",
        Shape(
            person_of("case"),
            Place("place"),
            Place("other_place", unless="place"),
            *INTERVAL,
            flag("certain"),
        ),
    ),
)

VISITORS = Shape(
    pseudonym(),
    minutes("minutes", "present_s"),
    minutes("certain_minutes", "certain_s"),
    minutes("possible_minutes", "possible_s"),
    whole("visits"),
    whole("first"),
    whole("last"),
    flag("certain"),
    Many("evidence", Shape(Place("place"), *INTERVAL, flag("certain"))),
)


def described(info: PlaceInfo) -> Described:
    """One place; its key as text, for it does not fit into a JavaScript number."""
    return {
        "key": str(info.key),
        "entity": info.entity_id,
        "name": info.name,
        "kind": info.kind,
        "floor": None if info.floor == UNKNOWN_FLOOR else info.floor,
        "lonlat": None if isnan(info.lon) else [info.lon, info.lat],
        "height_m": info.height_m,
        "building": info.building_id,
    }


def describe_all(store: Store, keys: Iterable[int]) -> dict[int, Described]:
    """Each different place key once."""
    different = np.unique(np.fromiter(keys, dtype=np.uint64))
    return {int(info.key): described(info) for info in store.places.describe(different)}


def interval(start: int, end: int, zone: str) -> dict[str, Any]:
    """A half-open interval in UTC seconds, local time and minutes."""
    return {
        "start": start,
        "end": end,
        "start_local": local(start, zone),
        "end_local": local(end, zone),
        "minutes": round((end - start) / 60, 2),
    }


def told(records: Records, shape: Shape, rows: Sequence[Any], zone: str) -> list[dict[str, Any]]:
    """Engine rows as they go out."""
    items = Items(rows)
    numbers = sorted(shape.persons(items))
    names = presence_of(records).pseudonyms(numbers)
    persons = {number: name.hex() for number, name in zip(numbers, names, strict=True)}
    return shape.rows(items, Telling(describe_all(records.store, shape.places(items)), persons, zone))


def frame(answer: Answer[Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What every answer carries beside its rows: what it rests on and what it cost."""
    window = interval(answer.window.start, answer.window.end, answer.zone)
    return {
        "question": answer.question,
        "snapshot": answer.snapshot,
        "rule": asdict(answer.rule),
        "window": {**window, "zone": answer.zone},
        "rows": rows,
        "total": answer.total,
        "left_out": answer.left_out,
        "next": answer.next,
        "below_threshold": answer.below_threshold,
        "not_compared": answer.not_compared,
        "cost": asdict(answer.cost),
    }
