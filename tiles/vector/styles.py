"""Styles of the flat map as data: one TOML file a theme, made into a MapLibre style document."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tiles.vector.layers import MAPS
from twin.errors import NotFound

Colour = str


class _Paint(BaseModel):
    """How one layer looks: a fill, a line, or a text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layer: str
    form: Literal["fill", "line", "text", "extrusion"]
    colour: str = Field(pattern="^#[0-9a-f]{6}$")
    opacity: float = Field(1.0, ge=0, le=1)
    width: float = Field(1.0, gt=0)
    size: float = Field(12.0, gt=0)
    only: dict[str, list[str]] = {}


class Theme(BaseModel):
    """A whole theme."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title_en: str
    title_zh: str
    ground: str = Field(pattern="^#[0-9a-f]{6}$")
    paint: tuple[_Paint, ...]


def theme_names() -> list[str]:
    """The themes that there are."""
    files = resources.files("tiles.vector") / "themes"
    return sorted(file.name.removesuffix(".toml") for file in files.iterdir() if file.name.endswith(".toml"))


def theme(name: str) -> Theme:
    """One theme; NotFound where there is none."""
    if name not in theme_names():
        raise NotFound(f"theme {name}", "there is no such theme", f"Take one of: {', '.join(theme_names())}")
    text = (resources.files("tiles.vector") / "themes" / f"{name}.toml").read_text(encoding="utf-8")
    return Theme.model_validate(tomllib.loads(text))


def style(name: str, tilejson: dict[str, str]) -> dict[str, Any]:
    """A MapLibre style (version 8) of a theme; `tilejson`: map -> address of its TileJSON."""
    chosen = theme(name)
    owner = {layer.id: map.id for map in MAPS for layer in map.layers} | {"cells": "cells"}
    layers = [_layer(number, paint, owner[paint.layer]) for number, paint in enumerate(chosen.paint)]
    ground = {"id": "ground", "type": "background", "paint": {"background-color": chosen.ground}}
    used = {layer["source"] for layer in layers}
    sources = {map: {"type": "vector", "url": address} for map, address in tilejson.items() if map in used}
    return {"version": 8, "name": chosen.title_en, "sources": sources, "layers": [ground, *layers]}


def _layer(number: int, paint: _Paint, source: str) -> dict[str, Any]:
    kind, looks, layout = _looks(paint)
    document: dict[str, Any] = {
        "id": f"{paint.layer}-{number}",
        "type": kind,
        "source": source,
        "source-layer": paint.layer,
        "paint": looks,
    }
    if layout:
        document["layout"] = layout
    if paint.only:
        document["filter"] = ["all", *(["in", ["get", name], ["literal", some]] for name, some in paint.only.items())]
    return document


def _looks(paint: _Paint) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """(type, paint, layout) of a MapLibre layer."""
    if paint.form == "fill":
        return "fill", {"fill-color": paint.colour, "fill-opacity": paint.opacity}, {}
    if paint.form == "line":
        looks = {"line-color": paint.colour, "line-opacity": paint.opacity, "line-width": paint.width}
        return "line", looks, {"line-cap": "round", "line-join": "round"}
    if paint.form == "extrusion":
        height = ["coalesce", ["get", "height"], 3]
        looks = {"fill-extrusion-color": paint.colour, "fill-extrusion-opacity": paint.opacity}
        return "fill-extrusion", {**looks, "fill-extrusion-height": height}, {}
    return "symbol", {"text-color": paint.colour}, {"text-field": ["get", "name"], "text-size": paint.size}
