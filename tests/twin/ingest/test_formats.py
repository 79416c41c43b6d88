"""Which importer takes a file: by what is in it, however it is laid out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twin.ingest import formats

FEATURE = {"type": "Feature", "properties": {"height": 3}, "geometry": {"type": "Point", "coordinates": [114.0, 22.6]}}
WHOLE = {"type": "FeatureCollection", "features": [FEATURE, FEATURE]}


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.ndjson"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n"])
def test_a_collection_is_one_object_however_it_is_laid_out(name: str, indent: int | None, tail: str) -> None:
    head = (json.dumps(WHOLE, indent=indent) + tail).encode()
    assert not formats.is_geojson_lines(Path(name), head)
    assert formats.is_geojson(Path(name), head)


@pytest.mark.parametrize("lines", [1, 3])
def test_features_by_the_line(lines: int) -> None:
    head = "".join(json.dumps(FEATURE) + "\n" for _ in range(lines)).encode()
    assert formats.is_geojson_lines(Path("a.ndjson"), head)
