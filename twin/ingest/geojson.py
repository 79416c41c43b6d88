"""GeoJSON and newline-delimited GeoJSON as batches of features, streamed: memory does not grow with the file."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from twin.errors import UnreadableSource
from twin.ingest.datum import LONLAT
from twin.ingest.features import BATCH, Batch
from twin.ingest.source import Source
from twin.issues import Issue

_CHUNK = 1 << 20
_SPACE = " \t\r\n"
_MAX_ITEM = 1 << 28
_WHITESPACE_BYTES = b" \t\r\n"


def read_lines(source: Source) -> Iterator[Batch]:
    """A feature per line. A line that is no feature becomes an issue; a last line cut short ends the import."""
    batch = Batch(crs=LONLAT)
    with source.open() as stream:
        for number, line in enumerate(stream, 1):
            stripped = line.strip(_WHITESPACE_BYTES + b"\x1e")
            if not stripped:
                continue
            try:
                feature = orjson.loads(stripped)
            except orjson.JSONDecodeError as error:
                if not line.endswith(b"\n"):
                    way_out = "Fetch the file again"
                    raise UnreadableSource(source.name, f"it is truncated in line {number}", way_out) from error
                batch.issues.append(Issue("attribute.unreadable", f"{source.name}:{number}", "The line is not JSON"))
                continue
            _take(batch, feature, number, source.name)
            if len(batch) >= BATCH:
                yield batch
                batch = Batch(crs=LONLAT)
    yield batch


def read_collection(source: Source) -> Iterator[Batch]:
    """A FeatureCollection (or one Feature), whose features are taken one after another from the stream."""
    with source.open() as stream:
        scanner = _Scanner(stream, source.name)
        crs: str | None = LONLAT
        batch = Batch(crs=crs)
        number = 0
        members: dict[str, Any] = {}
        for key in scanner.members():
            if key == "features":
                for feature in scanner.elements():
                    number += 1
                    _take(batch, feature, number, source.name)
                    if len(batch) >= BATCH:
                        yield batch
                        batch = Batch(crs=crs)
            else:
                members[key] = scanner.value()
                if key == "crs":
                    crs = batch.crs = declared_crs(members["crs"])
        if members.get("type") == "Feature":
            _take(batch, members, 1, source.name)
    yield batch


def declared_crs(member: Any) -> str | None:
    """The reference system that an old-style `crs` member names (also GeoServer's EPSG code); None for null."""
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    if isinstance(properties, dict):
        name, code = properties.get("name"), properties.get("code")
        if isinstance(name, str):
            return name
        if code is not None:
            return f"EPSG:{code}"
    return None


def _take(batch: Batch, feature: Any, number: int, name: str) -> None:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
        batch.issues.append(Issue("object.unsupported", f"{name}:{number}", "This is not a GeoJSON feature"))
        return
    batch.numbers.append(number)
    batch.ids.append(feature.get("id"))
    batch.rows.append(feature.get("properties") or {})
    batch.raw.append(feature.get("geometry"))


class _Scanner:
    """Walks the top level of one JSON object in a stream; an array of many items is never held whole."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._decoder = json.JSONDecoder()
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._buffer = ""
        self._at = 0
        self._ended = False

    def members(self) -> Iterator[str]:
        """Each key of the object; the caller consumes its value by `value` or `elements` before asking for the next."""
        self._expect("{")
        if self._peek() == "}":
            return
        while True:
            yield str(self.value())
            if self._peek() == "}":
                return
            self._expect(",")

    def value(self) -> Any:
        """The next whole value; after a key, its colon is skipped."""
        if self._peek() == ":":
            self._at += 1
            self._peek()
        want = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._ended or len(self._buffer) - self._at > _MAX_ITEM:
                    raise self._broken(error.msg) from error
                self._more(want)
                want *= 2
                continue
            except RecursionError as error:
                raise self._broken("nested too deeply") from error
            if end == len(self._buffer) and not self._ended:  # a number may go on in the next chunk
                self._more(_CHUNK)
                continue
            self._at = end
            return value

    def elements(self) -> Iterator[Any]:
        """Each item of the array that is the current value."""
        if self._peek() == ":":
            self._at += 1
        if self._peek() != "[":
            self.value()
            return
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self._peek() == "]":
                self._at += 1
                return
            self._expect(",")

    def _peek(self) -> str:
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if self._ended:
                raise self._broken("it ends too early")
            self._more(_CHUNK)

    def _expect(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise self._broken(f"expected {wanted!r}, found {self._buffer[self._at]!r}")
        self._at += 1

    def _more(self, size: int) -> None:
        data = self._stream.read(size)
        self._ended = not data
        try:
            text = self._utf8.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise UnreadableSource(self._name, "it is not UTF-8 text", "Save it as UTF-8") from error
        self._buffer = self._buffer[self._at :] + text
        self._at = 0

    def _broken(self, why: str) -> UnreadableSource:
        reason = "it is truncated" if self._ended and self._at >= len(self._buffer) - 1 else f"it is broken: {why}"
        if self._ended and reason != "it is truncated":
            reason = f"it is truncated or broken: {why}"
        return UnreadableSource(self._name, reason, "Fetch the file again")
