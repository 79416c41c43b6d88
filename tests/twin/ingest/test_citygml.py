"""CityGML: surfaces, references, nested features, shapes placed many times, odd names; every kind of broken file."""

from __future__ import annotations

import contextlib
import gc
import zipfile
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.ingest.city_samples import (
    BOX,
    FACES,
    area,
    citygml,
    house_surfaces,
    member,
    polygon,
    references,
    split,
    volume,
    wrap,
    written,
)
from twin.entity import SEMANTICS, Entity
from twin.errors import MissingCrs, TwinError, UnreadableSource
from twin.ingest import citygml as reader
from twin.ingest.run import run_import
from twin.ingest.source import Options, Source
from twin.issues import Issue, Severity
from twin.store import Store


def building(inside: str, name: str = "b", kind: str = "Building") -> str:
    return f'<bldg:{kind} gml:id="{name}">{inside}</bldg:{kind}>'


def read(folder: Path, text: str, **options: object) -> tuple[list[Entity], list[Issue]]:
    return split(reader.read(written(folder, "a.gml", text), Options(**options)))  # type: ignore[arg-type]


def inline_solid() -> str:
    faces = member([polygon([BOX[corner] for corner in face]) for face in FACES])
    return (
        "<bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>"
        f"{faces}</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>"
    )


def test_a_house_of_referenced_surfaces_is_whole_once(tmp_path: Path) -> None:
    inside = (
        "<gml:name>Town hall</gml:name><bldg:function>1010</bldg:function><bldg:yearOfConstruction>1934-01-01"
        '</bldg:yearOfConstruction><bldg:measuredHeight uom="m">6.2</bldg:measuredHeight>'
        "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>"
        '<gen:intAttribute name="units"><gen:value>4</gen:value></gen:intAttribute>'
        f"{references('s')}{house_surfaces('s')}"
    )
    (entity,), issues = read(tmp_path, citygml(wrap(building(inside))))
    assert issues == []
    assert entity.attributes["name"] == "Town hall"
    assert (entity.attributes["use"], entity.attributes["year"], entity.attributes["units"]) == ("1010", 1934, 4)
    assert (entity.storeys, entity.attributes["measuredHeight"]) == (2, 6.2)
    mesh = entity.meshes["2"]
    assert volume(mesh) == pytest.approx(480, rel=1e-3)
    assert area(mesh) == pytest.approx(376, rel=1e-3)
    assert sorted({SEMANTICS[s] for s in mesh.semantics}) == ["ground", "roof", "wall"]
    assert entity.height_m == pytest.approx(6, abs=1e-3)


def test_a_solid_that_repeats_its_surfaces_in_full_is_not_doubled(tmp_path: Path) -> None:
    (entity,), _ = read(tmp_path, citygml(wrap(building(inline_solid() + house_surfaces("s")))))
    assert area(entity.meshes["2"]) == pytest.approx(376, rel=1e-3)


def test_names_are_matched_whatever_their_namespace(tmp_path: Path) -> None:
    text = citygml(wrap(building(references("s") + house_surfaces("s"))))
    odd = text.replace("http://www.opengis.net/citygml/", "urn:somebody:else/").replace(
        "opengis.net/gml", "gml.example/9"
    )
    (entity,), _ = read(tmp_path, odd)
    assert volume(entity.meshes["2"]) == pytest.approx(480, rel=1e-3)


def test_undeclared_prefixes_are_read_past_and_said(tmp_path: Path) -> None:
    inside = house_surfaces("s") + "<energy:isHeated>true</energy:isHeated>" * 3
    (entity,), (issue,) = read(tmp_path, citygml(wrap(building(inside))))
    assert entity.attributes["isHeated"] == ["true"] * 3
    assert (issue.code, issue.severity) == ("xml.repaired", Severity.REPAIRED)
    assert "energy" in issue.message


