"""Images of meshes: what any moment needs stays, what no mesh names goes, and an import is never swept from under."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.contract.conftest import SOURCE, building, tetrahedron
from twin.entity import Entity, Mesh, Picture, Skin
from twin.errors import FolderInUse
from twin.store import Store
from twin.store.pictures import FOLDER, picture_name, picture_path


def image(word: str) -> Picture:
    data = word.encode()
    return Picture(picture_name(data), 4, 4, lambda: data)


def with_image(word: str) -> Mesh:
    mesh = tetrahedron()
    return replace(mesh, skin=Skin((image(word),), np.zeros(4, np.int32), np.zeros((4, 3, 2), np.float32)))


def images(store: Store) -> set[str]:
    return {path.parent.name + path.name for path in (store.folder / FOLDER).glob("*/*")}


def named(*words: str) -> set[str]:
    return {image(word).name for word in words}


def test_only_what_no_moment_names_is_swept(store: Store) -> None:
    assert store.sweep_images() == 0
    store.write(
        [building("a", meshes={"2": with_image("old")}), building("b", meshes={"2": tetrahedron()})], source=SOURCE
    )
    store.write([building("a", meshes={"2": with_image("new")})], source=SOURCE)
    store.write([building("c", kind="nonsense", meshes={"2": with_image("refused")})], source=SOURCE)
    stray = picture_path(store.folder, hashlib.blake2b(b"stray", digest_size=16).hexdigest())
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left by a write that broke off")
    assert images(store) > named("old", "new", "refused")
    assert store.sweep_images() == len("refused") + len("left by a write that broke off")
    assert images(store) == named("old", "new")
    store.retire(["a"], source="test")
    assert store.sweep_images() == 0
    assert images(store) == named("old", "new"), "its history is still there to be asked for"


def test_nothing_is_swept_while_an_import_keeps_images(store: Store) -> None:
    def slow() -> Iterator[Entity]:
        yield building("a", meshes={"2": with_image("first")})
        yield building("a", meshes={"2": with_image("second")})  # the same id: what came before is put aside now
        with pytest.raises(FolderInUse, match="an import is under way"):
            store.sweep_images()

    store.write(slow(), source=SOURCE)
    assert store.sweep_images() == 0
    assert images(store) == named("first", "second")


def test_an_import_that_broke_off_leaves_what_is_swept(store: Store, tmp_path: Path) -> None:
    def broken() -> Iterator[Entity]:
        yield building("a", meshes={"2": with_image("lost")})
        yield building("a", meshes={"2": tetrahedron()})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write(broken(), source=SOURCE)
    assert images(store) == named("lost")
    assert store.sweep_images() == 4
    assert images(store) == set()
