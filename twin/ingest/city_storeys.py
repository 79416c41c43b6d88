"""Levels of storeys that do not say theirs: by their order in height."""

from __future__ import annotations

from dataclasses import replace

from twin.entity import Entity
from twin.issues import Issue, Severity


def stated_level(entity: Entity) -> int | None:
    """The level that a storey or unit states: 1 is the ground storey, -1 the first basement; 0 is no level."""
    try:
        level = int(str(entity.attributes.get("level", "")).strip())
    except ValueError:
        return None
    return level or None


def level_by_height(storeys: list[Entity], below: int) -> list[tuple[Entity, Issue | None]]:
    """Storeys of one building with their levels, in the order given.

    below  how many basements the building has
    Where any of them does not state its level, all are numbered from the lowest up, and the note says so.
    """
    if all(stated_level(storey) for storey in storeys):
        return [(_at(storey, stated_level(storey) or 1), None) for storey in storeys]
    upward = sorted(storeys, key=lambda storey: (storey.base_m is None, storey.base_m or 0.0, storey.id))
    rank = {storey.id: at for at, storey in enumerate(upward)}
    answer: list[tuple[Entity, Issue | None]] = []
    for storey in storeys:
        level = rank[storey.id] - below
        level += level >= 0
        message = f"it does not say which level it is: by its height it is level {level}"
        answer.append((_at(storey, level), Issue("attribute.unreadable", storey.id, message, Severity.NOTE)))
    return answer


def _at(storey: Entity, level: int) -> Entity:
    return replace(storey, attributes={**storey.attributes, "level": level})