def test_parts_rooms_and_installations(tmp_path: Path) -> None:
    part = building(house_surfaces("p"), "p", "BuildingPart")
    room = building(inline_solid().replace("lod2", "lod4"), "r", "Room")
    balcony = f"<bldg:BuildingInstallation><bldg:lod3Geometry><gml:MultiSurface>{member([polygon(BOX[:4])])}"
    balcony += "</gml:MultiSurface></bldg:lod3Geometry></bldg:BuildingInstallation>"
    whole = building(
        f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>"
        f"<bldg:interiorRoom>{room}</bldg:interiorRoom>"
    )
    fitted = building(
        house_surfaces("q") + f"<bldg:outerBuildingInstallation>{balcony}</bldg:outerBuildingInstallation>", "f"
    )
    entities, issues = read(tmp_path, citygml(wrap(whole) + wrap(fitted)))
    assert issues == []
    assert [(e.id, e.kind, e.parent) for e in entities] == [
        ("b", "building", None), ("p", "building_part", "b"), ("r", "unit", "b"), ("f", "building", None),
    ]  # fmt: skip
    assert entities[0].attributes["parts"] == 1
    assert entities[0].meshes == {}
    assert entities[0].height_m == pytest.approx(6, abs=1e-3)
    assert list(entities[2].meshes) == ["4"]
    assert SEMANTICS.index("installation") in entities[3].meshes["2"].semantics


def test_openings_belong_to_their_wall(tmp_path: Path) -> None:
    hole = [[2, 0, 2], [4, 0, 2], [4, 0, 4], [2, 0, 4]]
    outer = polygon([BOX[corner] for corner in FACES[2]])
    inner = polygon(hole).removeprefix("<gml:Polygon><gml:exterior>").removesuffix("</gml:exterior></gml:Polygon>")
    wall = outer.replace("</gml:Polygon>", f"<gml:interior>{inner}</gml:interior></gml:Polygon>")
    surface = "<gml:MultiSurface>{}</gml:MultiSurface>"
    window = "<bldg:Window><bldg:lod3MultiSurface>" + surface.format(member([polygon(hole)]))
    window += "</bldg:lod3MultiSurface></bldg:Window>"
    text = "<bldg:boundedBy><bldg:WallSurface><bldg:lod3MultiSurface>" + surface.format(member([wall]))
    text += f"</bldg:lod3MultiSurface><bldg:opening>{window}</bldg:opening></bldg:WallSurface></bldg:boundedBy>"
    (entity,), _ = read(tmp_path, citygml(wrap(building(text))))
    mesh = entity.meshes["3"]
    assert {SEMANTICS[s] for s in mesh.semantics} == {"wall", "window"}
    assert area(mesh) == pytest.approx(60, rel=1e-3)


def tree(name: str, shape: str, x: float, lod: int = 1) -> str:
    return (
        f'<veg:SolitaryVegetationObject gml:id="{name}"><veg:lod{lod}ImplicitRepresentation><core:ImplicitGeometry>'
        "<core:transformationMatrix>2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1</core:transformationMatrix>"
        f"{shape}<core:referencePoint><gml:Point><gml:pos>{x} 447000 1</gml:pos></gml:Point></core:referencePoint>"
        f"</core:ImplicitGeometry></veg:lod{lod}ImplicitRepresentation></veg:SolitaryVegetationObject>"
    )


def test_a_shape_given_once_is_placed_many_times_wherever_it_stands(tmp_path: Path) -> None:
    corners = [" ".join(str(axis / 10) for axis in BOX[corner]) for face in FACES for corner in face]
    rings = [" ".join(corners[at : at + 4] + corners[at : at + 1]) for at in range(0, 24, 4)]
    surfaces = "".join(
        "<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>"
        f"{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>"
        for ring in rings
    )
    shape = f'<gml:MultiSurface gml:id="oak">{surfaces}</gml:MultiSurface>'
    given = f"<core:relativeGMLGeometry>{shape}</core:relativeGMLGeometry>"
    link = '<core:relativeGMLGeometry xlink:href="#{}"/>'
    text = citygml(
        wrap(tree("before", link.format("oak"), 85010))
        + wrap(tree("itself", given, 85020))
        + wrap(tree("after", link.format("oak"), 85030))
        + wrap(tree("lost", link.format("elm"), 85040))
        + wrap(tree("library", "<core:libraryObject>oak.wrl</core:libraryObject>", 85050))
    )
    entities, issues = read(tmp_path, text, vertical="ellipsoidal")
    by_id = {e.id: e for e in entities}
    assert set(by_id) == {"before", "itself", "after", "library"}
    for name in ("before", "itself", "after"):
        assert volume(by_id[name].meshes["1"]) == pytest.approx(0.48 * 8, rel=1e-3)
        assert by_id[name].base_m == pytest.approx(1, abs=1e-4)
    assert by_id["library"].meshes == {}
    assert shapely.from_wkb(by_id["library"].footprint).geom_type == "Point"
    assert {(i.code, i.severity) for i in issues} == {
        ("geometry.broken-reference", Severity.REJECTED), ("geometry.wrong-type", Severity.NOTE),
    }  # fmt: skip


