"""Application scenarios as values. To add one: a folder beside these and a line in `SCENES`.

`docs/adding-a-scene.md` shows it step by step.
"""

from __future__ import annotations

from scenes import command_wall, epidemic, grid_coverage
from scenes.base import Scene, resolve

DECLARED: tuple[Scene, ...] = (
    command_wall.SCENE,
    epidemic.SCENE,
    grid_coverage.SCENE,
)
"""As written in each folder, before inheritance."""

SCENES: tuple[Scene, ...] = tuple(resolve(scene, DECLARED) for scene in DECLARED)
"""Whole scenes, in the order of the menu."""

__all__ = ["DECLARED", "SCENES"]
