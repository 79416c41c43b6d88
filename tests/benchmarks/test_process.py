"""Where programs that stand beside ours are."""

from __future__ import annotations

import sys

import pytest

from benchmarks.process import interpreters
from twin.errors import InvalidValue

PEERS = ("trackintel", "trimesh")


def test_where_peers_are() -> None:
    assert interpreters("", PEERS) == dict.fromkeys(PEERS, sys.executable)
    assert interpreters("trackintel=python9", PEERS) == {"trackintel": "python9", "trimesh": sys.executable}
    for wrong in ("trackintel", "nobody=python"):
        with pytest.raises(InvalidValue, match="not NAME=PYTHON"):
            interpreters(wrong, PEERS)