def test_a_shape_in_metres_is_placed_on_degrees(tmp_path: Path) -> None:
    gable = "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0 0 0 10 0 0 10 5 0 0 5 0 0 0 0</gml:posList>"
    gable += "</gml:LinearRing></gml:exterior></gml:Polygon>"
    shape = f"<core:relativeGMLGeometry>{gable}</core:relativeGMLGeometry>"
    text = citygml(
        wrap(tree("t", shape, 35.54)).replace("447000", "139.77"), srs="http://www.opengis.net/def/crs/EPSG/0/6697"
    )
    (entity,), _ = read(tmp_path, text)
    assert area(entity.meshes["1"]) == pytest.approx(200, rel=1e-3)
    assert shapely.from_wkb(entity.footprint).centroid.y == pytest.approx(35.54, abs=1e-3)


def test_what_is_broken_is_an_issue_and_the_rest_is_taken(tmp_path: Path) -> None:
    short = polygon([BOX[0]]).replace(" 0.0</gml:posList>", " 0.0 1</gml:posList>")
    bad = {
        "lost": references("nowhere"),
        "words": "<bldg:lod1MultiSurface><gml:MultiSurface>"
        + member([polygon(BOX[:4]).replace("85000.0", "eighty")])
        + "</gml:MultiSurface></bldg:lod1MultiSurface>",
        "odd": f"<bldg:lod1MultiSurface><gml:MultiSurface>{member([short])}</gml:MultiSurface></bldg:lod1MultiSurface>",
        "nan": "<bldg:lod1MultiSurface><gml:MultiSurface>"
        + member([polygon(BOX[:4]).replace("85000.0", "NaN")])
        + "</gml:MultiSurface></bldg:lod1MultiSurface>",
        "none": "<bldg:function>1</bldg:function>",
    }
    members = "".join(wrap(building(inside, name)) for name, inside in bad.items())
    group = wrap('<grp:CityObjectGroup gml:id="g"/>')
    entities, issues = read(tmp_path, citygml(members + group + wrap(building(house_surfaces("s"), "good"))))
    assert [e.id for e in entities] == ["good"]
    assert {i.path.split()[-1]: i.code for i in issues if i.severity is Severity.REJECTED} == {
        "lost": "geometry.broken-reference", "words": "geometry.not-finite", "odd": "geometry.wrong-type",
        "nan": "geometry.not-finite", "none": "geometry.empty", "g": "object.unsupported",
    }  # fmt: skip


def test_two_buildings_of_one_id_are_noted_and_the_later_stands(tmp_path: Path) -> None:
    def named(prefix: str, name: str) -> str:
        return wrap(f'<bldg:Building gml:id="b"><gml:name>{name}</gml:name>{house_surfaces(prefix)}</bldg:Building>')

    source = written(tmp_path, "city.gml", citygml(named("p", "first") + named("q", "later")))
    with Store.create(tmp_path / "twin", name="t") as store:
        report = run_import(store, [source.path], Options())
        assert store.get("b").attributes["name"] == "later"
        assert [row.issue.path for row in store.quarantine(severity=Severity.NOTE).rows] == ["city.gml b"]
    assert report.sources[0].rules == {("id.duplicate", "note"): 1}
    assert report.sources[0].refused == 0


