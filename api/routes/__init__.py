"""One file per theme; every router stands in this list."""

from fastapi import APIRouter

from api.routes import (
    docs,
    entities,
    features,
    health,
    incidents,
    live,
    login,
    pages,
    presence,
    scenes,
    tiles,
    twin,
    vector,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    login.router,
    pages.router,
    twin.router,
    scenes.router,
    features.router,
    entities.router,
    tiles.router,
    vector.router,
    presence.router,
    live.router,
    incidents.router,
    docs.router,
)
