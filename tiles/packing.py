"""Nodes of the tree become contents; what was made of the same things before is not made again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import orjson

from tiles.content import Frame, Meshes, pieces
from tiles.contents import Contents, Shelf
from tiles.features import Features
from tiles.ledger import Drawn, Piece, Stored
from tiles.refit import refit
from twin.geo import crs
from twin.geo.crs import metres_per_degree
from twin.issues import Issue
from twin.types import U32, U64

_NEAR_DEGREES = 0.35
"""Of float32 around the middle of so many degrees, the last bit is a few millimetres."""


@cache
def _writer() -> bytes:
    """Stands for the code that makes contents: another writer may make others of the same features."""
    digest = hashlib.blake2b(digest_size=16)
    for folder in (Path(__file__).parent, Path(crs.__file__).parent):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()


def frame_token(frame: Frame, twin: str) -> str:
    """Stands for all that goes into every content of a layer beside its features."""
    digest = hashlib.blake2b(_writer(), digest_size=16)
    digest.update(orjson.dumps([frame.anchor, frame.schema, frame.look.colour, frame.texels, frame.images, twin]))
    return digest.hexdigest()


def recipe_of(token: str, numbers: U32, stamps: U64) -> str:
    """Stands for a node's content: (n,) numbers, ascending, and (n,) stamps of its features."""
    digest = hashlib.blake2b(token.encode(), digest_size=16)
    digest.update(numbers.astype("<u4").tobytes())
    digest.update(stamps.astype("<u8").tobytes())
    return digest.hexdigest()


class Packer:
    """Makes contents in one frame. `known`: what was made before, by recipe; it grows with what is made."""

    def __init__(self, frame: Frame, contents: Contents, known: dict[str, Drawn]) -> None:
        self.frame = frame
        self.known = known
        self._contents = contents

    def again(self, recipe: str) -> Drawn | None:
        """What this recipe gave before, where all of it is still there."""
        drawn = self.known.get(recipe)
        if drawn is None or not all(self._contents.has(one.stored.content, one.stored.size) for one in drawn.pieces):
            return None
        return drawn

    def pack(self, recipe: str, features: Features, meshes: Meshes | None, shelf: Shelf) -> Drawn:
        """The contents of one node's features, which are in the order of their numbers."""
        issues: list[Issue] = []
        made = [piece for near in neighbourhoods(features) for piece in self._pieces(near, meshes, shelf, issues)]
        drawn = self.known[recipe] = Drawn(recipe, tuple(made), tuple(issues))
        return drawn

    def refit(self, recipe: str, old: Drawn, changed: Features, largest: float, shelf: Shelf) -> Drawn | None:
        """What a node draws now that a few of its features look different, from what it drew; None: pack it anew.

        largest  the largest diagonal among its features, metres
        """
        if len(old.pieces) != 1 or not _is_narrow(old.pieces[0], self.frame):
            return None
        piece = old.pieces[0]
        if not self._contents.has(piece.stored.content, piece.stored.size):
            return None
        glb = refit(self._contents.read(piece.stored.content), old.issues, changed, self.frame)
        if glb is None:
            return None
        made = replace(piece, stored=Stored(shelf.put(glb), len(glb)), largest=largest)
        drawn = self.known[recipe] = Drawn(recipe, (made,), old.issues)
        return drawn

    def _pieces(self, features: Features, meshes: Meshes | None, shelf: Shelf, issues: list[Issue]) -> Iterator[Piece]:
        look = replace(self.frame.look, double_sided=bool(features.has_mesh.any()))
        sizes = features.sizes()
        for piece in pieces(features, replace(self.frame, look=look), meshes, issues):
            packed = piece.packed
            stored = Stored(shelf.put(packed.glb), len(packed.glb))
            low, high = tuple(packed.low.tolist()), tuple(packed.high.tolist())
            largest = float(sizes[piece.rows].max())
            yield Piece(stored, low, high, largest, len(piece.rows), piece.replaces, piece.missing)


def neighbourhoods(features: Features) -> Iterator[Features]:
    """Features that are near enough to one another for a content to place them to the centimetre: nearly always all.

    One wrong coordinate among the largest buildings of a city must not make all of these coarse.
    """
    middles = features.middles
    if (np.ptp(middles, axis=0) <= 2 * _NEAR_DEGREES).all():
        yield features
        return
    cells = np.floor(middles / _NEAR_DEGREES).astype(np.int64)
    _, which = np.unique(cells, axis=0, return_inverse=True)
    for cell in range(int(which.max()) + 1):
        yield features.take(np.flatnonzero(which.ravel() == cell))


def _is_narrow(piece: Piece, frame: Frame) -> bool:
    """Whether whatever stands inside of a content is one neighbourhood."""
    width = max(piece.high[0] - piece.low[0], piece.high[1] - piece.low[1])
    return width <= _NEAR_DEGREES * metres_per_degree(frame.anchor[1])[0]


def count(drawn: Mapping[str, Drawn]) -> tuple[int, int, int]:
    """Features, tiles and bytes in all; a feature counts once, however many levels of detail it has."""
    made = [piece for one in drawn.values() for piece in one.pieces]
    return (
        sum(piece.features for piece in made if not piece.replaces),
        len(made),
        sum(piece.stored.size for piece in made),
    )
