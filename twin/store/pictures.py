"""The images on meshes, as files of the twin's folder by the hash of their bytes: each once, and never changed.

A file is there for good before a mesh that names it is stored. Every version of a mesh stays in the store, so who asks
for an earlier moment finds its images; what none names came with a write that did not come to its end, and is swept.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from twin.entity import Entity, Mesh
from twin.errors import FolderInUse
from twin.store.folder import writing_into

FOLDER = "images"
_LOCK = ".lock"


def picture_name(data: bytes) -> str:
    """32 hexadecimal digits that stand for the bytes of an image."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def picture_path(folder: Path, name: str) -> Path:
    """Where a twin keeps an image."""
    return folder / FOLDER / name[:2] / name[2:]


def has_pictures(entities: Iterable[Entity]) -> bool:
    """Whether there is an image on any mesh of some entities."""
    return any(mesh.skin is not None for entity in entities for mesh in entity.meshes.values())


def keep_pictures(folder: Path, entities: Iterable[Entity]) -> None:
    """Store the images that come with some entities and are not there yet, one at a time in memory.

    Raises `FolderNotWritable` and `DiskFull`.
    """
    meshes = (mesh for entity in entities for mesh in entity.meshes.values() if mesh.skin is not None)
    coming = {one.name: one for mesh in meshes if mesh.skin for one in mesh.skin.pictures if one.read is not None}
    for picture in coming.values():
        path = picture_path(folder, picture.name)
        if picture.read is not None and not path.exists():
            data = picture.read()
            with writing_into(folder):
                _write(path, data)


@contextmanager
def pictures_held(folder: Path) -> Iterator[None]:
    """Nobody sweeps: held from before a write keeps its first image until its meshes are stored."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def nobody_writing(folder: Path) -> Iterator[None]:
    """No write keeps images meanwhile. Raises `FolderInUse` where one is under way."""
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield
    except BlockingIOError as error:
        raise FolderInUse(str(folder / FOLDER), "an import is under way", "Wait for it to end") from error


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with writing_into(folder):
        (folder / FOLDER).mkdir(exist_ok=True)
        lock = open(folder / FOLDER / _LOCK, "w")  # noqa: SIM115  closed below, which gives the lock back
    with lock:
        fcntl.flock(lock, how)
        yield


def sweep_pictures(folder: Path, named: Collection[str]) -> int:
    """Remove every image but these, while `nobody_writing`; bytes that it frees."""
    freed = 0
    for path in (folder / FOLDER).glob("*/*"):
        if path.parent.name + path.name not in named:
            freed += path.stat().st_size
            path.unlink()
    return freed


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    with open(aside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def with_pictures(folder: Path, stream: Iterable[tuple[str, dict[str, Mesh]]]) -> Iterator[tuple[str, dict[str, Mesh]]]:
    """The same meshes with images that can be read."""
    for id_, levels in stream:
        yield id_, {level: readable(folder, mesh) for level, mesh in levels.items()}


def readable(folder: Path, mesh: Mesh) -> Mesh:
    """The same mesh with images that can be read."""
    if mesh.skin is None:
        return mesh
    found = [replace(one, read=picture_path(folder, one.name).read_bytes) for one in mesh.skin.pictures]
    return replace(mesh, skin=replace(mesh.skin, pictures=tuple(found)))
