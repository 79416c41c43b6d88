"""Scenes over HTTP, generated from their values: the list, each whole declaration, a route for each query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from api.ask import ask
from api.auth import Caller
from api.reply import reply
from api.twin import Serving
from scenes import SCENES
from scenes.base import Query, Scene
from twin.errors import NotFound

router = APIRouter(tags=["scenes"])


def declaration(scene: Scene) -> dict[str, Any]:
    """A whole scene as the pages read it."""
    return {
        **_entry(scene),
        "layers": [asdict(layer) for layer in scene.layers],
        "panels": [asdict(panel) for panel in scene.panels],
        "queries": [_query(scene, query) for query in scene.queries],
        "feeds": [{**asdict(feed), "url": "/live/ws"} for feed in scene.feeds],
    }


def _entry(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.id,
        "title_en": scene.title_en,
        "title_zh": scene.title_zh,
        "path": scene.path,
        "theme": scene.theme,
    }


def _query(scene: Scene, query: Query) -> dict[str, Any]:
    return {
        "id": query.id,
        "title_en": query.title_en,
        "title_zh": query.title_zh,
        "description": query.description,
        "url": f"/scenes/{scene.id}/{query.id}",
        "persons": query.persons,
        "params": query.params.model_json_schema(),
        "columns": [asdict(column) for column in query.columns],
    }


_DECLARATIONS = {scene.id: declaration(scene) for scene in SCENES}


@router.get("/scenes")
def list_scenes(request: Request) -> Response:
    """The menu."""
    return reply(request, [_entry(scene) for scene in SCENES])


@router.get("/scenes/{scene}")
def one_scene(scene: str, request: Request) -> Response:
    """A scene's whole declaration: layers, panels, queries, feeds."""
    if scene not in _DECLARATIONS:
        raise NotFound(f"scene {scene}", "there is no such scene", "See /scenes")
    return reply(request, _DECLARATIONS[scene])


def _endpoint(query: Query) -> Callable[..., Response]:
    """A route function whose body is the query's parameter model: validation and OpenAPI come from it."""

    def answer(params: Any, request: Request, served: Serving, caller: Caller) -> Response:
        return reply(request, ask(served, caller, query, params))

    answer.__annotations__["params"] = query.params
    return answer


for _scene in SCENES:
    for _each in _scene.queries:
        router.add_api_route(
            f"/scenes/{_scene.id}/{_each.id}",
            _endpoint(_each),
            methods=["POST"],
            name=f"{_scene.id}_{_each.id}",
            summary=_each.title_en,
            description=_each.description,
        )
