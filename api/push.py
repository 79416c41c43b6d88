"""One screen's live link: it says what it looks at, gets a snapshot, then deltas; at most a few a second.

The server keeps nothing for a slow screen but its cursor: what it missed comes as one delta in which the newest value
wins. A cursor that is too old is answered with `resnapshot` and a new snapshot. Beside live values a screen may follow
tile layers and states: it says the version it has of each, and is told what changed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import orjson
from anyio import to_thread
from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.live import wire_rows
from twin.live import Live, TooOld
from twin.types import Bbox, Bools

INTERVAL_S = 0.2
"""Shortest time between two messages to one screen."""

MOST_FOLLOWED = 32
"""Tile layers, and states, that one screen may follow."""


Seen = dict[str, int]
"""Versions that a screen has, by name."""


class Beside(Protocol):
    """Something with versions that a screen may follow."""

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` after each change; gives what ends that."""

    def messages(self, seen: Seen) -> list[dict[str, Any]]:
        """What to tell a screen that has seen these versions; afterwards `seen` holds the newest ones."""


class Subscribe(BaseModel):
    """What a screen looks at: a box (None: everything), kinds (None: all), and the cursor it has already.

    tiles, states   the layers and states that it shows, with the version it has of each (0: none yet)
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["subscribe"]
    bbox: tuple[float, float, float, float] | None = None
    kinds: list[str] | None = None
    cursor: int | None = Field(None, ge=0)
    tiles: dict[str, int] = Field(default_factory=dict, max_length=MOST_FOLLOWED)
    states: dict[str, int] = Field(default_factory=dict, max_length=MOST_FOLLOWED)


@dataclass(slots=True, eq=False)
class View:
    """What a screen looks at now and how far it is; a new subscription is a new view."""

    mask: Bools
    cursor: int | None
    seen: dict[str, Seen]


class Push:
    """One link. `run` returns when the screen has gone."""

    def __init__(self, socket: WebSocket, live: Live, beside: Mapping[str, Beside]) -> None:
        """`beside`: what may be followed beside live values, by the field of a subscription that names it."""
        self._socket = socket
        self._live = live
        self._beside = beside
        self._wake = asyncio.Event()
        self._view: View | None = None

    async def run(self) -> None:
        """Read and write until the link closes."""
        await self._socket.accept()
        loop = asyncio.get_running_loop()
        listens = [self._live.hub.listen, *(source.listen for source in self._beside.values())]
        stops = [listen(lambda: loop.call_soon_threadsafe(self._wake.set)) for listen in listens]
        writer = asyncio.create_task(self._write())
        try:
            await self._read()
        except WebSocketDisconnect:
            pass  # the screen has gone: that is how every link ends
        finally:
            for stop in stops:
                stop()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _read(self) -> None:
        """Take subscriptions; each replaces the one before."""
        while True:
            text = await self._socket.receive_text()
            try:
                wish = Subscribe.model_validate_json(text)
            except ValidationError as error:
                fault = error.errors(include_input=False)[0]
                field = ".".join(str(part) for part in fault["loc"])
                await self._send({"type": "error", "thing": field or "message", "reason": fault["msg"]})
                continue
            box = Bbox(*wish.bbox) if wish.bbox else None
            seen = {name: dict(getattr(wish, name)) for name in self._beside}
            self._view = View(self._live.datastreams.mask(bbox=box, kinds=wish.kinds), wish.cursor, seen)
            self._wake.set()

    async def _write(self) -> None:
        """Whenever something changed, send what this screen has not seen."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            view = self._view
            if view is None:
                continue
            message, reached = await to_thread.run_sync(self._next, view.mask, view.cursor)
            if view is not self._view:
                continue  # the screen has turned elsewhere meanwhile: its new view starts from its own cursor
            if message is not None:
                await self._send(message)
            view.cursor = reached
            if reached is None:
                self._wake.set()
                continue
            for beside in await to_thread.run_sync(self._news, view.seen):
                await self._send(beside)
            await asyncio.sleep(INTERVAL_S)

    def _news(self, seen: dict[str, Seen]) -> list[dict[str, Any]]:
        """What changed in all that is followed beside live values."""
        return [message for name, source in self._beside.items() for message in source.messages(seen[name])]

    def _next(self, mask: Bools, cursor: int | None) -> tuple[dict[str, Any] | None, int | None]:
        """The next message for a cursor (None where nothing in the mask changed) and the cursor after it."""
        if cursor is None:
            snapshot = self._live.latest(mask)
            rows = wire_rows(self._live, snapshot.batch)
            return {"type": "snapshot", "cursor": snapshot.cursor, "rows": rows}, snapshot.cursor
        delta = self._live.hub.since(cursor, mask)
        if isinstance(delta, TooOld):
            return {"type": "resnapshot"}, None
        if not len(delta.batch):
            return None, delta.cursor
        return {"type": "delta", "cursor": delta.cursor, "rows": wire_rows(self._live, delta.batch)}, delta.cursor

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())
