"""The landmarks of a store held against the rules of `tiles.check`, and each against the tile that it should have."""

from __future__ import annotations

import orjson

from tiles.check import RULES, check_tileset
from tiles.landmarks import KIND, Landmarks
from tiles.tileset import ROOT_DOCUMENT
from twin.issues import Issue
from twin.store import Store


def check_landmarks(store: Store) -> list[Issue] | None:
    """Every broken rule, also for each landmark that is not shown as its model is lost; None where there is none."""
    wanted = sorted(entity.id for entity in store.each(kinds=(KIND,)))
    if not wanted:
        return None
    source = Landmarks(store)
    text = source.read(ROOT_DOCUMENT)
    tiles = orjson.loads(text)["root"]["children"] if text else []
    shown = {tile["metadata"]["properties"]["id"] for tile in tiles}
    rule = "tiles.id-missing"
    lost = [Issue(rule, id_, f"{RULES[rule]}: its model is not kept, or broken") for id_ in wanted if id_ not in shown]
    return lost + (check_tileset(source) if text else [])
