"""From layers to labels: who is shown, in which order, with which labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.presence.chain.course import Course
from twin.presence.chain.rows import Label
from twin.presence.chain.running import Layer, Spread
from twin.types import I64, U32


@dataclass(frozen=True, slots=True)
class Shown:
    """People of one page (n,) in the order of the answer: fewest hops, arrival by those (seconds of the chain)."""

    person: U32
    hops: I64
    arrival: I64


def newcomers(spread: Spread) -> list[Layer]:
    """The layers with only those who are in no layer before."""
    seen = np.zeros(len(spread.arrival), dtype=np.bool_)
    found = []
    for layer in spread.layers:
        new = ~seen[layer.person]
        seen[layer.person] = True
        columns = (layer.arrival, layer.since, layer.until)
        found.append(layer if new.all() else Layer(layer.person[new], *(column[new] for column in columns)))
    return found


def shown(layers: Sequence[Layer], part: slice) -> Shown:
    """The people of a page: `layers` are those of `newcomers`, the seeds, who are never shown, first."""
    person, hops, arrival = [], [], []
    first = 0
    for number, layer in enumerate(layers[1:], start=1):
        low, high = max(part.start - first, 0), min(part.stop - first, len(layer.person))
        first += len(layer.person)
        if low < high:
            chosen = _least(layer.arrival << 32 | layer.person, high)[low:high]
            person.append((chosen & 0xFFFFFFFF).astype(np.uint32))
            arrival.append(chosen >> 32)
            hops.append(np.full(high - low, number))
    none = np.empty(0, dtype=np.int64)
    return Shown(
        np.concatenate([none.astype(np.uint32), *person]),
        np.concatenate([none, *hops]),
        np.concatenate([none, *arrival]),
    )


def _least(keys: I64, count: int) -> I64:
    """The `count` smallest, ascending."""
    return np.sort(keys if count == len(keys) else np.partition(keys, count - 1)[:count])


def labels(spread: Spread, people: U32, course: Course) -> list[list[Label]]:
    """The labels of some people, fewest hops first; none for those who were not reached."""
    found: list[list[Label]] = [[] for _ in range(len(people))]
    order = np.argsort(people)
    for hops, layer in enumerate(spread.layers[1:], start=1):
        if not len(layer.person):
            continue
        at = np.searchsorted(layer.person, people[order])
        at[at == len(layer.person)] = 0
        there = np.flatnonzero(layer.person[at] == people[order])
        for row, arrival in zip(order[there].tolist(), layer.arrival[at[there]].tolist(), strict=True):
            found[row].append(Label(hops, course.utc(arrival)))
    return found
