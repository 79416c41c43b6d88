"""The network in cases worth a name: midnight, hubs, unknown floors, one human of two names; and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx
import numpy as np
import pytest

from tests.twin.presence import oracle_network
from tests.twin.presence.oracle import S, union
from tests.twin.presence.worlds import PLACES, batch, edge, name
from twin.errors import InvalidValue, TooMuch
from twin.presence import Areas, Cell, KeyRanges, NetworkRow, Presence, Radius, Rows, Threshold, Together, asking
from twin.presence.export.graph import graph_of
from twin.presence.network import degrees, graph, network
from twin.presence.network.asked import By
from twin.types import I64, Bools, Window

HOME, NEXT_DOOR, UPSTAIRS, UNKNOWN = PLACES[1], PLACES[0], PLACES[2], PLACES[4]
ZONE = "Asia/Shanghai"
MIDNIGHT = edge(ZONE, "2024-03-11")
BOTH_DAYS = Window(MIDNIGHT - 86_400, MIDNIGHT + 86_400)
ANY = Together(threshold=Threshold(0, "meeting"))


def minutes(person: int, place: int, start: float, end: float, **more: int) -> S:
    return S(person, place, int(MIDNIGHT + 60 * start), int(MIDNIGHT + 60 * end), **more)


def store(folder: Path, stays: list[S], *more: list[S]) -> Presence:
    presence = Presence.open(folder, zone=ZONE, write=True)
    for number, part in enumerate((stays, *more)):
        presence.ingest(batch(part), key=f"part {number}")
    return presence


def counted(folder: Path, stays: list[S], rule: Together = ANY, by: By = "window") -> list[tuple[int, int]]:
    """(meetings, those for certain) of each row."""
    with store(folder, stays) as presence:
        rows = presence.network(BOTH_DAYS, rule=rule, by=by).rows
    return [(row.meetings, row.certain_meetings) for row in rows]


def test_a_meeting_over_midnight_counts_once_on_the_day_it_begins(tmp_path: Path) -> None:
    stays = [minutes(0, HOME, -60, 60), minutes(1, HOME, -30, 30), minutes(2, HOME, 10, 20)]
    assert counted(tmp_path / "a", stays) == [(3, 3)]
    assert counted(tmp_path / "b", stays, by="day") == [(1, 1), (2, 2)]
    over = Together(threshold=Threshold(3600, "meeting"))
    assert counted(tmp_path / "c", stays, over, by="day") == [(1, 1), (0, 0)]


def test_touching_stays_and_points_do_not_meet(tmp_path: Path) -> None:
    stays = [minutes(0, HOME, 0, 10), minutes(1, HOME, 10, 20), minutes(2, HOME, 15, 15), minutes(3, HOME, 19, 40)]
    assert counted(tmp_path / "a", stays) == [(1, 1)]
    assert counted(tmp_path / "b", stays, Together(threshold=Threshold(60, "meeting"))) == [(1, 1)]
    assert counted(tmp_path / "c", stays, Together(threshold=Threshold(60, "meeting", strict=True))) == [(0, 0)]


def test_an_unknown_floor_joins_every_floor_of_its_cell_but_not_its_own_person(tmp_path: Path) -> None:
    stays = [minutes(0, HOME, 0, 60), minutes(1, UPSTAIRS, 0, 60), minutes(2, UNKNOWN, 0, 60)]
    assert counted(tmp_path / "a", stays) == [(2, 0)]
    assert counted(tmp_path / "b", [*stays, minutes(0, UNKNOWN, 10, 20)]) == [(4, 0)]
    with store(tmp_path / "c", stays) as presence:
        rows = presence.network(BOTH_DAYS, rule=ANY).rows
        assert [(row.place, row.meetings) for row in rows] == [(HOME, 1), (UPSTAIRS, 1), (UNKNOWN, 0)]
        found = {row.person: (row.meetings, row.certain_meetings) for row in presence.degrees(BOTH_DAYS, rule=ANY).rows}
        assert found == {0: (1, 0), 1: (1, 0), 2: (2, 0)}


def test_two_sources_that_saw_one_stay_make_one_meeting(tmp_path: Path) -> None:
    stays = [minutes(0, HOME, 0, 60), minutes(0, HOME, 30, 90, source=1, quality=1), minutes(1, HOME, 50, 55)]
    assert counted(tmp_path / "a", stays) == [(1, 1)]
    apart = [minutes(0, HOME, 0, 20), minutes(0, HOME, 25, 60), minutes(1, HOME, 0, 60)]
    assert counted(tmp_path / "b", apart) == [(2, 2)]
    assert counted(tmp_path / "c", apart, replace(ANY, bridge_s=300)) == [(1, 1)]


def test_one_human_of_two_names_does_not_meet_themselves(tmp_path: Path) -> None:
    stays = [minutes(0, HOME, 0, 60), minutes(1, HOME, 30, 90), minutes(2, HOME, 80, 85)]
    with store(tmp_path, stays) as presence:
        before = presence.stats().snapshot
        presence.merge(name(0), [name(1)], key="same", reason="one human")
        (row,) = presence.network(BOTH_DAYS, rule=ANY, by="window").rows
        assert (row.people, row.stays, row.meetings) == (2, 2, 1)
        (row,) = presence.network(BOTH_DAYS, rule=ANY, by="window", as_of=before).rows
        assert (row.people, row.stays, row.meetings) == (3, 3, 2)
        assert [(row.person, row.meetings) for row in presence.degrees(BOTH_DAYS, rule=ANY).rows] == [(0, 1), (2, 1)]
        assert presence.degrees(BOTH_DAYS, persons=[1], rule=ANY, met=True).rows[0].met == 1
        pairs = presence.contact_graph(BOTH_DAYS, persons=[0, 1, 2], rule=ANY).rows
        assert [(row.person, row.other, row.together_s) for row in pairs] == [(0, 2, 300)]
        presence.withdraw(person=name(2), key="gone", reason="asked for it")
        (row,) = presence.network(BOTH_DAYS, rule=ANY, by="window").rows
        assert (row.people, row.meetings) == (1, 0)


def crowd(count: int) -> list[S]:
    """A hub's two days: two floors and the unknown one, people who come again and again, ends that are estimates."""
    rng = np.random.default_rng(11)
    start = rng.integers(-14_000, 14_000, count)
    places = rng.choice([HOME, UPSTAIRS, UNKNOWN], count, p=[0.6, 0.3, 0.1])
    columns = (rng.integers(0, count // 3, count), places, start, rng.integers(0, 1800, count), rng.random(count) < 0.2)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [S(who, at, MIDNIGHT + s, MIDNIGHT + s + length, 0, int(late)) for who, at, s, length, late in rows]


def joined(stays: list[S], *, sure: bool) -> tuple[I64, I64, I64, I64]:
    """(n,) person, place, start, end of joined stays, by start and place."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for stay in stays:
        if not sure or (stay.quality == 0 and stay.place != UNKNOWN):
            found.setdefault((stay.person, stay.place), []).append((stay.start, stay.end))
    rows = [(*who, *span) for who, spans in found.items() for span in union(spans)]
    table = np.array(sorted(rows, key=lambda row: (row[2], row[1])), dtype=np.uint64).T.astype(np.int64)
    return table[0], table[1], table[2], table[3]


def met(person: I64, place: I64, start: I64, end: I64, least: int) -> Bools:
    """(n, n) who meets whom, by brute force."""
    shared = np.minimum(end[:, None], end) - np.maximum(start[:, None], start)
    near = (place[:, None] == place) | (place[:, None] == UNKNOWN) | (place == UNKNOWN)
    return np.asarray((shared >= least) & near & (person[:, None] != person))


@pytest.mark.parametrize("least", [1, 300])
def test_a_hub(tmp_path: Path, least: int) -> None:
    """So many stays in so few seconds that they are counted second by second."""
    stays = crowd(3_000)
    window = Window(MIDNIGHT - 15_000, MIDNIGHT + 16_000)
    rule = Together(threshold=Threshold(least, "meeting"))
    with store(tmp_path, stays[::2], stays[1::2]) as presence:
        answers = {by: presence.network(window, rule=rule, by=by, limit=None) for by in ("day", "place_day", "window")}
        found = presence.degrees(window, rule=rule, limit=None).rows
    for sure in (False, True):
        person, place, start, end = joined(stays, sure=sure)
        pairs = met(person, place, start, end, least)
        later = np.tril(pairs)  # the later of two has the larger row
        tomorrow = start >= MIDNIGHT
        by_day = [int(later[tomorrow == day].sum()) for day in (False, True)]
        (row,) = answers["window"].rows
        assert (row.certain_meetings if sure else row.meetings) == later.sum() > 10_000
        assert [r.certain_meetings if sure else r.meetings for r in answers["day"].rows] == by_day
        earlier, late = np.nonzero(later.T)
        at = np.where(place[late] == UNKNOWN, place[earlier], place[late])
        for r in answers["place_day"].rows:
            there = (at == r.place) & (tomorrow[late] == (r.start == MIDNIGHT))
            assert (r.certain_meetings if sure else r.meetings) == there.sum()
            here = (place == r.place) & (start < r.end) & (np.maximum(end, start + 1) > r.start)
            assert (r.certain_people if sure else r.people) == len(np.unique(person[here]))
        degree = np.bincount(person, weights=pairs.sum(axis=1), minlength=1_000)
        assert all((r.certain_meetings if sure else r.meetings) == degree[number_of(r.pseudonym)] for r in found)


def number_of(pseudonym: bytes) -> int:
    return int.from_bytes(pseudonym, "big")


def test_days_of_23_and_25_hours(tmp_path: Path) -> None:
    for zone, day, following, seconds in (
        ("Europe/Berlin", "2024-03-31", "2024-04-01", 82_800),
        ("Europe/Berlin", "2024-10-27", "2024-10-28", 90_000),
    ):
        begin, end = edge(zone, day), edge(zone, following)
        stays = [S(0, HOME, begin - 60, end + 60), S(1, HOME, begin + 60, end - 60), S(2, HOME, end - 1, end + 10)]
        with Presence.open(tmp_path / day, zone=zone, write=True) as presence:
            presence.ingest(batch(stays), key="a")
            window = Window(begin - 3600, end + 3600)
            rows = presence.network(window, rule=ANY, by="day").rows
            spans = [window.start, begin, end, window.end]
            assert [(row.start, row.end) for row in rows] == list(pairwise(spans))
            assert [row.meetings for row in rows] == [0, 2, 0]
            assert rows[1].end - rows[1].start == seconds
            whole = oracle_network.counts(stays, window, ANY, zone, by="window")[None, None]
            assert whole[3] == 2


def test_pages_and_order(tmp_path: Path) -> None:
    stays = [minutes(who, place, 0, 60) for who in range(4) for place in (NEXT_DOOR, HOME, UPSTAIRS)]
    stays.append(minutes(5, HOME, 0, 60))
    with store(tmp_path, stays) as presence:
        whole = presence.network(BOTH_DAYS, limit=None)
        assert [(row.place, row.meetings) for row in whole.rows] == [(HOME, 10), (NEXT_DOOR, 6), (UPSTAIRS, 6)]
        seen: list[NetworkRow] = []
        cursor = None
        while len(seen) < whole.total:
            page = presence.network(BOTH_DAYS, limit=2, cursor=cursor)
            seen, cursor = seen + page.rows, page.next
            presence.ingest(batch([minutes(6, HOME, 0, len(seen))]), key=f"meanwhile {len(seen)}")
        assert seen == whole.rows
        with pytest.raises(InvalidValue, match="another question"):
            presence.network(BOTH_DAYS, by="day", cursor=presence.network(BOTH_DAYS, limit=1).next)


def test_where_nobody_was(tmp_path: Path) -> None:
    elsewhere = KeyRanges.of([(PLACES[8], PLACES[8] + 1)])
    with store(tmp_path, [minutes(0, HOME, 0, 60)]) as presence:
        assert presence.network(BOTH_DAYS, places=elsewhere).rows == []
        assert [row.meetings for row in presence.network(BOTH_DAYS, places=elsewhere, by="day").rows] == [0, 0]
        found = presence.degrees(BOTH_DAYS, places=elsewhere)
        assert (found.total, found.mean, found.most, found.distribution) == (0, 0, 0, [])
        assert presence.contact_graph(BOTH_DAYS, places=elsewhere).rows == []
        assert presence.network(Window(0, 10)).rows == []


def test_areas_as_places_and_as_a_scale(tmp_path: Path) -> None:
    house = Areas("building", KeyRanges.of(sorted((key, key + 1) for key in (HOME, UPSTAIRS))), np.array([4, 4]))
    stays = [minutes(0, HOME, 0, 60), minutes(1, UPSTAIRS, 0, 60), minutes(2, NEXT_DOOR, 0, 60)]
    with store(tmp_path, stays) as presence:
        (row,) = presence.network(BOTH_DAYS, rule=replace(ANY, near=house)).rows
        assert (row.people, row.meetings, row.place in (HOME, UPSTAIRS)) == (2, 1, True)
        (row,) = presence.network(BOTH_DAYS, places=house, rule=replace(ANY, near=Cell(12)), by="window").rows
        assert (row.people, row.meetings) == (2, 1)


def test_what_cannot_be_counted_is_refused(tmp_path: Path) -> None:
    with store(tmp_path, [minutes(who, HOME, 0, 60) for who in range(30)]) as presence:
        for near in (Radius(30), Cell(11, ring=1), Rows(3)):
            with pytest.raises(InvalidValue, match="divides places"):
                presence.network(BOTH_DAYS, rule=replace(ANY, near=near))
        for wrong in (Threshold(600), Threshold(600, "day"), Threshold(600, "span")):
            with pytest.raises(InvalidValue, match="per"):
                presence.degrees(BOTH_DAYS, rule=Together(threshold=wrong))
        with pytest.raises(InvalidValue, match="by"):
            presence.network(BOTH_DAYS, by="hour")  # type: ignore[arg-type]
        for ranges in (KeyRanges.of([]), KeyRanges.of([(5, 5)])):
            with pytest.raises(InvalidValue):
                presence.network(BOTH_DAYS, places=ranges)
        with pytest.raises(InvalidValue, match="bounded"):
            presence.contact_graph(BOTH_DAYS)
        with pytest.raises(InvalidValue, match="met"):
            presence.degrees(BOTH_DAYS, met=True)


def test_what_is_too_much_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = KeyRanges.of([(HOME, HOME + 1)])
    with store(tmp_path, [minutes(who, HOME, 0, 60) for who in range(30)]) as presence:
        monkeypatch.setattr(graph, "MOST_PAIRS", 400)
        with pytest.raises(TooMuch, match="up to 450 pairs"):  # 435, and each with itself
            presence.contact_graph(BOTH_DAYS, places=here)
        assert presence.contact_graph(BOTH_DAYS, places=here, force=True).total == 435
        monkeypatch.setattr(degrees, "MOST_MET", 2)
        with pytest.raises(TooMuch, match="3 persons"):
            presence.degrees(BOTH_DAYS, persons=[0, 1, 2], met=True)
        assert presence.degrees(BOTH_DAYS, persons=[0, 1, 2], met=True, force=True).rows[2].met == 29
        monkeypatch.setattr(asking, "BUDGET", 10)
        for ask in (presence.network, presence.degrees):
            with pytest.raises(TooMuch, match="30 stays"):
                ask(BOTH_DAYS)
        assert presence.network(BOTH_DAYS, force=True).rows[0].meetings == 435
        monkeypatch.setattr(network, "MOST_COUNTS", 1)
        with pytest.raises(InvalidValue, match="more than 1 counts"):
            presence.network(BOTH_DAYS, by="place_day", force=True)


def test_a_graph_of_networkx(tmp_path: Path) -> None:
    stays = [minutes(0, HOME, 0, 60), minutes(1, HOME, 30, 90), minutes(2, HOME, 80, 100), minutes(3, UPSTAIRS, 0, 9)]
    with store(tmp_path, stays) as presence:
        found = graph_of(presence.contact_graph(BOTH_DAYS, persons=[0, 1, 2, 3], limit=None).rows)
        same = graph_of(presence.meetings([0, 1, 2, 3], BOTH_DAYS, rule=Together(), limit=None).rows)
    assert networkx.utils.graphs_equal(found, same)
    assert found.edges[name(0).hex(), name(1).hex()]["together_s"] == 1800
    assert networkx.shortest_path_length(found, name(0).hex(), name(2).hex()) == 2
    assert name(3).hex() not in found
