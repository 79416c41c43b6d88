"""A layer, at any moment, out of the twin: into one archive, or into a folder that any web server can serve."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiles.archive import SUFFIX, write_archive
from tiles.contents import Contents
from tiles.layer import Layer, View
from tiles.moments import Moments, asked
from tiles.tileset import ROOT_DOCUMENT
from tiles.write import folder_error, publish
from twin.errors import Conflict
from twin.store import Store


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written: files, and bytes in all."""

    files: int
    bytes: int


def pack_layer(store: Store, folder: Path, target: Path, *, at: int | None = None) -> Packed:
    """Write a layer into an archive `target` (`.3tz`), or into a new folder. `at`: as it stood then, UTC seconds.

    Raises `NotFound` where nothing of the layer stood then, `Conflict` for a folder that is there and not empty, and
    `FolderNotWritable` and `DiskFull`.
    """
    layer = Layer(folder)
    moment = asked(at, None, int(time.time()))
    view = layer.view
    if moment is not None:
        _, view = Moments(store, layer).find(moment, view.state.moment.seq)
    if target.suffix == SUFFIX:
        return Packed(len(view.files), write_archive(target, _files(layer.contents, view)))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(str(target), "it is there already, and not empty", "Name a new folder, or a file OUT.3tz")
    try:
        target.mkdir(parents=True, exist_ok=True)
        publish(target, layer.contents, view.files)
    except OSError as error:
        raise folder_error(target, error) from error
    return Packed(len(view.files), sum(stored.size for stored in view.files.values()))


def _files(contents: Contents, view: View) -> Iterator[tuple[str, bytes]]:
    """The root document first, then everything by name."""
    for name in sorted(view.files, key=lambda name: (name != ROOT_DOCUMENT, name)):
        yield name, contents.read(view.files[name].content)
