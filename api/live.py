"""Live values in the shapes that go over the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson

from scenes.epidemic.windows import to_utc
from twin.errors import InvalidValue
from twin.live import Batch, Live, Result
from twin.types import Bools

Row = list[str | int | float]


def wire_rows(live: Live, batch: Batch) -> list[Row]:
    """Observations as `[sensor id, property, time, value]`."""
    sensors, names = live.datastreams.sensors, live.datastreams.names
    return [
        [sensors[row], names[row], when, value]
        for row, when, value in zip(batch.rows.tolist(), batch.times.tolist(), batch.values.tolist(), strict=True)
    ]


def described_rows(live: Live, batch: Batch) -> list[dict[str, Any]]:
    """Observations with their datastream's id, name and unit."""
    streams = live.datastreams
    return [
        {
            "sensor": streams.sensors[row],
            "datastream": streams.ids[row],
            "name": streams.names[row],
            "unit": streams.units[row],
            "value": value,
            "time": when,
        }
        for row, when, value in zip(batch.rows.tolist(), batch.times.tolist(), batch.values.tolist(), strict=True)
    ]


def mask_of_sensor(live: Live, sensor: str) -> Bools:
    """(n,) which datastreams belong to one device."""
    mask = np.zeros(len(live.datastreams), dtype=bool)
    mask[list(live.datastreams.rows_of_sensor(sensor))] = True
    return mask


def latest_of_sensor(live: Live, sensor: str) -> list[dict[str, Any]]:
    """The latest values of one device."""
    if not live.datastreams.rows_of_sensor(sensor):
        return []
    return described_rows(live, live.latest(mask_of_sensor(live, sensor)).batch)


def read_body(body: bytes) -> list[Any]:
    """A JSON list, or NDJSON: one object a line. A line that is no JSON becomes None, and is refused by its index."""
    if body.lstrip()[:1] == b"[":
        try:
            return list(orjson.loads(body))
        except orjson.JSONDecodeError as error:
            raise InvalidValue("body", "it is not valid JSON", "Send a JSON list or one JSON object a line") from error
    return [_loads(line) for line in body.splitlines() if line.strip()]


def _loads(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def read_observations(
    items: Iterable[Any], zone: str
) -> tuple[list[tuple[str, int, Result]], list[int], dict[int, str]]:
    """Good (datastream, UTC seconds, result) triples, the index of each in the request, and reasons for the rest."""
    good: list[tuple[str, int, Result]] = []
    indices: list[int] = []
    refused: dict[int, str] = {}
    for index, item in enumerate(items):
        if not isinstance(item, dict) or not isinstance(item.get("datastream"), str):
            refused[index] = "it is not an object with datastream, time and result"
            continue
        result = item.get("result")
        if not isinstance(result, (int, float, str)):
            refused[index] = "the result is not a number, true/false or a word"
            continue
        try:
            when = to_utc(item.get("time"), zone, "time")
        except InvalidValue as error:
            refused[index] = f"the time {error.reason}"
            continue
        good.append((item["datastream"], when, result))
        indices.append(index)
    return good, indices, refused
