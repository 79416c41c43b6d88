"""Pseudonyms by number from the mapped copy: always what the manifest says, whatever became of the copy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.twin.presence.oracle import S
from tests.twin.presence.worlds import PLACES, batch, name
from twin.errors import UnknownPerson
from twin.presence import Presence
from twin.presence.names import FILE

DAY = 86_400


def people(first: int, last: int, start: int) -> list[S]:
    return [S(person, PLACES[1], start, start + 60) for person in range(first, last)]


@pytest.fixture
def store(tmp_path: Path) -> Presence:
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(people(0, 50, 0)), key="a")
        yield presence


def test_a_page_takes_no_sql(store: Presence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store._manifest, "pseudonyms", None)
    assert store.pseudonyms([49, 1, 7]) == [name(49), name(1), name(7)]
    assert store.pseudonyms([]) == []


def test_it_grows_with_the_store(store: Presence, tmp_path: Path) -> None:
    with Presence.open(tmp_path, zone="UTC") as reader:
        assert reader.pseudonym(49) == name(49)
        store.ingest(batch(people(40, 60, DAY)), key="b")
        assert reader.pseudonym(59) == name(59)
    assert (tmp_path / FILE).read_bytes() == b"".join(name(person) for person in range(60))


@pytest.mark.parametrize("left", [0, 16 * 20, 16 * 20 + 5, None])
def test_a_short_copy_or_none_is_no_harm(store: Presence, tmp_path: Path, left: int | None) -> None:
    path = tmp_path / FILE
    if left is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:left])
    with Presence.open(tmp_path, zone="UTC") as reader:
        assert reader.pseudonyms(range(50)) == [name(person) for person in range(50)]
        with pytest.raises(UnknownPerson):
            reader.pseudonym(50)
    store.ingest(batch(people(50, 51, DAY)), key="b")
    assert path.read_bytes() == b"".join(name(person) for person in range(51))


def test_who_is_forgotten_is_in_no_file(store: Presence, tmp_path: Path) -> None:
    store.ingest(batch(people(5, 50, DAY)), key="b")
    store.withdraw(person=name(7), key="gone", reason="asked for")
    store.drop_days(date(1970, 1, 2))
    for person in (0, 3, 7):
        with pytest.raises(UnknownPerson):
            store.pseudonym(person)
    assert store.pseudonym(8) == name(8)
    kept = (tmp_path / FILE).read_bytes()
    assert [kept[16 * i : 16 * i + 16] for i in (0, 3, 7, 8)] == [bytes(16), bytes(16), bytes(16), name(8)]
