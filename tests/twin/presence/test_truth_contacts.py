"""Contacts that badges recorded face to face, 20 s each: counts, graph, chains equal what the raw list gives."""

from __future__ import annotations

import gzip
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx
import numpy as np
import pytest

from tests.twin.presence.test_truth import there
from tests.twin.presence.worlds import name
from twin.geo.cells import cells_to_keys, lonlat_to_cells
from twin.presence import Presence, StayBatch, Threshold, Together
from twin.presence.export.graph import graph_of
from twin.types import I64, Window

FOLDER = "people/sociopatterns_open"
RECORDED = ("SFHH_tij.dat.gz", "highschool_2012.csv.gz", "primaryschool.csv.gz", "workplace_InVS_tij.dat.zip")
SLOT = 20
UNITS = 8_000
"""Rooms on a floor: each row of a recording is in a room of its own, so that nobody meets anybody else there."""

RULE = Together(threshold=Threshold(SLOT, "meeting"))
EDGE = Together(threshold=Threshold(SLOT))


@dataclass(frozen=True)
class Contacts:
    """(n,) contacts [time - 20, time) of two, by time; numbers as the store will have them."""

    time: I64
    one: I64
    other: I64
    people: int

    @property
    def window(self) -> Window:
        return Window(int(self.time[0]) - SLOT, int(self.time[-1]))


def recorded(path: Path) -> Contacts:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
    else:
        text = gzip.decompress(path.read_bytes()).decode()
    rows = np.array([[int(value) for value in line.split()[:3]] for line in text.splitlines()])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    badges, person = np.unique(rows[:, 1:], return_inverse=True)
    pairs = person.reshape(-1, 2)
    return Contacts(rows[:, 0], pairs[:, 0], pairs[:, 1], len(badges))


def stored(folder: Path, seen: Contacts) -> Presence:
    """Two stays of 20 s for each row."""
    room = np.arange(len(seen.time))
    cells = np.repeat(lonlat_to_cells([[114.03, 22.61]], 12), len(room))
    keys = np.tile(cells_to_keys(cells, room // UNITS + 1, room % UNITS), 2)
    person = np.concatenate([seen.one, seen.other]).astype(np.uint32)
    start = np.tile(seen.time - SLOT, 2)
    zeros = np.zeros(len(person), dtype=np.uint8)
    presence = Presence.open(folder, zone="UTC", write=True)
    names = [name(number) for number in range(seen.people)]
    presence.ingest(StayBatch(names, person, keys, start, start + SLOT, zeros, zeros), key="badges")
    return presence


@pytest.fixture(scope="module", params=RECORDED)
def known(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Contacts, Presence]]:
    seen = recorded(there(shared_data / FOLDER / request.param))
    with stored(tmp_path_factory.mktemp("contacts") / "presence", seen) as presence:
        yield seen, presence


def raw_graph(seen: Contacts) -> networkx.Graph:
    """Seconds, and runs of slots that follow each other, per pair."""
    graph = networkx.Graph()
    last: dict[tuple[int, int], int] = {}
    for time, one, other in zip(seen.time.tolist(), seen.one.tolist(), seen.other.tolist(), strict=True):
        pair = min(one, other), max(one, other)
        if not graph.has_edge(*pair):
            graph.add_edge(*pair, seconds=0, runs=0, slots=0)
        edge = graph.edges[pair]
        edge["slots"] += 1
        edge["runs"] += last.get(pair) != time - SLOT
        edge["seconds"] += SLOT
        last[pair] = time
    return graph


def test_meetings_and_degrees(known: tuple[Contacts, Presence]) -> None:
    seen, presence = known
    graph = raw_graph(seen)
    (row,) = presence.network(seen.window, rule=RULE, by="window").rows
    assert (row.people, row.meetings, row.certain_meetings) == (seen.people, len(seen.time), len(seen.time))
    (longer,) = presence.network(seen.window, rule=Together(threshold=Threshold(SLOT + 1, "meeting")), by="window").rows
    assert longer.meetings == 0
    answer = presence.degrees(seen.window, rule=RULE, limit=None)
    assert {row.person: row.meetings for row in answer.rows} == dict(graph.degree(weight="slots"))
    assert answer.distribution == sorted(Counter(dict(graph.degree(weight="slots")).values()).items())
    some = [row.person for row in answer.rows[:5]]
    met = presence.degrees(seen.window, persons=some, rule=RULE, met=True)
    assert {row.person: row.met for row in met.rows} == {person: graph.degree(person) for person in some}


def test_the_graph_is_that_of_the_raw_list(known: tuple[Contacts, Presence]) -> None:
    seen, presence = known
    raw = raw_graph(seen)
    answer = presence.contact_graph(seen.window, persons=list(range(seen.people)), rule=EDGE, limit=None)
    made = graph_of(answer.rows)
    number = {name(person).hex(): person for person in raw}
    assert {
        frozenset((number[a], number[b])): (d["together_s"], d["meetings"]) for a, b, d in made.edges(data=True)
    } == {frozenset((a, b)): (d["seconds"], d["runs"]) for a, b, d in raw.edges(data=True)}
    assert networkx.number_connected_components(made) == networkx.number_connected_components(raw)


def reached(seen: Contacts, seed: int, latency: int, hops: int, *, forward: bool) -> dict[int, tuple[int, int]]:
    """Person to (fewest contacts, arrival by at most so many): contacts one after the other, layer by layer."""
    begin = seen.time - SLOT if forward else -seen.time
    order = np.argsort(begin, kind="stable")
    rows = list(zip(begin[order].tolist(), seen.one[order].tolist(), seen.other[order].tolist(), strict=True))
    before, fewest = {seed: int(begin.min()) - latency}, {seed: 0}
    for hop in range(1, hops + 1):
        now = dict(before)
        for start, one, other in rows:
            for a, b in ((one, other), (other, one)):
                if a in before and before[a] + latency <= start and start + SLOT < now.get(b, 1 << 60):
                    now[b] = start + SLOT
                    fewest.setdefault(b, hop)
        if now == before:
            break
        before = now
    del before[seed]
    return {person: (fewest[person], at if forward else -at) for person, at in before.items()}


@pytest.mark.parametrize("latency", [0, 3600])
@pytest.mark.parametrize("hops", [2, None])
@pytest.mark.parametrize("forward", [True, False])
def test_chains(known: tuple[Contacts, Presence], latency: int, hops: int | None, forward: bool) -> None:
    seen, presence = known
    rng = np.random.default_rng(7)
    for seed in rng.choice(seen.people, 1).tolist():
        answer = presence.chain(
            [seed],
            seen.window,
            theta_s=SLOT,
            latency_s=latency,
            hops=hops,
            direction="forward" if forward else "backward",
            limit=None,
        )
        truth = reached(seen, seed, latency, hops or 10_000, forward=forward)
        assert {row.person: row.arrival for row in answer.rows} == {person: at for person, (_, at) in truth.items()}
        if hops is not None:
            assert {row.person: row.hops for row in answer.rows} == {person: few for person, (few, _) in truth.items()}
