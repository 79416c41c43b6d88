"""The images that a city model names: found beside its file, looked at by their head, never all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

from PIL import Image

from twin.entity import Picture
from twin.errors import TwinError
from twin.ingest.beside import Beside
from twin.ingest.source import Source
from twin.issues import Issue, Severity
from twin.store.pictures import picture_name

LONGEST_SIDE = 16_384
"""Pixels: what is longer is no photograph of a wall, and cannot be scaled down in little memory."""

MOST_PIXELS = 64_000_000
MOST_BYTES = 64 << 20

NAMED = 5
"""Images that an object names in one note."""


@dataclass(frozen=True, slots=True)
class Bad:
    """Why an image cannot be taken: the rule, and a sentence."""

    code: str
    reason: str


@dataclass(slots=True)
class Album:
    """Answers for one source. `folders` are where its images may be besides its own."""

    beside: Beside
    folders: tuple[str, ...] = ()
    _found: dict[str, Picture | Bad] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def find(self, image: str) -> Picture | Bad:
        """The image of this name; each is looked at once."""
        if image not in self._found:
            self._found[image] = self._look(image)
        return self._found[image]

    def notes(self, path: str, bad: dict[str, Bad]) -> list[Issue]:
        """What an object has to say of the images that it should show: one note a rule."""
        self._told |= bad.keys()
        rules: dict[str, list[str]] = {}
        for image, one in bad.items():
            rules.setdefault(one.code, []).append(f"{image}: {one.reason}")
        return [
            Issue(code, path, "; ".join(said[:NAMED]) + _more(len(said) - NAMED), Severity.NOTE)
            for code, said in rules.items()
        ]

    def missing(self, images: list[str]) -> Iterator[Issue]:
        """A note for each image that is not there and that no object had anything to say of."""
        for image in dict.fromkeys(images):
            note = None if image in self._told else self.beside.missing_texture(image, *self.folders)
            if note:
                yield note

    def _look(self, image: str) -> Picture | Bad:
        if "://" in image:
            return Bad("texture.missing", "images on the web are not fetched")
        inside = [folder + image for folder in ("", *self.folders) if self.beside.has(folder + image)]
        source = self.beside.source.sibling(inside[0]) if inside else None
        if source is None:
            return Bad("texture.missing", "the image is not beside the file")
        try:
            data = _read(source)
            with Image.open(BytesIO(data)) as opened:
                width, height = opened.size
        except _TooLong:
            return Bad("texture.too-large", f"the file has more than {MOST_BYTES >> 20} MB")
        except Image.DecompressionBombError as error:
            return Bad("texture.too-large", str(error).split(",", maxsplit=1)[0])
        except (TwinError, OSError, ValueError, SyntaxError) as error:
            return Bad("texture.unreadable", f"it cannot be read ({type(error).__name__})")
        if width < 1 or height < 1:
            return Bad("texture.unreadable", f"it has {width} by {height} pixels")
        if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
            return Bad("texture.too-large", f"{width:,} by {height:,} pixels, more than a side of {LONGEST_SIDE:,}")
        return Picture(picture_name(data), width, height, partial(_read, source))


def _more(count: int) -> str:
    return f"; and {count} more" if count > 0 else ""


class _TooLong(Exception):
    """A file of more bytes than are taken."""


def _read(source: Source) -> bytes:
    with source.open() as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _TooLong
    return data
