"""Pseudonyms by number in a mapped file beside the manifest: a page of an answer takes no SQL.

The manifest is the truth and this is a copy of it: 16 bytes a number, in order; zeros where nobody has the number. The
writer appends to it after each commit, and numbers are never dealt again, so what is in it is right; what is not, a
short file or none at all, is asked of the manifest. Where pseudonyms are forgotten it is deleted first and made anew,
and whoever has the old one mapped lets it go.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from pathlib import Path

from twin.presence.manifest import Manifest
from twin.pseudonyms import PSEUDONYM_BYTES

FILE = "people.names"
_NOBODY = bytes(PSEUDONYM_BYTES)
_CHUNK = 100_000


class Names:
    """The pseudonyms of one store."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._path = folder / FILE
        self._manifest = manifest
        self._mapped: mmap.mmap | bytes = b""
        self._inode = 0

    def of(self, persons: Sequence[int]) -> list[bytes]:
        """The pseudonyms of numbers, in their order; UnknownPerson where nobody has one of them."""
        mapped, size = self._map(max(persons, default=-1) + 1), PSEUDONYM_BYTES
        found = [mapped[person * size : person * size + size] for person in persons]
        if any(len(name) < size or name == _NOBODY for name in found):
            return self._manifest.pseudonyms(persons)
        return found

    def _map(self, people: int) -> mmap.mmap | bytes:
        """The file as it is mapped; mapped anew where it is another one, or too short for so many people."""
        try:
            inode = os.stat(self._path).st_ino
            if inode != self._inode or people * PSEUDONYM_BYTES > len(self._mapped):
                with self._path.open("rb") as file:
                    self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._inode = inode
        except (FileNotFoundError, ValueError):  # not there, or empty
            self._mapped = b""
        return self._mapped

    def extend(self) -> None:
        """Append what the manifest knows beyond the file. By the writer, after a commit; without room, not at all."""
        try:
            self._append(self._manifest.people())
        except OSError:
            self.delete()  # what was committed is not undone for want of a copy of it

    def _append(self, people: int) -> None:
        have = self._path.stat().st_size // PSEUDONYM_BYTES if self._path.exists() else 0
        if have >= people:
            return
        with self._path.open("r+b" if have else "wb") as file:
            file.truncate(have * PSEUDONYM_BYTES)
            file.seek(0, 2)
            for first in range(have, people, _CHUNK):
                last = min(first + _CHUNK, people)
                names = [_NOBODY] * (last - first)
                for person, name in self._manifest.people_between(first, last):
                    names[person - first] = name
                file.write(b"".join(names))

    def delete(self) -> None:
        """Take the file away, before anybody is forgotten."""
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let the mapped file go."""
        self._mapped = b""
