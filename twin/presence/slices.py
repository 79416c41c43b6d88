"""Evidence by the slice: columns are shared by all rows of a page, and tuples are made of them when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar, overload

import numpy as np

from twin.types import I64, Objects

T = TypeVar("T")
Cut = tuple[Sequence[Objects], I64]
"""Columns of one length, and the (n + 1,) bounds of n rows in them."""


class Slice(Sequence[T]):
    """One row's part of some columns as a sequence of `make` of each item. Equal to any sequence of equal items."""

    __hash__ = None  # type: ignore[assignment]  # compared by value
    __slots__ = ("_cut", "_make", "_row")

    def __init__(self, make: Callable[[Iterable[Any]], T], cut: Callable[[], Cut], row: int) -> None:
        self._make = make
        self._cut = cut
        self._row = row

    @property
    def make(self) -> Callable[[Iterable[Any]], T]:
        """What makes an item of its fields."""
        return self._make

    @property
    def columns(self) -> tuple[Objects, ...]:
        """The items as columns, for whoever takes many at once."""
        columns, bounds = self._cut()
        return tuple(column[bounds[self._row] : bounds[self._row + 1]] for column in columns)

    def __len__(self) -> int:
        bounds = self._cut()[1]
        return int(bounds[self._row + 1] - bounds[self._row])

    def __iter__(self) -> Iterator[T]:
        return map(self._make, zip(*(column.tolist() for column in self.columns), strict=True))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))


def sliced(make: Callable[[Iterable[Any]], T], columns: Sequence[Objects], bounds: I64) -> list[Sequence[T]]:
    """Columns in rows, cut at (n + 1,) bounds."""
    return sliced_later(make, len(bounds) - 1, lambda: (columns, bounds))


def sliced_later(make: Callable[[Iterable[Any]], T], rows: int, cut: Callable[[], Cut]) -> list[Sequence[T]]:
    """The same, with columns that are made when the first item is looked at: what they are made of is kept for it."""
    once = cache(cut)
    return [Slice(make, once, row) for row in range(rows)]


def columns_of(parts: Sequence[Sequence[Any]]) -> dict[str, list[Any]] | None:
    """The items of many rows in a row, as columns by the names of their fields.

    None where they are no slices, or not of one named tuple: then there is no way around making each of them.
    """
    slices = [part for part in parts if isinstance(part, Slice)]
    kinds = {getattr(part.make, "__self__", None) for part in slices}
    if not slices or len(slices) < len(parts) or len(kinds) > 1:
        return None
    names = getattr(kinds.pop(), "_fields", None)
    if names is None:
        return None
    columns = zip(*(part.columns for part in slices), strict=True)
    return {name: np.concatenate(column).tolist() for name, column in zip(names, columns, strict=True)}
