"""What the solids of a kind may be coloured by: its fields and attributes, with how each is shown."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from tiles.layers import layer_kinds
from twin.kinds import Kind
from twin.store.values import FIELDS

Shown = Literal["number", "text", "bool", "year"]

_UNITS = {"height": "m", "base": "m"}
_NAMES = frozenset({"name", "name_en", "address", "title", "code", "source", "description"})
"""Texts that tell one thing from all others: a colour each says nothing."""


@dataclass(frozen=True, slots=True)
class Style:
    """A field or attribute: `/state/<kind>.<name>` has its values."""

    name: str
    type: Shown
    unit: str = ""


def styles_of(kind: Kind) -> list[Style]:
    """Fields, then attributes, without what names a thing or is kept from readers; none for a kind without tiles.

    A surface has no fields of its own: it stands on nothing and has no storeys.
    """
    if kind not in layer_kinds():
        return []
    fields = [Style(name, "number", _UNITS.get(name, "")) for name in FIELDS if kind.form != "surface"]
    hidden = _NAMES | set(kind.sensitive) | set(FIELDS)
    attributes = [
        Style(name, shown) for name, field in kind.attributes.model_fields.items()
        if name not in hidden and (shown := _shown(name, field.annotation)) is not None
    ]  # fmt: skip
    return fields + attributes


def _shown(name: str, annotation: Any) -> Shown | None:
    """How values of a type are shown; None for lists and the like."""
    types = [one for one in get_args(annotation) or (annotation,) if one is not NoneType]
    if get_origin(annotation) is Literal or all(one is str or get_origin(one) is Literal for one in types):
        return "text"
    if len(types) != 1:
        return None
    if types[0] is bool:
        return "bool"
    if types[0] in (int, float):
        return "year" if name == "year" else "number"
    return None
