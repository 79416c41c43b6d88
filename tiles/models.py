"""The glTF models that landmarks show: kept in the twin by the hash of their bytes, each looked through before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiles.contents import content_hash, write_file
from tiles.plain import bounds
from tiles.read import split
from tiles.write import folder_error
from twin.errors import NotFound, UnreadableSource
from twin.types import F64

FOLDER = "models"
"""Of the twin, beside `tiles`."""

READ_BY_PAGES = frozenset(
    {
        "EXT_mesh_features", "EXT_mesh_gpu_instancing", "EXT_meshopt_compression", "EXT_structural_metadata",
        "EXT_texture_webp", "KHR_draco_mesh_compression", "KHR_materials_pbrSpecularGlossiness", "KHR_materials_unlit",
        "KHR_mesh_quantization", "KHR_meshopt_compression", "KHR_texture_basisu", "KHR_texture_transform",
    }
)  # fmt: skip
"""Extensions that a model may *need*; others may be in it as long as it can be shown without."""

_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model. `low` and `high` are (3,) in its own units, z up: x to its right, y to its far side (-z in glTF)."""

    name: str
    low: F64
    high: F64


def read_model(data: bytes, thing: str) -> Model:
    """Look through the bytes of a GLB. `UnreadableSource`, named `thing`, for what pages could not show."""
    try:
        low, high = bounds(data)
    except UnreadableSource as error:
        raise UnreadableSource(thing, error.reason, error.way_out) from error
    document, _ = split(data)
    outside = [one["uri"] for kind in ("buffers", "images") for one in document.get(kind, []) if _leads_out(one)]
    if outside:
        reason = f"it needs files beside it: {', '.join(outside[:3])}"
        raise UnreadableSource(thing, reason, "Export it as one GLB with everything inside")
    unknown = sorted(set(document.get("extensionsRequired", [])) - READ_BY_PAGES)
    if unknown:
        raise UnreadableSource(thing, f"it needs {', '.join(unknown)}, which pages do not read", "Export it without")
    return Model(content_hash(data), low, high)


def _leads_out(one: dict[str, Any]) -> bool:
    return "uri" in one and not one["uri"].startswith("data:")


def keep_model(twin: Path, file: Path) -> Model:
    """Look through a GLB file and keep it in a twin's folder. Raises `UnreadableSource`, `DiskFull` and the like."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableSource(str(file), error.strerror or str(error), "Give a GLB file") from error
    if not data.startswith(b"glTF"):
        reason = "it is glTF as text" if data.lstrip()[:1] == b"{" else "it is no binary glTF"
        raise UnreadableSource(str(file), reason, "Export it as GLB: one file with everything inside")
    model = read_model(data, str(file))
    try:
        (twin / FOLDER).mkdir(exist_ok=True)
        write_file(model_path(twin, model.name), data)
    except OSError as error:
        raise folder_error(twin / FOLDER, error) from error
    return model


def model_path(twin: Path, name: str) -> Path:
    """Where a model is kept. `NotFound` for what cannot be a model's name."""
    if not _NAME.fullmatch(name):
        raise NotFound(f"model {name}", "there is no such model")
    return twin / FOLDER / f"{name}.glb"


def kept_model(twin: Path, name: str) -> Model | None:
    """A model that is kept; None where its file is gone or broken."""
    try:
        return read_model(model_path(twin, name).read_bytes(), name)
    except (OSError, NotFound, UnreadableSource):
        return None
