"""The project's own Python files, parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("twin", "tiles", "scenes", "api")


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Dotted module name to (path, tree), for every file of the product."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = (path, ast.parse(path.read_text()))
    return found


def imports_at_start(name: str, tree: ast.Module) -> set[str]:
    """Modules that this one imports when it is imported itself (not inside functions, not for type checking)."""
    found: set[str] = set()
    for node in _statements(tree.body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            targets = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` needs the module; the package itself only where a name is taken from it.
            found |= targets if targets <= modules().keys() else {node.module} | targets
    return found - {name}


def all_imports(tree: ast.Module) -> set[str]:
    """Top-level packages imported anywhere in a file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _statements(body: list[ast.stmt]) -> list[ast.stmt]:
    flat: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            flat += _statements(node.body) + _statements(node.orelse)
        elif isinstance(node, ast.Try):
            flat += _statements(node.body)
        elif not isinstance(node, ast.If):
            flat.append(node)
    return flat
