"""Devices counted by state, readings above a limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenes.command_wall.model import above_limit, by_category, last_heard, properties_of, working_share
from scenes.inventory import Devices
from twin.live import NEVER, declare, make_batch


def devices(*rows: tuple[str, str, str, str, list]) -> Devices:
    count = len(rows)
    ids, kinds, categories, statuses, properties = (list(column) for column in zip(*rows, strict=True))
    unknown = np.full(count, np.nan)
    return Devices(
        ids, kinds, ids, categories, statuses, [""] * count, [None] * count, properties, np.zeros((count, 2)),
        unknown, unknown, unknown,
    )  # fmt: skip


SMOKE = [("smoke", "%")]


def test_each_device_is_counted_once_in_one_state():
    known = devices(
        ("a", "sensor", "smoke", "ok", SMOKE),
        ("b", "sensor", "smoke", "ok", SMOKE),
        ("c", "sensor", "smoke", "broken", SMOKE),
        ("d", "sensor", "smoke", "offline", SMOKE),
        ("e", "camera", "", "ok", []),
        ("f", "camera", "", "", []),
    )
    heard = np.asarray([1000, 100, 1000, NEVER, NEVER, NEVER])
    camera, smoke = by_category(known, heard, silent_before=500)
    assert (camera.kind, camera.working, camera.faulty, camera.silent, camera.total) == ("camera", 2, 0, 0, 2)
    assert (smoke.category, smoke.working, smoke.faulty, smoke.silent, smoke.total) == ("smoke", 1, 1, 2, 4)


def test_the_share_that_works_by_building():
    known = devices(
        ("a", "sensor", "smoke", "ok", SMOKE),
        ("b", "sensor", "smoke", "ok", SMOKE),
        ("c", "sensor", "smoke", "broken", SMOKE),
        ("d", "camera", "", "ok", []),
        ("e", "camera", "", "ok", []),
    )
    parents = replace(known, parents=["one", "one", "one", "two", None])
    heard = np.asarray([1000, 100, 1000, NEVER, NEVER])
    assert working_share(parents, heard, silent_before=500) == {"one": (3, 1 / 3), "two": (1, 1.0)}


def test_last_heard_is_the_newest_of_a_devices_streams():
    known = devices(("a", "sensor", "x", "ok", SMOKE), ("b", "sensor", "x", "ok", []))
    streams = declare(["a"], ["sensor"], [[("smoke", "%"), ("t", "°C")]], np.zeros((1, 2)))
    heard = last_heard(known, streams, make_batch([(0, 5, 1.0), (1, 9, 1.0)]))
    assert heard.tolist() == [9, NEVER]


def test_above_the_limit_by_group_most_first():
    streams = declare(["a", "b", "c", "d"], ["sensor"] * 4, [[("db", "dB"), ("t", "°C")]] * 4, np.zeros((4, 2)))
    latest = make_batch([(0, 1, 71.0), (1, 2, 99.0), (2, 3, 70.0), (4, 4, 80.0), (6, 5, 75.0), (7, 5, 999.0)])
    found = above_limit(latest, streams, "db", 70.0, {"a": "north", "b": "south", "c": "north"})
    assert [(item.group, item.count, item.highest, item.sensor) for item in found] == [
        ("north", 2, 80.0, "c"),
        ("", 1, 75.0, "d"),
    ]


def test_a_word_is_above_no_limit():
    streams = declare(["a"], ["sensor"], [[("door", "")]], np.zeros((1, 2)))
    assert above_limit(make_batch([(0, 1, "open")]), streams, "door", 0.0, {}) == []
    assert properties_of(streams) == [("door", "")]
