"""`twin bench presence`: the whole run over one folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.presence.against import measure_peers
from benchmarks.presence.ours import measure_answers, measure_ingest
from benchmarks.presence.peers.kinds import PEERS, PeerKind, chosen
from benchmarks.presence.store import FACTS, Say, Site, build
from benchmarks.presence.world import WorldSpec
from benchmarks.report import Report
from twin.errors import Conflict, InvalidValue

ALL_PEERS = ",".join(kind.name for kind in PEERS)


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is made of: the world, where it lies (None: a folder for this run), against whom, how many runs."""

    spec: WorldSpec
    folder: Path | None = None
    keep: bool = False
    peers: str = ALL_PEERS
    postgres_days: int = 3
    runs: int = 200

    def days_of(self, peer: str) -> int:
        """How many days a peer holds: PostgreSQL takes ten times the room of all others."""
        return min(self.postgres_days, self.spec.days) if peer == "postgres" else self.spec.days

    def kinds(self) -> list[PeerKind]:
        """The peers asked for. Raises InvalidValue for what makes no sense."""
        if self.postgres_days < 1 or self.runs < 1:
            raise InvalidValue("postgres days and runs", "must be at least 1", "Give others")
        return chosen(self.peers)


def run(options: Options, say: Say) -> Report:
    """Build or take up the world, measure ourselves, then the peers."""
    kinds = options.kinds()
    report = Report()
    with workplace(options.folder, keep=options.keep, say=say) as folder:
        site = Site(folder, options.spec, say)
        facts = build(site)
        report.data["world"] = asdict(options.spec)
        measure_ingest(report, site, facts)
        measure_answers(report, site, options.runs)
        measure_peers(report, site, kinds, options.days_of, options.runs)
    return report


@contextmanager
def workplace(folder: Path | None, *, keep: bool, say: Say) -> Iterator[Path]:
    """The folder to work in. What this run made in it is removed at the end, unless it is to be kept.

    What an earlier run kept stays kept. Raises Conflict for a folder that holds anything else.
    """
    made = folder is None or not folder.exists()
    place = folder if folder is not None else Path(tempfile.mkdtemp(prefix="twin-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    kept = keep or (place / FACTS).exists()
    if any(place.iterdir()) and not (place / FACTS).exists():
        raise Conflict(str(place), "holds something that no benchmark made", "Give an empty folder, or none")
    if folder is None:
        place.chmod(0o711)  # a server that runs as another user passes through
    try:
        yield place
    finally:
        if kept:
            say(f"kept in {place}")
        else:
            _remove(place)
            if made:
                place.rmdir()


def _remove(place: Path) -> None:
    for name in ("presence", *(kind.name for kind in PEERS)):
        shutil.rmtree(place / name, ignore_errors=True)
    (place / FACTS).unlink(missing_ok=True)
