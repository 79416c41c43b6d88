"""Columns of any type as what a stay needs of them. Typed columns stay as they are: text is made only of text.

Each raises pa.ArrowException for a column whose type cannot be read so at all; the caller knows the column's name.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.ingest.columns import number
from twin.pseudonyms import PSEUDONYM_BYTES
from twin.types import F64, I64, Bools

_WHOLE = 1 << 53
"""Whole numbers up to this size are exact as floating-point ones."""

NO_KEY = 0
"""A key of a column that is not one of places: no place has it."""


def valid(column: pa.Array) -> Bools:
    """(n,) whether there is a value."""
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def as_text(column: pa.Array) -> pa.Array:
    """Text without blanks around it; whole numbers without a point; null where it is empty."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        values = column.to_numpy(zero_copy_only=False)
        finite = values[np.isfinite(values)]
        if (np.abs(finite) < _WHOLE).all() and (finite == np.floor(finite)).all():
            column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type)).cast(pa.int64())
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def as_person(column: pa.Array) -> pa.Array:
    """Identities as text, or pseudonyms as 16 bytes where the column holds such; coded where the source codes them."""
    if pa.types.is_dictionary(column.type):
        values = as_person(column.dictionary)
        if values.null_count:
            return as_person(column.dictionary_decode())
        return pa.DictionaryArray.from_arrays(column.indices, values)
    return column if column.type == pa.binary(PSEUDONYM_BYTES) else as_text(column)


def as_key(column: pa.Array) -> pa.Array:
    """Place keys as numbers where the column holds numbers (NO_KEY for negative ones), else as text."""
    if pa.types.is_unsigned_integer(column.type):
        return column.cast(pa.uint64())
    if pa.types.is_signed_integer(column.type):
        column = column.cast(pa.int64())
        return pc.if_else(pc.greater(column, NO_KEY), column, pa.scalar(NO_KEY, pa.int64())).cast(pa.uint64())
    return as_text(column)


def as_number(column: pa.Array) -> F64:
    """Numbers, NaN where there is none."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    texts = as_text(column)
    plain = pc.fill_null(pc.match_substring_regex(texts, r"^[-+]?\d+(?:\.\d+)?$"), True)
    if pc.all(plain, min_count=0).as_py():
        return np.asarray(pc.replace_substring(texts, "+", "").cast(pa.float64()).to_numpy(zero_copy_only=False))
    coded = texts.dictionary_encode()
    read = [number(written) for written in coded.dictionary.to_pylist()]
    table = np.array([np.nan if value is None else value for value in [*read, None]], dtype=np.float64)
    return np.asarray(table[pc.fill_null(coded.indices, len(read)).to_numpy(zero_copy_only=False)])


def whole_numbers(column: pa.Array) -> tuple[I64, Bools] | None:
    """(n,) values of a column of integers, 0 for none, and which are given; None for a column of anything else."""
    if not pa.types.is_integer(column.type):
        return None
    try:
        wide = column.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    return np.asarray(pc.fill_null(wide, 0).to_numpy(zero_copy_only=False)), valid(column)
