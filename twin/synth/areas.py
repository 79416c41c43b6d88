"""The management areas: grids under communities under a street under a district, with their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.synth.draw import stream
from twin.synth.lattice import Lattice
from twin.synth.names import DISTRICT, STREET, Name, Namer
from twin.types import I64

DISTRICT_CODE = "440309"
STREET_CODE = DISTRICT_CODE + "901"
"""A street number that no real street has."""


@dataclass(frozen=True, slots=True)
class Areas:
    """grid_community[i] is the community of block i; codes are 6 + 3 + 3 + 3 digits."""

    grid_codes: list[str]
    grid_names: list[Name]
    grid_community: I64
    community_codes: list[str]
    community_names: list[Name]
    communities: Any
    outline: Any
    district_name: Name = DISTRICT
    street_name: Name = STREET


def draw_areas(seed: int, lattice: Lattice) -> Areas:
    """Two by two super-blocks make a community; their blocks are its grids, numbered from south-west."""
    namer = Namer(stream(seed, "communities"))
    pairs = lattice.super_block // 2
    _, community = np.unique(pairs, axis=0, return_inverse=True)
    community = np.asarray(community, dtype=np.int64).reshape(-1)
    if community.max() == 0 and len(community) > 3:  # a tiny district still has two
        community = (np.arange(len(community)) >= len(community) // 2).astype(np.int64)
    names: list[Name] = []
    for number in range(int(community.max()) + 1):
        zh, en = (
            ("北站社区", "North Station Community") if number == _hub_community(lattice, community) else _named(namer)
        )
        names.append((zh, en))
    community_codes = [f"{STREET_CODE}{number + 1:03d}" for number in range(len(names))]
    serial = [int((community[:i] == community[i]).sum()) + 1 for i in range(len(community))]
    return Areas(
        grid_codes=[f"{community_codes[c]}{n:03d}" for c, n in zip(community, serial, strict=True)],
        grid_names=[
            (f"{names[c][0]}第{n}网格", f"{names[c][1]} Grid {n}") for c, n in zip(community, serial, strict=True)
        ],
        grid_community=community,
        community_codes=community_codes,
        community_names=names,
        communities=np.array(
            [shapely.coverage_union_all(lattice.blocks[community == c]) for c in range(len(names))], dtype=object
        ),
        outline=lattice.outline,
    )


def _named(namer: Namer) -> Name:
    zh, en = namer.stem()
    return f"{zh}社区", f"{en} Community"


def _hub_community(lattice: Lattice, community: I64) -> int:
    nearest = np.argmin(shapely.distance(lattice.blocks, shapely.points(hub_point(lattice))))
    return int(community[nearest])


def hub_point(lattice: Lattice) -> Any:
    """(2,) metres: the arterial junction nearest the middle, where the north station stands."""
    return lattice.junctions[np.argmin(np.hypot(*lattice.junctions.T))]
