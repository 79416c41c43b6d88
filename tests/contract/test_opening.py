"""Making and opening twins, and every way in which that can go wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import event, inspect, text

from tests.contract.conftest import SOURCE, Home, building
from twin.errors import (
    Conflict,
    DiskFull,
    FolderInUse,
    FolderNotWritable,
    InvalidValue,
    MissingComponent,
    NotATwin,
    TwinError,
)
from twin.kinds import KINDS
from twin.store import Store
from twin.store.postgis import PostGIS
from twin.store.tables import metadata


def test_what_a_twin_says_of_itself(home: Home) -> None:
    with Store.create(home.folder, name="龙华", zone="Asia/Tokyo", feed="synthetic", database_url=home.database_url):
        pass
    with home.open() as store:
        assert (store.meta.name, store.meta.zone, store.meta.feed) == ("龙华", "Asia/Tokyo", "synthetic")
        assert store.meta.ground_m is None
        assert store.meta.created_at > 1_700_000_000


def test_a_twin_is_made_once(home: Home) -> None:
    home.create().close()
    with pytest.raises(Conflict):
        home.create()


def test_nothing_to_open(home: Home) -> None:
    with pytest.raises(NotATwin):
        home.open()
    home.folder.mkdir()
    with pytest.raises(NotATwin):
        home.open()


@pytest.mark.parametrize("wrong", [{"name": " "}, {"zone": "Mars/Olympus"}, {"zone": "../etc"}])
def test_what_no_twin_can_be(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        Store.create(tmp_path / "twin", **{"name": "Test", **wrong})
    assert not (tmp_path / "twin" / "twin.sqlite").exists()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_tables_are_as_the_migrations_make_them(store: Store) -> None:
    with store.database.reading() as connection:
        found = inspect(connection)
        for table in metadata.tables.values():
            made = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            said = {column.name: bool(column.nullable) for column in table.columns}
            assert made == said
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]


def test_every_indexed_attribute_has_its_index(home: Home) -> None:
    wanted = {f"entity_{kind.id}_{name}" for kind in KINDS for name in kind.indexed}
    with home.create() as store, store.database.reading() as connection:
        assert wanted <= store.database.indexes(connection)
    with home.open() as store, store.database.writing() as connection:
        connection.execute(text("DROP INDEX entity_building_use"))
    with home.open() as store, store.database.reading() as connection:
        assert wanted <= store.database.indexes(connection)


def test_a_twin_of_a_newer_program(home: Home) -> None:
    with home.create() as store, store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotATwin, match="another version"):
        home.open()


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be looked at" * 100])
def test_a_file_that_is_no_twin(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "twin.sqlite").write_bytes(content)
    with pytest.raises(NotATwin):
        Store.open(tmp_path)
    assert (tmp_path / "twin.sqlite").read_bytes() == content or content == b""


def test_a_truncated_twin(tmp_path: Path) -> None:
    with Store.create(tmp_path, name="Test") as store:
        store.write((building(f"b{i}") for i in range(500)), source=SOURCE)
    path = tmp_path / "twin.sqlite"
    path.write_bytes(path.read_bytes()[:300_000])
    with pytest.raises(NotATwin, match="damaged"), Store.open(tmp_path) as store:
        store.find(text="b")


def test_copy_the_folder_and_you_have_copied_the_twin(tmp_path: Path) -> None:
    with Store.create(tmp_path / "a", name="Test") as store:
        store.write([building("b")], source=SOURCE)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    with Store.open(tmp_path / "b") as store:
        assert store.counts() == {"building": 1}


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable):
        Store.create(tmp_path / "file" / "twin", name="Test")


NOBODY = """
import os, sys
from pathlib import Path
from twin.errors import FolderNotWritable
from twin.store import Store
os.setuid(65534)
for call in (lambda: Store.create(Path(sys.argv[1]) / "new", name="x"), lambda: Store.open(Path(sys.argv[1]))):
    try:
        call()
    except FolderNotWritable as error:
        print(error)
"""


@pytest.mark.skipif("__import__('os').getuid() != 0", reason="only root can become somebody without the right")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    Store.create(tmp_path, name="Test").close()
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):  # pytest's own, closed to others
        folder.chmod(0o755)
    (tmp_path / "twin.sqlite").chmod(0o644)
    command = [sys.executable, "-c", NOBODY, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.lower().count("give yourself the right") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["twin.sqlite"]


def test_a_full_disk(tmp_path: Path) -> None:
    with Store.create(tmp_path, name="Test") as store:
        store.write([building("before")], source=SOURCE)
        store.database.engine.dispose()
        event.listen(
            store.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 200").fetchall()
        )
        with pytest.raises(DiskFull, match="nothing was stored"):
            store.write((building(f"b{i}") for i in range(20_000)), source=SOURCE)
        assert store.counts() == {"building": 1}
    with Store.open(tmp_path) as store:
        assert store.write([building("after")], source=SOURCE).added == 1
        assert store.number("after") == 2


def test_another_process_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.store.sqlite_engine.WAIT_SECONDS", 0.2)
    with Store.create(tmp_path, name="Test") as store, Store.open(tmp_path) as other, store.database.writing():
        with pytest.raises(FolderInUse):
            other.write([building("b")], source=SOURCE)
        assert other.counts() == {}  # reading never waits


@pytest.mark.postgis
def test_another_process_writes_to_postgis(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contract.conftest import postgres_home  # noqa: PLC0415

    monkeypatch.setattr("twin.store.postgis.WAIT_SECONDS", 0.2)
    home = postgres_home(postgres_url, tmp_path)
    with home.create() as store, home.open() as other, store.database.writing():
        with pytest.raises(FolderInUse):
            other.write([building("b")], source=SOURCE)
        assert other.counts() == {}


@pytest.mark.parametrize("url", ["nonsense", "mysql://root@localhost/x"])
def test_an_address_of_no_postgres(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidValue):
        Store.create(tmp_path, name="Test", database_url=url)


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    url = f"postgresql://nobody:secret@/twin?host={tmp_path}"
    with pytest.raises(MissingComponent) as error:
        Store.create(tmp_path, name="Test", database_url=url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (errors.DiskFull(), DiskFull),
        (errors.LockNotAvailable(), FolderInUse),
        (errors.InsufficientPrivilege(), InvalidValue),
        (errors.AdminShutdown(), MissingComponent),
        (errors.UniqueViolation(), None),
    ],
)
def test_postgres_errors_have_names_of_ours(theirs: Exception, ours: type[TwinError] | None) -> None:
    translated = PostGIS("postgresql://host/twin").translate(theirs)
    assert (type(translated) if translated else None) is ours
