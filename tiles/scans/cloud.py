"""A point cloud as a tileset: every file is read once, its points placed on Earth, and grown into an octree."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tiles.glb import Packed
from tiles.scans.growth import Growth
from tiles.scans.las import LasChunk, read_chunks, read_header
from tiles.scans.octree import cube_around
from tiles.scans.points import pack_points
from tiles.scans.shading import Shading, Tally, shading_of
from tiles.scans.shelf import Files, replacing
from tiles.scans.spool import RECORD, Records, Spool
from tiles.spec import Extras
from tiles.tileset import documents, settle
from twin.errors import EmptySource, WrongCrs
from twin.geo.crs import enu_to_ecef_matrix, lonlat_to_xyz, units_m
from twin.ingest.datum import effective_crs, is_in_use_at, off_area, to_lonlat, vertical_rule
from twin.ingest.source import Options
from twin.types import F64, I64

FARTHEST_M = 100_000.0
"""A point farther from where the cloud begins is a slip of the scanner, or of whoever joined the files."""

_LOWEST_M, _HIGHEST_M = -1_000.0, 12_000.0

DROPPED, NOWHERE, FAR = "withheld or noise", "not on Earth", "too far away"
"""Why a point is left out."""

Progress = Callable[[str, int, int], object]
"""Called with the step (`read`, `tile`), how many points are done, and of how many."""


@dataclass(frozen=True, slots=True)
class CloudReport:
    """What was made. `left_out`: reason -> points; `crs` and `vertical` are of the first file."""

    name: str
    points: int
    tiles: int
    bytes: int
    seconds: float
    crs: str
    vertical: str
    colour: str
    lon: float
    lat: float
    left_out: dict[str, int]


def build_cloud(
    tilesets: Path,
    name: str,
    files: Sequence[Path],
    options: Options,
    *,
    title: str = "",
    colour: str = "",
    progress: Progress | None = None,
) -> CloudReport:
    """Make the tileset `tilesets/name` of LAS and LAZ files, or put it in place of the earlier one of this name.

    Raises `UnreadableSource`, `EmptySource`, `MissingCrs`, `WrongCrs`, `InvalidValue`, and what `replacing` raises;
    everything is then as it was.
    """
    began = time.monotonic()
    tell = progress or (lambda *_: None)
    sources = [_Source.of(file, options) for file in files]
    with replacing(tilesets, name, "cloud") as folder:
        spool = Spool(folder / "all.points")
        reading = _Reading()
        for records in reading.records(sources, tell):
            spool.put(records)
        shading = shading_of(reading.tally, colour)
        with Files(folder) as written:
            growth = Growth(folder, _drawing(shading, written, reading.kept, tell))
            root = growth.grow("0", spool, cube_around(reading.low, reading.high))
            settle(root, {})
            extras: Extras = {"made_of": "cloud", "title": title or name, "features": reading.kept}
            matrix = enu_to_ecef_matrix(*reading.anchor)
            for path, text in documents(root, matrix, extras).items():
                written.put(path, text)
    return CloudReport(
        name, reading.kept, growth.tiles, written.bytes, time.monotonic() - began, sources[0].crs, sources[0].vertical,
        shading.by, *reading.anchor[:2], {why: count for why, count in reading.left_out.items() if count},
    )  # fmt: skip


def _drawing(shading: Shading, written: Files, total: int, tell: Progress) -> Callable[[str, Records], Packed]:
    done = 0

    def draw(name: str, records: Records) -> Packed:
        nonlocal done
        xyz = records["xyz"] / 1000.0
        packed = pack_points(xyz, shading.colours(records), records["intensity"], records["classification"])
        written.put(f"{name}.glb", packed.glb)
        done += len(records)
        tell("tile", done, total)
        return packed

    return draw


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, and how its coordinates are to be read."""

    file: Path
    points: int
    crs: str
    vertical: str
    unit_m: float
    options: Options

    @classmethod
    def of(cls, file: Path, options: Options) -> _Source:
        header = read_header(file)
        crs = effective_crs(options, header.crs, str(file))
        rule = vertical_rule(options.vertical, crs)
        return cls(file, header.points, crs, str(rule), units_m(crs)[1], options)

    def placed(self, chunk: LasChunk) -> tuple[F64, F64]:
        """(n, 2) degrees and (n,) ellipsoidal metres."""
        x, y, z = chunk.xyz.T
        return to_lonlat(x, y, z * self.unit_m, self.options, self.crs, thing=str(self.file))

    def check_area(self, chunk: LasChunk) -> None:
        """Raise `WrongCrs` where the middle of some points is not where the reference system is used."""
        middle = np.median(chunk.xyz, axis=0)
        there = LasChunk(middle[None], None, chunk.intensity[:1], chunk.classification[:1], 0)
        lonlat, _ = self.placed(there)
        if not is_in_use_at(self.crs, *lonlat[0].tolist()):
            raise off_area(self.crs, f"coordinates such as {middle[0]:.6g}, {middle[1]:.6g}", str(self.file))


