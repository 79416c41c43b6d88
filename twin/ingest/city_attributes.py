"""Attributes of city objects in our kinds' names; what is left keeps the source's own name."""

from __future__ import annotations

import math
import re
from typing import Any, get_args

from pydantic import ValidationError

from twin.ingest.cityobject import SAME_NAME, CityObject
from twin.ingest.reference import SENTINEL_BELOW_M
from twin.issues import Issue, Severity
from twin.kinds import BY_ID

ROOF_FORMS = {
    "1000": "flat", "1010": "monopitch", "1020": "dual pent", "1030": "gabled", "1040": "hipped",
    "1050": "half-hipped", "1060": "mansard", "1070": "pavilion", "1080": "cone", "1090": "cupola", "1100": "shed",
    "1110": "arch", "1120": "pyramidal broach", "1130": "combination",
    "2100": "monopitch", "2200": "dual pent", "3100": "gabled", "3200": "hipped", "3300": "half-hipped",
    "3400": "mansard", "3500": "pavilion", "3600": "cone", "3700": "cupola", "3800": "shed", "3900": "arch",
    "5000": "combination",
}  # fmt: skip
"""The roof types of CityGML's own code list and of the German cadastre's; others are kept as they come."""

STOREY_M = 3.0
"""Height of a storey where nothing better is known."""

_MANY_STOREYS = 250
_SENTINELS = (9999, -9999)


def tidy(thing: CityObject) -> tuple[dict[str, Any], list[Issue]]:
    """The attributes of an entity of this object's kind, and what is wrong with them."""
    raw, issues = thing.attributes, list[Issue]()
    out = {name: value for name, value in raw.items() if value is not None and value != ""}
    if thing.type not in SAME_NAME:
        out.setdefault("object_type", thing.type)
    measured = height_of(thing, "measuredHeight", issues)
    if measured is None:
        out.pop("measuredHeight", None)
    else:
        out["measuredHeight"] = measured
    if thing.kind in ("building", "building_part"):
        _building(thing, out, issues)
    elif thing.kind == "road" and (road_class := out.get("function") or out.get("class")):
        out.setdefault("road_class", one_line(road_class))
    return _declared(thing, out, issues), issues


def _declared(thing: CityObject, out: dict[str, Any], issues: list[Issue]) -> dict[str, Any]:
    """The attributes with those that the kind declares brought to its types; what cannot be is left out."""
    model = BY_ID[thing.kind].attributes
    own = {name: out[name] for name in model.model_fields if name in out}
    for name, value in own.items():
        if str in get_args(model.model_fields[name].annotation):
            own[name] = out[name] = one_line(value)
    try:
        model.model_validate(own)
    except ValidationError as error:
        for wrong in {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}:
            value = out.pop(wrong, None)
            if value is not None:
                issues.append(_note("attribute.unreadable", thing, f"{wrong} {str(value)[:40]!r} cannot be read"))
    return out


def _building(thing: CityObject, out: dict[str, Any], issues: list[Issue]) -> None:
    use = out.get("usage") or out.get("function")
    if use is not None:
        out.setdefault("use", one_line(use))
    form = out.get("roofType")
    if form is not None:
        out.setdefault("roof_form", ROOF_FORMS.get(one_line(form), one_line(form)))
    built = out.get("yearOfConstruction")
    if built is not None and "year" not in out:
        digits = re.match(r"\s*(\d{4})\b", str(built))
        if digits:
            out["year"] = int(digits[1])
        elif _number(built) not in _SENTINELS:
            issues.append(_note("attribute.unreadable", thing, f"yearOfConstruction {str(built)[:40]!r} is no year"))


def storeys_of(thing: CityObject, name: str, issues: list[Issue]) -> int | None:
    """A count of storeys; 9999 and its kin stand for 'not known'."""
    value = thing.attributes.get(name)
    if value is None or value == "":
        return None
    number = _number(value)
    if number in _SENTINELS:
        return None
    if number is None or number != int(number) or not 0 <= number <= _MANY_STOREYS:
        issues.append(_note("attribute.unreadable", thing, f"{name} {str(value)[:40]!r} is no count of storeys"))
        return None
    return int(number)


def height_of(thing: CityObject, name: str, issues: list[Issue]) -> float | None:
    """A height above ground in metres; -9999 stands for 'not known' and is left out."""
    value = thing.attributes.get(name)
    if isinstance(value, dict):  # CityJSON extensions write {"value": 3.2, "uom": "m"}
        value = value.get("value")
    if value is None or value == "":
        return None
    number = _number(value)
    if number is None:
        issues.append(_note("attribute.unreadable", thing, f"{name} {str(value)[:40]!r} is no number"))
    elif number <= SENTINEL_BELOW_M or number == 9999:
        issues.append(_note("height.sentinel", thing, f"{name} {number:g} stands for 'not known' and was left out"))
    elif number < 0:
        issues.append(_note("height.negative", thing, f"{name} is {number:g} m; it was left out"))
    else:
        return number
    return None


def one_line(value: Any) -> str:
    """Any attribute value as text: lists joined, the parts of an address in their order."""
    if isinstance(value, dict):
        return " ".join(filter(None, (one_line(part) for part in value.values())))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (one_line(part) for part in value)))
    return "" if value is None else " ".join(str(value).split())


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _note(code: str, thing: CityObject, message: str) -> Issue:
    return Issue(code, thing.path, message, Severity.NOTE)
