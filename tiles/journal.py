"""What an unfinished build has made: a line for each node, so that the next build does not make it again."""

from __future__ import annotations

from pathlib import Path

import orjson

from tiles.ledger import Drawn, read_drawn


class Begun:
    """A file of one JSON line a node. Lines are not synced one by one: a content that is not there is made again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, drawn: Drawn) -> None:
        """A node is made, or about to be written."""
        with open(self._path, "ab") as log:
            log.write(orjson.dumps(drawn) + b"\n")

    def read(self) -> dict[str, Drawn]:
        """What was made before, by recipe; a line that was cut off counts for nothing."""
        if not self._path.exists():
            return {}
        found = {}
        for line in self._path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                drawn = read_drawn(orjson.loads(line))
                found[drawn.recipe] = drawn
        return found

    def clear(self) -> None:
        """The build is done."""
        self._path.unlink(missing_ok=True)
