"""Who was at a place at the same time as whom, put together when somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import overload

import numpy as np

from twin.presence.answer import Gathering
from twin.presence.kernels.gathering import Stretches, constellations


class Gatherings(Sequence[Gathering]):
    """The gatherings of one place, of (n,) presences of persons there. Equal to any sequence of equal items."""

    __hash__ = None  # type: ignore[assignment]  # compared by value

    def __init__(self, present: Stretches) -> None:
        self._present = present

    @cached_property
    def _rows(self) -> tuple[Gathering, ...]:
        order = np.lexsort((self._present.of, self._present.start))
        spans, bounds, people = constellations(Stretches._make(column[order] for column in self._present))
        parts = pairwise(bounds.tolist())
        return tuple(
            Gathering(start, end, tuple(people[low:high].tolist()))
            for (start, end), (low, high) in zip(spans.tolist(), parts, strict=True)
        )

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Gathering]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> Gathering: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Gathering]: ...
    def __getitem__(self, index: int | slice) -> Gathering | Sequence[Gathering]:
        return self._rows[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._rows == tuple(other)

    def __repr__(self) -> str:
        return repr(self._rows)
