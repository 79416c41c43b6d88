"""Watches on disk: one JSON file in the folder of the store, written anew and whole with every change."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from twin.errors import InvalidValue, UnreadableSource
from twin.presence.near.areas import Areas
from twin.presence.near.metric import Radius, Square
from twin.presence.near.nearness import Nearness
from twin.presence.near.ranges import KeyRanges
from twin.presence.near.scales import Cell, Floor, Unit
from twin.presence.near.vehicles import Carriage, Rows
from twin.presence.segments.segment import sync_folder
from twin.presence.together import Threshold, Together, Trust
from twin.presence.watch.watch import Watch, WatchCrowd, WatchPersons, WatchPlaces
from twin.types import Window

FILE = "watches.json"
FORMAT = 1

_SCALES: dict[str, Callable[..., Nearness]] = {
    scale.__name__: scale for scale in (Unit, Floor, Cell, Square, Radius, Rows, Carriage)
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A watch, and the version up to which its alerts are known to have arrived; 0: none yet."""

    watch: Watch
    delivered: int = 0


def read(folder: Path) -> dict[str, Kept]:
    """The watches of a folder by id; none where nothing was kept. UnreadableSource for a file that is not ours."""
    path = folder / FILE
    try:
        content = orjson.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        return {name: Kept(_watch(one), int(one["delivered"])) for name, one in content["watches"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, InvalidValue) as error:
        raise UnreadableSource(
            str(path), "does not hold watches", "Restore it, or remove it to watch nothing"
        ) from error


def write(folder: Path, watches: Mapping[str, Kept]) -> None:
    """Put the watches in the place of those kept before, durably."""
    content = {name: _plain(kept) for name, kept in watches.items()}
    temporary = folder / (FILE + ".part")
    with temporary.open("wb") as handle:
        handle.write(orjson.dumps({"format": FORMAT, "watches": content}))
        handle.flush()
        os.fsync(handle.fileno())
    temporary.rename(folder / FILE)
    sync_folder(folder)


def _plain(kept: Kept) -> dict[str, Any]:
    watch = kept.watch
    common = {"delivered": kept.delivered, "window": [watch.window.start, watch.window.end]}
    if isinstance(watch, WatchPersons):
        rule = watch.rule
        return common | {
            "kind": "persons",
            "persons": [*watch.persons],
            "near": _plain_scale(rule.near),
            "threshold": _plain_threshold(rule.threshold),
            "bridge_s": rule.bridge_s,
            "trust": _plain_trust(rule.trust),
            "id": rule.id,
            "version": rule.version,
        }
    common |= {"trust": _plain_trust(watch.trust), "ranges": _plain_ranges(watch.ranges)}
    if isinstance(watch, WatchPlaces):
        return common | {"kind": "places", "threshold": _plain_threshold(watch.threshold)}
    return common | {"kind": "crowd", "over": watch.over}


def _watch(one: dict[str, Any]) -> Watch:
    window, trust = Window(*one["window"]), _trust(one["trust"])
    if one["kind"] == "persons":
        threshold = Threshold(**one["threshold"])
        rule = Together(_scale(one["near"]), threshold, one["bridge_s"], trust, one["id"], one["version"])
        return WatchPersons(tuple(one["persons"]), window, rule)
    if one["kind"] == "places":
        return WatchPlaces(_ranges(one["ranges"]), window, Threshold(**one["threshold"]), trust)
    if one["kind"] == "crowd":
        return WatchCrowd(_ranges(one["ranges"]), window, one["over"], trust)
    raise ValueError(f"kind {one['kind']}")


def _plain_threshold(threshold: Threshold) -> dict[str, Any]:
    return {field.name: getattr(threshold, field.name) for field in fields(threshold)}


def _plain_trust(trust: Trust) -> dict[str, Any]:
    return {"only": None if trust.only is None else sorted(trust.only), "doubtful": sorted(trust.doubtful)}


def _trust(one: dict[str, Any]) -> Trust:
    return Trust(None if one["only"] is None else frozenset(one["only"]), frozenset(one["doubtful"]))


def _plain_ranges(ranges: KeyRanges) -> list[list[int]]:
    return [ranges.lo.tolist(), ranges.hi.tolist()]


def _ranges(one: list[list[int]]) -> KeyRanges:
    lo, hi = (np.array(keys, dtype=np.uint64) for keys in one)
    return KeyRanges(lo, hi)


def _plain_scale(near: Nearness) -> dict[str, Any]:
    if isinstance(near, Areas):
        ranges, area = _plain_ranges(near.ranges), near.area.tolist()
        return {"scale": "Areas", "name": near.name, "ranges": ranges, "area": area, "same_floor": near.same_floor}
    name = type(near).__name__
    if name not in _SCALES:
        raise InvalidValue(f"scale {near.id}", "cannot be kept in a file", "Take one of the scales of this program")
    return {"scale": name} | {field.name: getattr(near, field.name) for field in fields(near)}  # type: ignore[arg-type]


def _scale(one: dict[str, Any]) -> Nearness:
    if one["scale"] == "Areas":
        area = np.array(one["area"], dtype=np.int64)
        return Areas(one["name"], _ranges(one["ranges"]), area, one["same_floor"])
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}
    return _SCALES[one["scale"]](**{name: value for name, value in values.items() if name != "scale"})
