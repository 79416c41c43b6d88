"""One file per theme; every router stands in this list."""

from fastapi import APIRouter

from api.routes import (
    cells,
    docs,
    editing,
    entities,
    features,
    geovolumes,
    health,
    incidents,
    live,
    login,
    pages,
    presence,
    scenes,
    state,
    twin,
    vector,
    watches,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    login.router,
    pages.router,
    twin.router,
    scenes.router,
    features.router,
    entities.router,
    editing.router,
    state.router,
    cells.router,
    vector.router,
    geovolumes.router,
    presence.router,
    watches.router,
    live.router,
    incidents.router,
    docs.router,
)
