"""Small rooms: budgets for files and functions, and names that say what a thing is."""

from __future__ import annotations

import ast
import subprocess

import numpy as np

from tests.architecture.source import ROOT, modules

FILE_HARD, FILE_P95 = 500, 350
FUNCTION_HARD, FUNCTION_P95 = 60, 35
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def tracked(*suffixes: str) -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\n") if name.endswith(suffixes) and (ROOT / name).is_file()]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body[0]
    return (node.body[-1].end_lineno or 0) - first.lineno + 1


def test_files_are_small() -> None:
    lengths = {name: (ROOT / name).read_text().count("\n") for name in tracked(".py", ".js", ".mjs", ".css")}
    assert not {name: n for name, n in lengths.items() if n > FILE_HARD}
    assert np.percentile(list(lengths.values()), 95) <= FILE_P95


def test_functions_are_small() -> None:
    lengths = {
        f"{name}.{node.name}": body_lines(node)
        for name, (_, tree) in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: n for name, n in lengths.items() if n > FUNCTION_HARD}
    assert np.percentile(list(lengths.values()), 95) <= FUNCTION_P95
    assert np.median(list(lengths.values())) <= 10


def test_names_say_what_a_thing_is() -> None:
    assert not [name for name in modules() if FORBIDDEN & set(name.lower().replace("_", ".").split("."))]


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")
    words = [
        f"{name}:{number}"
        for name in tracked(".py", ".js", ".mjs", ".sh")
        for number, line in enumerate((ROOT / name).read_text().split("\n"), 1)
        if any(mark in line for mark in marks)
    ]
    assert not words
