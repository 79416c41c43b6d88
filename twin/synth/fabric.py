"""How each kind of block is built up: use -> what sets the buildings down."""

from __future__ import annotations

from collections.abc import Callable

from twin.synth.civic import hospital, park, public, school, station
from twin.synth.living import estate, village
from twin.synth.plots import Site
from twin.synth.working import cbd, industrial, mall, office

FABRIC: dict[str, Callable[[Site], None]] = {
    "village": village,
    "estate": estate,
    "industrial": industrial,
    "office": office,
    "cbd": cbd,
    "mall": mall,
    "school": school,
    "hospital": hospital,
    "public": public,
    "park": park,
    "station": station,
}
