"""Textures on the way in: every corner keeps its place in its image; what cannot be shown is named at its object."""

from __future__ import annotations

import itertools
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.twin.ingest.city_samples import BOX, FACES, TYPES, X, Y, citygml, cityjson, solid, split, wrap
from twin.entity import Entity, Mesh, Picture
from twin.geo.mesh import pack
from twin.ingest import citygml as gml_reader
from twin.ingest import cityjson as json_reader
from twin.ingest.cityobject import Geometry
from twin.ingest.meshing import make_meshes
from twin.ingest.paint import Paint
from twin.ingest.run import dry_run, run_import
from twin.ingest.source import Options, Source
from twin.issues import Issue, Severity
from twin.store import SourceInfo, Store
from twin.store.pictures import FOLDER, picture_path

APP = 'xmlns:app="http://www.opengis.net/citygml/appearance/2.0"'
SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
BARE = 5
"""The face that has no image."""


def image(width: int = 8, height: int = 4, form: str = "PNG") -> bytes:
    data = BytesIO()
    Image.new("RGB", (width, height), (200, 100, 50)).save(data, form)
    return data.getvalue()


def place(corner: int, face: int) -> list[float]:
    """Tells which corner of which face it is."""
    return [(corner + 0.25) / 8, (face + 0.25) / 6 - 2]


def faces_of(bits: int) -> list[list[int]]:
    """The house's faces, some turned over and some begun elsewhere."""
    turned = [face[::-1] if bits >> at & 1 else face for at, face in enumerate(FACES)]
    return [face[bits % 4 :] + face[: bits % 4] for face in turned]


def as_json(faces: list[list[int]], images: list[str], said: dict[str, Any] | None = None) -> dict[str, Any]:
    places = [place(corner, at) for at, face in enumerate(faces) for corner in face]
    numbers = itertools.count()
    looks = [[[at % len(images), *(next(numbers) for _ in face)]] for at, face in enumerate(faces)]
    looks[BARE] = [[None]]
    geometry = solid(faces=faces) | {"texture": {"summer": {"values": [looks]}}}
    textures = {
        "textures": [{"type": "JPG", "image": name, **(said or {})} for name in images],
        "vertices-texture": places,
    }
    return cityjson({"b": {"type": "Building", "geometry": [geometry]}}, appearance=textures)


def as_gml(faces: list[list[int]], images: list[str], said: str = "") -> str:
    shift = (X, Y, 0.0)
    surfaces, targets = [], []
    for at, (kind, face) in enumerate(zip(TYPES, faces, strict=True)):
        closed = [*face, face[0]]
        points = " ".join(str(a + b) for corner in closed for a, b in zip(BOX[corner], shift, strict=True))
        surfaces.append(
            f"<bldg:boundedBy><bldg:{kind}><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>"
            f'<gml:Polygon gml:id="p{at}"><gml:exterior><gml:LinearRing gml:id="r{at}"><gml:posList>{points}'
            "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"
            f"</bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
        )
        spots = " ".join(f"{number:.6f}" for corner in closed for number in place(corner, at))
        target = f'<app:target uri="#p{at}"><app:TexCoordList><app:textureCoordinates ring="#r{at}">{spots}'
        target += "</app:textureCoordinates></app:TexCoordList></app:target>"
        targets.append("" if at == BARE else target)
    looks = "".join(
        "<app:appearanceMember><app:Appearance><app:surfaceDataMember><app:ParameterizedTexture>"
        f"<app:imageURI>{name}</app:imageURI>{said}{''.join(targets[n :: len(images)])}"
        "</app:ParameterizedTexture></app:surfaceDataMember></app:Appearance></app:appearanceMember>"
        for n, name in enumerate(images)
    )
    return citygml(wrap(f'<bldg:Building gml:id="b">{"".join(surfaces)}</bldg:Building>') + looks, root=APP)


def read(folder: Path, form: str, faces: list[list[int]], images: list[str]) -> tuple[list[Entity], list[Issue]]:
    path = folder / f"city.{form}"
    path.write_text(json.dumps(as_json(faces, images)) if form == "json" else as_gml(faces, images))
    reader = json_reader if form == "json" else gml_reader
    return split(reader.read(Source(path), Options()))


