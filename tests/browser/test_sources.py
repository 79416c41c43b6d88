"""The pages' sources, without a browser: types, words, addresses."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend-static"
SOURCES = sorted(path for path in FRONTEND.rglob("*.js") if "vendor" not in path.relative_to(FRONTEND).parts)
KEY = re.compile(r'^  "([^"]+)": "(.+)",$', re.MULTILINE)


def keys(language: str) -> dict[str, str]:
    return dict(KEY.findall((FRONTEND / "core" / "words" / f"{language}.js").read_text()))


def test_the_types_hold():
    compiler = ROOT / "node_modules" / ".bin" / "tsc"
    if not compiler.exists() or not shutil.which("node"):
        pytest.skip("no TypeScript compiler: run `npm ci`")
    checked = subprocess.run([compiler, "-p", ROOT / "jsconfig.json"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_both_languages_have_every_word():
    assert keys("en").keys() == keys("zh").keys()


def test_a_text_has_the_same_blanks_in_both_languages():
    blanks = re.compile(r"\{\w+\}")
    english, chinese = keys("en"), keys("zh")
    assert {key: sorted(blanks.findall(text)) for key, text in english.items()} == {
        key: sorted(blanks.findall(chinese[key])) for key in english
    }


def test_every_word_that_the_pages_say_is_there():
    said = {(path.name, key) for path in SOURCES for key in re.findall(r'words\.say\("([^"]+)"', path.read_text())}
    assert {(name, key) for name, key in said if key not in keys("en")} == set()


def test_only_the_api_knows_addresses_and_only_the_viewer_takes_cesium():
    calls = {path.name for path in SOURCES if re.search(r"\bfetch\(|new WebSocket\(", path.read_text())}
    assert calls == {"api.js", "live.js"}
    assert {path.name for path in SOURCES if "window.Cesium" in path.read_text()} == {"viewer.js"}


def test_nothing_names_another_host():
    pages = [*SOURCES, *FRONTEND.glob("pages/*.html"), *FRONTEND.glob("css/*")]
    namespace = "http://www.w3.org/2000/svg"
    found = {path.name for path in pages if re.search(r"https?://", path.read_text().replace(namespace, ""))}
    assert found == set()


def test_the_lock_file_names_no_addresses():
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
