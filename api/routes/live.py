"""Live values: in by HTTP, out by WebSocket, the latest and the past by HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, WebSocket

from api.auth import OBSERVE_ROLES, needs
from api.live import described_rows, mask_of_sensor, read_body, read_observations
from api.push import Push
from api.reply import reply
from api.routes.features import parse_bbox
from api.twin import Serving, TheCity
from scenes.epidemic.windows import to_window
from twin.errors import InvalidValue, NotFound

router = APIRouter(tags=["live"])
MAX_BODY = 64 * 1024 * 1024


async def whole_body(request: Request) -> bytes:
    """The request's body, up to a limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise InvalidValue("body", "it is longer than 64 MiB", "Send the observations in several requests")
        parts.append(part)
    return b"".join(parts)


@router.post("/live/observations", dependencies=[needs(OBSERVE_ROLES, "posting observations")])
def observe(request: Request, city: TheCity, body: Annotated[bytes, Depends(whole_body)]) -> Response:
    """Take observations `{datastream, time, result}`, a JSON list or one a line. Answers when they are on disk."""
    good, indices, refused = read_observations(read_body(body), city.zone)
    receipt = city.live.observe(good)
    refused |= {indices[item.index]: item.reason for item in receipt.refused}
    return reply(
        request,
        {
            "accepted": receipt.accepted,
            "refused": [{"index": index, "reason": reason} for index, reason in sorted(refused.items())],
        },
    )


@router.get("/live/latest")
def latest(
    request: Request,
    city: TheCity,
    sensor: Annotated[str | None, Query(description="Entity id of one device")] = None,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    kind: Annotated[list[str] | None, Query(description="sensor, camera; may be repeated")] = None,
) -> Response:
    """The latest value of each datastream, of one device or of all in a box."""
    if sensor is not None:
        mask = mask_of_sensor(city.live, sensor)
    else:
        mask = city.live.datastreams.mask(bbox=parse_bbox(bbox) if bbox else None, kinds=kind)
    snapshot = city.live.latest(mask)
    return reply(request, {"cursor": snapshot.cursor, "rows": described_rows(city.live, snapshot.batch)})


@router.get("/live/history")
def history(
    request: Request,
    city: TheCity,
    datastream: Annotated[str, Query(description="<sensor id>/<property>")],
    start: Annotated[str, Query(alias="from", description="ISO 8601 or epoch seconds")],
    end: Annotated[str, Query(alias="to", description="ISO 8601 or epoch seconds, not included")],
) -> Response:
    """Every value of one datastream in a window, oldest first."""
    if city.live.datastreams.row(datastream) is None:
        raise NotFound(f"datastream {datastream}", "no device of this twin has it", "See /live/latest")
    window = to_window(start, end, city.zone)
    series = city.live.history.series(datastream, window.start, window.end)
    return reply(request, {"times": [when for when, _ in series], "values": [value for _, value in series]})


@router.websocket("/live/ws")
async def push(socket: WebSocket, served: Serving) -> None:
    """A snapshot, then ordered deltas with a cursor, for a box and kinds that the client names and may change.

    With them what changed in the tile layers and states that it names.
    """
    await Push(socket, served.city.live, {"tiles": served.tilesets, "states": served.states}).run()
