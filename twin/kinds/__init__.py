"""All kinds. To add one: a file beside this one and a line in `KINDS` (`docs/adding-a-kind.md`)."""

from __future__ import annotations

from twin.kinds import building
from twin.kinds.base import Attributes, Column, Kind

KINDS: tuple[Kind, ...] = (building.KIND,)

BY_ID: dict[str, Kind] = {kind.id: kind for kind in KINDS}

__all__ = ["BY_ID", "KINDS", "Attributes", "Column", "Kind"]
