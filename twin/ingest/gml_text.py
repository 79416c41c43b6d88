"""Names and numbers in GML: local names whatever the namespace, attributes by local name, coordinate text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Element = Any
"""An lxml element; lxml has no types."""


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]


def local(element: Element) -> str:
    """An element's name without namespace or prefix; a prefix that nobody declared is dropped as well."""
    return _local(element.tag)


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its local name, such as `id` or `href`."""
    for key, value in element.attrib.items():
        if _local(key) == name:
            return str(value)
    return None


def text_of(element: Element) -> str:
    """Its text without the blanks round it."""
    return (element.text or "").strip()


def only_child(element: Element) -> Element | None:
    """Its first child, if any."""
    return next(iter(element), None)


def child_named(element: Element, name: str) -> Element | None:
    """Its first child of a local name."""
    return next((child for child in element if local(child) == name), None)


def coordinate_tokens(element: Element) -> list[str]:
    """The numbers of a GML 2 `coordinates` element, whatever its separators, as posList has them."""
    text = element.text or ""
    between_tuples = element.get("ts", " ")
    between_numbers = element.get("cs", ",")
    decimal = element.get("decimal", ".")
    for sign in (between_tuples, between_numbers):
        if sign != decimal:
            text = text.replace(sign, " ")
    return text.replace(decimal, ".").split()