@pytest.mark.parametrize("form", ["json", "gml"])
@pytest.mark.parametrize(
    ("mode", "colour", "beyond"),
    [
        ("wrap", None, "wrap"), ("mirror", None, "mirror"), ("clamp", None, "clamp"), ("none", None, "none"),
        ("border", [1, 0.5, 0, 1], "#ff8000"), ("border", None, "none"), ("border", ["red"], "none"),
        ("sideways", None, "wrap"), (None, None, "wrap"),
    ],
)  # fmt: skip
def test_what_lies_beyond_an_image(tmp_path: Path, form: str, mode: str, colour: list | None, beyond: str) -> None:
    (tmp_path / "a.png").write_bytes(image())
    said = {"wrapMode": mode, "borderColor": colour}
    stated = {key: value for key, value in said.items() if value is not None}
    words = {key: " ".join(map(str, value)) if isinstance(value, list) else value for key, value in stated.items()}
    tags = "".join(f"<app:{key}>{value}</app:{key}>" for key, value in words.items())
    path = tmp_path / f"city.{form}"
    faces = faces_of(0)
    path.write_text(json.dumps(as_json(faces, ["a.png"], stated)) if form == "json" else as_gml(faces, ["a.png"], tags))
    entities, _ = split((json_reader if form == "json" else gml_reader).read(Source(path), Options()))
    (mesh,) = [mesh for entity in entities for mesh in entity.meshes.values() if mesh.skin]
    assert [one.beyond for one in mesh.skin.pictures] == [beyond]


def assert_in_place(mesh: Mesh) -> None:
    """Every corner says which corner of the house it is, and stands there."""
    assert mesh.skin is not None
    shown = mesh.skin.picture >= 0
    assert shown.sum() == 10, "five faces of two triangles"
    box = np.array(BOX, dtype=float)
    for triangle, uv in zip(mesh.triangles[shown], mesh.skin.uv[shown], strict=True):
        corners = np.rint(uv[:, 0] * 8 - 0.25).astype(int)
        faces = np.rint((uv[:, 1] + 2) * 6 - 0.25).astype(int)
        assert len(set(faces.tolist())) == 1
        assert set(corners.tolist()) <= set(FACES[faces[0]])
        spots = mesh.xyz[triangle].astype(float)
        for a, b in ((0, 1), (1, 2), (2, 0)):
            there = np.linalg.norm(box[corners[a]] - box[corners[b]])
            assert np.linalg.norm(spots[a] - spots[b]) == pytest.approx(there, rel=1e-3)
        assert np.ptp(spots[:, 2] - box[corners, 2]) < 0.01


@settings(max_examples=20, deadline=None)
@given(bits=st.integers(0, 63), count=st.integers(1, 4), form=st.sampled_from(["json", "gml"]))
def test_every_corner_keeps_its_place(
    tmp_path_factory: pytest.TempPathFactory, bits: int, count: int, form: str
) -> None:
    folder = tmp_path_factory.mktemp("textures")
    names = [f"{n}.png" for n in range(count)]
    for n, name in enumerate(names):
        (folder / name).write_bytes(image(8 + n))
    (entity,), issues = read(folder, form, faces_of(bits), names)
    assert [issue for issue in issues if issue.code.startswith("texture")] == []
    assert_in_place(entity.meshes["2"])
    skin = entity.meshes["2"].skin
    assert skin is not None
    assert sorted(one.width for one in skin.pictures) == [8 + n for n in range(min(count, 5))]
    sides = [skin.pictures[i].width - 8 for i in skin.picture.tolist() if i >= 0]
    wanted = [at % count for at in range(6) if at != BARE]
    assert sorted(sides) == sorted(2 * wanted)


BAD: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "texture.missing"),
    "empty": (b"", "texture.unreadable"),
    "words": (b"no image at all", "texture.unreadable"),
    "no pixel": (b"GIF89a" + bytes(7) + b",\0\0\0\0\0\0\0\0\0\2\0;", "texture.unreadable"),
    "wide": (image(30_000, 2), "texture.too-large"),
    "many pixels": (image(9_000, 9_000), "texture.too-large"),
}


@pytest.mark.parametrize("form", ["json", "gml"])
@pytest.mark.parametrize("what", sorted(BAD))
def test_an_image_that_cannot_be_shown_is_named_at_its_object_and_the_rest_stands(
    tmp_path: Path, form: str, what: str
) -> None:
    data, code = BAD[what]
    (tmp_path / "good.png").write_bytes(image())
    if data is not None:
        (tmp_path / "bad.png").write_bytes(data)
    (entity,), issues = read(tmp_path, form, FACES, ["good.png", "bad.png"])
    (issue,) = [issue for issue in issues if issue.code.startswith("texture")]
    assert (issue.code, issue.severity) == (code, Severity.NOTE)
    assert issue.path.endswith(" b")
    assert issue.message.startswith("bad.png: ")
    skin = entity.meshes["2"].skin
    assert skin is not None
    assert len(skin.pictures) == 1
    assert (skin.picture >= 0).sum() == 6, "three of the six faces"
    assert len(entity.meshes["2"].triangles) == 12


