"""Images on tiles: what a client shows at a spot of a wall is what the source's image has there."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import tiles.atlas
from tests.tiles.test_build import block
from tests.tiles.test_validator import reports
from tests.tiles.village import KIND, made, village
from tiles import build_layer, layer_kind
from tiles.atlas import FORMS, TEXELS, atlas_of
from tiles.build import build_features
from tiles.check import check_layer
from tiles.features import Features
from tiles.follow import Follower
from tiles.gather import gather
from tiles.layer import Layer
from tiles.read import Decoded, decode
from tiles.solids import mesh_surface
from twin.entity import Entity, Mesh, Picture, Skin
from twin.store import SourceInfo, Store
from twin.store.pictures import FOLDER, picture_name

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
CELLS = 4


def chequered(seed: int, cell: int = 32, form: str = "PNG", alpha: int = 255) -> bytes:
    """An image of 4 by 4 cells, each of one colour."""
    colours = np.random.default_rng(seed).integers(0, 256, (CELLS, CELLS, 4), dtype=np.uint8)
    colours[..., 3] = alpha
    image = Image.fromarray(np.kron(colours, np.ones((cell, cell, 1), dtype=np.uint8)), "RGBA")
    data = BytesIO()
    (image if form == "PNG" else image.convert("RGB")).save(data, form)
    return data.getvalue()


def picture(data: bytes) -> Picture:
    with Image.open(BytesIO(data)) as image:
        return Picture(picture_name(data), *image.size, lambda: data)


def painted(mesh: Mesh, pictures: list[Picture], chosen: np.ndarray, uv: np.ndarray) -> Mesh:
    skin = Skin(tuple(pictures), chosen.astype(np.int32), uv.astype(np.float32))
    return Mesh(mesh.anchor, mesh.xyz, mesh.triangles, mesh.semantics, skin)


def cube(pictures: list[Picture], *, tall: float = 12.0) -> Mesh:
    """A body whose sides each show a whole image, one after the other; its ground shows none."""
    mesh = block(5.0, tall)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1]], dtype=np.float32).reshape(2, 3, 2)
    chosen = np.repeat([-1, *(side % len(pictures) for side in range(5))], 2)
    return painted(mesh, pictures, chosen, np.tile(square, (6, 1, 1)))


def pixel(image: Image.Image, uv: np.ndarray) -> np.ndarray:
    """The texel under a place of an atlas."""
    x, y = int(uv[0] * image.width), int(uv[1] * image.height)
    return np.array(image.getpixel((min(x, image.width - 1), min(y, image.height - 1))), dtype=float)[:3]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 6), st.floats(0.1, 6)), min_size=1, max_size=5
    ),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1_000_000, 60_000]),
    st.sampled_from(["wrap", "mirror", "clamp", "none", "#102030"]),
)
def test_every_spot_shows_what_the_source_shows(
    corners: list[tuple[float, float, float, float]], seed: int, texels: int, beyond: str
) -> None:
    """Anywhere in an image and beyond its edges: the plain reference reads the source's image itself."""
    data = chequered(seed % 7)
    source = Image.open(BytesIO(data))
    rng = np.random.default_rng(seed)
    xyz = np.array([[0, 0, 0], [20, 0, 0], [20, 0, 20]], dtype=np.float32)
    mesh = Mesh((114.0, 22.0, 0.0), xyz, np.array([[0, 1, 2]], dtype=np.uint32), np.zeros(1, dtype=np.uint8))
    album: dict[Picture, int] = {}
    surfaces, places = [], []
    for owner, (u, v, wide, high) in enumerate(corners):
        uv = np.array([[[u, v], [u + wide, v], [u + wide, v + high]]])
        surfaces.append(
            mesh_surface(
                painted(mesh, [replace(picture(data), beyond=beyond)], np.zeros(1), uv),
                owner,
                (114.0, 22.0, 0.0),
                album,
            )
        )
        places.append(uv[0])
    surface = tiles.atlas.Surface(
        *(np.concatenate([getattr(one, name) for one in surfaces]) for name in ("xyz", "normals")),
        np.arange(3 * len(corners)).reshape(-1, 3),
        *(np.concatenate([getattr(one, name) for one in surfaces]) for name in ("owner", "part", "picture", "uv")),
    )
    atlas = atlas_of(surface, album, texels, "#405060")
    assert atlas is not None
    assert atlas.mime == "image/jpeg"
    shown = Image.open(BytesIO(atlas.data))
    assert shown.width * shown.height <= texels
    for owner, uv in enumerate(places):
        for weights in rng.dirichlet((1, 1, 1), 12):
            u, v = weights @ uv
            inside = np.array([u * CELLS % 1, v * CELLS % 1])
            per_cell = texels_a_cell(atlas.uv[3 * owner : 3 * owner + 3], uv, shown)
            if (np.minimum(inside, 1 - inside) * per_cell).min() < 3:
                continue  # too near to the rim of a cell for its size: between two colours
            expected = shown_at(source, u, v, beyond)
            found = pixel(shown, weights @ atlas.uv[3 * owner : 3 * owner + 3])
            assert np.abs(found - expected).max() < 40, (u, v)


