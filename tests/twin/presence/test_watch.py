"""The sum of all alerts is the batch answer, whatever arrives in whatever order, over restarts and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence.oracle import S, union
from tests.twin.presence.test_against_oracle import World, windows
from tests.twin.presence.test_together import SCALES, rules
from tests.twin.presence.worlds import PLACES, batch, name, worlds
from twin.errors import InvalidValue, InvalidWindow, TooMuch, UnreadableSource
from twin.presence import (
    Alert,
    Change,
    Crowd,
    Delivery,
    KeyRanges,
    Presence,
    Radius,
    Standing,
    Threshold,
    Together,
    Trust,
    Watch,
    WatchCrowd,
    WatchPersons,
    WatchPlaces,
    asking,
)
from twin.presence.watch import keeping, latest
from twin.presence.watch.keeping import Kept
from twin.types import Window

Sums = dict[str, dict[int, Standing | Crowd]]


def apply(sums: Sums, alerts: Sequence[Alert]) -> None:
    """Add up alerts; every one must fit what was said before."""
    for alert in alerts:
        rows = sums.setdefault(alert.watch, {})
        if alert.change is Change.FORGOTTEN:
            rows.clear()
            continue
        told = alert.after or alert.before
        assert told is not None
        key = told.start if isinstance(told, Crowd) else alert.person
        assert key is not None
        assert rows.get(key) == alert.before
        assert (alert.change is Change.NEW) == (alert.before is None)
        if alert.after is None:
            assert alert.change is Change.RETRACTED
            del rows[key]
        else:
            assert alert.after != alert.before
            rows[key] = alert.after


def answer(presence: Presence, watch: Watch, as_of: int) -> dict[int, Standing | Crowd]:
    """The batch answer at a snapshot."""
    if isinstance(watch, WatchPersons):
        known = [person for person in watch.persons if person < presence.stats().people]
        rows = presence.companions(known, watch.window, rule=watch.rule, limit=None, as_of=as_of).rows if known else []
        return {r.person: Standing(r.together_s, r.certain_s, r.meetings, r.first, r.last, r.certain) for r in rows}
    threshold = watch.threshold if isinstance(watch, WatchPlaces) else Threshold(0)
    found = presence.visitors(
        watch.ranges, watch.window, threshold=threshold, trust=watch.trust, limit=None, as_of=as_of
    )
    if isinstance(watch, WatchPlaces):
        return {r.person: Standing(r.present_s, r.certain_s, r.visits, r.first, r.last, r.certain) for r in found.rows}
    every = [union([(v.start, max(v.end, v.start + 1)) for v in row.evidence]) for row in found.rows]
    sure = [union([(v.start, max(v.end, v.start + 1)) for v in row.evidence if v.certain]) for row in found.rows]
    edges = sorted({edge for spans in (*every, *sure) for span in spans for edge in span})
    crowds: list[Crowd] = []
    for start, end in pairwise(edges):
        count, certain = (sum(any(s <= start < e for s, e in spans) for spans in of) for of in (every, sure))
        if count <= watch.over:
            continue
        if crowds and crowds[-1].end == start:
            last = crowds.pop()
            crowds.append(Crowd(last.start, end, max(last.most, count), max(last.certain_most, certain)))
        else:
            crowds.append(Crowd(start, end, count, certain))
    return {crowd.start: crowd for crowd in crowds}


@st.composite
def watches(draw: st.DrawFn, midnight: int) -> Watch:
    window = draw(windows(midnight))
    if draw(st.booleans()):
        persons = draw(st.sets(st.integers(0, 3), min_size=1, max_size=2))
        return WatchPersons(tuple(sorted(persons)), window, draw(rules()))
    width = draw(st.sampled_from([1, 1 << 13, 1 << 21]))
    key = draw(st.sampled_from(PLACES)) // width * width
    ranges = KeyRanges.of([(key, key + width)])
    trust = Trust(
        draw(st.sampled_from([None, frozenset({0, 1})])), draw(st.sampled_from([frozenset(), frozenset({1})]))
    )
    if draw(st.booleans()):
        return WatchPlaces(ranges, window, Threshold(draw(st.sampled_from([0, 600]))), trust)
    return WatchCrowd(ranges, window, draw(st.integers(1, 2)), trust)


STEPS = ["batch", "batch", "batch", "batch", "withdraw", "merge", "unmerge", "compact", "forget", "erase", "reopen"]


class Story:
    """A store to which things happen, one after the other."""

    def __init__(self, folder: str, zone: str, stays: list[S]) -> None:
        self._place = Path(folder), zone
        self.presence = self._open()
        self._stays = stays
        self._said: list[str] = []
        self._merged = False
        self._erased = False

    def _open(self) -> Presence:
        folder, zone = self._place
        return Presence.open(folder, zone=zone, write=True, upkeep=False)

    def reopen(self) -> None:
        self.presence.close()
        self.presence = self._open()

    def happen(self, step: str, data: st.DataObject) -> None:
        key = f"step {self.presence.stats().snapshot}"
        if step == "batch":
            size = data.draw(st.integers(3, 9))
            part, self._stays = self._stays[:size], self._stays[size:]
            self.presence.ingest(batch(part), key=key)
            self._said.append(key)
        elif step == "withdraw" and self._said and not self._erased:
            self.presence.withdraw(batch=self._said.pop(), key=key, reason="wrong")
        elif step == "merge" and not self._merged and not self._erased:
            self.presence.merge(name(0), [name(1), name(5)], key=key, reason="one human")
            self._merged = True
        elif step == "unmerge" and self._merged and not self._erased:
            self.presence.unmerge([name(5)], key=key, reason="two humans")
        elif step == "compact":
            self.presence.compact()
        elif step == "forget":
            self.presence.forget(before_version=self.presence.stats().snapshot)
        elif step == "erase" and not self._erased and not self._merged:
            self.presence.withdraw(person=name(2), key=key, reason="the law")
            self._erased = True


@settings(max_examples=50, deadline=None)
@given(worlds(), st.data())
def test_the_sum_of_alerts_is_the_batch_answer(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    wanted = data.draw(st.lists(watches(midnight), min_size=1, max_size=3))
    sums: Sums = {}
    with TemporaryDirectory() as folder:
        story = Story(folder, zone, data.draw(st.permutations(stays)))
        everybody = batch([S(person, PLACES[0], 1, 2) for person in range(7)])
        story.presence.ingest(everybody, key="everybody, in order, long ago")
        names = [story.presence.watches.add(watch) for watch in wanted]
        for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=9)):
            if step == "reopen":
                story.reopen()
            elif step != "batch" or story._stays:
                try:
                    story.happen(step, data)
                except InvalidValue:
                    continue  # nobody is merged any more, say
            fate = data.draw(st.sampled_from(["arrives", "arrives", "nobody asks", "is lost"]))
            if fate == "nobody asks":
                continue
            delivery = story.presence.watches.poll()
            if fate == "is lost":
                story.reopen()  # whoever asked died before it could say that the alerts had arrived
                continue
            apply(sums, delivery.alerts)
            for one, watch in zip(names, wanted, strict=True):
                assert sums.get(one, {}) == answer(story.presence, watch, delivery.snapshot), watch
            story.presence.watches.acknowledge(delivery.snapshot)
        story.presence.close()


@settings(max_examples=20, deadline=None)
@given(worlds(), st.data())
def test_a_reader_keeps_in_mind_how_far_it_is(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    watch = data.draw(watches(midnight))
    with TemporaryDirectory() as folder, Presence.open(Path(folder), zone=zone, write=True) as writer:
        writer.ingest(batch([S(person, PLACES[0], 1, 2) for person in range(7)]), key="everybody, in order, long ago")
        with Presence.open(Path(folder), zone=zone) as reader:
            one = reader.watches.add(watch)
            sums: Sums = {one: answer(reader, watch, 1)}
            since = 1
            for part in range(4):
                writer.ingest(batch(stays[part::4]), key=f"part {part}")
                if data.draw(st.booleans()):
                    delivery = reader.watches.poll(since=since)
                    since = delivery.snapshot
                    apply(sums, delivery.alerts)
                    assert sums[one] == answer(reader, watch, since)
            assert reader.watches.poll(since=since).alerts == reader.watches.poll(since=since).alerts
        assert not writer.watches.all(), "what a reader watches is not kept"


DAY = Window(0, 86_400)
HERE = KeyRanges.of([(PLACES[1], PLACES[1] + 1)])


def test_listeners_are_told_of_each_change_and_of_it_once(tmp_path: Path) -> None:
    heard: list[Delivery] = []
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, PLACES[1], 0, 5000)]), key="a")
        presence.watches.add(WatchPersons((0,), DAY), name="case")
        presence.watches.listen(heard.append)
        assert heard == []
        presence.ingest(batch([S(1, PLACES[1], 100, 900)]), key="b")
        presence.ingest(batch([S(1, PLACES[1], 100, 900)]), key="b")
        presence.ingest(batch([S(1, PLACES[2], 100, 900)]), key="elsewhere")
        assert [(d.snapshot, [(a.person, a.change) for a in d.alerts]) for d in heard] == [(2, [(1, Change.NEW)])]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        assert presence.watches.all() == {"case": WatchPersons((0,), DAY)}
        presence.watches.listen(heard.append)
        assert len(heard) == 1
        presence.withdraw(batch="b", key="w", reason="wrong")
        assert heard[1].alerts == [
            Alert("case", 4, Change.RETRACTED, 1, name(1), Standing(800, 800, 1, 100, 900, True), None)
        ]


def test_what_a_listener_did_not_take_comes_again(tmp_path: Path) -> None:
    heard: list[Delivery] = []

    def fail(delivery: Delivery) -> None:
        heard.append(delivery)
        if len(heard) == 1:
            raise RuntimeError("the line is down")

    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.watches.add(WatchPlaces(HERE, DAY), name="hall")
        presence.watches.listen(fail)
        with pytest.raises(RuntimeError):
            presence.ingest(batch([S(0, PLACES[1], 0, 5000)]), key="a")
        assert presence.ingest(batch([S(0, PLACES[1], 0, 5000)]), key="a").repeated
        assert [[a.person for a in delivery.alerts] for delivery in heard] == [[0], [0]]


def test_a_batch_that_concerns_nobody_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Watch] = []
    plain = latest.evaluate

    def counting(snapshot: object, watch: Watch) -> object:
        asked.append(watch)
        return plain(snapshot, watch)  # type: ignore[arg-type]

    with Presence.open(tmp_path, zone="UTC", write=True, upkeep=False) as presence:
        presence.ingest(batch([S(0, PLACES[1], 1000, 5000), S(1, PLACES[2], 0, 1)]), key="a")
        for number in range(100):  # more than are looked at one by one
            presence.watches.add(WatchPersons((0,), DAY), name=f"case {number}")
        presence.watches.add(WatchPlaces(HERE, Window(0, 500)), name="early")
        presence.watches.poll()
        monkeypatch.setattr(latest, "evaluate", counting)
        for key, stay in (
            ("another place", S(1, PLACES[2], 1000, 5000)),
            ("another time", S(1, PLACES[1], 5000, 6000)),
            ("another day", S(0, PLACES[1], 100_000, 100_100)),
        ):
            presence.ingest(batch([stay]), key=key)
            assert presence.watches.poll().alerts == []
        presence.compact()
        presence.watches.poll()
        assert asked == []
        presence.ingest(batch([S(1, PLACES[1], 4000, 4900)]), key="there and then")
        assert len(presence.watches.poll().alerts) == len(asked) == 100


def test_what_arrives_late_counts_as_if_it_had_been_there(tmp_path: Path) -> None:
    """The case's own stay comes last, at a place that nobody watched; then it turns out that two are one human."""
    sums: Sums = {}
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, PLACES[8], 0, 9), S(1, PLACES[1], 1000, 4000), S(2, PLACES[1], 0, 9000)]), key="a")
        presence.watches.add(WatchPersons((0,), DAY), name="case")
        assert presence.watches.poll().alerts == []
        presence.ingest(batch([S(0, PLACES[1], 2000, 5000)]), key="late")
        apply(sums, presence.watches.poll().alerts)
        assert {person: row.seconds for person, row in sums["case"].items()} == {1: 2000, 2: 3000}  # type: ignore[union-attr]
        presence.merge(name(1), [name(2)], key="one", reason="one human")
        apply(sums, presence.watches.poll().alerts)
        assert {person: row.seconds for person, row in sums["case"].items()} == {1: 3000}  # type: ignore[union-attr]
        presence.merge(name(0), [name(1)], key="all", reason="the case themselves")
        apply(sums, presence.watches.poll().alerts)
        assert sums["case"] == {}


