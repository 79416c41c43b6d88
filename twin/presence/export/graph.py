"""Pairs of persons as a graph of networkx: the way to its components, centralities and drawings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import networkx

if TYPE_CHECKING:
    from twin.presence.answer import PairRow


def graph_of(rows: Iterable[PairRow]) -> networkx.Graph:
    """Rows of `contact_graph` or `meetings` as an undirected graph: a node a pseudonym (32 hex digits), an edge a row.

    Edges have together_s, certain_s, possible_s (seconds of the union), meetings, first, last (UTC seconds), certain.
    Who met nobody is no node. Ask with `limit=None`: a page of an answer is a part of the graph.
    """
    graph = networkx.Graph()
    graph.add_edges_from(
        (
            row.pseudonym.hex(),
            row.other_pseudonym.hex(),
            {
                "together_s": row.together_s,
                "certain_s": row.certain_s,
                "possible_s": row.possible_s,
                "meetings": row.meetings,
                "first": row.first,
                "last": row.last,
                "certain": row.certain,
            },
        )
        for row in rows
    )
    return graph
