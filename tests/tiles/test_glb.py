"""What is packed comes back: positions within the tolerance, ids, columns, and bytes where the rules want them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiles.village import KIND, village
from tiles.features import Features
from tiles.glb import MOST_FEATURES, SHADES, TOLERANCE_M, Look, linear_colour, pack
from tiles.metadata import Table, column_values, schema_of
from tiles.read import accessor, decode, split
from twin.entity import SEMANTICS
from twin.errors import InvalidValue, UnreadableSource
from twin.geo.planar import NOTHING, Surface, extrude, read_footprints, rings_of
from twin.kinds import Column

ANCHOR = (114.03, 22.65, 10.0)
SCHEMA = schema_of(KIND)


def surface_of(place: Features) -> Surface:
    shapes, _ = read_footprints(place.footprint)
    return extrude(rings_of(shapes), place.base_m, place.height_m, ANCHOR)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 100), st.sampled_from([0.0, 1e-3, 6e-3, 0.1, 1.0]))
def test_decoding_gives_back_what_was_packed(count: int, seed: int, spread: float) -> None:
    place = village(count, seed=seed, spread_deg=spread)
    surface = surface_of(place)
    packed = pack(surface, place.table, SCHEMA)
    decoded = decode(packed.glb)
    # half a step of quantisation; or what float32 can tell around the tile's own centre
    extent = float(np.ptp(surface.xyz, axis=0).max())
    allowed = (extent / 2 + 1) * 2.0**-24 if extent > 2 * TOLERANCE_M * 65_535 else extent / 65_535 / 2
    assert np.abs(decoded.xyz - surface.xyz).max() <= allowed * 1.001 + 1e-9
    assert allowed <= TOLERANCE_M * 1.001
    assert np.abs(decoded.normals - surface.normals).max() <= 0.5 / 127 + 1e-9
    assert (decoded.triangles == surface.triangles).all()
    assert (decoded.feature == surface.owner).all()
    assert decoded.xyz.min(axis=0) == pytest.approx(packed.low, abs=1e-6)
    assert decoded.xyz.max(axis=0) == pytest.approx(packed.high, abs=1e-6)
    assert decoded.columns["id"] == place.table.ids.tolist()
    assert decoded.columns["number"] == place.table.numbers.tolist()
    assert decoded.columns["use"] == place.table.columns["use"].tolist()
    assert decoded.columns["storeys"] == place.table.columns["storeys"].tolist()
    assert decoded.columns["height"] == place.table.columns["height"].tolist()
    assert decoded.columns["base"] == place.table.columns["base"].tolist()


def test_bytes_stand_where_the_rules_want_them() -> None:
    place = village(30)
    packed = pack(surface_of(place), place.table, SCHEMA)
    document, binary = split(packed.glb)
    assert (len(packed.glb) - len(binary)) % 8 == 0
    assert len(packed.glb) % 8 == 0
    assert all(view["byteOffset"] % 8 == 0 for view in document["bufferViews"])
    ids = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["_FEATURE_ID_0"]]
    assert (ids["componentType"], document["bufferViews"][ids["bufferView"]]["byteStride"]) == (5123, 4)
    assert document["extensionsRequired"] == ["KHR_mesh_quantization"]
    assert document["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"] == [
        {"featureCount": 30, "attribute": 0, "propertyTable": 0},
        {"featureCount": 2, "attribute": 1, "label": "surface", "propertyTable": 1},
    ]


def test_a_wide_tile_keeps_float32_and_a_small_one_is_quantised() -> None:
    kinds = []
    for spread in (0.004, 0.05):
        place = village(50, spread_deg=spread)
        document, _ = split(pack(surface_of(place), place.table, SCHEMA).glb)
        kinds.append(document["accessors"][0]["componentType"])
    assert kinds == [5123, 5126]


def test_many_vertices_get_wide_indices() -> None:
    place = village(3500)
    surface = surface_of(place)
    assert len(surface.xyz) > 65_535
    document, _ = split(pack(surface, place.table, SCHEMA).glb)
    assert document["accessors"][document["meshes"][0]["primitives"][0]["indices"]]["componentType"] == 5125


def test_nothing_to_draw_and_too_many_features_are_refused() -> None:
    place = village(3)
    with pytest.raises(InvalidValue, match="0 triangles"):
        pack(NOTHING, place.table, SCHEMA)
    many = Table(np.full(MOST_FEATURES + 1, "x", dtype=object), np.zeros(MOST_FEATURES + 1, dtype=np.uint32), {})
    with pytest.raises(InvalidValue, match="65535"):
        pack(surface_of(place), many, SCHEMA)


def test_a_column_without_a_word_is_left_out_and_reads_as_empty() -> None:
    place = village(2)
    table = Table(place.table.ids, place.table.numbers, place.table.columns | {"use": np.array(["", ""], dtype=object)})
    packed = pack(surface_of(place), table, SCHEMA)
    document, _ = split(packed.glb)
    assert "use" not in document["extensions"]["EXT_structural_metadata"]["propertyTables"][0]["properties"]
    assert decode(packed.glb).columns["use"] == ["", ""]


@pytest.mark.parametrize(
    ("kind", "values", "stored"),
    [
        ("float32", [1.5, None, float("nan"), "7", "tall", float("inf")], [1.5, 0, 0, 7, 0, 0]),
        ("uint16", [3, None, -1, 70_000, 2.6, "12"], [3, 0, 0, 0, 3, 12]),
        ("uint32", [4_000_000_000, None, -5], [4_000_000_000, 0, 0]),
        ("string", ["office", None, 12, ""], ["office", "", "12", ""]),
    ],
)
def test_unknown_or_unfit_values_are_nothing(kind: str, values: list, stored: list) -> None:
    assert column_values(Column("x", kind, "X"), values).tolist() == stored


def test_unknown_is_never_no_data() -> None:
    """CesiumJS reads noData as undefined, and `${height} > 20` over undefined ends its rendering."""
    for declared in SCHEMA["classes"]["building"]["properties"].values():
        assert "noData" not in declared


@pytest.mark.parametrize("cut", [0, 11, 25, -9])
def test_a_truncated_file_is_refused(cut: int) -> None:
    place = village(2)
    with pytest.raises(UnreadableSource):
        decode(pack(surface_of(place), place.table, SCHEMA).glb[:cut])


def test_colours_are_linear() -> None:
    assert linear_colour("#ffffff") == [1.0, 1.0, 1.0, 1.0]
    assert linear_colour("#808080")[0] == pytest.approx(0.2158, abs=1e-3)
    place = village(1)
    document, _ = split(pack(surface_of(place), place.table, SCHEMA, Look("#000000", double_sided=True)).glb)
    assert document["materials"][0]["doubleSided"]


def test_walls_and_roofs_can_be_told_apart() -> None:
    """By the class of their surface, the same number in every tile, and by their shade."""
    place = village(3)
    glb = pack(surface_of(place), place.table, SCHEMA).glb
    decoded = decode(glb)
    document, binary = split(glb)
    colours = accessor(document, binary, document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"])
    roof = decoded.normals[:, 2] > 0.5
    assert (decoded.part == np.where(roof, SEMANTICS.index("roof"), SEMANTICS.index("wall"))).all()
    assert (colours[~roof] == 1).all()
    assert (colours[roof, :3] < 0.9).all()
    assert (colours[:, 3] == 1).all()
    assert set(SHADES) <= set(SEMANTICS)