def test_a_stay_that_begins_just_as_the_gap_ends_is_bridged(tmp_path: Path) -> None:
    rule = Together(threshold=Threshold(0), bridge_s=60)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, PLACES[1], 1000, 1000), S(1, PLACES[1], 500, 1000)]), key="a")
        presence.watches.add(WatchPersons((0,), DAY, rule), name="case")
        assert presence.watches.poll().alerts == []
        presence.ingest(batch([S(1, PLACES[1], 1060, 1100)]), key="b")
        assert [alert.person for alert in presence.watches.poll().alerts] == [1]


def test_a_crowd_over_midnight_is_one(tmp_path: Path) -> None:
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.watches.add(WatchCrowd(HERE, Window(0, 200_000), 1), name="hall")
        presence.ingest(batch([S(person, PLACES[1], 80_000, 90_000 + person) for person in range(3)]), key="a")
        (alert,) = presence.watches.poll().alerts
        assert alert.after == Crowd(80_000, 90_001, 3, 3)
        presence.ingest(batch([S(person, PLACES[1], 90_001, 90_002) for person in range(4, 6)]), key="b")
        (alert,) = presence.watches.poll().alerts
        assert (alert.change, alert.after) == (Change.CHANGED, Crowd(80_000, 90_002, 3, 3))


