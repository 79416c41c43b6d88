"""What the wall shows by H3 cell or square: how many people were there, what sensors measure, how high it is built."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import shapely
from pydantic import Field

from scenes.base import SHOWN_FROM, City, Column, query, table
from scenes.cells import CellParams, areas_of, lattice_of
from scenes.command_wall.model import mean_by_place
from twin.errors import NotFound
from twin.types import Window

PEOPLE_COLUMNS = (Column("id", "Cell", "单元格"), Column("people", "People", "人数", "number"))
READING_COLUMNS = (Column("id", "Cell", "单元格"), Column("mean", "Mean", "平均值", "number"))
BUILT_COLUMNS = (
    Column("id", "Cell", "单元格"),
    Column("height", "Mean height", "平均高度", "number", "m"),
    Column("buildings", "Buildings", "建筑", "number"),
)


class PeopleParams(CellParams):
    """How far back."""

    minutes: int = Field(60, ge=1, le=1440, description="The last so many minutes of what is on record")


class ReadingParams(CellParams):
    """Which readings."""

    property: str = Field(min_length=1, max_length=100, description="Observed property, as in `properties`")


@query("People by cell", "单元格人数", params=PeopleParams, columns=PEOPLE_COLUMNS)
def people_by_cell(city: City, params: PeopleParams) -> dict[str, Any]:
    """How many different people were in each cell lately. Small counts are hidden, and what would give them away."""
    if city.presence is None:
        raise NotFound("stays", "this twin has none", "Import some: twin import stays.csv --into DIR")
    cells, last = lattice_of(city.store, params.cells), city.presence.stats().last
    end = min(int(time.time()), last or 0)
    window = Window(end - params.minutes * 60, end)
    found = city.presence.footfall(areas_of(cells), window, step=window.seconds, suppress_below=SHOWN_FROM)
    shown = [(row.place, row.people) for row in found.rows if row.people]
    rows = [{"id": cells.names[place], "people": people} for place, people in shown]
    hidden = sum(row.people is None for row in found.rows)
    return table(rows, window=[window.start, window.end], suppressed=hidden, snapshot=found.snapshot)


@query("Readings by cell", "单元格读数", params=ReadingParams, columns=READING_COLUMNS)
def readings_by_cell(city: City, params: ReadingParams) -> dict[str, Any]:
    """The mean of the latest readings of one property in each cell that has a sensor of it."""
    cells, streams, latest = lattice_of(city.store, params.cells), city.live.datastreams, city.live.latest().batch
    kept = [
        (row, float(value))
        for row, value in zip(latest.rows.tolist(), latest.values.tolist(), strict=True)
        if streams.names[row] == params.property and isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    rows, values = (np.array(column) for column in zip(*kept, strict=True)) if kept else (np.zeros(0, int), np.zeros(0))
    placed = np.isfinite(streams.lonlat[rows]).all(axis=1)
    where = cells.at(streams.lonlat[rows[placed]])
    means = mean_by_place(where, values[placed])
    return table([{"id": cells.names[place], "mean": mean} for place, (mean, _) in means.items()])


@query("Height of buildings by cell", "单元格建筑高度", params=CellParams, columns=BUILT_COLUMNS)
def built_by_cell(city: City, params: CellParams) -> dict[str, Any]:
    """Mean height and number of the buildings whose middle lies in each cell; without those of unknown height."""
    cells, columns = lattice_of(city.store, params.cells), city.store.columns("building")
    middles = shapely.get_coordinates(shapely.centroid(shapely.from_wkb(columns.wkb)), include_z=False)
    has = np.array([wkb is not None for wkb in columns.wkb], dtype=bool)
    known = np.isfinite(columns.height_m[has])
    means = mean_by_place(cells.at(middles[known]), columns.height_m[has][known])
    rows = [
        {"id": cells.names[place], "height": height, "buildings": count} for place, (height, count) in means.items()
    ]
    return table(rows)
