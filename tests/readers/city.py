"""A city that every reader is held to: what the store says of it, and what a ray from above meets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import shapely

import tiles
from tests.tiles.test_levels import gabled
from tests.tiles.village import LAT, LON, village
from tiles import implicit
from tiles.packout import pack_implicit
from twin.entity import Entity
from twin.geo.crs import enu_axes, lonlat_to_ecef
from twin.store import SourceInfo, Store

ROOT = Path(__file__).resolve().parents[2]
SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
EXTRUDED, MODELLED, RAYS = 1100, 30, 12
IMPLICIT, IMPLICIT_ARCHIVE = "implicit", "implicit-archive"
USER, PASSWORD = "reader", "a good long password"


@dataclass(frozen=True)
class Row:
    """What a reader has to say of a feature."""

    id: str
    number: int
    height: float
    storeys: int
    base: float
    above: float
    use: str


@dataclass(frozen=True)
class Served:
    """A served city. `rays` are (origin, direction) in the Earth's frame, metres; `met` the ids that they meet."""

    address: str
    session: str
    folder: Path
    rows: dict[str, Row]
    rays: list[tuple[list[float], list[float]]]
    met: list[str]

    def url(self, tileset: str, file: str = "tileset.json") -> str:
        return f"{self.address}/tiles/{tileset}/{file}"

    def asked(self, tileset: str) -> str:
        """What a reader's script is given."""
        return json.dumps({"url": self.url(tileset), "session": self.session, "rays": self.rays})

    def hold(self, said: dict) -> None:
        """A reader's answer: every feature once, each with all its values, and every ray met the right one."""
        rows = [Row(**row) for row in said["features"]]
        assert len(rows) == len(self.rows) == EXTRUDED + MODELLED
        wrong = [(row, self.rows.get(row.id)) for row in rows if row != self.rows.get(row.id)]
        assert wrong[:3] == []
        assert len({row.id for row in rows}) == len(rows)
        missed = [pair for pair in zip(said["picked"], self.met, strict=True) if pair[0] != pair[1]]
        assert missed == []


def entities() -> list[Entity]:
    """Extruded buildings, and some with models in two levels of detail beside them."""
    place = village(EXTRUDED)
    columns, made = place.table.columns, []
    for row, id_ in enumerate(place.table.ids.tolist()):
        base, height = float(place.base_m[row]), float(columns["height"][row]) or None
        named = {"use": columns["use"][row]} if columns["use"][row] else {}
        storeys = int(columns["storeys"][row]) or None
        made.append(Entity(id_, "building", None, place.footprint[row], base, height, storeys, attributes=named))
    for row in range(MODELLED):
        west, south = LON + 0.02, LAT + row * 4e-4
        outline = shapely.to_wkb(shapely.box(west, south, west + 1e-4, south + 1e-4))
        levels = {"1": gabled(20.0, 11.0, (west, south)), "2": gabled(20.0, 14.0, (west, south))}
        made.append(Entity(f"m{row}", "building", None, outline, 20.0, 14.0, 3, meshes=levels))
    return made


def truth(store: Store, made: list[Entity]) -> dict[str, Row]:
    """The columns of every building, as tiles carry them: unknown is 0 or empty, metres are float32."""
    numbers = store.numbers([entity.id for entity in made])
    return {
        one.id: Row(
            one.id,
            numbers[one.id],
            float(np.float32(one.height_m or 0)),
            one.storeys or 0,
            float(np.float32(one.base_m or 0)),
            0.0,
            one.attributes.get("use", ""),
        )
        for one in made
    }


def rays(made: list[Entity]) -> tuple[list[tuple[list[float], list[float]]], list[str]]:
    """Down the plumb line through the middle of each of some buildings, and what the highest roof below is."""
    outlines = shapely.from_wkb([entity.footprint for entity in made])
    tops = np.array([(entity.base_m or 0) + (entity.height_m or 3 * (entity.storeys or 1)) for entity in made])
    found: list[tuple[list[float], list[float]]] = []
    met = []
    for outline in outlines[:RAYS]:
        middle = outline.centroid
        below = np.flatnonzero(shapely.contains(outlines, middle))
        met.append(made[below[tops[below].argmax()]].id)
        origin = lonlat_to_ecef([(middle.x, middle.y)], [500.0])[0]
        found.append((origin.tolist(), (-enu_axes(middle.x, middle.y)[2]).tolist()))
    return found, met


@contextmanager
def served_city(folder: Path) -> Iterator[Served]:
    """The city behind the real server, and a session with it."""
    made = entities()
    with Store.create(folder, name="readers") as store:
        report = store.write(iter(made), source=SOURCE)
        assert not report.rejected
        store.refresh_meta()
        tiles.build_layer(store, "building", folder / "tiles")
        pack_implicit(store, folder / "tiles" / "building", folder / "tiles" / IMPLICIT)
        with patch.object(implicit, "MOST_SUBTREE_LEVELS", 2):
            pack_implicit(store, folder / "tiles" / "building", folder / "tiles" / f"{IMPLICIT_ARCHIVE}.3tz")
        account = store.accounts.add(USER, PASSWORD, "wall")
        session, rows = store.accounts.open_session(account, 3600), truth(store, made)
    command = [sys.executable, "-c", "from twin.cli import run; run()", "serve", str(folder), "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["address"]
        yield Served(address, session, folder, rows, *rays(made))
        server.terminate()
