"""One cell in full: where it is, and its value in every layer of cells of its kind."""

from __future__ import annotations

from typing import Any

from api.twin import Served
from scenes.cells import lattice_of
from twin.errors import NotFound

_MARK = "cell"


def cell_asked(id: str) -> tuple[str, str] | None:
    """`cell/h3-10/8a…` to kind of cells and name; None for what is the id of an entity."""
    parts = id.split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == _MARK else None


def describe_cell(served: Served, kind: str, name: str) -> dict[str, Any]:
    """What a detail panel shows of a cell, in the shape of an entity. `NotFound` for one that is not over this twin."""
    cells = lattice_of(served.city.store, kind)
    position = int(cells.named([name])[0])
    if position < 0:
        raise NotFound(f"cell {name}", f"there is no such cell of {kind} over this twin", f"See /cells/{kind}")
    return {
        "id": f"{_MARK}/{kind}/{name}",
        "number": position,
        "kind": _MARK,
        "title": name,
        "lonlat": cells.centre(position),
        "attributes": {},
        "children": {},
        "sensors": [],
        "values": _values(served, kind, position),
    }


def _values(served: Served, kind: str, position: int) -> list[dict[str, Any]]:
    """The layers that say something of the cell; one whose data this twin lacks says nothing."""
    found = []
    for one in served.states.declared():
        if one.cells != kind or (one.needs == "presence" and served.city.presence is None):
            continue
        value = served.states.current(one.id).column.value(position)
        if value is not None:
            titles = {"title_en": one.title_en, "title_zh": one.title_zh}
            found.append({"state": one.id, **titles, "value": value, "unit": one.unit})
    return found
