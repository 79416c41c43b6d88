"""The embedded default: one file, `twin.sqlite`, in the twin's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    column,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from twin.errors import Conflict, DiskFull, FolderInUse, FolderNotWritable, NotATwin, TwinError
from twin.store import migrate
from twin.store.database import Database, Row
from twin.store.sqlite_engine import CACHE_KIB, make_engine, spatialite_version
from twin.store.tables import entity, meta
from twin.types import Bbox

__all__ = ["SpatiaLite", "spatialite_version"]

FILE = "twin.sqlite"

_WRITE_CACHE_KIB = 64 * 1024


class SpatiaLite(Database):
    """SQLite with SpatiaLite, in write-ahead mode: acknowledged is synced."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.path = folder / FILE
        self.engine = make_engine(self.path)

    @contextmanager
    def _write_transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            connection = connection.execution_options(twin_writes=True)
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITE_CACHE_KIB}")
            connection.rollback()
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")

    def translate(self, error: BaseException | None) -> TwinError | None:
        """Disk, locks and rights have errors of their own; anything else is a fault of ours."""
        words = str(error)
        if "database or disk is full" in words:
            return DiskFull(
                str(self.folder), "the disk has no room left", "Make room and try again; nothing was stored"
            )
        if "database is locked" in words:
            return FolderInUse(str(self.folder), "another process writes to this twin", "Try again when it is done")
        if "readonly database" in words or "unable to open database" in words:
            return FolderNotWritable(str(self.folder), "the twin's file cannot be written", "Give yourself the right")
        if "file is not a database" in words or "disk image is malformed" in words:
            return NotATwin(str(self.path), "the file is damaged or no database", "Restore it from a backup")
        return None

    def create_schema(self, **described: str | int) -> None:
        """Build the file under another name first: a half-made twin is never seen."""
        if self.path.exists():
            raise Conflict(str(self.folder), "there is a twin in this folder", "Open it, or take another folder")
        making = self.path.with_suffix(".making")
        _remove(making)
        engine = make_engine(making)
        try:
            with self._translated(), engine.connect() as connection:
                connection = connection.execution_options(twin_writes=True)
                with connection.begin():
                    connection.execute(text("SELECT InitSpatialMetaData('NONE')"))
                    connection.execute(text("SELECT InsertEpsgSrid(4326)"))
                    migrate.upgrade(connection)
                    connection.execute(meta.insert().values(id=1, **described))
            engine.dispose()
            making.rename(self.path)
        except BaseException:
            engine.dispose()
            _remove(making)
            raise

    def check(self) -> None:
        """A twin has its file, and the file a number of the last migration."""
        if not self.path.is_file():
            raise NotATwin(str(self.folder), f"there is no {FILE} in it", "Make one: twin new, or import into it")
        if not os.access(self.folder, os.W_OK) or not os.access(self.path, os.W_OK):
            raise FolderNotWritable(str(self.folder), "you may not write to it", "Give yourself the right")
        with self.reading() as connection:
            step = migrate.current(connection)
        if step is None:
            raise NotATwin(str(self.path), "it is a database, but not a twin's", "Make one: twin new")
        if step != migrate.HEAD:
            with self.writing() as connection:
                migrate.upgrade(connection)

    def among(self, column_: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """One JSON list as the parameter."""
        listed = func.json_each(bindparam(None, orjson.dumps(list(values)).decode())).table_valued(column("value"))
        return column_.in_(select(listed.c.value))

    def in_box(self, bbox: Bbox) -> ColumnElement[bool]:
        """SpatiaLite's R-tree holds the boxes in float32, rounded outwards."""
        return entity.c.version.in_(
            text(
                "SELECT pkid FROM idx_entity_footprint"
                " WHERE xmin <= :box_e AND xmax >= :box_w AND ymin <= :box_n AND ymax >= :box_s"
            ).bindparams(box_w=bbox.west, box_s=bbox.south, box_e=bbox.east, box_n=bbox.north)
        )

    def not_by_index(self, column_: ColumnElement[Any]) -> ColumnElement[Any]:
        """SQLite cannot tell how many rows a box or a parent has; a unary plus takes its choice away."""
        return UnaryExpression(column_, operator=custom_op("+"))

    def attribute(self, name: str) -> ColumnElement[str]:
        """By SQLite's own operator: numbers and booleans come as their text."""
        return literal_column(f"CAST(json_extract(entity.attributes, '$.{name}') AS TEXT)")

    def index_attribute(self, connection: Connection, index: str, kind: str, name: str) -> None:
        """A partial index over an expression."""
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS {index} ON entity (CAST(json_extract(attributes, '$.{name}') AS TEXT))"
            f" WHERE kind = '{kind}' AND recorded_to IS NULL"
        )

    def indexes(self, connection: Connection) -> set[str]:
        """From SQLite's own list: SQLAlchemy does not see indexes over expressions."""
        query = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'entity'"
        return set(connection.exec_driver_sql(query).scalars())

    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: list[Row]) -> None:
        """One prepared statement, run for each row inside the driver."""
        if not rows:
            return
        marks = ", ".join("GeomFromWKB(?, 4326)" if name == "footprint" else "?" for name in names)
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({", ".join(names)}) VALUES ({marks})', rows)

    def index_boxes(self, connection: Connection, after: int) -> None:
        """In one statement: SpatiaLite's triggers would do it row by row."""
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO idx_entity_footprint (pkid, xmin, xmax, ymin, ymax)"
            " SELECT version, west, east, south, north FROM entity WHERE version > ? AND footprint IS NOT NULL",
            (after,),
        )

    def refresh_statistics(self, connection: Connection, *tables: Table) -> None:
        """SQLite's plans here do not depend on statistics."""


def _remove(path: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
