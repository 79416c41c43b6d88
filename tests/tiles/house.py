"""A small building model, written with ifcopenshell's own interface: storeys of walls with windows, slabs and rooms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ifcopenshell
import numpy as np
from ifcopenshell.api import (
    aggregate,
    context,
    feature,
    geometry,
    material,
    owner,
    project,
    pset,
    root,
    spatial,
    style,
    unit,
)

SIZE_M = (12.0, 8.0)
STOREY_M = 3.0
WALL_M = 0.3


class House:
    """The file while it is made. Lengths are metres here, millimetres in the file."""

    def __init__(self, version: str = "IFC4", storeys: int = 2, size: tuple[float, float] = SIZE_M) -> None:
        self.file = project.create_file(version=version)
        self.size = size
        if version == "IFC2X3":  # there everything has an owner
            person = owner.add_person(self.file, identification="t", family_name="T", given_name="T")
            office = owner.add_organisation(self.file, identification="t", name="T")
            owner.add_person_and_organisation(self.file, person=person, organisation=office)
            owner.add_application(self.file)
        self.project = root.create_entity(self.file, ifc_class="IfcProject", name="House")
        unit.assign_unit(self.file)  # millimetres
        whole = context.add_context(self.file, context_type="Model")
        self.body = context.add_context(
            self.file, context_type="Model", context_identifier="Body", target_view="MODEL_VIEW", parent=whole
        )
        self.site = self._inside("IfcSite", "Site", self.project)
        building = self._inside("IfcBuilding", "Building", self.site)
        self.styles = {
            name: self._style(name, rgb) for name, rgb in (("brick", (0.7, 0.3, 0.2)), ("glass", (0.5, 0.7, 0.9)))
        }
        self.brick = material.add_material(self.file, name="Brick")
        for number in range(storeys):
            self._storey(self._inside("IfcBuildingStorey", f"{number + 1}F", building), number * STOREY_M)

    def _inside(self, ifc_class: str, name: str, parent: Any) -> Any:
        one = root.create_entity(self.file, ifc_class=ifc_class, name=name)
        geometry.edit_object_placement(self.file, product=one) if ifc_class != "IfcProject" else None
        aggregate.assign_object(self.file, products=[one], relating_object=parent)
        return one

    def _style(self, name: str, rgb: tuple[float, float, float]) -> Any:
        made = style.add_style(self.file, name=name)
        colour = {"Name": None, "Red": rgb[0], "Green": rgb[1], "Blue": rgb[2]}
        style.add_surface_style(
            self.file, style=made, ifc_class="IfcSurfaceStyleShading", attributes={"SurfaceColour": colour}
        )
        return made

    def box(
        self, ifc_class: str, name: str, storey: Any, at: tuple[float, float, float], size: tuple[float, float, float],
        *, turn_deg: float = 0.0, look: str = "",
    ) -> Any:  # fmt: skip
        """An element that is a box from `at` on."""
        one = root.create_entity(self.file, ifc_class=ifc_class, name=name)
        shape = self.block(size)
        geometry.assign_representation(self.file, product=one, representation=shape)
        place = np.eye(4)
        turn = np.radians(turn_deg)
        place[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        place[:3, 3] = at
        geometry.edit_object_placement(self.file, product=one, matrix=place)
        if look:
            style.assign_representation_styles(self.file, shape_representation=shape, styles=[self.styles[look]])
        if storey is not None and ifc_class == "IfcSpace":
            aggregate.assign_object(self.file, products=[one], relating_object=storey)
        elif storey is not None:
            spatial.assign_container(self.file, products=[one], relating_structure=storey)
        return one

    def block(self, size: tuple[float, float, float]) -> Any:
        """A shape: a box as an extrusion."""
        x, y, z = (1000.0 * length for length in size)
        file = self.file
        corners = [file.createIfcCartesianPoint(xy) for xy in ((0.0, 0.0), (x, 0.0), (x, y), (0.0, y), (0.0, 0.0))]
        profile = file.createIfcArbitraryClosedProfileDef("AREA", None, file.createIfcPolyline(corners))
        up = file.createIfcDirection((0.0, 0.0, 1.0))
        place = file.createIfcAxis2Placement3D(file.createIfcCartesianPoint((0.0, 0.0, 0.0)))
        solid = file.createIfcExtrudedAreaSolid(profile, place, up, z)
        return file.createIfcShapeRepresentation(self.body, "Body", "SweptSolid", [solid])

    def _storey(self, storey: Any, z: float) -> None:
        x, y = self.size
        name = storey.Name
        self.box("IfcSlab", f"Slab {name}", storey, (0, 0, z - 0.3), (x, y, 0.3))
        self.box("IfcSpace", f"Room {name}", storey, (WALL_M, WALL_M, z), (x - 2 * WALL_M, y - 2 * WALL_M, 2.6))
        for number, (at, length, turn) in enumerate(
            [((0, 0), x, 0.0), ((x, 0), y, 90.0), ((x, y), x, 180.0), ((0, y), y, 270.0)]
        ):
            wall = self.box(
                "IfcWall", f"Wall {name}-{number}", storey, (*at, z), (length, WALL_M, 2.7), turn_deg=turn, look="brick"
            )
            self._say(wall, {"IsExternal": True, "FireRating": f"REI {60 + 30 * number}", "ThermalTransmittance": 0.24})
            turned = np.radians(turn)
            middle = (at[0] + np.cos(turned) * length / 2, at[1] + np.sin(turned) * length / 2, z + 0.9)
            opening = self.box("IfcOpeningElement", "Hole", None, middle, (1.5, WALL_M, 1.4), turn_deg=turn)
            feature.add_feature(self.file, feature=opening, element=wall)
            window = self.box(
                "IfcWindow", f"Window {name}-{number}", storey, middle, (1.5, 0.1, 1.4), turn_deg=turn, look="glass"
            )
            feature.add_filling(self.file, opening=opening, element=window)

    def _say(self, element: Any, properties: dict[str, Any]) -> None:
        made = pset.add_pset(self.file, product=element, name="Pset_WallCommon")
        pset.edit_pset(self.file, pset=made, properties=properties)
        material.assign_material(self.file, products=[element], material=self.brick)

    def at_site(self, lat: tuple[int, ...], lon: tuple[int, ...], elevation_m: float | None = None) -> House:
        """Say where it stands by latitude and longitude."""
        self.site.RefLatitude, self.site.RefLongitude = lat, lon
        self.site.RefElevation = None if elevation_m is None else elevation_m * 1000
        return self

    def on_map(
        self, crs: str, at: tuple[float, float, float], turn_deg: float = 0.0, scale: float | None = None
    ) -> House:
        """Say where it stands by a map's coordinates, metres."""
        file = self.file
        metre = file.createIfcSIUnit(None, "LENGTHUNIT", None, "METRE")
        target = file.createIfcProjectedCRS(Name=crs, MapUnit=metre)
        turn = np.radians(turn_deg)
        file.createIfcMapConversion(
            SourceCRS=file.by_type("IfcGeometricRepresentationContext", include_subtypes=False)[0],
            TargetCRS=target, Eastings=at[0], Northings=at[1], OrthogonalHeight=at[2],
            XAxisAbscissa=float(np.cos(turn)), XAxisOrdinate=float(np.sin(turn)), Scale=scale,
        )  # fmt: skip
        return self

    def write(self, path: Path, change: Callable[[ifcopenshell.file], None] | None = None) -> Path:
        """Write it down, after a change to it."""
        if change is not None:
            change(self.file)
        self.file.write(str(path))
        return path
