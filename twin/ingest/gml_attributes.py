"""Attributes in CityGML: plain properties, generic attributes, addresses, code lists, and extensions' nested ones."""

from __future__ import annotations

from typing import Any

from twin.ingest.codelists import Codelists
from twin.ingest.gml_text import Element, attribute, local, text_of

_GENERIC = {
    "stringAttribute": str, "dateAttribute": str, "uriAttribute": str,
    "intAttribute": int, "doubleAttribute": float, "measureAttribute": float,
}  # fmt: skip
_NUMBERS = frozenset({
    "measuredHeight", "height", "trunkDiameter", "crownDiameter", "averageHeight", "rootBallDiameter",
})  # fmt: skip
_COUNTS = frozenset({"storeysAboveGround", "storeysBelowGround"})
_LEFT_OUT = frozenset({"boundedBy", "appearance", "metaDataProperty", "generalizesTo", "Appearance"})
_DEEPEST = 12


def add_attribute(into: dict[str, Any], element: Element, codelists: Codelists) -> None:
    """Take one property that is neither geometry nor another object; a name that comes twice becomes a list."""
    name = local(element)
    if name in _LEFT_OUT or name.startswith("lod"):
        return
    if name in _GENERIC:
        value = _generic(element)
        name = attribute(element, "name") or name
    elif name == "genericAttributeSet":
        value = {}
        for inner in element:
            add_attribute(value, inner, codelists)
        name = attribute(element, "name") or name
    elif name == "address":
        value = _address(element)
    else:
        value = _value(into, name, element, codelists, 0)
    _put(into, name, value)


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if value is None or value in ("", {}):
        return
    there = into.get(name)
    if there is None:
        into[name] = value
    elif name != "name":  # a second gml:name is an alias
        into[name] = [*there, value] if isinstance(there, list) else [there, value]


def _generic(element: Element) -> Any:
    value = next((text_of(child) for child in element if local(child) == "value"), "")
    try:
        return _GENERIC[local(element)](value) if value else None
    except ValueError:
        return value  # a number that is none: kept as it is written


def _value(into: dict[str, Any], name: str, element: Element, codelists: Codelists, depth: int) -> Any:
    if len(element) == 0:
        return _leaf(into, name, element, codelists)
    if depth > _DEEPEST:
        return None
    inner: dict[str, Any] = {}
    for child in element:
        own = local(child)
        if own in _LEFT_OUT or own.startswith("lod"):
            continue
        if own[:1].isupper():  # an object between the property and its own properties
            for below in child:
                if local(below) not in _LEFT_OUT and not local(below).startswith("lod"):
                    _put(inner, local(below), _value(inner, local(below), below, codelists, depth + 1))
        else:
            _put(inner, own, _value(inner, own, child, codelists, depth + 1))
    return inner


def _leaf(into: dict[str, Any], name: str, element: Element, codelists: Codelists) -> Any:
    text = text_of(element)
    space = attribute(element, "codeSpace") if len(element.attrib) else None
    if space and text:
        meaning = codelists.meaning(space, text)
        if meaning is not None:
            _put(into, f"{name}_code", text)
            return meaning
    if text and (name in _NUMBERS or name in _COUNTS or "uom" in element.attrib):
        try:
            return int(text) if name in _COUNTS else float(text)
        except ValueError:
            return text  # said to be unreadable where it is used
    return text


def _address(element: Element) -> str:
    """The words of an xAL address, from country to number, as they stand."""
    words = [text_of(part) for part in element.iter() if len(part) == 0 and local(part) not in ("pos", "posList")]
    return " ".join(word for word in words if word)