@dataclass(slots=True)
class _Reading:
    """What is known of a cloud while its files are read: where it begins, how far it goes, what it says."""

    anchor: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    low: I64 = field(default_factory=lambda: np.full(3, np.iinfo(np.int64).max))
    high: I64 = field(default_factory=lambda: np.full(3, np.iinfo(np.int64).min))
    kept: int = 0
    tally: Tally = field(default_factory=Tally)
    left_out: Counter[str] = field(default_factory=Counter)

    def records(self, sources: Sequence[_Source], tell: Progress) -> Iterator[Records]:
        """The points of all files. Raises where most of them have no place, or none is left."""
        total, done = sum(source.points for source in sources), 0
        for source in sources:
            checked = False
            for chunk in read_chunks(source.file):
                if not checked and len(chunk.xyz):
                    source.check_area(chunk)
                    checked = True
                done += len(chunk.xyz) + chunk.dropped
                self.left_out[DROPPED] += chunk.dropped
                yield self._records(source, chunk)
                tell("read", done, total)
        self._check_kept(sources[0])

    def _records(self, source: _Source, chunk: LasChunk) -> Records:
        lonlat, height = source.placed(chunk)
        there = np.isfinite(lonlat).all(axis=1) & (height >= _LOWEST_M) & (height <= _HIGHEST_M)
        self.left_out[NOWHERE] += int((~there).sum())
        if not np.isfinite(self.anchor[0]) and there.any():
            self.anchor = (*np.median(lonlat[there], axis=0).tolist(), float(np.median(height[there])))
        xyz = lonlat_to_xyz(lonlat[there], height[there], self.anchor)
        near = (np.abs(xyz) <= FARTHEST_M).all(axis=1)
        self.left_out[FAR] += int((~near).sum())
        rows = np.flatnonzero(there)[near]
        records = np.zeros(len(rows), RECORD)
        records["xyz"] = np.rint(xyz[near] * 1000)
        records["rgb"] = 0 if chunk.rgb is None else chunk.rgb[rows]
        records["intensity"], records["classification"] = chunk.intensity[rows], chunk.classification[rows]
        self._take_in(records)
        return records

    def _take_in(self, records: Records) -> None:
        if len(records):
            self.low = np.minimum(self.low, records["xyz"].min(axis=0))
            self.high = np.maximum(self.high, records["xyz"].max(axis=0))
            self.kept += len(records)
            self.tally.add(records)

    def _check_kept(self, first: _Source) -> None:
        lost = self.left_out[NOWHERE] + self.left_out[FAR]
        if lost > self.kept:
            reason = (
                f"{lost:,} of {lost + self.kept:,} points have no place on Earth, or lie {FARTHEST_M / 1000:g} km off"
            )
            raise WrongCrs(str(first.file), reason, "Give the right system, such as --crs EPSG:32653")
        if not self.kept:
            raise EmptySource(str(first.file), "all its points are withheld or noise", "Give a file with others")
