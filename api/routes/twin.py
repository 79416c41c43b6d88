"""The twin as a whole: its name, extent, counts, tile layers, kinds."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

import tiles
from api.auth import PERSON_ROLES, Caller
from api.reply import reply
from api.styling import styles_of
from api.twin import Serving
from scenes.base import City
from tiles.landmarks import NAME as LANDMARKS
from tiles.landmarks import TITLES
from tiles.volumes import added
from twin.kinds import KINDS
from twin.types import Bbox

router = APIRouter(tags=["twin"])
LANGUAGES = ["zh", "en"]


def _presence(city: City, role: str) -> dict[str, Any] | None:
    if city.presence is None:
        return None
    stats = city.presence.stats()
    facts: dict[str, Any] = {
        "people": stats.people,
        "stays": stats.stays,
        "first": stats.first,
        "last": stats.last,
        "days": stats.days,
    }
    if city.store.meta.feed == "synthetic" and role in PERSON_ROLES and stats.people:
        facts["example"] = city.presence.pseudonym(0).hex()  # nobody real: somebody to try a question with
    return facts


def _sides(bbox: Bbox | None) -> list[float] | None:
    return [bbox.west, bbox.south, bbox.east, bbox.north] if bbox else None


@router.get("/twin")
def describe(request: Request, served: Serving, caller: Caller) -> Response:
    """Name, extent, counts by kind, tile layers, presence."""
    store = served.city.store
    extent = store.extent()
    meta = store.meta
    built = tiles.layers(served.tiles)
    # Roads and districts may reach far beyond what is built: a page begins where there is something to see.
    view = next((layer.bbox for layer in built if layer.kind == "building"), extent)
    return reply(
        request,
        {
            "name": meta.name,
            "zone": served.city.zone,
            "extent": _sides(extent),
            "view": _sides(view),
            "centre": list(view.centre) if view else None,
            "ground_m": meta.ground_m,
            "counts": store.counts(),
            "tilesets": [
                {
                    "kind": layer.kind,
                    "url": f"/tiles/{layer.kind}/tileset.json",
                    "features": layer.features,
                    "version": layer.version,
                }
                for layer in built
            ],
            "added": [
                {
                    "name": one.name,
                    "title_en": one.title_en,
                    "title_zh": one.title_zh,
                    "of": one.made_of,
                    "url": one.url,
                }
                for one in added(served.tiles, built, served.tilesets.landmarks)
            ],
            "landmarks": {
                "title_en": TITLES[0],
                "title_zh": TITLES[1],
                "url": f"/tiles/{LANDMARKS}/tileset.json",
                "version": served.tilesets.landmarks.version,
            },
            "presence": _presence(served.city, caller.role),
            "languages": LANGUAGES,
            "language": served.settings.language,
            "now": int(time.time()),
        },
    )


@router.get("/kinds")
def kinds(request: Request) -> Response:
    """Every kind of thing the model knows, the columns its tiles carry, and what its solids may be coloured by."""
    return reply(
        request,
        [
            {
                "id": kind.id,
                "title_en": kind.title_en,
                "title_zh": kind.title_zh,
                "form": kind.form,
                "colour": kind.colour,
                "columns": [{"name": c.name, "type": c.type, "title": c.title} for c in kind.columns],
                "styles": [asdict(style) for style in styles_of(kind)],
            }
            for kind in KINDS
        ],
    )