def test_surfaces_that_refer_to_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    text = "<bldg:lod1MultiSurface><gml:MultiSurface>"
    text += '<gml:surfaceMember><gml:CompositeSurface gml:id="x"><gml:surfaceMember xlink:href="#y"/>'
    text += "</gml:CompositeSurface>"
    text += (
        '</gml:surfaceMember><gml:surfaceMember><gml:CompositeSurface gml:id="y"><gml:surfaceMember xlink:href="#x"/>'
    )
    text += "</gml:CompositeSurface></gml:surfaceMember></gml:MultiSurface></bldg:lod1MultiSurface>"
    entities, (issue,) = read(tmp_path, citygml(wrap(building(text))))
    assert (entities, issue.code) == ([], "geometry.broken-reference")


def test_two_dimensional_outlines_and_old_coordinates(tmp_path: Path) -> None:
    outline = '<gml:Polygon srsDimension="2"><gml:exterior><gml:LinearRing><gml:posList srsDimension="2">85000 447000 '
    outline += "85010 447000 85010 447008 85000 447000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    flat = f"<bldg:lod0FootPrint><gml:MultiSurface>{member([outline])}</gml:MultiSurface></bldg:lod0FootPrint>"
    old = (
        "<bldg:lod1MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:outerBoundaryIs><gml:LinearRing>"
    )
    old += (
        "<gml:coordinates>85000,447000,0 85010,447000,0 85010,447008,3 85000,447008,3 85000,447000,0</gml:coordinates>"
    )
    old += "</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"
    old += "</bldg:lod1MultiSurface>"
    flat += '<bldg:measuredHeight uom="m">5</bldg:measuredHeight>'
    entities, _ = read(tmp_path, citygml(wrap(building(flat, "flat")) + wrap(building(old, "old"))))
    by_id = {e.id: e for e in entities}
    assert (by_id["flat"].base_m, by_id["flat"].height_m, by_id["flat"].meshes) == (None, 5, {})
    assert area(by_id["old"].meshes["1"]) == pytest.approx(10 * (64 + 9) ** 0.5, rel=1e-3)


def test_a_roof_edge_is_the_top(tmp_path: Path) -> None:
    edge = f"<bldg:lod0RoofEdge><gml:MultiSurface>{member([polygon(BOX[4:])])}</gml:MultiSurface></bldg:lod0RoofEdge>"
    known = building(edge + "<bldg:measuredHeight>6</bldg:measuredHeight>", "known")
    sunk = building(edge + "<bldg:measuredHeight>-9999</bldg:measuredHeight>", "unknown")
    entities, issues = read(tmp_path, citygml(wrap(known) + wrap(sunk)), vertical="ellipsoidal")
    assert [(e.id, e.base_m, e.height_m) for e in entities] == [("known", 0, 6), ("unknown", None, None)]
    assert [i.code for i in issues] == ["height.sentinel"]


def test_reference_systems(tmp_path: Path) -> None:
    members = wrap(building(house_surfaces("s")))
    for srs in (
        "EPSG:28992", "EPSG:7415", "urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5109",
        "http://www.opengis.net/gml/srs/epsg.xml#28992", "urn:ogc:def:crs:EPSG:6.12:28992",
    ):  # fmt: skip
        (entity,), _ = read(tmp_path, citygml(members, srs=srs))
        centre = shapely.from_wkb(entity.footprint).centroid
        assert (centre.x, centre.y) == pytest.approx((4.374, 52.005), abs=0.01)
        assert entity.base_m == pytest.approx(43.4, abs=0.5)
    with pytest.raises(MissingCrs, match="--crs"):
        read(tmp_path, citygml(members, envelope=False))
    late = citygml(members.replace("<gml:MultiSurface>", '<gml:MultiSurface srsName="EPSG:28992">'), envelope=False)
    assert len(read(tmp_path, late)[0]) == 1


@pytest.mark.parametrize("cut", [30, 200, 700, 1500, 2500, 3500])
def test_a_cut_file_is_refused(tmp_path: Path, cut: int) -> None:
    text = citygml(wrap(building(house_surfaces("s"))) * 2)
    with pytest.raises(UnreadableSource):
        read(tmp_path, text[:-cut])


@pytest.mark.parametrize(
    "text",
    [
        "", "no xml", "<a/>", "<CityModel><cityObjectMember></CityModel>",
        '<CityModel xmlns="http://www.opengis.net/citygml/3.0"/>', "<CityModel/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><CityModel>&c;</CityModel>',
    ],
)  # fmt: skip
def test_what_is_no_citygml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableSource):
        read(tmp_path, text)


