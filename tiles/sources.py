"""Where the files of a tileset are read from: a folder here, an archive in `tiles.archive`."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Protocol

from tiles.contents import TWIN


class Source(Protocol):
    """Files by their path from the root document, with `/`."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none, or where the path leads out."""

    def twin(self, path: str) -> bytes | None:
        """The bytes of its brotli twin, if it has one."""


def inside(path: str) -> str | None:
    """A path from the root document in its shortest form; None where it climbs out."""
    short = posixpath.normpath(path)
    if not path or "\0" in path or "\\" in path or short in (".", "..") or short.startswith(("/", "../")):
        return None
    return short


class FolderSource:
    """A tileset in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def locate(self, path: str) -> Path | None:
        """Where a file is; None where there is none, where the path leads out, or a link does."""
        short = inside(path)
        if short is None:
            return None
        file = (self._folder / short).resolve()
        return file if file.is_relative_to(self._folder) and file.is_file() else None

    def read(self, path: str) -> bytes | None:
        """As `Source` says."""
        file = self.locate(path)
        return None if file is None else file.read_bytes()

    def twin(self, path: str) -> bytes | None:
        """As `Source` says."""
        return self.read(path + TWIN)
