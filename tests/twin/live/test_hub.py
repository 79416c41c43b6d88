"""However slow or forgetful a listener is, what it holds at the end is the latest state."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.live import Delta, Hub, Snapshot, TooOld, make_batch

COUNT = 6
observations = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, 20), st.integers(0, 9)), max_size=6)
batches = st.lists(observations, max_size=30)


def plain_latest(stream: list[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    """The rule said plainly: a later time wins, among equal times the one that came last."""
    known: dict[int, tuple[int, int]] = {}
    for row, when, value in stream:
        if row not in known or when >= known[row][0]:
            known[row] = when, value
    return known


def as_dict(batch) -> dict[int, tuple[int, int]]:
    assert len(set(batch.rows.tolist())) == len(batch), "one value per datastream"
    return {r: (t, v) for r, t, v in zip(batch.rows.tolist(), batch.times.tolist(), batch.values, strict=True)}


@dataclass
class Screen:
    """A listener that only knows the protocol."""

    hub: Hub
    mask: np.ndarray
    held: dict = field(default_factory=dict)
    cursor: int | None = None

    def poll(self) -> None:
        if self.cursor is None:
            answer: Snapshot | Delta | TooOld = self.hub.snapshot(self.mask)
            self.held = {}
        else:
            answer = self.hub.since(self.cursor, self.mask)
        if isinstance(answer, TooOld):
            self.cursor = None
            self.poll()
            return
        self.held |= as_dict(answer.batch)
        self.cursor = answer.cursor


@settings(max_examples=100, deadline=None)
@given(
    batches=batches,
    polls=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=30, max_size=30),
    mask=st.lists(st.booleans(), min_size=COUNT, max_size=COUNT),
    ring=st.integers(1, 20),
)
def test_every_screen_ends_with_the_latest_state(batches, polls, mask, ring):
    hub = Hub(COUNT, ring_rows=ring, start=100)
    seen = np.asarray(mask)
    screens = [Screen(hub, np.ones(COUNT, dtype=bool)), Screen(hub, seen), Screen(hub, seen)]
    said: list[tuple[int, int, int]] = []
    for batch, who_polls in zip(batches, polls, strict=False):
        hub.publish(make_batch(batch))
        said += batch
        for screen, now in zip(screens, who_polls, strict=True):
            if now:
                screen.poll()
    truth = plain_latest(said)
    for screen in screens:
        screen.poll()
        assert screen.held == {row: value for row, value in truth.items() if screen.mask[row]}
        assert as_dict(hub.snapshot(screen.mask).batch) == screen.held


def test_a_cursor_of_another_run_is_too_old():
    hub = Hub(2, start=1000)
    hub.publish(make_batch([(0, 1, 1.0)]))
    assert hub.cursor == 1001
    assert isinstance(hub.since(5), TooOld)
    assert isinstance(hub.since(999), TooOld)
    assert isinstance(hub.since(1002), TooOld)
    assert isinstance(hub.since(1000), Delta)


def test_nothing_new_is_an_empty_delta_and_no_new_cursor():
    hub = Hub(2, start=0)
    hub.publish(make_batch([(0, 5, 1.0)]))
    hub.publish(make_batch([(0, 4, 9.0)]))  # late: history's, not the state's
    assert hub.cursor == 1
    assert len(hub.since(1).batch) == 0
    assert hub.snapshot().batch.values.tolist() == [1.0]


def test_many_threads_lose_nothing():
    hub = Hub(40, ring_rows=50)
    screen = Screen(hub, np.ones(40, dtype=bool))
    woken = threading.Event()
    stop_listening = hub.listen(woken.set)

    def speak(first: int) -> None:
        for when in range(100):
            hub.publish(make_batch([(row, when, float(when)) for row in range(first, first + 10)]))

    threads = [threading.Thread(target=speak, args=(first,)) for first in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        screen.poll()
    screen.poll()
    assert woken.is_set()
    assert screen.held == dict.fromkeys(range(40), (99, 99.0))
    stop_listening()
    woken.clear()
    hub.publish(make_batch([(0, 200, 1.0)]))
    assert not woken.is_set()
