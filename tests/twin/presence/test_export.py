"""Writers of every format: the same bytes as a file and as a stream, nothing left of a file that was not finished."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from pathlib import Path

import networkx
import pyarrow as pa
import pytest

from tests.exported import table_of
from twin.errors import DiskFull, FolderNotWritable, InvalidValue, UnknownFormat
from twin.presence.export import FORMATS, GRAPHML, Batch, accepted_format, encoded, format_of, whole_file

SCHEMA = pa.schema(
    [("n", pa.int64()), ("name", pa.string()), ("some", pa.list_(pa.struct([("x", pa.int64())])))],
    metadata={"answer": "{}"},
)
ROWS = [{"n": n, "name": '地,"铁\n' if n % 2 else None, "some": [{"x": n}] * (n % 3)} for n in range(10)]
ids = [each.suffix for each in FORMATS]


def batches(rows=ROWS, size=4):
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        yield Batch(part, pa.RecordBatch.from_pylist(part, schema=SCHEMA))


def read(data: bytes, suffix: str) -> list[dict]:
    if suffix == ".ndjson":
        return [json.loads(line) for line in data.splitlines()]
    if suffix == ".csv":
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        return [{"n": int(x["n"]), "name": x["name"] or None, "some": json.loads(x["some"])} for x in lines]
    table = table_of(data, suffix)
    assert table.schema.metadata[b"answer"] == b"{}"
    return table.to_pylist()


@pytest.mark.parametrize("form", FORMATS, ids=ids)
@pytest.mark.parametrize("rows", [ROWS, []], ids=["rows", "none"])
def test_a_file_is_the_stream_and_reads_back(tmp_path: Path, form, rows):
    stream = b"".join(encoded(batches(rows), SCHEMA, form))
    path = tmp_path / f"answer{form.suffix}"
    with whole_file(path, form, SCHEMA) as writer:
        for batch in batches(rows):
            writer.write(batch)
    assert path.read_bytes() == stream
    assert read(stream, form.suffix) == rows
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("form", FORMATS, ids=ids)
def test_bytes_leave_with_every_batch(form):
    parts = encoded(batches(), SCHEMA, form)
    first = next(parts)
    assert first
    rest = list(parts)
    assert read(first + b"".join(rest), form.suffix) == ROWS


@pytest.mark.parametrize("form", FORMATS, ids=ids)
@pytest.mark.parametrize("stop", [KeyboardInterrupt, InvalidValue("question", "went wrong")])
def test_what_is_not_finished_leaves_nothing_and_spoils_nothing(tmp_path: Path, form, stop):
    path = tmp_path / f"answer{form.suffix}"
    path.write_text("as it was")

    def write_some():
        with whole_file(path, form, SCHEMA) as writer:
            writer.write(next(batches()))
            raise stop

    with pytest.raises((KeyboardInterrupt, InvalidValue)):
        write_some()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "as it was"


@pytest.mark.parametrize("form", [each for each in FORMATS if each.suffix in (".parquet", ".arrow", ".arrows")])
def test_a_stream_that_was_cut_off_says_so(form):
    data = b"".join(encoded(batches(), SCHEMA, form))[:-20]
    with pytest.raises((pa.ArrowInvalid, OSError)):
        table_of(data, form.suffix)


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, DiskFull), (errno.EACCES, FolderNotWritable)])
def test_a_full_disk_and_a_closed_folder_are_named(tmp_path: Path, monkeypatch, code, kind):
    def refuse(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(kind), whole_file(tmp_path / "a.csv", FORMATS[0], SCHEMA):
        pass
    assert not [*tmp_path.iterdir()]


def test_where_no_file_can_be(tmp_path: Path):
    for path in (tmp_path / "nowhere" / "a.csv", tmp_path):
        with pytest.raises(InvalidValue), whole_file(path, FORMATS[0], SCHEMA):
            pass


def test_pairs_become_a_graph(tmp_path: Path):
    """Read by networkx, and by a plain parser: ids and texts that need escaping, values that are missing."""
    schema = pa.schema(
        [("person", pa.string()), ("other", pa.string()), ("minutes", pa.float64()), ("certain", pa.bool_()),
         ("note", pa.string()), ("some", pa.list_(pa.int64()))],
        metadata={"answer": '{"rule": "<a & b>"}'},
    )  # fmt: skip
    rows = [
        {"person": "a", "other": "b", "minutes": 1.5, "certain": True, "note": '<"地" & co>', "some": [1]},
        {"person": "b", "other": 'c"', "minutes": None, "certain": False, "note": None, "some": []},
    ]
    path = tmp_path / "pairs.graphml"
    with whole_file(path, GRAPHML, schema) as writer:
        for row in rows:
            writer.write(Batch([row], pa.RecordBatch.from_pylist([row], schema=schema)))
    graph = networkx.read_graphml(path)
    assert sorted(graph.nodes) == ["a", "b", 'c"']
    assert not graph.is_directed()
    assert dict(graph.edges["a", "b"]) == {"minutes": 1.5, "certain": True, "note": '<"地" & co>'}
    assert dict(graph.edges["b", 'c"']) == {"certain": False}
    assert json.loads(graph.graph["answer"]) == {"rule": "<a & b>"}


def test_only_pairs_become_a_graph():
    assert format_of(Path("a.graphml"), ["person", "other", "minutes"]) is GRAPHML
    with pytest.raises(UnknownFormat):
        format_of(Path("a.graphml"), ["person", "minutes"])
    assert accepted_format("application/graphml+xml", ["person", "other"]) is GRAPHML
    assert accepted_format("application/graphml+xml", ["person"]) is None


def test_formats_by_ending():
    assert format_of(Path("A.PARQUET")).suffix == ".parquet"
    with pytest.raises(UnknownFormat, match=r"\.csv, \.ndjson"):
        format_of(Path("answer.xlsx"))


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("text/html, */*;q=0.1", None),
        ("image/png", None),
        ("text/csv", ".csv"),
        ("TEXT/CSV;charset=utf-8", ".csv"),
        ("application/json;q=0.4, text/csv;q=0.5", ".csv"),
        ("application/vnd.apache.arrow.stream, application/json", ".arrows"),
        ("text/csv;q=0, application/x-ndjson;q=0.1", ".ndjson"),
        ("text/csv;q=nonsense", None),
    ],
)
def test_formats_by_what_a_client_accepts(accept, suffix):
    form = accepted_format(accept)
    assert (form.suffix if form else None) == suffix
