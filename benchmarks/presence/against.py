"""The rows that stand beside those of the peers: the same people, the same window, the same answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.presence.cases import Cases
from benchmarks.presence.peers.kinds import PeerKind
from benchmarks.presence.peers.peer import Pairs
from benchmarks.presence.peers.race import facts_of, race
from benchmarks.presence.questions import ask_companions
from benchmarks.presence.store import Site
from benchmarks.presence.world import ZONE
from benchmarks.report import Goal, Report, milliseconds
from twin.presence import Presence

RACED = 54
"""The most people everybody is asked about: a few for choosing the peer's best shape, the others timed."""

TIMES_FASTER = 10.0
_RACE_CASES = 4


def measure_peers(
    report: Report, site: Site, kinds: Sequence[PeerKind], days_of: Callable[[str], int], runs: int
) -> None:
    """A row of each engine for each figure. `days_of` says how many of the first days a peer holds.

    Peers that are not installed are named in `report.data` with the way to get them.
    """
    absent = {kind.name: f"absent: {kind.way}" for kind in kinds if not kind.there()}
    report.data["peers"] = dict(absent)
    persons = Cases(site.spec, _RACE_CASES).persons(min(RACED, runs))
    ours: dict[int, tuple[dict[int, Pairs], float]] = {}
    ratios: dict[str, float] = {}
    for kind in kinds:
        if kind.name in absent:
            site.say(f"{kind.name}: {absent[kind.name]}")
            continue
        days = days_of(kind.name)
        if days not in ours:
            ours[days] = _ask_us(report, site, days, persons)
        expected, median = ours[days]
        raced = race(kind, site, days, expected)
        row = report.add(_what(days), raced.ms, "ms", who=raced.label)
        report.add("ingest, both orders", [raced.loaded.rate], "M stays/s", who=raced.label, goal=Goal(at_least=True))
        report.add("bytes a stay, both orders", [raced.loaded.bytes / raced.loaded.stays], "B", who=raced.label)
        report.data["peers"][kind.name] = facts_of(raced)
        ratios[f"{raced.label}, {days} days"] = row.p50 / median
    if ratios:
        fastest = min(ratios, key=lambda label: ratios[label])
        what = f"companions, warm: times as fast as the fastest of {len(ratios)} peers ({fastest})"
        report.add(what, [ratios[fastest]], "x", goal=Goal(TIMES_FASTER, at_least=True))


def _what(days: int) -> str:
    return f"companions over {days} days, warm, 1 asker, the same people for all"


def _ask_us(report: Report, site: Site, days: int, persons: Sequence[int]) -> tuple[dict[int, Pairs], float]:
    """Whole answers to compare with, and the median of the first page with its evidence, as a user asks."""
    site.say(f"quanyu: {_what(days)}")
    window = site.spec.first_days(days)
    with Presence.open(site.store, zone=ZONE) as presence:
        whole = {person: presence.companions([person], window, limit=None).rows for person in persons}
        took = milliseconds([partial(ask_companions, presence, window, person) for person in persons])
    row = report.add(_what(days), took, "ms")
    return {person: [(row.person, row.together_s) for row in rows] for person, rows in whole.items()}, row.p50
