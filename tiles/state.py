"""What a feature is like just now, beside the tiles: one number or class a feature, by the feature's stable number.

A page colours a whole city by such a column and asks for no tile. On the wire it is binary, little-endian, aligned for
typed arrays:

    0   4 bytes   "QST1"
    4   u8        0: classes, one byte a feature; 1: values, float32
    5   u8        0: dense, a value for every number from `first` on; 1: listed, the numbers stand before the values
    6   u16       bytes of JSON after the head, a multiple of 4
    8   u32       version
    12  u32       first number
    16  u32       how many values
    20  f32, f32  lowest and highest value (0 and 0 for classes)
    28  u32       0
    32  JSON      {"classes": ["office", …]}: the names of class 1, 2, …; blanks at its end
    …   u32 each  numbers, where listed, ascending
    …             values: class 0, and a value that is NaN, mean that nothing is known
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.errors import InvalidValue
from twin.types import F32, U8, U32, Objects

MOST_CLASSES = 255

_HEAD = struct.Struct("<4sBBHIIIffI")
_MAGIC = b"QST1"
_CLASS, _VALUE = 0, 1
_DENSE, _LISTED = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class StateColumn:
    """n features' state.

    numbers  (n,) ascending
    values   (n,) float32, NaN where nothing is known; or uint8, positions in `classes` plus one, 0 where not known
    classes  names of the classes; empty for values
    """

    numbers: U32
    values: F32 | U8
    classes: tuple[str, ...] = ()

    @property
    def by_class(self) -> bool:
        """Whether the values are classes."""
        return self.values.dtype == np.uint8

    def value(self, number: int) -> float | str | None:
        """The value or the class of one feature; None where nothing is known of it."""
        at = int(np.searchsorted(self.numbers, number))
        if at == len(self.numbers) or self.numbers[at] != number:
            return None
        value = self.values[at].item()
        if self.by_class:
            return self.classes[value - 1] if value else None
        return None if np.isnan(value) else float(value)

    def known(self) -> StateColumn:
        """Without the features of which nothing is known."""
        kept = self.values > 0 if self.by_class else ~np.isnan(self.values)
        return StateColumn(self.numbers[kept], self.values[kept], self.classes)


def column_of(numbers: Sequence[int] | U32, values: Sequence[float] | NDArray[Any]) -> StateColumn:
    """A column of values from (n,) numbers in any order; of a number that comes twice, its last value."""
    given = np.asarray(numbers, dtype=np.uint32)
    ordered, last = np.unique(given[::-1], return_index=True)
    return StateColumn(ordered, np.asarray(values, dtype=np.float32)[::-1][last])


def classes_of(numbers: Sequence[int] | U32, names: Objects, known: Sequence[str] = ()) -> StateColumn:
    """A column of classes from (n,) numbers in any order and (n,) names, None where nothing is known.

    known  names that have their class already: they keep it

    Raises `InvalidValue` where there are more than 255 names.
    """
    given = np.asarray(numbers, dtype=np.uint32)
    fresh = sorted({str(name) for name in names if name is not None} - set(known))
    classes = (*known, *fresh)
    if len(classes) > MOST_CLASSES:
        reason = f"it has {len(classes):,} different values"
        raise InvalidValue("state", reason, f"A state has at most {MOST_CLASSES} classes")
    place = {name: i + 1 for i, name in enumerate(classes)}
    codes = np.array([0 if name is None else place[str(name)] for name in names], dtype=np.uint8)
    ordered, last = np.unique(given[::-1], return_index=True)
    return StateColumn(ordered, codes[::-1][last], classes)


def encode(column: StateColumn, version: int) -> bytes:
    """A column as it goes over the wire: dense where that is shorter."""
    column = column.known()
    numbers, values = column.numbers, column.values
    first = int(numbers[0]) if len(numbers) else 0
    span = int(numbers[-1]) - first + 1 if len(numbers) else 0
    dense = span * values.itemsize <= len(numbers) * (4 + values.itemsize)
    low, high = (0.0, 0.0)
    if len(values) and not column.by_class:
        low, high = float(values.min()), float(values.max())
    about = orjson.dumps({"classes": column.classes})
    about += b" " * (-len(about) % 4)
    form = (_CLASS if column.by_class else _VALUE, _DENSE if dense else _LISTED)
    head = _HEAD.pack(_MAGIC, *form, len(about), version, first, span if dense else len(numbers), low, high, 0)
    if not dense:
        return head + about + numbers.astype("<u4").tobytes() + _little(values).tobytes()
    body = np.zeros(span, dtype=np.uint8) if column.by_class else np.full(span, np.nan, dtype="<f4")
    body[numbers - np.uint32(first)] = values
    return head + about + body.tobytes()


def decode(data: bytes) -> tuple[StateColumn, int]:
    """The column, without what is not known, and its version. Raises ValueError for what is no column."""
    if len(data) < _HEAD.size:
        raise ValueError("it is too short")
    magic, form, layout, about_size, version, first, count, _, _, _ = _HEAD.unpack_from(data)
    if magic != _MAGIC or form > 1 or layout > 1:
        raise ValueError("it does not begin as a column does")
    start = _HEAD.size + about_size
    classes = tuple(orjson.loads(data[_HEAD.size : start])["classes"])
    numbers = np.arange(first, first + count, dtype=np.uint32)
    if layout == _LISTED:
        numbers = np.frombuffer(data, "<u4", count, start).astype(np.uint32)
        start += 4 * count
    if form == _CLASS:
        return StateColumn(numbers, np.frombuffer(data, np.uint8, count, start), classes).known(), version
    values = np.frombuffer(data, "<f4", count, start).astype(np.float32)
    return StateColumn(numbers, values, classes).known(), version


def _little(values: F32 | U8) -> NDArray[Any]:
    return values if values.dtype == np.uint8 else values.astype("<f4")


def differences(old: StateColumn, new: StateColumn) -> StateColumn:
    """What is another one in `new`: features that it says nothing of any more have class 0, or NaN."""
    nothing = np.uint8(0) if new.by_class else np.float32(np.nan)
    numbers = np.union1d(old.numbers, new.numbers).astype(np.uint32)
    before, after = (_spread(column, numbers, nothing) for column in (old, new))
    same = before == after if new.by_class else (before == after) | (np.isnan(before) & np.isnan(after))
    return StateColumn(numbers[~same], after[~same], new.classes)


def _spread(column: StateColumn, numbers: U32, nothing: Any) -> NDArray[Any]:
    found: NDArray[Any] = np.full(len(numbers), nothing)
    found[np.searchsorted(numbers, column.numbers)] = column.values
    return found


def merged(changes: Sequence[StateColumn]) -> StateColumn:
    """Several differences as one: of each feature the newest. At least one is given."""
    numbers = np.concatenate([change.numbers for change in changes])[::-1]
    values = np.concatenate([change.values for change in changes])[::-1]
    ordered, last = np.unique(numbers, return_index=True)
    return StateColumn(ordered, values[last], changes[-1].classes)
