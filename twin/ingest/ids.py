"""Entity ids made from a source's own: unique in the twin, the same at every import."""

from __future__ import annotations

import re

_PLAIN_NUMBER = re.compile(r"-?\d+")
_LONGEST = 200


def entity_id(own: str, stem: str) -> str:
    """A source's id as an entity id; `stem` goes before a plain number or very short id, unique only in its file."""
    plain = _PLAIN_NUMBER.fullmatch(own) or len(own) < 5
    return tidy(f"{stem}:{own}" if plain else own)


def tidy(name: str) -> str:
    """Without what an address or a datastream's name could not carry."""
    return re.sub(r"[/\s?#%]+", "_", name.strip())[:_LONGEST]
