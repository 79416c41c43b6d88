"""A PostgreSQL server of our own on a socket: started over a folder, stopped at the end."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from twin.errors import FolderNotWritable

BIN = Path("/usr/lib/postgresql/15/bin")
"""Where Debian 12 puts it."""


def installed() -> bool:
    """Whether the server is there."""
    return (BIN / "initdb").exists()


@contextmanager
def serving(data: Path, options: Mapping[str, str]) -> Iterator[Path]:
    """Serve the cluster in `data`, made where there is none; yields the folder of its socket (user postgres, no word).

    As root it runs as the system's own user `postgres`, for PostgreSQL refuses root: that user must be able to reach
    `data`. Raises RuntimeError with the server's own words.
    """
    _check_way(data)
    # A short path of its own: a socket's name may have 107 characters, and another user has to reach it.
    socket = Path(tempfile.mkdtemp(prefix="twin-pg-"))
    if os.getuid() == 0:
        shutil.chown(socket, "postgres")
    try:
        if not (data / "PG_VERSION").exists():
            _make(data)
        words = {"listen_addresses": "''", "unix_socket_directories": f"'{socket}'", **options}
        settings = " ".join(f"-c {name}={value}" for name, value in words.items())
        _call(BIN / "pg_ctl", "-D", data, "-w", "-s", "-l", socket / "log", "-o", settings, "start")
        try:
            yield socket
        finally:
            _call(BIN / "pg_ctl", "-D", data, "-m", "fast", "-s", "stop")
    finally:
        shutil.rmtree(socket, ignore_errors=True)


def call_tool(name: str, socket: Path, *words: str) -> None:
    """Run one of PostgreSQL's own programs against a server that `serving` yields."""
    _call(BIN / name, "-h", socket, "-U", "postgres", *words)


def _make(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        shutil.chown(data, "postgres")
    _call(BIN / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")


def _check_way(data: Path) -> None:
    """Another user cannot pass through a folder that is closed to others."""
    closed = [str(parent) for parent in data.resolve().parents if not parent.stat().st_mode & stat.S_IXOTH]
    if os.getuid() == 0 and closed:
        raise FolderNotWritable(closed[0], "is closed to the user postgres", "Give another folder, or chmod o+x it")


def _call(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{Path(str(command[0])).name} failed: {done.stdout}{done.stderr}")