def test_older_versions_that_are_gone_are_said_to_be(tmp_path: Path) -> None:
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, PLACES[1], 0, 5000)]), key="a")
        presence.watches.add(WatchPlaces(HERE, DAY), name="hall")
        presence.watches.acknowledge(presence.watches.poll().snapshot)
        presence.ingest(batch([S(1, PLACES[1], 0, 5000)]), key="b")
        presence.forget(before_version=2)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        delivery = presence.watches.poll()
    assert [(alert.change, alert.person) for alert in delivery.alerts] == [
        (Change.FORGOTTEN, None),
        (Change.NEW, 0),
        (Change.NEW, 1),
    ]


def test_whoever_is_erased_is_retracted_without_a_name(tmp_path: Path) -> None:
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, PLACES[1], 0, 5000), S(1, PLACES[1], 0, 5000)]), key="a")
        presence.watches.add(WatchPlaces(HERE, DAY), name="hall")
        presence.watches.acknowledge(presence.watches.poll().snapshot)
        presence.withdraw(person=name(1), key="erase", reason="the law")
        (alert,) = presence.watches.poll().alerts
        assert (alert.change, alert.person, alert.pseudonym) == (Change.RETRACTED, 1, None)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:  # that alert never arrived
        told = [(alert.change, alert.person) for alert in presence.watches.poll().alerts]
    assert told == [(Change.FORGOTTEN, None), (Change.NEW, 0)]


