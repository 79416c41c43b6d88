"""Presence answers as they go out: places described, times in UTC and the twin's zone, pseudonyms only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from scenes.epidemic.windows import local
from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence import Answer, CompanionRow, TrajectoryRow, VisitorRow
from twin.store import PlaceInfo, Store

Places = Mapping[int, dict[str, Any]]


def described(info: PlaceInfo) -> dict[str, Any]:
    """One place; its key as text, for it does not fit into a JavaScript number."""
    return {
        "key": str(info.key),
        "entity": info.entity_id,
        "name": info.name,
        "kind": info.kind,
        "floor": None if info.floor == UNKNOWN_FLOOR else info.floor,
        "lonlat": [info.lon, info.lat],
        "height_m": info.height_m,
        "building": info.building_id,
    }


def describe_all(store: Store, keys: Iterable[int]) -> Places:
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


def trajectory_answer(store: Store, answer: Answer[TrajectoryRow]) -> dict[str, Any]:
    """Stays in order of time, each with its place."""
    places = describe_all(store, (row.place for row in answer.rows))
    rows = [
        {
            "place": places[row.place],
            **interval(row.start, row.end, answer.zone),
            "source": row.source,
            "quality": row.quality,
        }
        for row in answer.rows
    ]
    return frame(answer, rows)


def companions_answer(store: Store, answer: Answer[CompanionRow], cases: Mapping[int, str]) -> dict[str, Any]:
    """Companions with every shared interval. `cases`: person number to pseudonym of those asked about."""
    shown = [item for row in answer.rows for item in row.evidence]
    places = describe_all(store, (key for item in shown for key in (item.place, item.other_place)))
    rows = [
        {
            "person": row.pseudonym.hex(),
            "minutes": round(row.together_s / 60, 2),
            "certain_minutes": round(row.certain_s / 60, 2),
            "possible_minutes": round(row.possible_s / 60, 2),
            "meetings": row.meetings,
            "first": row.first,
            "last": row.last,
            "certain": row.certain,
            "evidence": [
                {
                    "case": cases[item.case],
                    "place": places[item.place],
                    "other_place": None if item.other_place == item.place else places[item.other_place],
                    **interval(item.start, item.end, answer.zone),
                    "certain": item.certain,
                }
                for item in row.evidence
            ],
        }
        for row in answer.rows
    ]
    return frame(answer, rows)


def visitors_answer(store: Store, answer: Answer[VisitorRow]) -> dict[str, Any]:
    """Visitors with each of their stays there."""
    places = describe_all(store, (item.place for row in answer.rows for item in row.evidence))
    rows = [
        {
            "person": row.pseudonym.hex(),
            "minutes": round(row.present_s / 60, 2),
            "certain_minutes": round(row.certain_s / 60, 2),
            "possible_minutes": round(row.possible_s / 60, 2),
            "visits": row.visits,
            "first": row.first,
            "last": row.last,
            "certain": row.certain,
            "evidence": [
                {
                    "place": places[item.place],
                    **interval(item.start, item.end, answer.zone),
                    "certain": item.certain,
                }
                for item in row.evidence
            ],
        }
        for row in answer.rows
    ]
    return frame(answer, rows)
