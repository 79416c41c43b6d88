"""`synth/outbreaks.json`: the true transmission trees, told in pseudonyms, beside the stays they are hidden in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson

from twin.synth.outbreaks import Outbreak
from twin.synth.spec import Spec
from twin.synth.venues import SETTINGS, Venues
from twin.types import U64

FILE = Path("synth") / "outbreaks.json"


def write_truth(
    folder: Path, spec: Spec, outbreaks: list[Outbreak], *, people: list[bytes], venues: Venues, keys: U64
) -> None:
    """Write the file whole, synced. Persons are pseudonyms of 32 hex digits; times UTC seconds; keys are place keys."""
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    edges = spec.midnights()
    content = {
        "version": 1,
        "seed": spec.seed,
        "zone": spec.zone,
        "window": {"start": edges[0], "end": edges[-1]},
        "outbreaks": [_told(outbreak, people, venues, keys) for outbreak in outbreaks],
    }
    with path.open("wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())


def _told(outbreak: Outbreak, people: list[bytes], venues: Venues, keys: U64) -> dict[str, Any]:
    return {
        "name_zh": outbreak.name[0],
        "name_en": outbreak.name[1],
        "index": people[outbreak.cases[0].person].hex(),
        "cases": [
            {
                "person": people[case.person].hex(),
                "infector": people[case.infector].hex() if case.infector >= 0 else None,
                "generation": case.generation,
                "infected_at": case.infected_at,
                "infectious_from": case.infectious_from,
                "infectious_to": case.infectious_to,
            }
            for case in outbreak.cases
        ],
        "transmissions": [
            {
                "infector": people[edge.infector].hex(),
                "infectee": people[edge.infectee].hex(),
                "place": {
                    "key": int(keys[edge.venue]),
                    "entity": venues.ids[edge.venue],
                    "floor": int(venues.floor[edge.venue]),
                    "setting": SETTINGS[int(venues.setting[edge.venue])],
                },
                "start": edge.start,
                "end": edge.end,
            }
            for edge in outbreak.transmissions
        ],
    }
