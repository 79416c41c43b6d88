"""What is said of faults of rings and shells: which rule of val3dity is broken, how often, and what was done."""

from __future__ import annotations

from collections.abc import Iterator

from twin.ingest.meshing import Faults
from twin.issues import Severity


def rule(number: int) -> str:
    """How a rule is named in messages."""
    return f"val3dity {number}"


def fault_messages(faults: Faults, faces: int) -> Iterator[tuple[str, Severity, str]]:
    """(code, severity, message) for each kind of fault that a geometry of so many faces has."""
    if faults.repeated:
        message = f"{faults.repeated} points come twice in a row and were taken once ({rule(102)})"
        yield "geometry.repeated-point", Severity.REPAIRED, message
    if faults.astray:
        message = f"{faults.astray} of {faces} surfaces have a hole outside of their ring, now left out ({rule(206)})"
        yield "geometry.hole-outside", Severity.REPAIRED, message
    if faults.turned:
        broken = rule(405) if faults.turned == faces else rule(307)
        message = f"{faults.turned} of {faces} surfaces look inwards and were turned round ({broken})"
        yield "geometry.orientation", Severity.REPAIRED, message
    if faults.open:
        message = f"the solid is open along {faults.open} edges; it was kept as it is ({rule(302)})"
        yield "geometry.open-shell", Severity.NOTE, message
    if faults.crowded:
        message = f"{faults.crowded} edges belong to more than two surfaces; it was kept as it is ({rule(303)})"
        yield "geometry.not-manifold", Severity.NOTE, message
