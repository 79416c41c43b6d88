"""Presence answers as they go out: places described, times in UTC and the twin's zone, pseudonyms only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from math import isnan
from typing import Any

import numpy as np

from scenes.epidemic.asked import Records, presence_of
from scenes.epidemic.shape import Described, Items, Shape, Telling
from scenes.epidemic.windows import local
from scenes.places import titles
from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence import Answer
from twin.store import PlaceInfo, Store

MOST_KNOWN = 50_000
"""Descriptions of places kept while an answer of many rows goes out: some 50 MB."""

_OF_EVERY = {field.name for field in fields(Answer)}
"""What an answer has besides is its question's own, and goes out as it is."""


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
    if not len(different):
        return {}
    return {int(info.key): described(info) for info in store.places.describe(different)}


def name_areas(store: Store, numbers: Sequence[int]) -> dict[int, Described]:
    """Areas by the numbers of their entities."""
    ids = store.ids(numbers) if numbers else []
    named = titles(store, ids)
    return {number: {"entity": id, "name": named.get(id)} for number, id in zip(numbers, ids, strict=True)}


def interval(start: int, end: int, zone: str) -> dict[str, Any]:
    """A half-open interval in UTC seconds, local time and minutes."""
    return {
        "start": start,
        "end": end,
        "start_local": local(start, zone),
        "end_local": local(end, zone),
        "minutes": round((end - start) / 60, 2),
    }


def told(
    records: Records, shape: Shape, rows: Sequence[Any], zone: str, known: dict[int, Described] | None = None
) -> list[dict[str, Any]]:
    """Engine rows as they go out. `known`: places described before, which is added to."""
    items = Items([rows])
    places = known if known is not None else {}
    if len(places) > MOST_KNOWN:
        places.clear()
    places.update(describe_all(records.store, shape.spoken(items, "place") - places.keys()))
    numbers = sorted(shape.spoken(items, "person"))
    names = presence_of(records).pseudonyms(numbers)
    persons = {number: name.hex() for number, name in zip(numbers, names, strict=True)}
    areas = name_areas(records.store, sorted(shape.spoken(items, "area")))
    return shape.rows(items, Telling(places, persons, zone, areas))


def frame(records: Records, answer: Answer[Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What every answer carries beside its rows: what it rests on and what it cost.

    `kept` is the time that stays are kept of now: a window that reaches further is answered from less than it spans.
    """
    stats = presence_of(records).stats()
    kept = None if stats.first is None or stats.last is None else interval(stats.first, stats.last, answer.zone)
    window = interval(answer.window.start, answer.window.end, answer.zone)
    return {
        "question": answer.question,
        "snapshot": answer.snapshot,
        "rule": asdict(answer.rule),
        "window": {**window, "zone": answer.zone},
        "kept": kept,
        "rows": rows,
        "total": answer.total,
        "left_out": answer.left_out,
        "next": answer.next,
        "below_threshold": answer.below_threshold,
        "not_compared": answer.not_compared,
        "cost": asdict(answer.cost),
        **{name: getattr(answer, name) for name in sorted({field.name for field in fields(answer)} - _OF_EVERY)},
    }
