"""The images on meshes, as files of the twin's folder by the hash of their bytes: each once, and never changed.

A file is there for good before a mesh that names it is stored. What no mesh names any more stays: who asks for an
earlier moment finds it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from twin.entity import Entity, Mesh, Picture
from twin.store.folder import writing_into

FOLDER = "images"


def picture_name(data: bytes) -> str:
    """32 hexadecimal digits that stand for the bytes of an image."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def picture_path(folder: Path, name: str) -> Path:
    """Where a twin keeps an image."""
    return folder / FOLDER / name[:2] / name[2:]


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
    found = [Picture(*_facts(one), picture_path(folder, one.name).read_bytes) for one in mesh.skin.pictures]
    return replace(mesh, skin=replace(mesh.skin, pictures=tuple(found)))


def _facts(picture: Picture) -> tuple[str, int, int]:
    return picture.name, picture.width, picture.height
