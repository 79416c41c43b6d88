"""SpatiaLite's PROJ, GEOS and libxml2 must not take the place of those inside other packages.

In a process of its own: only a fresh one shows it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

GEODESY = """
from twin.store.spatialite import spatialite_version
spatialite_version()
from twin.geo.crs import geoid_height
print(round(float(geoid_height([[0.0, 0.0]])[0]), 1))
"""

READERS = """
from twin.store.spatialite import spatialite_version
spatialite_version()
import pyogrio
from lxml import etree
assert etree.LIBXML_VERSION == etree.LIBXML_COMPILED_VERSION
"""

STRANGER = re.compile(r"binding file \S*/(?:pyogrio\S*|lxml\S*) \[0\] to (\S*(?:geos|proj|xml2|spatialite|sqlite)\S*) ")


def test_geodesy_after_spatialite() -> None:
    done = subprocess.run([sys.executable, "-c", GEODESY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "17.2"), done.stderr


def test_readers_loaded_after_spatialite_keep_their_own_libraries(tmp_path: Path) -> None:
    environment = {**os.environ, "LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": str(tmp_path / "bindings")}
    subprocess.run([sys.executable, "-c", READERS], env=environment, check=True)
    (log,) = tmp_path.glob("bindings.*")
    with log.open() as lines:
        bound = {match[1] for line in lines if (match := STRANGER.search(line))}
    assert {name for name in bound if "site-packages" not in name} == set()
