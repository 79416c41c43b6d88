"""Declarations keep their rows, and a mask is exactly the box and the kinds."""

from __future__ import annotations

import numpy as np

from twin.live import declare
from twin.types import Bbox


def three():
    return declare(
        ["a", "b", "c"],
        ["sensor", "sensor", "camera"],
        [[("pm", "µg"), ("t", "°C")], [("t", "°C")], []],
        np.asarray([[114.0, 22.5], [114.1, 22.6], [114.2, 22.7]]),
    )


def test_a_row_for_each_sensor_and_property():
    streams = three()
    assert streams.ids == ("a/pm", "a/t", "b/t")
    assert streams.units == ("µg", "°C", "°C")
    assert streams.row("b/t") == 2
    assert streams.row("c/t") is None
    assert list(streams.rows_of_sensor("a")) == [0, 1]
    assert list(streams.rows_of_sensor("nobody")) == []


def test_mask_by_box_and_kind():
    streams = three()
    assert streams.mask().tolist() == [True, True, True]
    assert streams.mask(bbox=Bbox(114.05, 22, 115, 23)).tolist() == [False, False, True]
    assert streams.mask(kinds=["camera"]).tolist() == [False, False, False]
    assert streams.mask(bbox=Bbox(114.0, 22.5, 114.0, 22.5), kinds=["sensor"]).tolist() == [True, True, False]


def test_a_device_without_position_is_in_no_box():
    streams = declare(["a"], ["sensor"], [[("t", "")]], np.asarray([[np.nan, np.nan]]))
    assert streams.mask(bbox=Bbox(-180, -90, 180, 90)).tolist() == [False]


def test_a_device_named_twice_keeps_its_first_rows():
    streams = declare(["a", "a"], ["sensor", "sensor"], [[("t", "K")], [("t", "°C"), ("u", "")]], np.zeros((2, 2)))
    assert streams.ids == ("a/t", "a/u")
    assert streams.units == ("K", "")


def test_none_at_all():
    streams = declare([], [], [], np.empty((0, 2)))
    assert len(streams) == 0
    assert streams.mask(kinds=["sensor"]).shape == (0,)
