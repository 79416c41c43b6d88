"""One small tile as text: whoever changes what is written sees it here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
from shapely import Polygon, box

from tests.tiles.test_build import contents
from tests.tiles.village import KIND, features
from tiles.build import build_features
from tiles.read import Decoded, decode

GOLDEN = Path(__file__).parent / "golden" / "two_buildings.txt"


def as_text(decoded: Decoded, root: dict[str, object]) -> str:
    """The tile, its features and every triangle, metres to the centimetre."""
    document = {name: decoded.document[name] for name in ("extensionsUsed", "extensionsRequired", "nodes", "materials")}
    document["schema"] = decoded.document["extensions"]["EXT_structural_metadata"]["schema"]
    lines = ["# root", orjson.dumps(root, option=orjson.OPT_INDENT_2).decode()]
    lines += ["# glTF", orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(), "# features"]
    for row in range(len(decoded.columns["id"])):
        lines.append(" ".join(f"{name}={values[row]!r}" for name, values in decoded.columns.items()))
    lines.append("# triangles: feature, normal, corners east north up")
    for triangle in decoded.triangles:
        normal = np.round(decoded.normals[triangle[0]], 2) + 0.0
        corners = np.round(decoded.xyz[triangle], 2) + 0.0
        points = "  ".join(" ".join(f"{value:.2f}" for value in point) for point in corners)
        lines.append(f"{decoded.feature[triangle[0]]} [{' '.join(f'{value:.2f}' for value in normal)}] {points}")
    return "\n".join(lines) + "\n"


def test_a_tile_of_two_buildings(tmp_path: Path) -> None:
    house = box(114.03, 22.65, 114.0301, 22.6501)
    ell = Polygon([(114.031, 22.65), (114.0312, 22.65), (114.0312, 22.6501), (114.0311, 22.6501), (114.0311, 22.6502), (114.031, 22.6502)])  # fmt: skip  # noqa: E501
    place = features([house, ell], np.array([12.0, 12.5]), np.array([9.0, 30.0]), use=["住宅", ""], storeys=[3, 10])
    build_features(place, KIND, tmp_path)
    tileset = orjson.loads((tmp_path / "building" / "tileset.json").read_bytes())
    root = tileset["root"]
    root["transform"] = [round(number, 6) for number in root["transform"]]
    written = as_text(decode(contents(tmp_path / "building")["0.glb"]), root)
    assert written == GOLDEN.read_text(encoding="utf-8")
