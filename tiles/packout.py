"""A layer, at any moment, out of the twin: into one archive, or into a folder that any web server can serve."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tiles.archive import SUFFIX, write_archive
from tiles.build import frame_of
from tiles.contents import Contents
from tiles.gather import gather
from tiles.implicit import implicit_files
from tiles.layer import Layer, View
from tiles.layers import layer_kind
from tiles.moments import Moments, asked
from tiles.tileset import ROOT_DOCUMENT
from tiles.write import folder_error, publish, write_plain
from twin.errors import Conflict
from twin.issues import Issue
from twin.store import Store


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written: files, and bytes in all. `issues` names what could not be drawn, where tiles were made anew."""

    files: int
    bytes: int
    issues: tuple[Issue, ...] = ()


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
    _check_new(target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        publish(target, layer.contents, view.files)
    except OSError as error:
        raise folder_error(target, error) from error
    return Packed(len(view.files), sum(stored.size for stored in view.files.values()))


def pack_implicit(store: Store, folder: Path, target: Path, *, at: int | None = None) -> Packed:
    """As `pack_layer`, with implicit tiling: tiles are made anew from the store, in the frame of the layer.

    Raises `EmptySource` where nothing stood then, and otherwise as `pack_layer`.
    """
    about = Layer(folder).about
    kind = layer_kind(about.kind)
    moment = asked(at, None, int(time.time()))
    gathered = gather(store, kind, at=moment.at if moment else None, known_at=moment.known_at if moment else None)
    issues: list[Issue] = []
    frame = frame_of(kind, about.anchor, about.texels, about.images)
    files = _Counted(implicit_files(gathered.features, frame, kind.id, meshes=gathered.meshes, issues=issues))
    if target.suffix == SUFFIX:
        size = write_archive(target, files)
        return Packed(files.count, size, tuple(issues))
    _check_new(target)
    _write_folder(target, files)
    return Packed(files.count, files.size, tuple(issues))


def _check_new(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(str(target), "it is there already, and not empty", "Name a new folder, or a file OUT.3tz")


@dataclass(slots=True)
class _Counted:
    """Files on their way, counted."""

    files: Iterable[tuple[str, bytes]]
    count: int = 0
    size: int = 0

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for path, data in self.files:
            self.count, self.size = self.count + 1, self.size + len(data)
            yield path, data


def _write_folder(target: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """All of them, or no folder at all."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            write_plain(beside, files)
            beside.replace(target)  # an empty folder gives way
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
    except OSError as error:
        raise folder_error(target, error) from error


def _files(contents: Contents, view: View) -> Iterator[tuple[str, bytes]]:
    """The root document first, then everything by name."""
    for name in sorted(view.files, key=lambda name: (name != ROOT_DOCUMENT, name)):
        yield name, contents.read(view.files[name].content)
