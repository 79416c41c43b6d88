"""A throw-away PostgreSQL: installed by `./test`, started on a socket in a temporary folder, stopped at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.postgres import call_tool, installed, serving


@contextmanager
def serve_postgres() -> Iterator[str]:
    """Yield the address of a running server with a database `twin` that has PostGIS."""
    if not installed():
        pytest.fail("PostgreSQL 15 is not installed: ./test installs it (postgresql-15-postgis-3)")
    with tempfile.TemporaryDirectory(prefix="twin-pg-") as folder:
        Path(folder).chmod(0o711)  # the server runs as another user where we are root
        with serving(Path(folder) / "data", {"shared_buffers": "256MB"}) as socket:
            call_tool("createdb", socket, "twin")
            call_tool("psql", socket, "-d", "twin", "-qc", "CREATE EXTENSION postgis")
            yield f"postgresql+psycopg://postgres@/twin?host={socket}"