def test_ids_are_made_the_same_every_time(tmp_path: Path) -> None:
    text = citygml(wrap(building(house_surfaces("s")).replace(' gml:id="b"', "")))
    (first,), (issue,) = read(tmp_path, text)
    (again,), _ = read(tmp_path, text)
    assert first.id == again.id
    assert issue.code == "id.missing"


def test_codes_are_resolved_beside_the_file_and_missing_images_are_noted(tmp_path: Path) -> None:
    listed = '<gml:Dictionary xmlns:gml="http://www.opengis.net/gml"><gml:dictionaryEntry><gml:Definition>'
    listed += "<gml:description>Office</gml:description><gml:name>401</gml:name></gml:Definition></gml:dictionaryEntry>"
    listed += "</gml:Dictionary>"
    usage = '<bldg:usage codeSpace="../lists/usage.xml">{}</bldg:usage>'
    theme = "<app:appearanceMember><app:Appearance><app:surfaceDataMember><app:ParameterizedTexture><app:imageURI>{}"
    theme += (
        "</app:imageURI></app:ParameterizedTexture></app:surfaceDataMember></app:Appearance></app:appearanceMember>"
    )
    text = citygml(
        theme.format("images/a.jpg")
        + theme.format("images/b.jpg")
        + wrap(building(usage.format(401) + house_surfaces("s"), "known"))
        + wrap(building(usage.format(999) + house_surfaces("t"), "unknown")),
        root='xmlns:app="http://www.opengis.net/citygml/appearance/2.0"',
    )
    with zipfile.ZipFile(tmp_path / "city.zip", "w") as archive:
        archive.writestr("model/a.gml", text)
        archive.writestr("lists/usage.xml", listed)
        archive.writestr("model/images/a.jpg", b"")
    packed = split(reader.read(Source(tmp_path / "city.zip", member="model/a.gml"), Options()))
    for folder in ("model/images", "lists"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lists/usage.xml").write_text(listed)
    (tmp_path / "model/images/a.jpg").touch()
    plain = split(reader.read(written(tmp_path / "model", "a.gml", text), Options()))
    for entities, issues in (packed, plain):
        uses = {e.id: (e.attributes["use"], e.attributes.get("usage_code")) for e in entities}
        assert uses == {"known": ("Office", "401"), "unknown": ("999", None)}
        assert [i.path.split()[-1] for i in issues if i.code == "texture.missing"] == ["images/b.jpg"]


def entities_alive() -> int:
    gc.collect()
    return sum(isinstance(thing, Entity) for thing in gc.get_objects())


def test_objects_are_forgotten_as_the_file_goes_by(tmp_path: Path) -> None:
    """What is alive half-way through a long file is a batch, not the file."""
    count = 4000
    one = building(house_surfaces("s{0}-").replace("s{0}-", "s"), "b")
    text = citygml("".join(wrap(one.replace('"b"', f'"b{k}"')) for k in range(count)))
    alive = []
    before = entities_alive()  # other tests keep some of theirs
    for seen, _ in enumerate(reader.read(written(tmp_path, "a.gml", text), Options())):
        if seen in (1500, 3500):
            alive.append(entities_alive() - before)
    assert alive[0] <= 1100
    assert alive[1] <= 1100


WHOLE = citygml(
    wrap(building(references("s") + house_surfaces("s") + "<bldg:function>1</bldg:function>"))
    + wrap(tree("t", "<core:relativeGMLGeometry xlink:href='#x'/>", 85000))
)


@given(
    st.integers(0, len(WHOLE)), st.integers(0, 60), st.sampled_from(["", " ", "0", "<a/>", "gml:", "&", "-9999", "NaN"])
)
@settings(max_examples=100, deadline=None)
def test_no_damage_crashes_the_reader(
    tmp_path_factory: pytest.TempPathFactory, at: int, length: int, patch: str
) -> None:
    text = WHOLE[:at] + patch + WHOLE[at + length :]
    with contextlib.suppress(TwinError):
        read(tmp_path_factory.mktemp("damaged"), text, crs="EPSG:28992")
