"""Others who make 3D tiles of footprints, each in an interpreter of its own, where it is installed.

trimesh extrudes polygons and writes a GLB for 512 of them; py3dtiles packs WKB solids into b3dm tiles of a tileset.
Both get local metres, parsing and projecting are not timed. Ours does more: frames of degrees, metadata, brotli.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import shapely

from benchmarks.report import Report
from tiles.features import Features
from twin.types import Objects

ABSENT = 3
MOST_CORNERS = 20
"""py3dtiles counts the corners of a solid's triangles in a byte and breaks beyond: larger ones are not given to it."""

FEW = 5_000
"""As many footprints as a peer gets: those that are not ours make hundreds to thousands a second."""

PROGRAMS = {
    "trimesh": """
import sys, time, pathlib
try:
    import numpy as np, shapely, trimesh
except ImportError:
    sys.exit(3)
data = np.load(sys.argv[1], allow_pickle=True)
shapes, heights, out = shapely.from_wkb(data["wkb"]), data["height"], pathlib.Path(sys.argv[2])
out.mkdir()
began = time.perf_counter()
for first in range(0, len(shapes), 512):
    meshes = []
    for shape, height in zip(shapes[first:first + 512], heights[first:first + 512]):
        for part in getattr(shape, "geoms", [shape]):
            meshes.append(trimesh.creation.extrude_polygon(part, float(height)))
    (out / f"{first}.glb").write_bytes(trimesh.util.concatenate(meshes).export(file_type="glb"))
print(len(shapes), time.perf_counter() - began)
""",
    "py3dtiles": """
import sys, time, pathlib
try:
    import numpy as np, shapely
    from py3dtiles.export import from_directory
except ImportError:
    sys.exit(3)
data = np.load(sys.argv[1], allow_pickle=True)
folder, out = pathlib.Path(sys.argv[2] + "-wkb"), pathlib.Path(sys.argv[2])
folder.mkdir()
for n, solid in enumerate(data["solid"]):
    (folder / f"{n}.wkb").write_bytes(solid)
out.mkdir()
began = time.perf_counter()
from_directory(str(folder), [0, 0, 0], str(out))
print(len(data["solid"]), time.perf_counter() - began)
""",
}


def measure_peers(report: Report, features: Features, work: Path, pythons: dict[str, str]) -> None:
    """Footprints a second of everybody who is there; who is absent, or fails, is said."""
    few = features.take(np.flatnonzero(features.placed & ~features.has_mesh)[:FEW])
    wkb, solids = _handed(few)
    np.savez(work / "footprints.npz", wkb=wkb, solid=solids, height=few.height_m)
    for name, program in PROGRAMS.items():
        words = [pythons[name], "-c", program, str(work / "footprints.npz"), str(work / name)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode == ABSENT:
            report.data[name] = "absent: not installed there"
        elif done.returncode:
            report.data[name] = f"failed: {done.stderr.strip().splitlines()[-1]}"
        else:
            count, seconds = done.stdout.split()[-2:]
            report.add(f"{int(count):,} footprints from arrays", [int(count) / float(seconds)], "buildings/s", who=name)


def _handed(features: Features) -> tuple[Objects, Objects]:
    """Footprints in local metres as WKB, and as WKB multipolygons of their walls, floor and roof."""
    shapes = shapely.from_wkb(features.footprint)
    lon, lat = np.nanmedian(features.middles, axis=0)
    metre = np.array([111_320.0 * np.cos(np.radians(lat)), 110_574.0])
    local = shapely.transform(shapes, lambda xy: (xy - (lon, lat)) * metre)
    polygons = [shapely.get_geometry(shape, 0) for shape in local]
    solids = [
        shapely.to_wkb(_solid(one, height), flavor="iso")
        for one, height in zip(polygons, features.height_m, strict=True)
        if shapely.get_num_points(one.exterior) <= MOST_CORNERS
    ]
    return np.array([shapely.to_wkb(one) for one in polygons], dtype=object), np.array(solids, dtype=object)


def _solid(polygon: shapely.Polygon, height: float) -> shapely.MultiPolygon:
    """The faces of an extrusion, holes left out."""
    ring = shapely.get_coordinates(polygon.exterior)
    low = np.column_stack((ring, np.zeros(len(ring))))
    high = np.column_stack((ring, np.full(len(ring), height)))
    walls = [
        shapely.Polygon(np.array([low[i], low[i + 1], high[i + 1], high[i], low[i]])) for i in range(len(ring) - 1)
    ]
    return shapely.MultiPolygon([shapely.Polygon(low[::-1]), shapely.Polygon(high), *walls])
