"""A question of the presence engine as one value: what may be asked, how it is asked, the shape of its rows.

The scene's menu, the API's routes, the command line and every export are made of these values. To add a question: a
model in `params.py`, a shape in `shapes.py`, columns in `columns.py`, a function in `queries.py`, and a line of
`twin/cli/presence.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import pyarrow as pa

from scenes.base import Column, Query
from scenes.epidemic.answers import frame, told
from scenes.epidemic.asked import Records
from scenes.epidemic.params import PagedParams
from scenes.epidemic.shape import Described, Shape
from twin.errors import InvalidValue
from twin.presence import Answer
from twin.presence.export import Batch

P = TypeVar("P", bound=PagedParams)
Ask = Callable[[Records, Any], Answer[Any]]

PAGE_ROWS = 50_000
"""Rows that an export asks the engine for at a time: each page is the whole question again."""

BATCH_ROWS = 1000
"""Rows that are described and written at a time: with their evidence some megabytes."""


@dataclass(frozen=True, slots=True)
class Export:
    """A whole answer on its way out: what it rests on, and its rows batch by batch."""

    about: dict[str, Any]
    schema: pa.Schema
    batches: Iterator[Batch]

    @property
    def total(self) -> int:
        """How many rows there will be."""
        return int(self.about["total"])


@dataclass(frozen=True, slots=True)
class Question:
    """`query` is what scenes and pages see of it; `ask` gives the engine's answer, a page of it."""

    query: Query
    ask: Ask
    shape: Shape

    def answer(self, records: Records, params: PagedParams) -> dict[str, Any]:
        """One page as it goes out."""
        answer = self.ask(records, params)
        return frame(records, answer, told(records, self.shape, answer.rows, answer.zone))

    def export(self, records: Records, params: PagedParams) -> Export:
        """Every row, on the snapshot of the first page. What can be refused is refused here, before any row."""
        for name in ("limit", "cursor"):
            if name in params.model_fields_set and getattr(params, name) is not None:
                raise InvalidValue(name, "has no meaning in an export, which holds every row", "Leave it out")
        first = self.ask(records, params.model_copy(update={"limit": PAGE_ROWS}))
        about = {**frame(records, first, []), "left_out": 0, "next": None}
        del about["rows"]
        schema = pa.schema(self.shape.columns, metadata={"answer": orjson.dumps(about)})
        return Export(about, schema, self._batches(records, params, first))

    def _batches(self, records: Records, params: PagedParams, answer: Answer[Any]) -> Iterator[Batch]:
        known: dict[int, Described] = {}
        while True:
            for at in range(0, len(answer.rows), BATCH_ROWS):
                rows = told(records, self.shape, answer.rows[at : at + BATCH_ROWS], answer.zone, known)
                yield self.shape.batch(rows)
            if answer.next is None:
                return
            answer = self.ask(records, params.model_copy(update={"limit": PAGE_ROWS, "cursor": answer.next}))


def question(
    title_en: str,
    title_zh: str,
    *,
    params: type[P],
    shape: Shape,
    columns: tuple[Column, ...],
    persons: bool = True,
) -> Callable[[Callable[[Records, P], Answer[Any]]], Question]:
    """Make a `Question` of a function: its name becomes the id, its docstring the description."""

    def declare(ask: Callable[[Records, P], Answer[Any]]) -> Question:
        def run(records: Records, given: P) -> dict[str, Any]:
            return made.answer(records, given)

        query = Query(
            id=ask.__name__,
            title_en=title_en,
            title_zh=title_zh,
            description=(ask.__doc__ or "").strip(),
            params=params,
            run=run,
            columns=columns,
            persons=persons,
        )
        made = Question(query, ask, shape)
        return made

    return declare
