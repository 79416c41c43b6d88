"""Administrative areas as a table of codes and names, without shapes; shapes may follow under the same code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from twin.entity import Entity
from twin.ingest.codes import area_id, kind_of_code, parent_code
from twin.ingest.columns import Columns, text
from twin.ingest.source import Options, Source
from twin.ingest.tables import header_of, position_columns, read_rows
from twin.issues import Issue, Severity

_LEVELS = {
    "district": "district", "区": "district", "county": "district", "street": "street", "街道": "street",
    "town": "street", "community": "community", "社区": "community", "village": "community", "grid": "grid",
    "网格": "grid",
}  # fmt: skip


def is_code_table(_path: Path, head: bytes) -> bool:
    """Whether it is a table of area codes and names without positions."""
    header = header_of(head)
    if not header:
        return False
    columns = Columns(header, {}, "table")
    folded = {name.lower() for name in header}
    return (
        "code" in columns
        and "name" in columns
        and position_columns(columns) is None
        and bool(folded & {"level", "parent"})
    )


def read_code_table(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """Districts, streets, communities and grids; which is which by the level column or by the code's length."""
    columns: Columns | None = None
    for line, row in read_rows(source):
        if isinstance(row, Issue):
            yield row
            continue
        if columns is None:
            columns = Columns(row, options.mapping, source.name)
        path, code = f"{source.name}:{line}", text(columns.get(row, "code"))
        if code is None:
            yield Issue("id.missing", path, "The area has no code", Severity.REJECTED)
            continue
        named = _LEVELS.get((text(columns.get(row, "level")) or "").lower())
        kind = options.kind or named or kind_of_code(code)
        if kind is None:
            yield Issue("grid.code", path, f"The code {code[:40]!r} does not say what kind of area it is")
            continue
        if named and kind_of_code(code) not in (named, None):
            why = f"The code {code} has the length of a {kind_of_code(code)}'s, the row says {named}"
            yield Issue("grid.code", path, why, Severity.NOTE)
        above = parent_code(code)
        name = text(columns.get(row, "name"))
        yield Entity(
            id=area_id(kind, code),
            kind=kind,
            parent=area_id(*above) if above else None,
            attributes={"code": code} | ({"name": name} if name else {}),
            grid_code=code if kind == "grid" else None,
            source=options.source_name or source.name,
        )