@pytest.mark.parametrize("at", SCALES, ids=lambda at: at.id)
def test_watches_are_kept_as_they_are(at: Radius, tmp_path: Path) -> None:
    rule = Together(at, Threshold(60, "span", 7200, strict=True), 30, Trust(frozenset({1}), frozenset({2})), "r", 3)
    kept = {
        "persons": Kept(WatchPersons((3, 9), DAY, rule), 7),
        "places": Kept(WatchPlaces(HERE, DAY, Threshold(5), Trust(None, frozenset({2})))),
        "crowd": Kept(WatchCrowd(HERE, DAY, 40)),
    }
    keeping.write(tmp_path, kept)
    found = keeping.read(tmp_path)
    assert repr(found) == repr(kept)
    persons = found["persons"].watch
    assert isinstance(persons, WatchPersons)
    assert np.array_equal(
        persons.rule.near.groups(np.array(PLACES, dtype=np.uint64)), at.groups(np.array(PLACES, dtype=np.uint64))
    )


def test_what_makes_no_sense_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (
        lambda: WatchPersons((), DAY),
        lambda: WatchPersons((-1,), DAY),
        lambda: WatchCrowd(HERE, DAY, 0),
    ):
        with pytest.raises(InvalidValue):
            wrong()
    with pytest.raises(InvalidWindow):
        WatchPlaces(HERE, Window(5, 5))
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(person, PLACES[1], 0, 5000) for person in range(30)]), key="a")
        one = presence.watches.add(WatchPlaces(HERE, DAY), name="hall")
        for ask in (
            lambda: presence.watches.add(WatchPlaces(HERE, DAY), name="hall"),
            lambda: presence.watches.remove("nobody"),
            lambda: presence.watches.acknowledge(99),
            lambda: presence.watches.poll(since=99),
        ):
            with pytest.raises(InvalidValue):
                ask()
        presence.watches.remove(one)
        assert presence.watches.poll().alerts == []
        monkeypatch.setattr(asking, "BUDGET", 10)
        with pytest.raises(TooMuch):
            presence.watches.add(WatchPlaces(HERE, DAY))
        assert not presence.watches.all()
        presence.watches.add(WatchPlaces(HERE, DAY), force=True)
        assert len(presence.watches.poll().alerts) == 30
    (tmp_path / keeping.FILE).write_bytes(b'{"format": 1, "watches": {"x": 5}}')
    with Presence.open(tmp_path, zone="UTC") as presence, pytest.raises(UnreadableSource):
        presence.watches.all()
