"""Who works, learns, travels and meets where: the lasting part of everybody's days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synth.draw import stream, uniform
from twin.synth.homes import STUDENT, WORKER, Homes
from twin.synth.venues import HUB, SCHOOL, Venues
from twin.types import I32, U8

LOCAL, AWAY, NIGHT, PUPIL, HOMEBODY = range(5)
PERSONAS = ("works here", "works elsewhere", "works at night", "pupil", "at home")

OUTSIDE = 0.26
"""Part of the workers whose work is outside the district."""

FRIENDS = 4


@dataclass(frozen=True, slots=True)
class People:
    """Columns, one row per person; all but persona are rows of `Venues`, -1 where there is none.

    board, alight   the hub near home and the hub near work
    friends         (n, FRIENDS) homes of friends
    """

    persona: U8
    home: I32
    work: I32
    board: I32
    alight: I32
    friends: I32

    def __len__(self) -> int:
        return len(self.persona)


def identity(row: int) -> str:
    """The made-up identity of a person: P000001, P000002, ..."""
    return f"P{row + 1:06d}"


def draw_people(seed: int, homes: Homes, venues: Venues) -> People:
    """Personas, places of work and school, hubs and friends."""
    rng = stream(seed, "people")
    n = len(homes.person_unit)
    home = homes.person_unit.astype(np.int32)
    worker, pupil = homes.role == WORKER, homes.role == STUDENT
    persona = np.where(worker, LOCAL, np.where(pupil, PUPIL, HOMEBODY)).astype(np.uint8)
    draws = rng.uniform(size=n)
    dormitory = homes.kind[homes.person_unit] == 2
    persona[worker & ~dormitory & (draws < OUTSIDE)] = AWAY
    persona[worker & dormitory & (draws < 0.22)] = NIGHT
    persona[worker & ~dormitory & (draws > 0.975)] = NIGHT
    work = np.full(n, -1, dtype=np.int32)
    works = np.flatnonzero((persona == LOCAL) | (persona == NIGHT))
    work[works] = _dealt(rng, venues, len(works))
    work[persona == PUPIL] = _schools(seed, venues, home[persona == PUPIL])
    persona[(persona == PUPIL) & (work < 0)] = HOMEBODY
    hub = _hub_of_block(venues)
    board = hub[venues.block[home]]
    alight = np.where(work >= 0, hub[venues.block[work]], -1).astype(np.int32)
    return People(persona, home, work, board, alight, _friends(rng, venues, home))


def _dealt(rng: np.random.Generator, venues: Venues, workers: int) -> I32:
    """Places of work for so many, each floor or shop in proportion to its jobs."""
    rows = np.flatnonzero((venues.jobs > 0) & (venues.setting != HUB) & (venues.setting != SCHOOL))
    share = np.cumsum(venues.jobs[rows]) / venues.jobs[rows].sum()
    places = rows[np.searchsorted(share, (np.arange(workers) + 0.5) / max(workers, 1))]
    return rng.permutation(places).astype(np.int32)


def _schools(seed: int, venues: Venues, home: I32) -> I32:
    """The school nearest to each home, and one of its floors; -1 where there is no school."""
    rows = venues.of(SCHOOL)
    if not len(rows):
        return np.full(len(home), -1, dtype=np.int32)
    blocks, start = np.unique(venues.block[rows], return_index=True)
    order = np.argsort(venues.block[rows], kind="stable")
    start = np.searchsorted(venues.block[rows][order], blocks)
    count = np.bincount(np.searchsorted(blocks, venues.block[rows]), minlength=len(blocks))
    middles = np.array([venues.xy[rows[order[s : s + c]]].mean(axis=0) for s, c in zip(start, count, strict=True)])
    size = np.sqrt(count / count.max())  # a large school draws from farther away
    far = np.stack([np.hypot(*(venues.xy[home] - middle).T) / s for middle, s in zip(middles, size, strict=True)])
    school = np.argmin(far, axis=0)
    draw = uniform(seed, 77, np.arange(len(home)))
    return np.asarray(rows[order[start[school] + (draw * count[school]).astype(np.int64)]], dtype=np.int32)


def _hub_of_block(venues: Venues) -> I32:
    """(blocks,) the row of the nearest platform or bus stand."""
    near = venues.near[HUB]
    floors = venues.floor[near]
    boards = floors != -1  # nobody waits for a train in the concourse
    return np.asarray(near[np.arange(len(near)), np.argmax(boards, axis=1)], dtype=np.int32)


def _friends(rng: np.random.Generator, venues: Venues, home: I32) -> I32:
    """(n, FRIENDS) homes: half of the friends live within some hundred homes in the list, the others anywhere."""
    n = len(home)
    close = (home[:, None] + rng.integers(1, 240, (n, 2)) * rng.choice([-1, 1], (n, 2))) % (int(home.max()) + 1)
    anywhere = rng.integers(0, int(home.max()) + 1, (n, FRIENDS - 2))
    return np.asarray(np.concatenate((close, anywhere), axis=1), dtype=np.int32)
