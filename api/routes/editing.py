"""Changing one entity by hand: what is sent is stored as a new version, and open pages see it within two seconds."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import EDIT_ROLES, Caller, needs
from api.reply import reply
from api.routes.entities import describe
from api.twin import Serving
from scenes.epidemic.windows import to_utc
from twin.errors import InvalidValue
from twin.ingest.editing import edit

router = APIRouter(tags=["entities"], dependencies=[needs(EDIT_ROLES, "changing the model")])


class EntityEdit(BaseModel):
    """Fields to change; those that are not sent stay as they are, null means: not known, or none."""

    model_config = ConfigDict(extra="forbid")

    height_m: float | None = Field(None, description="Metres from base to top")
    base_m: float | None = Field(None, description="Ellipsoidal metres of its lowest point")
    storeys: int | None = None
    storeys_below: int | None = None
    cim_level: int | None = None
    grid_code: str | None = None
    parent: str | None = None
    footprint: dict[str, Any] | str | None = Field(None, description="GeoJSON geometry or WKT, degrees WGS84")
    meshes: None = Field(None, description="null: drop its triangles and draw it as an extrusion")
    attributes: dict[str, Any] | None = Field(None, description="Merged into those it has; null takes one away")
    valid_from: int | float | str | None = Field(None, description="When it begins to exist: ISO 8601 or epoch seconds")
    valid_to: int | float | str | None = Field(None, description="When it ceases to exist")

    def wish(self, zone: str) -> dict[str, Any]:
        """The fields that were sent, times in UTC seconds."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("valid_from", "valid_to"):
            if sent.get(name) is not None:
                sent[name] = to_utc(sent[name], zone, name)
        return sent


@router.patch("/entities/{id:path}")
def change(id: str, body: EntityEdit, request: Request, served: Serving, caller: Caller) -> Response:
    """Change fields of an entity. Answers what it is now, and the number of the change; tiles follow by themselves."""
    wish = body.wish(served.city.zone)
    if not wish:
        raise InvalidValue("body", "it changes nothing", "Send at least one field")
    done = edit(served.city.store, id, wish, by=caller.user)
    served.tilesets.nudge()
    told = describe(served.city, done.entity) | {"changed": done.changed, "change": done.change}
    return reply(request, told)


@router.delete("/entities/{id:path}")
def end(id: str, request: Request, served: Serving, caller: Caller) -> Response:
    """End an entity's existence now. What was known of it stays known, and can be asked for by moment."""
    store = served.city.store
    ended = store.retire([id], source=f"edit by {caller.user}")
    served.tilesets.nudge()
    return reply(request, {"id": id, "ended": ended, "change": store.newest_change()})
