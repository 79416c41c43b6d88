"""GeoPackage, Shapefile (also zipped) and FlatGeobuf through pyogrio, in batches."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from twin.errors import EmptySource, UnreadableSource
from twin.ingest.features import BATCH, Batch
from twin.ingest.source import Source

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj")
_FAULTS = (DataSourceError, DataLayerError, RuntimeError, OSError, ValueError, UnicodeDecodeError)
_SAMPLE_BYTES = 1 << 20


@contextmanager
def on_disk(source: Source) -> Iterator[Path]:
    """The source as a file that GDAL can open; a zipped shapefile is unpacked with the files that belong to it."""
    if not source.suffixes.endswith(".shp"):
        with source.on_disk() as path:
            yield path
        return
    with tempfile.TemporaryDirectory(prefix="twin-import-") as folder:
        stem = PurePosixPath(source.member or source.path.name).stem
        for ending in SHAPEFILE_PARTS:
            part = source.sibling(stem + ending) or source.sibling(stem + ending.upper())
            if part is not None:
                with part.open() as stream, Path(folder, f"source{ending}").open("wb") as out:
                    shutil.copyfileobj(stream, out)
                _check_whole(Path(folder, f"source{ending}"), f"{source.name} ({stem}{ending})")
        source.bytes_read = source.size
        yield Path(folder, "source.shp")


def _check_whole(part: Path, name: str) -> None:
    """GDAL gives what it finds of a shapefile cut short; each of its parts says in its head how long it is."""
    with part.open("rb") as handle:
        head = handle.read(32)
    if part.suffix in (".shp", ".shx"):
        told = 2 * int.from_bytes(head[24:28], "big")
    elif part.suffix == ".dbf":
        rows, start, width = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
        told = start + rows * width
    else:
        return
    if part.stat().st_size < max(told, len(head)):
        raise UnreadableSource(name, "it is truncated", "Fetch the file again")


def layers(path: Path, name: str) -> list[str]:
    """The names of the layers that hold geometry."""
    try:
        listed = [str(layer) for layer, kind in pyogrio.list_layers(path) if kind is not None]
    except _FAULTS as error:
        raise _unreadable(name, error) from error
    if not listed:
        raise EmptySource(name, "it has no layer with geometry", "Check that it is the right file")
    return listed


def read(path: Path, layer: str, source: Source) -> Iterator[Batch]:
    """Batches of one layer; geometries as WKB."""
    try:
        options = {"layer": layer, "encoding": encoding(path), "batch_size": BATCH}
        with pyogrio.open_arrow(path, use_pyarrow=True, **options) as (meta, reader):
            geometry, crs, number = meta["geometry_name"] or "wkb_geometry", meta["crs"], 0
            for arrow in reader:
                rows = arrow.drop_columns([geometry]).to_pylist()
                count = len(rows)
                yield Batch(
                    numbers=list(range(number + 1, number + count + 1)),
                    ids=[None] * count,
                    rows=[_plain(row) for row in rows],
                    raw=arrow.column(geometry).to_pylist(),
                    crs=crs,
                )
                number += count
        info = pyogrio.read_info(path, layer=layer)
        if info["driver"] == "FlatGeobuf" and info["features"] > number:  # its head says how many there are
            reason = f"it is truncated: {number} of its {info['features']} features are there"
            raise UnreadableSource(source.name, reason, "Fetch the file again")
    except _FAULTS as error:
        raise _unreadable(source.name, error) from error


def encoding(path: Path) -> str | None:
    """The encoding of a shapefile's table where it does not say: UTF-8 if it reads as such, else GB18030."""
    table = path.with_suffix(".dbf")
    if path.suffix != ".shp" or path.with_suffix(".cpg").exists() or not table.exists():
        return None
    with table.open("rb") as handle:
        sample = handle.read(_SAMPLE_BYTES)
    body = sample[int.from_bytes(sample[8:10], "little") :]
    for candidate in ("utf-8", "gb18030"):
        try:
            body[: len(body) - 4].decode(candidate)
        except UnicodeDecodeError as error:
            if error.start > len(body) - 8:  # only cut in the middle of a character
                return candidate
        else:
            return candidate
    return None


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _unreadable(name: str, error: Exception) -> UnreadableSource:
    reason = " ".join(str(error).split()).replace("/tmp/", "")[:200]
    return UnreadableSource(name, f"it is truncated or broken ({reason})", "Fetch the file again")