def shown_at(source: Image.Image, u: float, v: float, beyond: str) -> np.ndarray:
    """What an image shows at a place, by the words of CityGML."""
    if (beyond == "none" or beyond.startswith("#")) and not (0 <= u <= 1 and 0 <= v <= 1):
        return np.array([0x40, 0x50, 0x60] if beyond == "none" else [0x10, 0x20, 0x30])
    if beyond == "mirror":
        u, v = (at % 1 if int(np.floor(at)) % 2 == 0 else 1 - at % 1 for at in (u, v))
    elif beyond == "wrap":
        u, v = u % 1, v % 1
    x, y = min(max(u, 0), 1) * source.width, (1 - min(max(v, 0), 1)) * source.height
    return np.array(source.getpixel((min(int(x), source.width - 1), min(int(y), source.height - 1)))[:3])


def texels_a_cell(atlas: np.ndarray, uv: np.ndarray, image: Image.Image) -> np.ndarray:
    size = np.ptp(atlas, axis=0) * (image.width, image.height)
    return size / np.ptp(uv, axis=0) / CELLS


def street(count: int) -> Features:
    place = village(count)
    return made(place.table, place.footprint, place.base_m, place.height_m, np.ones(count, dtype=bool))


def build(folder: Path, meshes: dict[str, dict[str, Mesh]], count: int, **more: object) -> tuple[Path, object]:
    report = build_features(street(count), KIND, folder, meshes=lambda ids: ((id_, meshes[id_]) for id_ in ids), **more)
    return folder / "building", report


def contents(layer: Path) -> list[Decoded]:
    """The coarse one first."""
    return [decode(path.read_bytes()) for path in sorted(layer.glob("*.glb"), key=lambda path: path.stem)]


def test_a_textured_tile_is_valid_and_plain_triangles_keep_their_colour(tmp_path: Path) -> None:
    pictures = [picture(chequered(1)), picture(chequered(2, form="JPEG"))]
    layer, report = build(tmp_path, {f"b{i}": {"2": cube(pictures)} for i in range(6)}, 6)
    assert report.issues == []
    assert check_layer(layer, expected={f"b{i}" for i in range(6)}) == []
    assert [one for one in reports(layer) if one["errors"] or one["warnings"]] == []
    coarse, fine = contents(layer)
    assert coarse.image is None
    assert fine.image is not None
    assert fine.uv is not None
    material = fine.document["materials"][0]["pbrMetallicRoughness"]
    assert material["baseColorFactor"] == [1, 1, 1, 1]
    atlas = Image.open(BytesIO(fine.image)).convert("RGB")
    plain = (fine.uv == fine.uv[0]).all(axis=1)
    assert plain.sum() >= 36, "the grounds of six cubes"
    assert pixel(atlas, fine.uv[plain][0]) == pytest.approx([255, 255, 255], abs=6)


def test_images_are_read_once_a_tile_and_scaled_to_the_budget(tmp_path: Path) -> None:
    read = []
    data = [chequered(n, cell=256) for n in range(3)]

    def counted(n: int) -> Picture:
        return Picture(picture_name(data[n]), 1024, 1024, lambda: read.append(n) or data[n])

    meshes = {f"b{i}": {"2": cube([counted(n) for n in range(3)])} for i in range(12)}
    layer, _ = build(tmp_path, meshes, 12)
    assert sorted(read) == [0, 1, 2]
    _, fine = contents(layer)
    assert Image.open(BytesIO(fine.image)).size <= (2048, 2048)
    build_features(
        street(12), KIND, tmp_path / "small", meshes=lambda ids: ((id_, meshes[id_]) for id_ in ids),
        source=tiles.build.Source(tiles.ledger.Moment(1), texels=65_536),
    )  # fmt: skip
    _, fine = contents(tmp_path / "small" / "building")
    width, height = Image.open(BytesIO(fine.image)).size
    assert 20_000 < width * height <= 65_536
    assert Layer(tmp_path / "small" / "building").about.texels == 65_536
    assert Layer(layer).about.texels == TEXELS


