"""Which columns of a table hold stays or check-ins, and their rows under our own names for them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import orjson

from twin.entity import Entity
from twin.errors import InvalidValue, MissingCrs
from twin.ingest.source import Options, Source
from twin.ingest.staytables import TABLES
from twin.ingest.tablerows import Content, Rows
from twin.ingest.tables import header_of
from twin.issues import Issue

FIELDS: dict[str, tuple[str, ...]] = {
    "person": ("person", "person_id", "personid", "user_id", "userid", "uid", "user", "identity", "identifier", "pid",
               "pseudonym", "人员", "人员编号", "身份证号", "身份证", "手机号", "用户", "用户编号"),
    "place": ("place", "place_id", "placeid", "venue", "venue_id", "entity", "entity_id", "location_id", "poi_id",
              "cell", "h3", "h3_cell", "场所", "场所编号", "场所编码", "地点", "地点编号"),
    "key": ("place_key", "key"),
    "lon": ("lon", "lng", "longitude", "dev_lon", "经度"),
    "lat": ("lat", "latitude", "dev_lat", "纬度"),
    "x": ("x",),
    "y": ("y",),
    "floor": ("floor", "level", "楼层", "层"),
    "start": ("start", "start_time", "starttime", "begin", "arrival", "arrived", "enter", "enter_time", "entry_time",
              "check_in", "checkin", "checkin_time", "time", "timestamp", "datetime", "local_datetime",
              "local_timestamp", "unix_timestamp", "开始时间", "进入时间", "到达时间", "签到时间", "时间"),
    "end": ("end", "end_time", "endtime", "finish", "departure", "departed", "leave", "leave_time", "exit_time",
            "check_out", "checkout", "结束时间", "离开时间"),
    "source": ("source", "stay_source", "来源"),
    "quality": ("quality", "质量"),
}  # fmt: skip
"""Our field -> names that sources use; compared in lower case."""


def stay_columns(
    present: Iterable[str], mapping: dict[str, str], thing: str, known: Mapping[str, tuple[str, ...]] = FIELDS
) -> dict[str, str]:
    """Our field -> the source's column; a mapping wins. Raises InvalidValue for a mapped column that is not there."""
    folded = {name.strip().lower().replace(" ", "_"): name for name in reversed(list(present))}
    found = {}
    for ours, names in known.items():
        theirs = next((folded[name] for name in names if name in folded), None)
        if theirs is not None:
            found[ours] = theirs
    for ours, theirs in mapping.items():
        if ours not in known:
            raise InvalidValue(f"mapping {ours}={theirs}", "stays have no such field", f"Give {', '.join(known)}")
        if theirs not in folded.values():
            reason = f"{thing} has no column {theirs!r}"
            raise InvalidValue(f"mapping {ours}={theirs}", reason, f"It has: {', '.join(folded.values())}")
        found[ours] = theirs
    return found


def has_stays(present: Iterable[str]) -> bool:
    """Whether these columns can hold stays: a person, a time, and a place in one of its forms."""
    found = stay_columns(present, {}, "table")
    placed = "place" in found or "key" in found or {"lon", "lat"} <= set(found) or {"x", "y"} <= set(found)
    return "person" in found and "start" in found and placed


def is_stay_table(_path: Path, head: bytes) -> bool:
    """Whether it is delimited text with the columns of stays."""
    return has_stays(header_of(head))


def is_stay_lines(_path: Path, head: bytes) -> bool:
    """Whether its first line is a JSON object with the members of a stay."""
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", maxsplit=1)[0]
    with contextlib.suppress(orjson.JSONDecodeError):
        row = orjson.loads(first)
        return isinstance(row, dict) and has_stays(row)
    return False


def is_parquet(_path: Path, head: bytes) -> bool:
    """Whether it begins like a Parquet file."""
    return head.startswith(b"PAR1")


def no_entities(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """Stays are no entities: the import hands such a source to `read_stays` and the presence store."""
    raise InvalidValue(source.name, f"it holds stays, not things of kind {options.kind}", "Import it as stays")


def read_stays(source: Source, options: Options, format_id: str, content: Content) -> Iterator[Rows | Issue]:
    """The columns that matter, by our field names, batch by batch; an issue for every row that cannot be read."""

    def columns(present: list[str]) -> dict[str, str]:
        mapping = {ours: theirs for ours, theirs in options.mapping.items() if ours in FIELDS}
        found = stay_columns(present, mapping, source.name)
        need_columns(found, "start", options, source.name)
        return found

    yield from read_columns(source, format_id, content, columns)


def read_columns(
    source: Source, format_id: str, content: Content, columns: Callable[[list[str]], dict[str, str]]
) -> Iterator[Rows | Issue]:
    """The columns that `columns` picks (our field -> theirs) of all there are, by our names."""
    found: dict[str, str] = {}

    def wanted(present: list[str]) -> list[str]:
        found.update(columns(present))
        return list(dict.fromkeys(found.values()))

    for item in TABLES[format_id](source, content, wanted):
        if isinstance(item, Issue):
            yield item
        else:
            yield Rows(item.numbers, {ours: item.columns[theirs] for ours, theirs in found.items()})


def need_columns(columns: dict[str, str], when: str, options: Options, name: str) -> None:
    """Raise where there is no column for the person, for the time (our field `when`), or for the place in any form."""
    for needed in ("person", when):
        if needed not in columns:
            raise InvalidValue(name, f"it has no column for the stay's {needed}", f"Say which: --map {needed}=COLUMN")
    degrees = {"lon", "lat"} <= set(columns)
    metres = {"x", "y"} <= set(columns)
    if not (degrees or metres or "place" in columns or "key" in columns):
        raise InvalidValue(name, "it has no column for the stay's place", "Say which: --map place=COLUMN")
    if metres and not degrees and "place" not in columns and "key" not in columns and not options.crs:
        raise MissingCrs(name, "its x and y do not say which reference system they are in", "Give one with --crs")
