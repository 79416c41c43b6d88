"""The door to a twin's model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import shapely
from sqlalchemy import select, update

from twin.entity import Entity, Mesh
from twin.errors import InvalidValue, NotATwin
from twin.issues import Issue, Severity
from twin.kinds import KINDS
from twin.store import clock, journal, reading
from twin.store import retiring as retirement
from twin.store.accounts import Accounts
from twin.store.asof import standing
from twin.store.columns import columns as columns_of
from twin.store.database import Database
from twin.store.folder import checked_folder
from twin.store.pictures import nobody_writing, sweep_pictures, with_pictures
from twin.store.places import Places
from twin.store.postgis import PostGIS
from twin.store.records import Change, Columns, ImportRecord, Page, QuarantinePage, SourceInfo, TwinMeta, WriteReport
from twin.store.rows import to_versions
from twin.store.spatialite import SpatiaLite
from twin.store.staging import Staging
from twin.store.tables import entity, meta
from twin.store.terrain import Terrain
from twin.store.values import Values, values_of
from twin.store.writing import Writer
from twin.types import F64, I64, U32, Bbox, Objects, object_array


class Store:
    """One twin's model: entities in time, their changes, places and accounts. One object serves many threads.

    The model is in the folder's `twin.sqlite`, or, with a `database_url`, in PostgreSQL; everything else of the twin
    is in the folder either way.
    """

    folder: Path
    meta: TwinMeta
    places: Places
    accounts: Accounts

    def __init__(self, folder: Path, database: Database) -> None:
        """For `create` and `open`; the database is a twin's and up to date."""
        self.folder = folder
        self.database = database
        self._terrain = Terrain(database)
        self.places = Places(database, self._terrain)
        self.accounts = Accounts(database)
        self.meta = self._read_meta()

    @classmethod
    def create(
        cls, folder: Path, *, name: str, zone: str = "Asia/Shanghai", feed: str = "", database_url: str = ""
    ) -> Store:
        """Make an empty twin. Raises `Conflict` where there is one, `FolderNotWritable` where it cannot be made."""
        if not name.strip():
            raise InvalidValue("name", "a twin needs a name", "Give one")
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidValue("zone", f"{zone!r} is no time zone", "Give one such as Asia/Shanghai") from error
        database = _database(folder, database_url)
        with _closed_on_error(database):
            checked_folder(folder)
            database.create_schema(name=name, zone=zone, feed=feed, created_at=clock.now())
            return cls._opened(folder, database)

    @classmethod
    def open(cls, folder: Path, *, database_url: str = "") -> Store:
        """Open a twin and run its pending migrations. Raises `NotATwin` where there is none."""
        if not folder.is_dir():
            raise NotATwin(str(folder), "there is no such folder", "Make a twin: twin new")
        database = _database(folder, database_url)
        with _closed_on_error(database):
            database.check()
            return cls._opened(folder, database)

    @classmethod
    def _opened(cls, folder: Path, database: Database) -> Store:
        store = cls(folder, database)
        database.index_attributes([(kind.id, name) for kind in KINDS for name in kind.indexed])
        return store

    def close(self) -> None:
        """Give back every connection. The object cannot be used afterwards."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(
        self,
        entities: Iterable[Entity],
        *,
        source: SourceInfo,
        issues: Iterable[Issue] = (),
        progress: Callable[[int], None] | None = None,
    ) -> WriteReport:
        """Store a stream of entities in one transaction: all of it, synced, or nothing, also on Ctrl-C.

        An entity whose content is known already is left alone; other content under a known id becomes a new version.
        What does not fit its kind is refused as an issue. `issues` is read after the entities; `progress` is told
        how many entities have been taken in. Other writers wait only while the result is stored, not while it is read.
        """
        with Staging(self.folder) as staging:
            staging.take(entities, issues, source.name, progress)
            with self.database.writing() as connection:
                return Writer(self.database, connection, source).run(staging.batches())

    def faults(self, entities: Sequence[Entity]) -> list[Issue]:
        """Why `write` would refuse some of these; empty: it takes them all."""
        return to_versions(entities, "")[1]

    def retire(self, ids: Iterable[str], *, source: str) -> int:
        """End these entities' existence now; how many did exist. Raises `UnknownEntity` for an id never known."""
        with self.database.writing() as connection:
            return retirement.retire(self.database, connection, list(ids), source)

    def get(self, id: str, *, at: int | None = None, known_at: int | None = None) -> Entity:
        """One entity with its meshes, as it was at a time, as it was known at a time; without times: now."""
        with self.database.reading() as connection:
            return reading.get(self.database, connection, id, at, known_at)

    def number(self, id: str) -> int:
        """The entity's number: 1, 2, 3, … below 2^32, the same for good, never given to another."""
        with self.database.reading() as connection:
            return reading.number(connection, id)

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of many entities at once; an id that was never stored is left out."""
        with self.database.reading() as connection:
            return reading.numbers(self.database, connection, ids)

    def ids(self, numbers: Sequence[int]) -> list[str]:
        """The ids of many numbers at once, also of what exists no more, in the order of the numbers."""
        with self.database.reading() as connection:
            return reading.ids(self.database, connection, numbers) if numbers else []

    def parents(self) -> U32:
        """(n,) the number of the parent of every entity that stands, by its own number; 0: none. All at once."""
        with self.database.reading() as connection:
            return reading.parents(connection)

    def find(
        self,
        *,
        kinds: Sequence[str] = (),
        bbox: Bbox | None = None,
        parent: str | None = None,
        text: str | None = None,
        source: str | None = None,
        where: Mapping[str, str] | None = None,
        at: int | None = None,
        known_at: int | None = None,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """Entities without their meshes, in the order of their numbers, a page at a time.

        bbox    touched by the box around the footprint
        text    words that all occur in the id, name, title, address, code or category
        where   attribute -> its value as text; quick for the attributes that a kind declares as indexed
        """
        wanted = reading.conditions(
            self.database, kinds=kinds, bbox=bbox, parent=parent, text=text, source=source, where=where
        )
        with self.database.reading() as connection:
            wanted.append(standing(at, known_at))
            narrow = bbox is not None or parent is not None or bool(where)
            return reading.find(self.database, connection, wanted, limit, cursor, narrow=narrow)

    def each(
        self, *, kinds: Sequence[str] = (), bbox: Bbox | None = None, with_meshes: bool = False
    ) -> Iterator[Entity]:
        """Everything that stands now, streamed. Writes meanwhile show up or not, but none by half and none twice."""
        wanted = reading.conditions(self.database, kinds=kinds, bbox=bbox)
        return reading.each(self.database, [*wanted, standing()], with_meshes)

    def columns(
        self,
        kind: str,
        names: Sequence[str] = (),
        *,
        bbox: Bbox | None = None,
        numbers: Sequence[int] | None = None,
        ids: Sequence[str] | None = None,
        parents: Sequence[str] | None = None,
        at: int | None = None,
        known_at: int | None = None,
    ) -> Columns:
        """One kind as arrays, with the named attributes: the quick way for whoever needs all of it, or many at once.

        numbers, ids   only the entities with these
        parents        only what hangs right under these
        """
        wanted = reading.conditions(self.database, kinds=[kind], bbox=bbox)
        wanted += reading.some(self.database, numbers, ids, parents)
        return columns_of(self.database, [*wanted, standing(at, known_at)], names)

    def values(self, kind: str, name: str = "") -> Values:
        """One field (height, base, storeys) or attribute of everything of a kind that stands now."""
        return values_of(self.database, kind, name)

    def meshes(
        self, ids: Sequence[str], *, at: int | None = None, known_at: int | None = None
    ) -> Iterator[tuple[str, dict[str, Mesh]]]:
        """(id, level of detail -> mesh) of those that have any, in the order asked for; their images can be read."""
        return with_pictures(self.folder, reading.mesh_stream(self.database, ids, at, known_at))

    def ground_below(self, outlines: Objects, *, at: int | None = None, known_at: int | None = None) -> F64:
        """(n,) WKB or None to (n,) ellipsoidal metres of the ground that each stands on; NaN where nothing is known.

        That is the lowest point of the terrain under it, and where there is no terrain the twin's one height.
        """
        ground = self._terrain.below(outlines, at, known_at)
        return ground if self.meta.ground_m is None else np.where(np.isnan(ground), self.meta.ground_m, ground)

    def ground_at(self, lon: float, lat: float) -> float:
        """Ellipsoidal metres of the ground at a point, for putting something there; 0 where nothing is known."""
        point = object_array([shapely.to_wkb(shapely.Point(lon, lat))])
        return float(np.nan_to_num(self.ground_below(point))[0])

    def terrain_state(self) -> str:
        """Stands for the terrain as it is now, for noticing that it is another; empty where there is none."""
        return self._terrain.state(None, None)

    def sweep_images(self) -> int:
        """Remove the images that no mesh of any moment names; bytes freed. Raises `FolderInUse` while one imports."""
        with nobody_writing(self.folder):
            return sweep_pictures(self.folder, reading.picture_names(self.database))

    def turned(self, kinds: Sequence[str], after: int, until: int) -> list[int]:
        """Numbers of what began or ceased to exist in (after, until] by its own validity: no change tells of it."""
        with self.database.reading() as connection:
            return reading.turned(connection, kinds, after, until)

    def turns(self, kinds: Sequence[str], *, numbers: Sequence[int] | None = None) -> I64:
        """Every moment at which one of these begins or ceases to exist by its own validity, UTC seconds, ascending."""
        with self.database.reading() as connection:
            return reading.turns(connection, self.database, kinds, numbers)

    def counts(self) -> dict[str, int]:
        """How many of each kind stand now; a kind without any is left out."""
        with self.database.reading() as connection:
            return reading.counts(connection)

    def holds(self, kind: str) -> bool:
        """Whether anything of this kind is known now: quicker than counting."""
        with self.database.reading() as connection:
            return reading.holds(connection, kind)

    def extent(self) -> Bbox | None:
        """The box around everything that stands now."""
        with self.database.reading() as connection:
            return reading.extent(connection)

    def children(self, id: str, *, at: int | None = None, known_at: int | None = None) -> list[Entity]:
        """Everything right under an entity, in the order of their numbers."""
        with self.database.reading() as connection:
            reading.number(connection, id)
        wanted = [*reading.conditions(self.database, parent=id), standing(at, known_at)]
        return list(reading.each(self.database, wanted, False))

    def containing(
        self, lon: float, lat: float, kinds: Sequence[str], *, at: int | None = None, known_at: int | None = None
    ) -> list[Entity]:
        """Entities of these kinds with the point inside their footprint or on its edge."""
        wanted = [*reading.holding(self.database, lon, lat, kinds), standing(at, known_at)]
        with self.database.reading() as connection:
            return reading.ordered(connection, wanted)

    def intersecting(self, id: str, kinds: Sequence[str]) -> list[Entity]:
        """Other entities of these kinds whose footprint shares at least a point with this one's."""
        with self.database.reading() as connection:
            return reading.intersecting(self.database, connection, id, kinds)

    def changes(self, since: int = 0, limit: int = 1000) -> list[Change]:
        """What changed after the change number `since`, oldest first; fewer than `limit` rows: these are all."""
        with self.database.reading() as connection:
            return journal.read_changes(connection, since, limit)

    def newest_change(self) -> int:
        """The number of the last change: as long as it is the same, so is the model."""
        with self.database.reading() as connection:
            return journal.newest_change(connection)

    def change_at(self, moment: int) -> int:
        """The number of the last change that was known at a moment, UTC seconds; 0: nothing was."""
        with self.database.reading() as connection:
            return journal.change_at(connection, moment)

    def quarantine(
        self,
        *,
        import_id: int | None = None,
        severity: Severity | None = Severity.REJECTED,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> QuarantinePage:
        """Objects that were not stored, with rule, path and reason; severity None gives notes and repairs too."""
        with self.database.reading() as connection:
            return journal.read_quarantine(connection, import_id, severity, limit, cursor)

    def imports(self) -> list[ImportRecord]:
        """Every import, oldest first."""
        with self.database.reading() as connection:
            return journal.read_imports(connection)

    def refresh_meta(self) -> TwinMeta:
        """Take the median base of the buildings as the height of the ground, for whoever needs a typical one.

        Where no building says how high it stands, the median of the terrain's corners.
        """
        surface = self._terrain.relief(None, None)
        query = select(entity.c.base_m).where(entity.c.kind == "building", entity.c.base_m.is_not(None), standing())
        with self.database.writing() as connection:
            bases = connection.execute(query).scalars().all()
            heights = bases if bases or surface is None else surface.corners[:, 2]
            ground = float(np.median(heights)) if len(heights) else None
            connection.execute(update(meta).values(ground_m=ground))
        self.meta = self._read_meta()
        return self.meta

    def reread_meta(self) -> TwinMeta:
        """What the twin says of itself now: another process may have changed it."""
        self.meta = self._read_meta()
        return self.meta

    def _read_meta(self) -> TwinMeta:
        with self.database.reading() as connection:
            row = connection.execute(select(meta)).one()
        return TwinMeta(row.name, row.zone, row.created_at, row.ground_m, row.feed)


@contextmanager
def _closed_on_error(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


def _database(folder: Path, database_url: str) -> Database:
    return PostGIS(database_url) if database_url else SpatiaLite(folder)
