"""What the two databases have in common, and the few points where each says things its own way."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from twin.errors import Conflict, TwinError
from twin.types import Bbox

WAIT_SECONDS = 60
"""How long a writer waits for another one before it gives up."""

Row = tuple[Any, ...]


class Database(ABC):
    """One twin's database, for use from many threads: readers never wait, writers come one after the other."""

    engine: Engine

    def __init__(self) -> None:
        self._writer = threading.RLock()
        self._writing = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment, whatever others write meanwhile."""
        with self._translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one connection that writes. Everything is committed and synced at the end, or nothing is."""
        with self._writer:
            if self._writing:
                raise Conflict("write", "another write of the same thread is not finished", "Do one after the other")
            self._writing = True
            try:
                with self._translated(), self._write_transaction() as connection:
                    yield connection
            finally:
                self._writing = False

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the driver's errors that an operator can do something about into ours."""
        try:
            yield
        except DBAPIError as error:
            ours = self.translate(error.orig)
            if ours is None:
                raise
            raise ours from error

    @abstractmethod
    def _write_transaction(self) -> Any:
        """A context manager: a connection that holds the writer's lock until its transaction ends."""

    @abstractmethod
    def translate(self, error: BaseException | None) -> TwinError | None:
        """Our error for a driver's error; None where it has none."""

    @abstractmethod
    def create_schema(self, **described: str | int) -> None:
        """Make an empty twin that is `described` so in `meta`. `Conflict` where there is a twin already."""

    @abstractmethod
    def check(self) -> None:
        """`NotATwin` where there is none; runs the pending migrations."""

    @abstractmethod
    def among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether the column is one of many values, given as one parameter however many they are."""

    @abstractmethod
    def in_box(self, bbox: Bbox) -> ColumnElement[bool]:
        """Whether a version's footprint may touch a box, by the spatial index alone (it may say yes too often)."""

    def not_by_index(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column, where the planner has to be kept from its index: another condition narrows more."""
        return column

    @abstractmethod
    def attribute(self, name: str) -> ColumnElement[str]:
        """An attribute as text."""

    @abstractmethod
    def index_attribute(self, connection: Connection, index: str, kind: str, name: str) -> None:
        """Make the index of this name over an attribute of a kind."""

    @abstractmethod
    def indexes(self, connection: Connection) -> set[str]:
        """The names of the indexes over `entity`."""

    def index_attributes(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Make the indexes over (kind, attribute) that are missing: a new kind brings its own."""
        with self.reading() as connection:
            have = self.indexes(connection)
        missing = {f"entity_{kind}_{name}": (kind, name) for kind, name in wanted}
        missing = {index: pair for index, pair in missing.items() if index not in have}
        if missing:
            with self.writing() as connection:
                for index, (kind, name) in missing.items():
                    self.index_attribute(connection, index, kind, name)

    @abstractmethod
    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: list[Row]) -> None:
        """Write many rows fast. A column `footprint` takes WKB bytes or None."""

    @abstractmethod
    def index_boxes(self, connection: Connection, after: int) -> None:
        """Put the versions above `after` into the spatial index, where the database does not do so by itself."""

    @abstractmethod
    def refresh_statistics(self, connection: Connection, *tables: Table) -> None:
        """After many new rows: tell the planner of them now, not when it gets round to looking."""

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
