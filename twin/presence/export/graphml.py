"""GraphML: pairs of persons as the edges of a graph, for Gephi, yEd, networkx and others."""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa

from twin.presence.export.batches import Batch

ENDS = ("person", "other")
"""The columns that name the two ends of an edge."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'


class GraphMl:
    """An undirected graph: a node a person, an edge a row with its plain values; lists within a row are left out.

    Nodes stand before the first edge that names them, so that nothing but the names met so far is kept.
    """

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._sink = sink
        self._known: set[str] = set()
        kinds = [(field.name, _kind(field.type)) for field in schema if field.name not in ENDS]
        self._values = [(name, kind) for name, kind in kinds if kind]
        keys = [
            f'<key id={quoteattr(name)} for="edge" attr.name={quoteattr(name)} attr.type="{kind}"/>\n'
            for name, kind in self._values
        ]
        about = (schema.metadata or {}).get(b"answer", b"{}").decode()
        self._write(
            _HEAD,
            *keys,
            '<key id="answer" for="graph" attr.name="answer" attr.type="string"/>\n',
            '<graph edgedefault="undirected">\n',
            f'<data key="answer">{escape(about)}</data>\n',
        )

    def write(self, batch: Batch) -> None:
        """Some edges, with the nodes that are new."""
        columns = {name: batch.arrow.column(name).to_pylist() for name in (*ENDS, *(name for name, _ in self._values))}
        lines: list[str] = []
        for at in range(batch.arrow.num_rows):
            one, other = (columns[end][at] for end in ENDS)
            for person in (one, other):
                if person not in self._known:
                    self._known.add(person)
                    lines.append(f"<node id={quoteattr(person)}/>\n")
            lines.append(f"<edge source={quoteattr(one)} target={quoteattr(other)}>")
            lines += [_data(name, columns[name][at]) for name, _ in self._values]
            lines.append("</edge>\n")
        self._write(*lines)

    def close(self) -> None:
        """The end: a file without it is not well-formed."""
        self._write("</graph>\n</graphml>\n")

    def _write(self, *lines: str) -> None:
        self._sink.write("".join(lines).encode())


def _kind(type_: pa.DataType) -> str:
    """The GraphML type of an Arrow type; empty for lists."""
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_):
        return "long"
    if pa.types.is_floating(type_):
        return "double"
    return "string" if pa.types.is_string(type_) else ""


def _data(name: str, value: Any) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<data key={quoteattr(name)}>{escape(text)}</data>"
