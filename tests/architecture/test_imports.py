"""Imports go one way and each library has one door. (`import-linter` holds the layers; this holds the rest.)"""

from __future__ import annotations

import pytest

from tests.architecture.source import all_imports, imports_at_start, modules

DOORS: dict[str, tuple[str, ...]] = {
    "pyproj": ("twin.geo.crs",),
    "h3": ("twin.geo.cells",),
    "mapbox_earcut": ("twin.geo.ears",),
    "fastapi": ("api",),
    "starlette": ("api",),
    "uvicorn": ("api",),
    "sqlalchemy": ("twin.store",),
    "geoalchemy2": ("twin.store",),
    "alembic": ("twin.store",),
    "psycopg": ("twin.store",),
    "pysqlite3": ("twin.store",),
    "sqlite3": ("twin.presence.manifest",),
    "duckdb": ("twin.live.history",),
    "pyogrio": ("twin.ingest",),
    "osmium": ("twin.ingest",),
    "lxml": ("twin.ingest",),
    "ijson": ("twin.ingest",),
    "typer": ("twin.cli",),
    "rich": ("twin.cli",),
    "argon2": ("twin.store.accounts",),
    "networkx": ("twin.presence.export.graph",),
    "brotli": ("tiles", "api"),
    "PIL": ("twin.ingest.album", "tiles.atlas"),
    "mapbox_vector_tile": ("tiles.vector.cut",),
    "laspy": ("tiles.scans.las",),
    "ifcopenshell": ("tiles.scans.ifc",),
}


@pytest.mark.parametrize("library", sorted(DOORS))
def test_library_has_one_door(library: str) -> None:
    doors = DOORS[library]
    through = [name for name, (_, tree) in modules().items() if library in all_imports(tree)]
    outside = [name for name in through if not any(name == door or name.startswith(door + ".") for door in doors)]
    assert not outside, f"{library} is imported outside {doors}"


def test_no_import_cycles() -> None:
    names = set(modules())
    graph = {name: imports_at_start(name, tree) & names for name, (_, tree) in modules().items()}
    # A package's __init__ that gathers its own files is no cycle unless one of them imports the package back.
    state: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        state[name] = 1
        for target in sorted(graph[name]):
            assert state.get(target) != 1, f"import cycle: {' > '.join([*trail, name, target])}"
            if target not in state:
                visit(target, (*trail, name))
        state[name] = 2

    for name in sorted(graph):
        if name not in state:
            visit(name, ())


def test_sql_stays_at_home() -> None:
    homes = ("twin.store", "twin.presence.manifest", "twin.live.history")
    verbs = ("SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE")
    strays = [
        f"{name}: {verb.strip()}"
        for name, (path, _) in modules().items()
        if not any(name == home or name.startswith(home + ".") for home in homes)
        for verb in verbs
        if verb in path.read_text()
    ]
    assert not strays
