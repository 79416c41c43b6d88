"""What is to be written, read from its source and checked, before the twin is touched.

Reading a source takes as long as the source likes. Meanwhile nobody waits: rows ready to be stored are put aside, and
the writer's lock is taken for the storing alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

from twin.entity import Entity, Mesh
from twin.issues import Issue
from twin.store.folder import writing_into
from twin.store.pictures import has_pictures, keep_pictures, pictures_held
from twin.store.rows import Version, to_versions

BATCH = 5000
"""Entities held in memory at a time."""

BATCH_BYTES = 32 << 20
"""Bytes of meshes held in memory at a time."""

_IN_MEMORY = 16 << 20  # a small write never touches the disk before its transaction

Batch = tuple[list[Version], list[Issue]]


class Staging:
    """Batches put aside in a file that has no name: it is gone with the process, however that ends.

    Until it is closed, nobody sweeps the images that it kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._held = ExitStack()
        self._holds = False
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder))  # noqa: SIM115  closed in __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._held.close()

    def take(
        self,
        entities: Iterable[Entity],
        issues: Iterable[Issue],
        source: str,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Read everything: the entities first, then the issues."""
        seen = 0
        for batch in _batches(entities):
            self._keep(batch)
            self._put(to_versions(batch, source))
            seen += len(batch)
            if progress:
                progress(seen)
        faults = iter(issues)
        while some := list(islice(faults, BATCH)):
            self._put(([], some))

    def _keep(self, batch: list[Entity]) -> None:
        if has_pictures(batch) and not self._holds:
            self._held.enter_context(pictures_held(self._folder))
            self._holds = True
        keep_pictures(self._folder, batch)

    def _put(self, batch: Batch) -> None:
        with writing_into(self._folder):
            pickle.dump(batch, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def batches(self) -> Iterator[Batch]:
        """What was taken, in its order."""
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)


def _batches(entities: Iterable[Entity]) -> Iterator[list[Entity]]:
    """Batches of at most `BATCH` entities, or of `BATCH_BYTES` of meshes, in which no id comes twice."""
    batch: dict[str, Entity] = {}
    held = 0
    for each in entities:
        if each.id in batch or len(batch) == BATCH or held > BATCH_BYTES:
            yield list(batch.values())
            batch, held = {}, 0
        batch[each.id] = each
        held += sum(_size(mesh) for mesh in each.meshes.values())
    if batch:
        yield list(batch.values())


def _size(mesh: Mesh) -> int:
    return mesh.xyz.nbytes + mesh.triangles.nbytes + (mesh.skin.uv.nbytes if mesh.skin is not None else 0)
