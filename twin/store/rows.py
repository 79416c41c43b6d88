"""Entities to rows and back. Whatever cannot be stored as it is becomes an issue here, before it meets SQL."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
import shapely
from pydantic import ValidationError

from twin.entity import Entity
from twin.issues import Issue
from twin.kinds import BY_ID
from twin.store import meshes
from twin.types import Objects

_JSON = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LABELS = ("name", "title", "address", "code", "category")


class Refused(Exception):
    """Why one entity cannot be stored."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


Box = tuple[float, float, float, float] | tuple[None, None, None, None]
"""West, south, east, north of a footprint, degrees."""

NOWHERE: Box = (None, None, None, None)


class Version(NamedTuple):
    """One entity, ready to be written. `content`: the columns that make up what is known of it, in `CONTENT` order."""

    id: str
    kind: str
    box: Box
    content: tuple[Any, ...]
    meshes: dict[str, bytes]
    digest: bytes


CONTENT = (
    "kind", "parent", "footprint", "west", "south", "east", "north", "base_m", "height_m", "storeys", "storeys_below",
    "attributes", "label", "cim_level", "grid_code", "source", "valid_from", "valid_to", "has_mesh",
)  # fmt: skip


def to_versions(entities: Sequence[Entity], source: str) -> tuple[list[Version], list[Issue]]:
    """Check a batch and make rows of it; what cannot be stored comes back as issues."""
    footprints = _footprints(entities)
    versions, issues = [], []
    for entity, (wkb, box, fault) in zip(entities, footprints, strict=True):
        try:
            if fault:
                raise fault
            versions.append(_version(entity, wkb, box))
        except Refused as refused:
            issues.append(Issue(refused.code, f"{source} {_printable(entity.id)}", refused.message))
    return versions, issues


def _printable(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "?")[:200]


def _footprints(entities: Sequence[Entity]) -> list[tuple[bytes | None, Box, Refused | None]]:
    """Each footprint as 2D little-endian WKB with its box, or why it cannot be taken."""
    given = np.array([entity.footprint for entity in entities], dtype=object)
    with np.errstate(invalid="ignore"):  # coordinates that are not numbers are found out below
        return _checked(given, shapely.from_wkb(given, on_invalid="ignore"))