@pytest.mark.parametrize("alpha", [255, 0])
def test_webp_is_smaller_and_shows_the_same(tmp_path: Path, alpha: int) -> None:
    """A photograph-like image, and one with holes: both files against what was painted."""
    rng = np.random.default_rng(2)
    colours = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)).resize((512, 512), Image.BICUBIC)
    photo = np.asarray(colours, dtype=np.int16) + rng.integers(-1, 2, (512, 512, 1))
    pixels = np.dstack((np.clip(photo, 0, 255).astype(np.uint8), np.full((512, 512), 255, dtype=np.uint8)))
    pixels[:64, :64, 3] = alpha
    data = BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    house, off, sizes = {"2": cube([picture(data.getvalue())])}, {}, {}
    for form in FORMS:
        source = tiles.build.Source(tiles.ledger.Moment(1), images=form)
        build_features(street(1), KIND, tmp_path / form, meshes=lambda ids: ((i, house) for i in ids), source=source)
        layer = tmp_path / form / "building"
        assert check_layer(layer) == []
        fine = contents(layer)[-1]
        shown = np.asarray(Image.open(BytesIO(fine.image)).convert("RGB"), dtype=np.int16)[6:506, 6:506]
        off[form], sizes[form] = shown, len(fine.image)
        assert ("alphaMode" in fine.document["materials"][0]) == (alpha == 0)
    assert [one for one in reports(tmp_path / "webp") if one["errors"] or one["warnings"]] == []
    assert sizes["webp"] < 0.9 * sizes["jpeg"]
    assert np.abs(off["webp"] - off["jpeg"]).mean() < 3


def test_holes_are_cut_out(tmp_path: Path) -> None:
    layer, _ = build(tmp_path, {"b0": {"2": cube([picture(chequered(3, alpha=0))])}}, 1)
    fine = contents(layer)[-1]
    assert fine.document["materials"][0]["alphaMode"] == "MASK"
    assert fine.document["images"][0]["mimeType"] == "image/png"
    assert [one for one in reports(layer) if one["errors"] or one["warnings"]] == []
    half, _ = build(tmp_path / "half", {"b0": {"2": cube([picture(chequered(3, alpha=200))])}}, 1)
    assert contents(half)[-1].document["images"][0]["mimeType"] == "image/jpeg"


def test_an_image_that_breaks_off_is_named_and_the_rest_stands(tmp_path: Path) -> None:
    good, bad = picture(chequered(1)), picture(chequered(2))
    data = bad.read()
    bad = Picture(bad.name, bad.width, bad.height, lambda: data[: len(data) // 3])
    gone = Picture("0" * 32, 64, 64, lambda: Path("/nowhere").read_bytes())
    meshes = {"b0": {"2": cube([good])}, "b1": {"2": cube([bad])}, "b2": {"2": cube([gone, good])}}
    layer, report = build(tmp_path, meshes, 3)
    assert {(issue.code, issue.path) for issue in report.issues} == {
        ("texture.unreadable", "b1"), ("texture.unreadable", "b2"),
    }  # fmt: skip
    assert check_layer(layer, expected={"b0", "b1", "b2"}) == []
    fine = contents(layer)[-1]
    spots = {id_: np.unique(fine.uv[fine.feature == i], axis=0) for i, id_ in enumerate(fine.columns["id"])}
    assert len(spots["b1"]) == 1, "nothing but the white square"
    assert len(spots["b2"]) > 2


def test_a_broken_image_in_a_tile_is_found(tmp_path: Path) -> None:
    layer, _ = build(tmp_path, {"b0": {"2": cube([picture(chequered(1))])}}, 1)
    path = layer / "0+1.glb"
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data.replace(decode(data).image[:40], b"\0" * 40))
    assert {issue.code for issue in check_layer(layer)} == {"tiles.image", "tiles.plain", "tiles.twin"}


def entity(n: int, pictures: list[Picture], tall: float = 12.0) -> Entity:
    return Entity(f"b{n}", "building", meshes={"2": cube(pictures, tall=tall), "1": block(5.0)})


def test_images_come_out_of_the_store_also_for_edits(tmp_path: Path) -> None:
    one, other = picture(chequered(1)), picture(chequered(2))
    kind = layer_kind("building")
    with Store.create(tmp_path / "twin", name="t") as store:
        store.write([entity(0, [one]), entity(1, [one])], source=SOURCE)
        layer = store.folder / "tiles" / "building"
        build_layer(store, "building", store.folder / "tiles", texels=200_000, images="webp")
        assert len([path for path in (store.folder / FOLDER).glob("*/*") if path.is_file()]) == 1
        follower = Follower(store, layer)
        before = contents(layer)[-1].image
        store.write([entity(1, [other], 15.0)], source=SOURCE)
        assert follower.update() is not None
        assert contents(layer)[-1].image != before
        gathered = gather(store, kind)
        assert check_layer(layer, expected=gathered.features) == []
        fresh = build_features(
            gathered.features, kind, tmp_path / "fresh", meshes=gathered.meshes, anchor=Layer(layer).about.anchor,
            source=tiles.build.Source(tiles.ledger.Moment(1), texels=200_000, images="webp"),
        )  # fmt: skip
        assert fresh.issues == []
        build_layer(store, "building", store.folder / "tiles")
        assert contents(layer)[-1].image[8:12] == b"WEBP", "it stays with the layer"
        named = sorted(path.name for path in layer.glob("*.glb"))
        assert named == sorted(path.name for path in (tmp_path / "fresh" / "building").glob("*.glb"))
        for name in named:
            assert (layer / name).read_bytes() == (tmp_path / "fresh" / "building" / name).read_bytes()
