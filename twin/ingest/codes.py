"""Administrative and grid codes: 6 digits of district, 3 of street, 3 of community, and the grid's own 3 (or 2)."""

from __future__ import annotations

import re
from typing import NamedTuple

_FORMS = {6: "district", 9: "street", 12: "community", 14: "grid", 15: "grid"}
_ABOVE = {"grid": ("community", 12), "community": ("street", 9), "street": ("district", 6)}
_DIGITS = re.compile(r"\d{6,15}")
_PROVINCES = frozenset(
    (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54)
) | frozenset((61, 62, 63, 64, 65, 71, 81, 82))


class GridCode(NamedTuple):
    """The parts of a grid code; `number` has 3 digits in the 15-digit form and 2 in local 14-digit ones."""

    district: str
    street: str
    community: str
    number: str


def grid_code_form(code: str) -> GridCode | None:
    """A code taken apart, or None where it has not the form of a grid code in a Chinese province."""
    if len(code) not in (14, 15) or not _DIGITS.fullmatch(code) or int(code[:2]) not in _PROVINCES:
        return None
    return GridCode(code[:6], code[:9], code[:12], code[12:])


def kind_of_code(code: str) -> str | None:
    """The kind of area that a code of this length names, or None."""
    return _FORMS.get(len(code)) if _DIGITS.fullmatch(code) and int(code[:2]) in _PROVINCES else None


def parent_code(code: str) -> tuple[str, str] | None:
    """(kind, code) of the area one level up, or None for a district or a code of another form."""
    kind = kind_of_code(code)
    if kind is None or kind not in _ABOVE:
        return None
    above, length = _ABOVE[kind]
    return above, code[:length]


def area_id(kind: str, code: str) -> str:
    """The entity id of an area with an official code: sources that name the same area meet in it."""
    return f"{kind}:{code}"
