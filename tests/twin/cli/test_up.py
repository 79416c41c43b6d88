"""`twin up` as its user runs it: a process of its own, a city of one file, a page that answers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TWIN = Path(sys.executable).with_name("twin")
SQUARE = [[114.0, 22.6], [114.001, 22.6], [114.001, 22.601], [114.0, 22.601], [114.0, 22.6]]


def city_file(folder: Path, height: float = 12.0) -> Path:
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    feature = {"type": "Feature", "id": "tower-1", "properties": {"height": height}, "geometry": geometry}
    path = folder / "towers.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@contextmanager
def up(*words: str | Path, twins: Path) -> Iterator[tuple[str, str]]:
    """Run until the log-in link is there; yield (the link, all that was printed); stop as Ctrl-C does."""
    command = [str(TWIN), "up", *map(str, words), "--port", "0"]
    settings = {**os.environ, "TWIN_FOLDER": str(twins / "district")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=settings) as child:
        assert child.stdout is not None
        seen = ""
        try:
            for line in child.stdout:
                seen += line
                if link := re.search(r"http://\S+/login/\S+", line):
                    yield link.group(0), seen
                    break
            else:
                pytest.fail(f"no link was printed: {seen}")
        finally:
            child.send_signal(signal.SIGINT)
            child.stdout.read()
            child.wait(20)


def health(link: str) -> str:
    with urllib.request.urlopen(link.split("/login", maxsplit=1)[0] + "/health") as answer:
        return str(json.loads(answer.read())["status"])


def test_a_city_is_made_once_and_again_when_its_file_changes(tmp_path: Path) -> None:
    twins = tmp_path / "twins"
    source = city_file(tmp_path)
    with up("--city", source, twins=twins) as (link, printed):
        assert health(link) == "ok"
        assert "towers.geojson" in printed
    (folder,) = twins.iterdir()
    assert (folder / "tiles" / "building" / "tileset.json").exists()
    with up("--city", source, twins=twins) as (link, printed):
        assert "towers.geojson" not in printed, "nothing changed: nothing is imported"
    city_file(tmp_path, height=40.0)
    with up("--city", source, twins=twins) as (link, printed):
        assert "towers.geojson" in printed
    assert list(twins.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--city",), "no path follows it"),
        (("somewhere",), "is given without --city"),
        (("--city", "not-there.geojson"), "there is no such file or folder"),
    ],
)
def test_what_cannot_be_served_leaves_nothing(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    settings = {**os.environ, "TWIN_FOLDER": str(tmp_path / "twins" / "district")}
    command = [str(TWIN), "up", *words, "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=settings)
    assert done.returncode == 2
    assert reason in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".sqlite")]
