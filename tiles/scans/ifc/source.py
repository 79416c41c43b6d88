"""Opening an IFC file: whole, readable, or refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ifcopenshell

from twin.errors import EmptySource, UnreadableSource

File = Any
"""An `ifcopenshell.file`, which has no types."""

_END = b"END-ISO-10303-21"
_TAIL = 4096  # bytes in which the end has to be: some programs write comments after it


def open_ifc(path: Path) -> File:
    """The file. Raises `UnreadableSource`, and `EmptySource` for one without a project."""
    way_out = "Give an IFC file as text (IFC-SPF), whole"
    try:
        head, tail = _ends(path)
    except OSError as error:
        raise UnreadableSource(str(path), error.strerror or str(error), way_out) from error
    if not head.lstrip().startswith(b"ISO-10303-21"):
        raise UnreadableSource(str(path), "it is no IFC file as text", way_out)
    if _END not in tail:
        raise UnreadableSource(str(path), "it is cut off: its end is missing", "Copy or export it again")
    try:
        model = ifcopenshell.open(str(path))
    except (ifcopenshell.Error, RuntimeError, ValueError) as error:
        reason = (str(error).splitlines() or ["it cannot be read"])[0][:100]
        raise UnreadableSource(str(path), reason, way_out) from error
    if not model.by_type("IfcProject"):
        raise EmptySource(str(path), "it has no IfcProject", "Give a whole model")
    return model


def _ends(path: Path) -> tuple[bytes, bytes]:
    with open(path, "rb") as file:
        head = file.read(_TAIL)
        file.seek(max(0, file.seek(0, 2) - _TAIL))
        return head, file.read()
