"""What a scene is: frozen values that say which layers, queries, panels and feeds a workplace has.

Nothing here serves anything. `api/routes/scenes.py` walks the scenes once and makes routes, OpenAPI and menus of them;
the pages draw what is declared. `resolve` gives a scene that extends another everything the other has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from scenes.inventory import Inventory
from twin.live import Live
from twin.presence import Presence
from twin.pseudonyms import Pseudonyms
from twin.store import Store

LayerForm = Literal["tiles3d", "polygons", "lines", "points", "path", "cells"]
PanelForm = Literal[
    "overview", "incidents", "devices", "chart", "detail", "investigate", "coverage", "watchers", "legend", "layers",
    "clock", "language", "table",
]  # fmt: skip
Slot = Literal["left", "right", "top", "bottom"]
ColumnType = Literal["text", "number", "share", "minutes", "time", "place", "entity", "flag"]
Theme = Literal["dark", "light", "alert"]

SHOWN_FROM = 10
"""Smaller counts of people are not shown to who may not ask who they were."""


@dataclass(frozen=True, slots=True)
class City:
    """The opened parts of one twin, as whoever composes hands them to a query. `presence` is None without stays."""

    store: Store
    inventory: Inventory
    live: Live
    presence: Presence | None
    pseudonyms: Pseudonyms
    zone: str


class Params(BaseModel):
    """Base of every query's parameters: an unknown name is an error, so a misspelt filter is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def persons(self) -> tuple[str, ...]:
        """The persons that are asked about, as typed; empty for a question about nobody in particular."""
        return ()

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """The fields that hold persons as typed: they never reach a log."""
        return ()


class NoParams(Params):
    """For a query without parameters."""


P = TypeVar("P", bound=Params)
Run = Callable[[City, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a query's rows: how to title it, read it and print it."""

    id: str
    title_en: str
    title_zh: str
    type: ColumnType = "text"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A question: `run(city, params)` answers `{rows, total, left_out, ...}`.

    persons   asks about persons: needs the right to, and is put on record
    """

    id: str
    title_en: str
    title_zh: str
    description: str
    params: type[Params]
    run: Run
    columns: tuple[Column, ...] = ()
    persons: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """Something on the map: geometry from a kind, from a query's rows, or a kind coloured by a query's rows.

    value       the column of the query's rows that colours the layer; tiles without a query: an attribute of the kind.
                A layer of tiles with a value draws none of its own: it colours those that another layer draws
    min_height  metres of camera height above which the layer is drawn; None: always
    cells       form `cells`: the kinds of cells, coarse to fine (`h3-9`, `square-100`); the page takes what suits the
                view, and asks the query with each as its parameter `cells`
    needs       what the twin must have for the layer to be offered, beside the kind
    unit        of the value
    lift, rise  form `cells`: metres above the ground, and how much higher the highest value stands; 0: all are flat
    """

    id: str
    title_en: str
    title_zh: str
    form: LayerForm
    kind: str | None = None
    query: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    value: str | None = None
    colour: str = "#8fa3b8"
    visible: bool = True
    min_height: float | None = None
    cells: tuple[str, ...] = ()
    needs: Literal["", "presence"] = ""
    unit: str = ""
    lift: float = 0.0
    rise: float = 0.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Something beside the map, fed by a query (asked again every `refresh_s`, 0: once) or by a feed."""

    id: str
    title_en: str
    title_zh: str
    form: PanelForm
    query: str | None = None
    feed: str | None = None
    slot: Slot = "left"
    params: Mapping[str, Any] = field(default_factory=dict)
    refresh_s: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """Live values of some kinds, over the live channel."""

    id: str
    title_en: str
    title_zh: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One workplace. `extends` names a scene whose layers, queries, panels and feeds it takes over."""

    id: str
    title_en: str
    title_zh: str
    path: str
    theme: Theme
    layers: tuple[Layer, ...] = ()
    queries: tuple[Query, ...] = ()
    panels: tuple[Panel, ...] = ()
    feeds: tuple[Feed, ...] = ()
    extends: str = ""

    def query(self, id: str) -> Query:
        """The query with this id; KeyError where there is none."""
        return {query.id: query for query in self.queries}[id]


def query(
    title_en: str,
    title_zh: str,
    *,
    params: type[P],
    columns: tuple[Column, ...] = (),
    persons: bool = False,
) -> Callable[[Callable[[City, P], Mapping[str, Any]]], Query]:
    """Make a `Query` of a function: its name becomes the id, its docstring the description."""

    def declare(run: Callable[[City, P], Mapping[str, Any]]) -> Query:
        return Query(
            id=run.__name__,
            title_en=title_en,
            title_zh=title_zh,
            description=(run.__doc__ or "").strip(),
            params=params,
            run=run,
            columns=columns,
            persons=persons,
        )

    return declare


def table(rows: list[dict[str, Any]], total: int | None = None, **more: Any) -> dict[str, Any]:
    """The shape of every answer: the rows, how many there are in all, how many of those are not shown."""
    total = len(rows) if total is None else total
    return {"rows": rows, "total": total, "left_out": total - len(rows), **more}


T = TypeVar("T", bound=Layer | Query | Panel | Feed)


def _overlay(below: Iterable[T], above: Iterable[T]) -> tuple[T, ...]:
    """Both lists as one; an item of `above` with an id that is below takes its place."""
    return tuple({item.id: item for item in (*below, *above)}.values())


def resolve(scene: Scene, scenes: Iterable[Scene]) -> Scene:
    """The scene with all that it inherits. Raises ValueError for an unknown base or a circle."""
    by_id = {other.id: other for other in scenes}
    whole, seen = scene, {scene.id}
    while whole.extends:
        base = by_id.get(whole.extends)
        if base is None:
            raise ValueError(f"scene {scene.id!r} extends {whole.extends!r}, which does not exist")
        if base.id in seen:
            raise ValueError(f"scene {scene.id!r} extends itself by way of {base.id!r}")
        seen.add(base.id)
        whole = replace(
            whole,
            layers=_overlay(base.layers, whole.layers),
            queries=_overlay(base.queries, whole.queries),
            panels=_overlay(base.panels, whole.panels),
            feeds=_overlay(base.feeds, whole.feeds),
            extends=base.extends,
        )
    return whole
