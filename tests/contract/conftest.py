"""The same tests over both databases: `home` is a place for one twin in either."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import pytest
import shapely

from twin.entity import Entity, Mesh
from twin.store import SourceInfo, Store, clock

SOURCE = SourceInfo("test.ndjson", "geojson", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)

_schemas = itertools.count(1)


@dataclass(frozen=True)
class Home:
    """Where one twin lives: a folder, and an address where its model is in PostgreSQL."""

    folder: Path
    database_url: str

    def create(self) -> Store:
        return Store.create(self.folder, name="Test", database_url=self.database_url)

    def open(self) -> Store:
        return Store.open(self.folder, database_url=self.database_url)


def postgres_home(postgres_url: str, folder: Path) -> Home:
    """A schema of its own in the server's database."""
    schema = f"twin{next(_schemas)}"
    with psycopg.connect(postgres_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return Home(folder, f"{postgres_url}&options=-csearch_path%3D{schema},public")


@pytest.fixture(params=["spatialite", pytest.param("postgis", marks=pytest.mark.postgis)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    folder = tmp_path / "twin"
    if request.param == "spatialite":
        return Home(folder, "")
    return postgres_home(request.getfixturevalue("postgres_url"), folder)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with home.create() as store:
        yield store


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set what the store takes for now."""

    def set_to(moment: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


def square(lon: float, lat: float, size: float = 0.001) -> bytes:
    """A square footprint with its south-west corner there."""
    return bytes(shapely.to_wkb(shapely.box(lon, lat, lon + size, lat + size)))


def building(id: str, lon: float = 114.0, lat: float = 22.6, **fields: object) -> Entity:
    known = {"kind": "building", "footprint": square(lon, lat), "base_m": 30.0, "height_m": 18.0, "storeys": 6}
    return Entity(id=id, **{**known, **fields})  # type: ignore[arg-type]


def tetrahedron(lift: float = 0.0) -> Mesh:
    return Mesh(
        anchor=(114.0, 22.6, 30.0),
        xyz=np.array([[0, 0, lift], [1, 0, lift], [0, 1, lift], [0, 0, lift + 0.1]], dtype=np.float32),
        triangles=np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], dtype=np.uint32),
        semantics=np.array([1, 2, 2, 3], dtype=np.uint8),
    )


def same_mesh(a: Mesh, b: Mesh) -> bool:
    return (
        a.anchor == b.anchor
        and np.array_equal(a.xyz, b.xyz)
        and np.array_equal(a.triangles, b.triangles)
        and np.array_equal(a.semantics, b.semantics)
    )


@pytest.fixture
def spatialite(tmp_path: Path) -> Iterator[Store]:
    """For what does not depend on the database."""
    with Store.create(tmp_path / "twin", name="Test") as store:
        yield store
