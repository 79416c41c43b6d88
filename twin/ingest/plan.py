"""What an import would take: files, folders and archives walked, each file given to a format or passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from twin.errors import EmptySource, InvalidValue, TwinError, UnknownFormat
from twin.ingest.formats import FORMATS, Format
from twin.ingest.source import Options, Source, zip_members
from twin.ingest.stayarrow import is_arrow
from twin.ingest.tables import header_of

_HEAD_BYTES = 1 << 16
STAY_KINDS = frozenset({"stay", "stays", "checkin", "check-in", "checkins"})
"""`Options.kind` of a source that holds stays and not things."""

FIX_KINDS = frozenset({"fix", "fixes"})
"""`Options.kind` of a source that holds raw records, of which stays are made by a profile."""

_SHAPEFILE_PARTS = frozenset({".dbf", ".shx", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qmd", ".qix", ".xml"})


@dataclass(frozen=True, slots=True)
class Planned:
    """One file: the format that takes it, or None and why none does.

    named  the caller named this very file, so nothing about it is passed over silently
    error  it could not even be looked at
    """

    source: Source
    format: Format | None
    reason: str
    named: bool = False
    error: TwinError | None = None


def plan(paths: Iterable[Path], options: Options) -> list[Planned]:
    """Every file under the paths, in the order it would be read: what others are placed by comes first.

    Raises a clear error for a path that is not there, a named file that no format takes, or nothing to import.
    """
    planned: list[Planned] = []
    for path in paths:
        if not path.exists():
            raise InvalidValue(str(path), "there is no such file or folder", "Check the path")
        found = [_planned(source, options, named=path.is_file()) for source in _sources(path)]
        if not found:
            raise EmptySource(str(path), "there is no file in it", "Name a folder that holds city data")
        planned += found
    taken = [item for item in planned if item.format is not None]
    if not taken:
        broken = next((item.error for item in planned if item.error is not None), None)
        if broken is not None:
            raise broken
        first = planned[0]
        more = f" (and {len(planned) - 1} more files)" if len(planned) > 1 else ""
        raise UnknownFormat(first.source.name, first.reason + more, _way_out())
    return sorted(planned, key=lambda item: item.format.order if item.format else 0)


def sniff(source: Source, options: Options) -> tuple[Format | None, str]:
    """The format of a source by its content and name, or None and why."""
    name = Path(source.member or source.path.name)
    if name.suffix.lower() in _SHAPEFILE_PARTS and source.sibling(f"{name.stem}.shp"):
        return None, f"it belongs to {name.stem}.shp"
    if name.suffix.lower() == ".zip":
        return None, "an archive inside an archive is not opened"
    head = source.head(_HEAD_BYTES)
    if not head:
        return None, "it is empty"
    for candidate in FORMATS:
        if options.kind in STAY_KINDS | FIX_KINDS:
            if _could_hold_stays(candidate.id, head):
                return candidate, candidate.title
            continue
        if candidate.sniff(name, head):
            return candidate, candidate.title
    header = header_of(head)
    if header:
        return None, f"a table without positions, area codes or stays (columns: {', '.join(header)[:120]})"
    return None, "no importer takes this kind of file"


def _could_hold_stays(format_id: str, head: bytes) -> bool:
    """Where the caller says that a file holds stays, its columns may have any names: `--map` tells which is which."""
    if format_id == "stays-csv":
        return bool(header_of(head))
    if format_id == "stays-ndjson":
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    if format_id == "stays-arrow":
        return is_arrow(Path(), head)
    return format_id == "stays-parquet" and head.startswith(b"PAR1")


def _planned(source: Source, options: Options, *, named: bool) -> Planned:
    try:
        found, reason = sniff(source, options)
    except TwinError as error:
        return Planned(source, None, error.reason, named, error)
    return Planned(source, found, reason, named)


def _sources(path: Path) -> Iterator[Source]:
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
        for file in files:
            yield from _sources_in(file, file.relative_to(path).as_posix())
    else:
        yield from _sources_in(path, path.name)


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _sources_in(file: Path, name: str) -> Iterator[Source]:
    if file.suffix.lower() != ".zip":
        yield Source(file, name)
        return
    for member in sorted(zip_members(file), key=lambda m: PurePosixPath(m).parts):
        yield Source(file, f"{name}!{member}", member)


def _way_out() -> str:
    titles = ", ".join(candidate.title for candidate in FORMATS)
    return f"These are taken: {titles}"
