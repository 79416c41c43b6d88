"""Evidence by the slice: columns are shared by all rows of a page, and tuples are made of them when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar, overload

from twin.types import I64, Objects

T = TypeVar("T")


class Slice(Sequence[T]):
    """Rows lo:hi of some columns as a sequence of `make` of each row. Equal to any sequence of equal items."""

    __hash__ = None  # type: ignore[assignment]  # compared by value
    __slots__ = ("_columns", "_hi", "_lo", "_make")

    def __init__(self, make: Callable[[Iterable[Any]], T], columns: Sequence[Objects], lo: int, hi: int) -> None:
        self._make = make
        self._columns = columns
        self._lo = lo
        self._hi = hi

    @property
    def columns(self) -> tuple[Objects, ...]:
        """The rows as columns, for whoever takes many at once."""
        return tuple(column[self._lo : self._hi] for column in self._columns)

    def __len__(self) -> int:
        return self._hi - self._lo

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
    return [Slice(make, columns, lo, hi) for lo, hi in pairwise(bounds.tolist())]
