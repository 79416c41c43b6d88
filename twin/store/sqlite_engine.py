"""SQLite connections with SpatiaLite in them."""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path
from typing import Any

import pysqlite3._sqlite3
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event

from twin.errors import MissingComponent
from twin.store.database import WAIT_SECONDS

CACHE_KIB = 16 * 1024
"""Pages that a connection keeps in memory at most."""

CONNECTIONS = 32
"""Open at most; SpatiaLite itself has room for 64 in a process."""

_loading = threading.Lock()
_loaded: list[ctypes.CDLL] = []


def make_engine(path: Path) -> Engine:
    """Connections to one file, for many threads."""
    _load_spatialite()
    engine = create_engine(
        f"sqlite:///{path}", module=sqlite, pool_size=8, max_overflow=CONNECTIONS - 8, pool_timeout=WAIT_SECONDS
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def spatialite_version() -> str:
    """The version of SpatiaLite that this machine has; `MissingComponent` where it has none."""
    _load_spatialite()
    connection = sqlite.connect(":memory:")
    try:
        return str(connection.execute("SELECT spatialite_version()").fetchone()[0])
    finally:
        connection.close()


def _load_spatialite() -> None:
    """Have SQLite start SpatiaLite in every connection it opens from now on.

    SQLite's own `load_extension` makes the symbols of the extension, and of all that it needs (Debian's PROJ, GEOS,
    GDAL's helpers, libxml2), global in the process: they would then stand in for the other versions inside pyproj,
    pyogrio and lxml when those are loaded later, and corrupt the memory. So we load it with its symbols kept local,
    and hand its start function to SQLite.
    """
    with _loading:
        if _loaded:
            return
        try:
            extension = ctypes.CDLL("mod_spatialite.so", mode=os.RTLD_LOCAL | os.RTLD_NOW)
            start = ctypes.cast(extension.sqlite3_modspatialite_init, ctypes.c_void_p)
            done = ctypes.CDLL(pysqlite3._sqlite3.__file__).sqlite3_auto_extension(start)
        except (OSError, AttributeError) as error:
            raise _missing(str(error)) from error
        if done != sqlite.SQLITE_OK:
            raise _missing(f"SQLite refuses it with code {done}")
        _loaded.append(extension)


def _missing(reason: str) -> MissingComponent:
    return MissingComponent("SpatiaLite", reason, "Install Debian's libsqlite3-mod-spatialite (./run does)")


def _prepare(connection: Any, _record: object) -> None:
    """Set up a new connection: our own BEGIN, durable commits."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {WAIT_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"cache_size = -{CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A writer takes its lock at the start, where waiting is safe, and not at its first write, where it is not."""
    writes = connection.get_execution_options().get("twin_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
