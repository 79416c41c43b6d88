"""The peers there are. To add one: a file that implements `Peer`, and an entry in `PEERS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.postgres import installed
from benchmarks.presence.peers.peer import Peer
from twin.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class PeerKind:
    """A peer by name: whether this machine has it, how to get it, and the class that opens it over a folder."""

    name: str
    there: Callable[[], bool]
    way: str
    module: str
    kind: str

    def open(self, folder: Path) -> Peer:
        """Open it over a folder of its own, which is there."""
        peer: Peer = getattr(import_module(self.module), self.kind)(folder)
        return peer


_HOME = "benchmarks.presence.peers"

PEERS: tuple[PeerKind, ...] = (
    PeerKind(
        "duckdb",
        lambda: find_spec("duckdb") is not None,
        "it is one of the product's own packages: ./run --setup-only",
        f"{_HOME}.duck",
        "Duck",
    ),
    PeerKind(
        "chdb",
        lambda: find_spec("chdb") is not None,
        ".venv/bin/uv pip install --require-hashes -r locks/bench.lock",
        f"{_HOME}.clickhouse",
        "ClickHouse",
    ),
    PeerKind("postgres", installed, "apt-get install postgresql-15", f"{_HOME}.postgresql", "Postgres"),
)


def chosen(names: str) -> list[PeerKind]:
    """The peers of a comma-separated list; "none" is no peer. Raises InvalidValue for any other name."""
    wanted = [name.strip() for name in names.split(",") if name.strip() not in ("", "none")]
    for name in wanted:
        if name not in {kind.name for kind in PEERS}:
            known = ", ".join(kind.name for kind in PEERS)
            raise InvalidValue(f"peer {name!r}", "there is none of this name", f"Take some of: {known}, or none")
    return [kind for kind in PEERS if kind.name in wanted]
