"""LAS and LAZ: the only door to laspy. A file is read a piece at a time, in its own coordinates."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import laspy
import numpy as np

from twin.errors import EmptySource, UnreadableSource
from twin.types import F64, U8, U16

CHUNK = 1_000_000
"""Points that are read at a time."""

_HEADER, _HEADER_1_2, _RECORD = 375, 227, 54  # bytes of LAS 1.4's header, of 1.2's, of a record's own head at least

NOISE = (7, 18)
"""Classes of points that LAS calls noise, low and high."""


@dataclass(frozen=True, slots=True)
class LasHeader:
    """What a file says of itself. `crs` is a name or WKT; None where it does not say."""

    points: int
    crs: str | None


@dataclass(frozen=True, slots=True, eq=False)
class LasChunk:
    """n points. Those that are withheld or noise are not among them; `dropped` counts these.

    xyz             (n, 3) in the file's reference system: easting or longitude first
    rgb             (n, 3) as the file has them, of 8 or 16 bits; None where its format has none
    intensity       (n,)
    classification  (n,) ASPRS classes
    """

    xyz: F64
    rgb: U16 | None
    intensity: U16
    classification: U8
    dropped: int


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    way_out = "Copy it again, or give a LAS or LAZ file"
    try:
        yield
    except OSError as error:
        raise UnreadableSource(str(path), error.strerror or str(error), way_out) from error
    except (laspy.errors.LaspyException, RuntimeError, ValueError, struct.error, LookupError, MemoryError) as error:
        # lazrs and PROJ raise RuntimeErrors of their own; a length that is wrong asks for more memory than there is.
        raise UnreadableSource(str(path), f"it is cut off or damaged ({_first_line(error)})", way_out) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


def read_header(path: Path) -> LasHeader:
    """How many points, and where. Raises `UnreadableSource`, and `EmptySource` for a file without a point."""
    with _reading(path):
        _check_counts(path)
    with _reading(path), laspy.open(path) as reader:
        header = reader.header
        if not (np.isfinite(header.scales).all() and np.isfinite(header.offsets).all() and (header.scales > 0).all()):
            raise ValueError("its scales or offsets are no numbers")
        found = LasHeader(header.point_count, _crs_of(header))
    if not found.points:
        raise EmptySource(str(path), "it has no point", "Give a file with points")
    return found


def _check_counts(path: Path) -> None:
    """Raise `ValueError` where a header counts more records than its file can hold: reading them would never end."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(_HEADER)
    if len(head) < _HEADER_1_2 or not head.startswith(b"LASF"):
        raise ValueError("it does not begin as LAS does")
    points_at, records = struct.unpack_from("<II", head, 96)
    after = struct.unpack_from("<I", head, 243)[0] if head[25] >= 4 and len(head) == _HEADER else 0
    if points_at > size or records * _RECORD > points_at or after * _RECORD > size:
        raise ValueError("it ends before its header says")


def _crs_of(header: laspy.LasHeader) -> str | None:
    """What the header says, as codes where it can be said so, else as WKT. What PROJ cannot read says nothing."""
    try:
        crs = header.parse_crs()
    except RuntimeError:
        return None
    if crs is None:
        return None
    codes = [part.to_authority(min_confidence=100) for part in (crs.sub_crs_list if crs.is_compound else [crs])]
    if all(code and code[0] == "EPSG" for code in codes):
        return "EPSG:" + "+".join(code[1] for code in codes)
    return str(crs.to_wkt())


def read_chunks(path: Path) -> Iterator[LasChunk]:
    """All points of a file. Raises `UnreadableSource` where it ends before its header says."""
    seen = 0
    with _reading(path), laspy.open(path) as reader:
        stated = reader.header.point_count
        for points in reader.chunk_iterator(CHUNK):
            seen += len(points)
            yield _chunk(points)
        if seen != stated:
            raise ValueError(f"{seen:,} of {stated:,} points")


def _chunk(points: laspy.ScaleAwarePointRecord) -> LasChunk:
    classes = np.asarray(points.classification, dtype=np.uint8)
    kept = ~np.asarray(points.withheld, dtype=bool) & ~np.isin(classes, NOISE)
    names = set(points.point_format.dimension_names)
    rgb = np.column_stack([points[name] for name in ("red", "green", "blue")])[kept] if "red" in names else None
    return LasChunk(
        np.column_stack((points.x, points.y, points.z))[kept],
        rgb,
        np.asarray(points.intensity, dtype=np.uint16)[kept],
        classes[kept],
        int((~kept).sum()),
    )
