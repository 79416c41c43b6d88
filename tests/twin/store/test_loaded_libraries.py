"""SpatiaLite's PROJ must not take the place of pyproj's own: in a process of its own, as only a fresh one shows it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from twin.store.spatialite import spatialite_version
spatialite_version()
from twin.geo.crs import geoid_height
print(round(float(geoid_height([[0.0, 0.0]])[0]), 1))
"""


def test_geodesy_after_spatialite() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "17.2"), done.stderr