def _checked(given: Objects, shapes_3d: Objects) -> list[tuple[bytes | None, Box, Refused | None]]:
    shapes = shapely.force_2d(shapes_3d)
    boxes = shapely.bounds(shapes)
    on_earth = (np.abs(boxes[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(boxes[:, [1, 3]]) <= 90).all(axis=1)
    empty = shapely.is_empty(shapes)
    valid = shapely.is_valid(shapes)
    sound = valid & on_earth
    wkb = shapely.to_wkb(shapes, byte_order=1)
    sides = boxes.tolist()
    answers: list[tuple[bytes | None, Box, Refused | None]] = []
    for i, blob in enumerate(given):
        fault = None
        if blob is None:
            answers.append((None, NOWHERE, None))
            continue
        if sound[i]:
            answers.append((wkb[i], tuple(sides[i]), None))
            continue
        if shapes[i] is None:
            fault = Refused("geometry.broken-reference", "the footprint is not WKB")
        elif empty[i]:
            fault = Refused("geometry.empty", "the footprint is empty")
        elif not np.isfinite(boxes[i]).all() or (not valid[i] and "Invalid Coordinate" in _reason(shapes[i])):
            fault = Refused("geometry.not-finite", "a coordinate of the footprint is not a finite number")
        elif not on_earth[i]:
            fault = Refused("geometry.outside-earth", "the footprint is not in degrees of longitude and latitude")
        else:
            reason = _reason(shapes[i])
            rule = "too-few-points" if reason.startswith("Too few points") else "self-intersection"
            fault = Refused(f"geometry.{rule}", reason)
        answers.append((None, NOWHERE, fault))
    return answers


def _reason(shape: Any) -> str:
    return str(shapely.is_valid_reason(shape))


def _version(entity: Entity, wkb: bytes | None, box: Box) -> Version:
    _check(entity)
    attributes = _attributes(entity)
    text = orjson.dumps(attributes, option=_JSON)
    plain = {lod: meshes.plain(mesh) for lod, mesh in sorted(entity.meshes.items())}
    scalars = (
        entity.kind,
        entity.parent,
        _real(entity.base_m, "base_m"),
        _real(entity.height_m, "height_m"),
        _whole(entity.storeys, "storeys"),
        _whole(entity.storeys_below, "storeys_below"),
        _whole(entity.cim_level, "cim_level"),
        entity.grid_code,
        entity.source,
        _whole(entity.valid_from, "valid_from"),
        _whole(entity.valid_to, "valid_to"),
    )
    kind, parent, base, height, storeys, below, cim, grid_code, source, valid_from, valid_to = scalars
    content = (
        kind, parent, wkb, *box, base, height, storeys, below, text.decode(), _label(entity.id, attributes), cim,
        grid_code, source, valid_from, valid_to, bool(plain),
    )  # fmt: skip
    digest = _digest(scalars, wkb, text, plain)
    return Version(entity.id, kind, box, content, {lod: meshes.pack(body) for lod, body in plain.items()}, digest)


def _digest(scalars: tuple[Any, ...], wkb: bytes | None, attributes: bytes, plain: dict[str, bytes]) -> bytes:
    """16 bytes that stand for the content, whichever database holds it."""
    parts = [orjson.dumps(scalars), wkb or b"", attributes]
    for lod, body in plain.items():
        parts += [lod.encode(), body]
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def _check(entity: Entity) -> None:
    if not entity.id:
        raise Refused("id.missing", "the entity has no id")
    for name in ("id", "kind", "parent", "grid_code", "source"):
        value = getattr(entity, name)
        if value is not None and not (isinstance(value, str) and _storable(value)):
            raise Refused("attribute.invalid", f"{name} is not a text that can be stored")
    if entity.kind not in BY_ID:
        raise Refused("object.unsupported", f"there is no kind {_printable(entity.kind)!r}")
    if entity.parent == entity.id:
        raise Refused("attribute.invalid", "an entity cannot be its own parent")
    if entity.height_m is not None and entity.height_m < 0:
        raise Refused("height.negative", f"the height is {entity.height_m} m")
    if entity.valid_from is not None and entity.valid_to is not None and entity.valid_to <= entity.valid_from:
        raise Refused("attribute.invalid", "valid_to is not after valid_from")
    for mesh in entity.meshes.values():
        fault = meshes.mesh_fault(mesh)
        if fault:
            raise Refused("geometry.broken-reference", fault)


def _storable(value: str) -> bool:
    """Neither database keeps a NUL in a text, and half a surrogate pair is no text at all."""
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _attributes(entity: Entity) -> dict[str, Any]:
    """The attributes as their kind's model reads them; names without a value are left out."""
    try:
        model = BY_ID[entity.kind].attributes.model_validate(entity.attributes)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Refused("attribute.invalid", f"{where}: {first['msg']}") from error
    attributes = model.model_dump(exclude_none=True, exclude_unset=True)
    try:
        text = orjson.dumps(attributes, option=_JSON)
    except orjson.JSONEncodeError as error:
        raise Refused("attribute.invalid", f"the attributes cannot be written as JSON: {error}") from error
    if b"\\u0000" in text and _NUL.search(text):
        raise Refused("attribute.invalid", "an attribute holds a NUL character")
    return attributes


def _label(id_: str, attributes: dict[str, Any]) -> str:
    words = [id_, *(str(attributes[name]) for name in _LABELS if attributes.get(name))]
    return " ".join(words).casefold()


def _real(value: Any, name: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise Refused("attribute.invalid", f"{name} is not a number") from error
    if not math.isfinite(number):
        raise Refused("geometry.not-finite", f"{name} is not a finite number")
    return number


def _whole(value: Any, name: str) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused("attribute.invalid", f"{name} is not a whole number") from error
    limit = 1 << (62 if name.startswith("valid") else 31)
    if number != value or not -limit <= number < limit:
        raise Refused("attribute.invalid", f"{name} is not a whole number in range")
    return number


READ = (
    "number", "id", "kind", "parent", "footprint", "base_m", "height_m", "storeys", "storeys_below", "attributes",
    "cim_level", "grid_code", "source", "valid_from", "valid_to",
)  # fmt: skip
"""What `to_entity` takes, in this order."""


def to_entity(row: Sequence[Any]) -> Entity:
    """A row of the columns in `READ` (the footprint as WKB) to an entity without meshes."""
    (
        _, id_, kind, parent, footprint, base, height, storeys, below, attributes, cim, grid_code, source, valid_from,
        valid_to,
    ) = row  # fmt: skip
    return Entity(
        id=id_, kind=kind, parent=parent, footprint=None if footprint is None else bytes(footprint), base_m=base,
        height_m=height, storeys=storeys, storeys_below=below, attributes=orjson.loads(attributes), cim_level=cim,
        grid_code=grid_code, source=source, valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