@pytest.mark.parametrize("form", ["json", "gml"])
def test_a_ring_with_a_place_too_few_keeps_its_colour(tmp_path: Path, form: str) -> None:
    (tmp_path / "good.png").write_bytes(image())
    path = tmp_path / f"city.{form}"
    if form == "json":
        document = as_json(FACES, ["good.png"])
        document["CityObjects"]["b"]["geometry"][0]["texture"]["summer"]["values"][0][0][0].pop()
        path.write_text(json.dumps(document))
    else:
        text = as_gml(FACES, ["good.png"])
        spots = text.index("</app:textureCoordinates>")
        path.write_text(text[:spots].rsplit(" ", 2)[0] + text[spots:])
    (entity,), issues = split((json_reader if form == "json" else gml_reader).read(Source(path), Options()))
    assert [issue.code for issue in issues if issue.code.startswith("texture")] == ["texture.wrong-count"]
    assert entity.meshes["2"].skin is not None
    assert (entity.meshes["2"].skin.picture >= 0).sum() == 8


NONSENSE = [None, 7, [], "x", [[[[["a"]]]]], [[[[[10**30]]]]], {"values": 3}, [[None]], [[[[]]]]]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
@pytest.mark.parametrize("where", ["texture", "values", "textures", "vertices-texture", "appearance"])
def test_nonsense_leaves_the_house_plain(tmp_path: Path, where: str, nonsense: Any) -> None:
    document = as_json(FACES, ["good.png"])
    geometry = document["CityObjects"]["b"]["geometry"][0]
    if where == "texture":
        geometry["texture"] = nonsense
    elif where == "values":
        geometry["texture"]["summer"]["values"] = nonsense
    elif where == "appearance":
        document["appearance"] = nonsense
    else:
        document["appearance"][where] = nonsense
    path = tmp_path / "city.json"
    path.write_text(json.dumps(document))
    (entity,), issues = split(json_reader.read(Source(path), Options()))
    assert entity.meshes["2"].skin is None
    assert [issue for issue in issues if issue.severity is Severity.REJECTED] == []


def test_images_are_in_the_twin_after_the_import_and_only_then(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.png").write_bytes(image(8))
    (inbox / "b.png").write_bytes(image(8))  # the same image under another name
    (inbox / "city.json").write_text(json.dumps(as_json(FACES, ["a.png", "b.png"])))
    with Store.create(tmp_path / "twin", name="t") as store:
        dry_run([inbox / "city.json"], Options(), store=store)
        assert not (store.folder / FOLDER).exists()
        run_import(store, [inbox / "city.json"], Options())
        ((_, levels),) = store.meshes(["b"])
        skin = levels["2"].skin
        assert skin is not None
        (picture,) = skin.pictures
        assert picture.read is not None
        assert picture.read() == image(8) == picture_path(store.folder, picture.name).read_bytes()
        assert_in_place(levels["2"])
        again = run_import(store, [inbox / "city.json"], Options())
        assert again.sources[0].status == "taken"
        assert store.newest_change() == 1, "nothing is new"
        whole = store.get("b")
        store.write([whole], source=SOURCE)
        assert store.newest_change() == 1
    kept = [path for path in (tmp_path / "twin" / FOLDER).glob("*/*") if path.is_file()]
    assert len(kept) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_holes_without_places_and_crossings_continue_the_image_around_them(seed: int, crossing: bool) -> None:
    """The plain reference: on a plane image, a spot's place is an affine map of where it is."""
    rng = np.random.default_rng(seed)
    axes, origin = np.linalg.qr(rng.normal(size=(3, 3)))[0][:2], rng.uniform(-50, 50, 3)
    onto, shift = rng.normal(size=(3, 2)), rng.normal(size=2)
    outer = np.array([[0, 0], [10, 0], [10, 6], [0, 6]], dtype=float)
    if crossing:
        outer = outer[[0, 2, 1, 3]]
    rings = [outer @ axes + origin] + ([] if crossing else [np.array([[2, 2], [4, 2], [4, 4]]) @ axes + origin])
    faces = pack([rings])
    uv = faces.xyz @ onto + shift
    uv[4:] = np.nan
    paint = Paint([Picture("0" * 32, 8, 8)], np.zeros(1, dtype=np.int64), uv)
    loose = Geometry.loose("2", faces)
    loose.paint = paint
    (made,) = make_meshes([loose], [faces], [False])
    assert made.skin is not None
    assert (made.skin.picture == 0).all()
    spots = made.xyz.astype(float)[made.triangles]
    assert made.skin.uv == pytest.approx(spots @ onto + shift, abs=1e-3)
