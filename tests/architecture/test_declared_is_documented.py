"""What is declared is documented, and what is raised is mapped."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from itertools import chain

import pytest

from tests.architecture.source import ROOT
from twin import errors
from twin.errors import TwinError
from twin.issues import CATALOGUE
from twin.settings import Settings


def error_classes() -> list[type[TwinError]]:
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, TwinError)]


def test_error_tree_is_drawn_in_its_docstring() -> None:
    assert not [kind.__name__ for kind in error_classes() if kind.__name__ not in (errors.__doc__ or "")]


def test_settings_are_few_and_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    assert len(Settings.model_fields) <= 25
    assert not [name for name in Settings.model_fields if f"`TWIN_{name.upper()}`" not in page]
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_issue_codes_in_code_are_in_the_catalogue() -> None:
    codes = set()
    for path in (ROOT / "twin").rglob("*.py"):
        codes |= set(
            re.findall(
                r'"((?:geometry|height|id|attribute|object|stay|grid|position|xml|texture)\.[a-z-]+)"', path.read_text()
            )
        )
    assert codes <= set(CATALOGUE)


def test_every_dependency_earns_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    package = json.loads((ROOT / "package.json").read_text())
    wanted += [*package.get("dependencies", {}), *package.get("devDependencies", {})]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    names = [re.split(r"[><=\[ ]", item)[0] for item in wanted]
    assert not [name for name in names if f"`{name}`" not in page]


@pytest.mark.parametrize(
    "lock", ["requirements.lock", *(f"locks/{name}.lock" for name in ("dev", "ifc", "bench", "bootstrap", "node"))]
)
def test_lock_files_hold_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_front_end_lock_holds_no_addresses() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "://" not in text
