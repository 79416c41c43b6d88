"""Where an IFC model says that it stands: by a map's coordinates, else by its site's latitude and longitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ifcopenshell.util.element as elements
import ifcopenshell.util.placement as placements
import ifcopenshell.util.unit as units
import numpy as np
from ifcopenshell.util import geolocation

from tiles.scans.ifc.source import File
from twin.errors import InvalidValue

_SAME = 0.1  # a factor within this share of 1 is a map's own scale, not one unit for another


@dataclass(frozen=True, slots=True)
class MapReference:
    """IfcMapConversion: metres of the model's frame to a map's.

    east, north, up  metres on the map of the model's origin
    turn             radians counter-clockwise from the map's east to the model's x
    scale            metres on the map a metre of the model
    crs              name of the map's reference system; empty where none is given
    """

    east: float
    north: float
    up: float
    turn: float
    scale: float
    crs: str


@dataclass(frozen=True, slots=True)
class SiteReference:
    """IfcSite: degrees and metres above the sea of the site's own origin; None where they are not given."""

    lon: float | None
    lat: float | None
    elevation_m: float | None


@dataclass(frozen=True, slots=True)
class Reference:
    """What a file says.

    origin     metres of the model's frame: the site's own origin, which latitude and longitude are of
    north_deg  where true north is in the model's frame, clockwise from its y
    """

    origin: tuple[float, float, float]
    north_deg: float
    map: MapReference | None
    site: SiteReference


def reference_of(model: File, *, with_map: bool = True) -> Reference:
    """What a file says of where it stands, with its map if wanted: `InvalidValue` for one that cannot be."""
    metres = float(units.calculate_unit_scale(model))
    sites = model.by_type("IfcSite")
    origin = (0.0, 0.0, 0.0)
    if sites and sites[0].ObjectPlacement:
        x, y, z = (placements.get_local_placement(sites[0].ObjectPlacement)[:3, 3] * metres).tolist()
        origin = (x, y, z)
    by_map = _map_reference(model, metres) if with_map else None
    return Reference(origin, _north_deg(model), by_map, _site_reference(sites, metres))


def _north_deg(model: File) -> float:
    for context in model.by_type("IfcGeometricRepresentationContext", include_subtypes=False):
        if context.TrueNorth:
            x, y = context.TrueNorth.DirectionRatios[:2]
            return float(np.degrees(np.arctan2(x, y)))
    return 0.0


def _site_reference(sites: list[object], metres: float) -> SiteReference:
    site = sites[0] if sites else None
    lat, lon = (_degrees(getattr(site, name, None)) for name in ("RefLatitude", "RefLongitude"))
    if not lat and not lon:  # what programs write that were told nothing
        lat = lon = None
    elevation = getattr(site, "RefElevation", None)
    return SiteReference(lon, lat, None if elevation is None else float(elevation) * metres)


def _degrees(parts: tuple[int, ...] | None) -> float | None:
    """Degrees, minutes, seconds and, sometimes, millionths of a second, each with the sign of the whole."""
    if not parts:
        return None
    return float(sum(part / size for part, size in zip(parts, (1, 60, 3600, 3.6e9), strict=False)))


def _map_reference(model: File, metres: float) -> MapReference | None:
    found = geolocation.get_helmert_transformation_parameters(model)
    if found is None:
        return None
    crs, unit = _map_crs(model, metres)
    scale = float(found.scale)
    exact = scale * unit / metres
    # Many programs give 1, or a map's own scale, where the unit of the model is another than the map's.
    factor = next((one for one in (exact, scale) if abs(one - 1) < _SAME), None)
    if factor is None:
        reason = f"a scale of {scale:g} from {metres:g} m to {unit:g} m"
        raise InvalidValue("IfcMapConversion", reason, "Give --lon and --lat, or correct it")
    turn = float(np.arctan2(found.xao, found.xaa))
    return MapReference(found.e * unit, found.n * unit, found.h * unit, turn, factor, crs)


def _map_crs(model: File, metres: float) -> tuple[str, float]:
    """The map's reference system, and metres in one of its units: its own, else the model's."""
    if model.schema == "IFC2X3":
        said = elements.get_pset(model.by_type("IfcProject")[0], "ePSet_ProjectedCRS") or {}
        return str(said.get("Name") or ""), 1.0 if "METRE" in str(said.get("MapUnit") or "METRE").upper() else metres
    (operation, *_) = model.by_type("IfcCoordinateOperation")
    target = operation.TargetCRS
    unit = getattr(target, "MapUnit", None)
    return str(target.Name or ""), metres if unit is None else _unit_m(unit)


def _unit_m(unit: Any) -> float:
    if unit.is_a("IfcConversionBasedUnit"):
        return float(unit.ConversionFactor.ValueComponent.wrappedValue)
    return float(units.get_prefix_multiplier(unit.Prefix)) if unit.Prefix else 1.0
