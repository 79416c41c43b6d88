"""The tilesets of a twin while the server runs: layers that follow the store by themselves, folders, archives."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiles import Follower, Layer, Moments, News, View
from tiles.archive import SUFFIX, ArchiveSource
from tiles.landmarks import NAME as LANDMARKS
from tiles.landmarks import Landmarks
from tiles.layer import STORE
from tiles.moments import Asked
from tiles.sources import FolderSource
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import FolderInUse, NotFound, TwinError
from twin.store import Store

POLL_S = 0.2
"""How often the store is asked whether anything changed: a look at one number."""

_BACK_OFF_S = 5.0  # after a fault, such as a full disk

LOG = logging.getLogger("quanyu.tiles")


class Built:
    """A layer of ours: it follows the store, and shows any moment."""

    def __init__(self, store: Store, folder: Path, on_step: Callable[[], object]) -> None:
        self.follower = Follower(store, folder, on_step)
        self.moments = Moments(store, self.layer)

    @property
    def layer(self) -> Layer:
        """What is read of it."""
        return self.follower.layer

    def at(self, moment: Asked | None) -> tuple[str, View]:
        """The key (empty: now) and the files of the layer at a moment. Raises `NotFound` where there was none."""
        if moment is None:
            return "", self.layer.view
        return self.moments.find(moment, self.follower.seen)


Tileset = Built | FolderSource | ArchiveSource | Landmarks


@dataclass(slots=True)
class _Opened:
    tileset: Tileset
    stamp: tuple[float, int]
    quiet_until: float = 0.0


class Tilesets:
    """Everything under `<twin>/tiles`. A thread of its own keeps the layers in step; `listen` tells of each step."""

    def __init__(self, store: Store) -> None:
        self.folder = store.folder / "tiles"
        self.landmarks = Landmarks(store)
        self._store = store
        self._opened: dict[str, _Opened] = {}
        self._opening = threading.Lock()
        self._listeners: list[Callable[[], object]] = []
        self._store_listeners: list[Callable[[], object]] = []
        self._newest = -1
        self._nudged = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="tiles", daemon=True)

    def start(self) -> None:
        """Begin to follow the store."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step under way."""
        self._stopped = True
        self._nudged.set()
        if self._thread.is_alive():
            self._thread.join()
        for one in self._opened.values():
            if isinstance(one.tileset, ArchiveSource):
                one.tileset.close()

    def nudge(self) -> None:
        """Something was written just now: look at once."""
        self._nudged.set()

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` after each step of any layer; gives what ends that."""
        self._listeners.append(wake)
        return lambda: self._listeners.remove(wake)

    def opened(self, name: str) -> Tileset | None:
        """A tileset that is open already."""
        one = self._opened.get(name)
        return None if one is None else one.tileset

    def find(self, name: str, *, ever: bool = False) -> Tileset:
        """A tileset by its name; `ever`: landmarks also where they stood at some other moment only.

        Raises `NotFound` where there is none, `UnreadableSource` for a damaged one.
        """
        if name == LANDMARKS and (ever or self.landmarks.document()):
            return self.landmarks
        with self._opening:
            return self.opened(name) or self._open(name)

    def listen_to_store(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` after anything in the store has changed, whoever wrote it; gives what ends that."""
        self._store_listeners.append(wake)
        return lambda: self._store_listeners.remove(wake)

    def layers(self) -> dict[str, Layer]:
        """The layers of ours that are built, by name."""
        return {name: one.tileset.layer for name, one in self._opened.items() if isinstance(one.tileset, Built)}

    def messages(self, seen: dict[str, int]) -> list[dict[str, Any]]:
        """What changed in each layer after the step that a page has of it; `seen` then holds the newest steps.

        tiles   names of tiles whose content is another one, or is no more
        tree    the documents are others: the tileset has to be read again
        whole   more changed than can be told
        """
        told = []
        layers = self.layers()
        for name, n in list(seen.items()):
            if name == LANDMARKS and n != self.landmarks.version:
                seen[name] = self.landmarks.version
                told.append(_told(News(name, seen[name], (), documents=True)))
            layer = layers.get(name)
            if layer is None or layer.view.n == n:
                continue
            news = layer.since(n)
            seen[name] = news.n
            told.append(_told(news))
        return told

    def _open(self, name: str) -> Tileset:
        folder, archive = self.folder / name, self.folder / (name + SUFFIX)
        tileset: Tileset
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            raise NotFound(f"tileset {name}", "there is no such tileset", "See the `tilesets` of /twin")
        if (folder / STORE).is_dir():
            tileset, marks = Built(self._store, folder, self._tell), folder / STORE
        elif (folder / ROOT_DOCUMENT).is_file():
            tileset, marks = FolderSource(folder), folder / ROOT_DOCUMENT
        elif archive.is_file():
            tileset, marks = ArchiveSource(archive), archive
        else:
            raise NotFound(f"tileset {name}", "there is no such tileset", "See the `tilesets` of /twin")
        self._opened[name] = _Opened(tileset, _stamp(marks))
        return tileset

    def _run(self) -> None:
        while not self._stopped:
            self._look()
            self._nudged.wait(POLL_S)
            self._nudged.clear()

    def _look(self) -> None:
        """Let each layer take its next step."""
        self._discover()
        moved = [self._follow(name, one) for name, one in list(self._opened.items()) if isinstance(one.tileset, Built)]
        newest = self._store.newest_change()
        if newest != self._newest:
            before = self.landmarks.version
            self.landmarks.document()
            moved.append(self.landmarks.version != before)
        if any(moved):
            self._tell()
        if newest != self._newest:
            self._newest = newest
            for wake in list(self._store_listeners):
                wake()

    def _tell(self) -> None:
        for wake in list(self._listeners):
            wake()

    def _discover(self) -> None:
        """Open what was built since; let go of what is no more, or another one by now."""
        names = {path.name.removesuffix(SUFFIX) for path in self.folder.glob("*") if not path.name.startswith(".")}
        with self._opening:
            for name, one in list(self._opened.items()):
                if name not in names or isinstance(one.tileset, Built) != (self.folder / name / STORE).is_dir():
                    del self._opened[name]
            for name in names - self._opened.keys():
                try:
                    self._open(name)
                except NotFound:
                    continue  # a first build that is under way, or something that is no tileset
                except TwinError as error:
                    LOG.warning("tileset %s cannot be shown: %s", name, error)

    def _follow(self, name: str, one: _Opened) -> bool:
        """Whether a layer moved on, by our own doing or another process's."""
        built = one.tileset
        assert isinstance(built, Built)
        if time.monotonic() < one.quiet_until:
            return False
        before = built.layer.view.n
        try:
            built.layer.refresh()
            if built.follower.behind():
                update = built.follower.update()
                if update is not None and update.rebuilt:
                    LOG.warning("layer %s was built anew: %s", name, update.rebuilt)
        except FolderInUse:
            pass  # a build by another process: it is looked at again in a moment
        except (TwinError, OSError) as error:
            LOG.warning("layer %s cannot follow the store: %s", name, error)
            one.quiet_until = time.monotonic() + _BACK_OFF_S
        return built.layer.view.n != before


def _told(news: News) -> dict[str, Any]:
    """What a page is told of a layer."""
    return {
        "type": "tiles",
        "layer": news.layer,
        "version": news.n,
        "tiles": news.tiles,
        "tree": news.documents,
        "whole": news.whole,
    }


def _stamp(path: Path) -> tuple[float, int]:
    facts = path.stat()
    return facts.st_mtime, facts.st_ino
