"""PostgreSQL with PostGIS, for a twin whose model many machines share. One database (or one schema) per twin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import shapely
from psycopg import errors
from psycopg.types.string import TextLoader
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    literal_column,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from twin.errors import Conflict, DiskFull, FolderInUse, InvalidValue, MissingComponent, NotATwin, TwinError
from twin.store import migrate
from twin.store.database import WAIT_SECONDS, Database, Row
from twin.store.tables import entity, meta
from twin.types import Bbox

_WRITER_LOCK = 0x7477696E  # any number that only writers of a twin take


class PostGIS(Database):
    """A twin's database at a PostgreSQL address."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        try:
            url = make_url(database_url)
        except ArgumentError as error:
            raise _wrong_address("it is no database address") from error
        if url.get_backend_name() != "postgresql":
            raise _wrong_address(f"{url.get_backend_name()} is not PostgreSQL")
        self.name = url.render_as_string(hide_password=True)
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="REPEATABLE READ",
            pool_size=8,
            max_overflow=24,
            pool_timeout=WAIT_SECONDS,
        )
        event.listen(self.engine, "connect", _prepare)

    @contextmanager
    def _write_transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            # The lock comes before the first look at the tables, so that the look is at what the last writer left.
            connection = connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                # The lock is the schema's: two twins in one server do not wait for one another.
                lock = f"SELECT pg_advisory_xact_lock({_WRITER_LOCK}, hashtext(current_schema()))"
                connection.execute(text(lock))
                yield connection

    def translate(self, error: BaseException | None) -> TwinError | None:
        """Disk, locks, rights and lost connections have errors of their own; anything else is a fault of ours."""
        if isinstance(error, errors.DiskFull):
            return DiskFull(self.name, "the database's disk has no room left", "Make room; nothing was stored")
        if isinstance(error, errors.LockNotAvailable):
            return FolderInUse(self.name, "another process writes to this twin", "Try again when it is done")
        if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
            return InvalidValue(self.name, "its user may not write there", "Give that user the right")
        if isinstance(error, errors.OperationalError):
            return MissingComponent(self.name, "the database does not answer", "Start it, or check TWIN_DATABASE_URL")
        return None

    def create_schema(self, **described: str | int) -> None:
        """Everything in one transaction."""
        with self.writing() as connection:
            if migrate.current(connection) is not None:
                raise Conflict(self.name, "there is a twin in this database", "Open it, or take another database")
            try:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
            except DBAPIError as error:
                way_out = "Install postgresql-15-postgis-3 and run CREATE EXTENSION postgis as its owner"
                raise MissingComponent("PostGIS", "the database does not have it", way_out) from error
            migrate.upgrade(connection)
            connection.execute(meta.insert().values(id=1, **described))

    def check(self) -> None:
        """A twin's database has the number of its last migration."""
        with self.reading() as connection:
            step = migrate.current(connection)
        if step is None:
            raise NotATwin(self.name, "there is no twin in this database", "Make one: twin new")
        if step != migrate.HEAD:
            with self.writing() as connection:
                migrate.upgrade(connection)

    def among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """One array as the parameter."""
        return column == func.any(bindparam(None, list(values), type_=ARRAY(column.type)))

    def in_box(self, bbox: Bbox) -> ColumnElement[bool]:
        """By the GiST index, which holds the boxes in float32, rounded outwards."""
        box = func.ST_MakeEnvelope(bbox.west, bbox.south, bbox.east, bbox.north, 4326)
        return entity.c.footprint.bool_op("&&")(box)

    def attribute(self, name: str) -> ColumnElement[str]:
        """By PostgreSQL's own operator: numbers and booleans come as their text."""
        return literal_column(f"(entity.attributes ->> '{name}')")

    def index_attribute(self, connection: Connection, index: str, kind: str, name: str) -> None:
        """A partial index over an expression."""
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS {index} ON entity ((attributes ->> '{name}'))"
            f" WHERE kind = '{kind}' AND recorded_to IS NULL"
        )

    def indexes(self, connection: Connection) -> set[str]:
        """From PostgreSQL's own list."""
        query = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'entity'"
        return set(connection.exec_driver_sql(query).scalars())

    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: list[Row]) -> None:
        """COPY: the quickest way in."""
        if not rows:
            return
        if "footprint" in names:
            rows = _with_ewkb(rows, names.index("footprint"))
        raw: Any = connection.connection.driver_connection
        try:
            with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({", ".join(names)}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        except errors.Error as error:
            raise OperationalError(f"COPY {table.name}", None, error) from error

    def index_boxes(self, connection: Connection, after: int) -> None:
        """PostGIS has done so."""

    def refresh_statistics(self, connection: Connection, *tables: Table) -> None:
        """Without statistics PostgreSQL takes 100,000 new rows for a handful and walks through them again and again."""
        for table in tables:
            connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def _with_ewkb(rows: list[Row], at: int) -> list[Row]:
    """Footprints as the hexadecimal form that PostGIS reads in a COPY, with the reference system inside."""
    shapes = shapely.set_srid(shapely.from_wkb([row[at] for row in rows]), 4326)
    ewkb = shapely.to_wkb(shapes, hex=True, include_srid=True)
    return [(*row[:at], blob, *row[at + 1 :]) for row, blob in zip(rows, ewkb, strict=True)]


def _prepare(connection: Any, _record: object) -> None:
    """JSON comes as its text on every connection: `twin.store.rows` reads it."""
    connection.adapters.register_loader("json", TextLoader)


def _wrong_address(reason: str) -> InvalidValue:
    return InvalidValue("database address", reason, "Give one such as postgresql://user@host/twin")
