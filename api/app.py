"""The application: gate, routes, errors, one opened twin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.auth import SessionGate
from api.errors import PROBLEM, PROBLEM_TYPE, install
from api.feed import FeedThread
from api.pages import FRONTEND, Files
from api.routes import ROUTERS
from api.tilefiles import TileFiles
from api.twin import open_twin
from api.warming import Warming
from twin.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """An application over the twin that the settings name; the twin is opened now and closed at shutdown."""
    served = open_twin(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        feed = FeedThread(served.city) if settings.feed and served.city.store.meta.feed == "synthetic" else None
        if feed is not None:
            feed.start()
        warming = Warming(served.city)
        warming.start()
        served.tilesets.start()
        try:
            yield
        finally:
            warming.stop()
            if feed is not None:
                feed.stop()
            served.close()

    app = FastAPI(
        title="Quanyu",
        version="1",
        description="A city twin that answers who was here, when.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # A telemetry provider would get the messages of failed validations, and with them what was typed of a person.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        responses={"default": {"description": "Problem (RFC 9457)", "content": {PROBLEM_TYPE: {"schema": PROBLEM}}}},
        lifespan=lifespan,
    )
    app.state.served = served
    app.add_middleware(SessionGate, store=served.city.store)
    install(app)
    app.mount("/tiles", TileFiles(served.tilesets, served.city.zone), name="tiles")
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Files(directory=FRONTEND), name="static")
    return app
