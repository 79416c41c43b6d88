"""What is wrong with a rule, as one clear line: the file or rule, the field, the reason, the way out."""

from __future__ import annotations

from pydantic import ValidationError

from twin.errors import InvalidValue


def fault(error: ValidationError, thing: str, way_out: str, *, field: str = "field") -> InvalidValue:
    """The first fault that a model found; how many more there are is said."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    first = faults[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("[key]", "function-after"))
    reason = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        reason = "there is no such field"
    elif first["type"] == "missing":
        reason = "it is missing"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return InvalidValue(f"{thing}, {field} {where}" if where else thing, f"{reason}{more}", way_out)
