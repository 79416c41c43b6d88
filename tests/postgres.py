"""A throw-away PostgreSQL: installed by `./test`, started on a socket in a temporary folder, stopped at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BIN = Path("/usr/lib/postgresql/15/bin")


def _as_postgres(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root: then its own system user runs it."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.getuid() == 0 else words


def _call(*command: str | Path) -> None:
    done = subprocess.run(_as_postgres(*command), capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{Path(str(command[0])).name} failed: {done.stdout}{done.stderr}")


@contextmanager
def serve_postgres() -> Iterator[str]:
    """Yield the address of a running server with a database `twin` that has PostGIS."""
    if not (BIN / "initdb").exists():
        pytest.fail("PostgreSQL 15 is not installed: ./test installs it (postgresql-15-postgis-3)")
    # A short path of its own: a socket's name may have 107 characters, and another user has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="twin-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    try:
        _call(BIN / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        _call(
            BIN / "pg_ctl", "-D", data, "-w", "-s", "-l", folder / "log",
            "-o", f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c shared_buffers=256MB", "start",
        )  # fmt: skip
        try:
            _call(BIN / "createdb", "-h", folder, "-U", "postgres", "twin")
            _call(BIN / "psql", "-h", folder, "-U", "postgres", "-d", "twin", "-qc", "CREATE EXTENSION postgis")
            yield f"postgresql+psycopg://postgres@/twin?host={folder}"
        finally:
            _call(BIN / "pg_ctl", "-D", data, "-m", "immediate", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
