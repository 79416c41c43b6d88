"""Which tilesets a twin has, whoever made them, and the part of space that each takes up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from tiles.archive import SUFFIX, ArchiveSource
from tiles.landmarks import NAME as LANDMARKS
from tiles.landmarks import TITLES, Landmarks
from tiles.layer import STORE
from tiles.layers import LayerInfo, layers
from tiles.plain import UNIT_CORNERS
from tiles.sources import FolderSource
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import TwinError
from twin.geo.crs import ecef_to_lonlat
from twin.kinds import BY_ID
from twin.types import F64, Bbox

LOG = logging.getLogger("quanyu.tiles")


@dataclass(frozen=True, slots=True)
class Volume:
    """A tileset. Degrees WGS84 and ellipsoidal metres; `features` is None where nobody counts them.

    made_of  "layer" (a kind of the store), "landmarks", "cloud", "model", or "tileset": somebody else's
    """

    name: str
    title_en: str
    title_zh: str
    made_of: str
    bbox: Bbox
    low_m: float
    high_m: float
    features: int | None = None

    @property
    def url(self) -> str:
        """Where its root document is."""
        return f"/tiles/{self.name}/{ROOT_DOCUMENT}"


def volumes(folder: Path, landmarks: Landmarks) -> list[Volume]:
    """All tilesets under `<twin>/tiles` and the landmarks, by name. What cannot be read is left out, and logged."""
    built = layers(folder)
    found = [*_layers(folder, built), *added(folder, built, landmarks)]
    return sorted(found, key=lambda one: one.name)


def _layers(folder: Path, built: list[LayerInfo]) -> Iterator[Volume]:
    for info in built:
        kind = BY_ID[info.kind]
        for one in _volume(info.kind, _in_folder, folder / info.kind):
            box, low, high = info.bbox, one.low_m, one.high_m
            yield Volume(info.kind, kind.title_en, kind.title_zh, "layer", box, low, high, info.features)


def added(folder: Path, built: list[LayerInfo], landmarks: Landmarks) -> list[Volume]:
    """Tilesets beside the layers that are built: in folders, in archives, and the landmarks."""
    ours = {info.kind for info in built}
    document = landmarks.document()
    found = _volume(LANDMARKS, orjson.loads, document) if document else []
    for path in sorted(folder.glob("*")):
        name = path.name.removesuffix(SUFFIX)
        if name.startswith(".") or name in ours or (path / STORE).exists():
            continue
        if (path / ROOT_DOCUMENT).is_file():
            found += _volume(name, _in_folder, path)
        elif path.suffix == SUFFIX:
            found += _volume(name, _in_archive, path)
    return found


def _in_folder(path: Path) -> Any:
    return orjson.loads(FolderSource(path).read(ROOT_DOCUMENT) or b"")


def _in_archive(path: Path) -> Any:
    with ArchiveSource(path) as source:
        return orjson.loads(source.read(ROOT_DOCUMENT) or b"")


def _volume(name: str, read: Callable[[Any], Any], thing: Any) -> list[Volume]:
    try:
        document = read(thing)
        bbox, low, high = space_of(document["root"])
        said = document.get("extras") or {}
        title = str(said.get("title") or name)
        made_of = "landmarks" if name == LANDMARKS else str(said.get("made_of") or "tileset")
        titles = TITLES if name == LANDMARKS else (title, title)
        return [Volume(name, *titles, made_of, bbox, low, high, said.get("features"))]
    except (OSError, KeyError, TypeError, ValueError, AttributeError, TwinError) as error:
        LOG.warning("tileset %s is not listed: %s", name, error)
        return []


def space_of(root: dict[str, Any]) -> tuple[Bbox, float, float]:
    """The box in degrees, and the lowest and highest height, of a root tile's bounding volume.

    Raises `KeyError` and `ValueError` for what is no bounding volume.
    """
    volume = root["boundingVolume"]
    if "region" in volume:
        west, south, east, north, low, high = (float(number) for number in volume["region"])
        degrees = np.degrees([west, south, east, north])
        return Bbox(*(float(value) for value in degrees)), low, high
    matrix = np.array(root.get("transform", np.eye(4).ravel()), dtype=np.float64).reshape(4, 4).T
    points = _corners(volume) @ matrix[:3, :3].T + matrix[:3, 3]
    lonlat, height = ecef_to_lonlat(points)
    if not np.isfinite(lonlat).all():
        raise ValueError("its bounding volume is not on Earth")
    (west, south), (east, north) = lonlat.min(axis=0).tolist(), lonlat.max(axis=0).tolist()
    return Bbox(west, south, east, north), float(height.min()), float(height.max())


def _corners(volume: dict[str, Any]) -> F64:
    if "box" in volume:
        numbers = np.array(volume["box"], dtype=np.float64).reshape(4, 3)
        return np.asarray(numbers[0] + (2 * UNIT_CORNERS - 1) @ numbers[1:])
    x, y, z, radius = (float(number) for number in volume["sphere"])
    return np.asarray(np.array([x, y, z]) + (2 * UNIT_CORNERS - 1) * radius)
