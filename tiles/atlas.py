"""The images of one content in one image: each feature's part of each, scaled to a budget, beside one another.

What a feature shows of an image is cut out of it, with what lies beyond its edges (it repeats, say), and scaled down
to two centimetres a texel and to what the budget leaves. One image is in memory at a time beside the result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tiles.solids import Album
from twin.entity import MIRRORED, PLAIN, REPEATED, Picture
from twin.geo.planar import Surface
from twin.types import F64, I64, Bools

TEXELS = 4_194_304
"""The most texels of a content: an image of 2,048 by 2,048."""

FINEST_M = 0.02
"""A texel covers no less of a surface than this by this."""

GUTTER = 2
"""Texels around each part that repeat its rim, so that no neighbour shines through from afar."""

JPEG, WEBP = "jpeg", "webp"
FORMS = (JPEG, WEBP)
QUALITY = {JPEG: 85, WEBP: 88}
"""Of the image files: both as near to what was painted."""

WHITE = "#ffffff"

PERIODS = {REPEATED: 1.0, MIRRORED: 2.0}
"""After so many images the same comes again."""

_OPAQUE = 128
_LONGEST = 4096  # texels a side that every device can take
_BLANK = 4  # a white square, for what has no image

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """One image for a content.

    data, mime  the image file
    uv          (v, 2) where each vertex is in it, 0..1 to the right and downwards, as glTF wants it
    shown       (v,) which vertices show an image; the others show the white square
    masked      it has holes: texels that are not to be drawn
    faults      (row of the feature, name of the image, why) of what could not be shown
    """

    data: bytes
    mime: str
    uv: F64
    shown: Bools
    masked: bool
    faults: tuple[tuple[int, str, str], ...] = ()


@dataclass(slots=True)
class _Part:
    """What one feature shows of one image: from (u, v) on, so wide and so high; placed at (x, y), texels."""

    row: int
    picture: int
    u: float
    v: float
    wide: float
    high: float
    texels: tuple[float, float]  # at full size
    size: tuple[int, int] = (1, 1)
    x: int = 0
    y: int = 0


@dataclass(slots=True, eq=False)
class _Sheet:
    """The image while it is painted. `pixels` is (height, width, 4)."""

    pixels: Pixels
    masked: bool = False
    failed: dict[int, str] = field(default_factory=dict)


def atlas_of(
    surface: Surface, album: Album, texels: int = TEXELS, colour: str = WHITE, form: str = JPEG
) -> Atlas | None:
    """The images on a surface whose triangles have corners of their own; None where there are none.

    surface   its owners are rows of features, its pictures numbers of `album`
    colour    of what lies beyond an image that does not go on
    form      of the image file: JPEG (PNG where it has holes), or WebP
    """
    if surface.picture is None or surface.uv is None or not (surface.picture >= 0).any():
        return None
    pictures = {number: picture for picture, number in album.items()}
    shown = surface.picture >= 0
    uv, part_of = _near_zero(surface, pictures), np.full(len(shown), -1)
    _, part_of[shown] = np.unique(
        np.column_stack((surface.picture[shown], surface.owner[shown])), axis=0, return_inverse=True
    )
    parts = list(_parts(surface, uv, part_of, pictures))
    sheet = _Sheet(np.zeros((*_lay_out(parts, texels), 4), dtype=np.uint8))
    sheet.pixels[:_BLANK, :_BLANK] = 255
    _paint(sheet, parts, pictures, colour)
    failed = np.array([part.picture in sheet.failed for part in parts])
    shown[shown] = ~failed[part_of[shown]]
    return _finished(sheet, parts, (uv, part_of, shown), pictures, form)


def _near_zero(surface: Surface, pictures: dict[int, Picture]) -> F64:
    """The same places, each triangle moved by whole images to where its middle is in the first, if they repeat."""
    assert surface.uv is not None
    assert surface.picture is not None
    moved = surface.uv.copy()
    numbers = np.array(sorted(pictures))
    period = np.array([PERIODS.get(pictures[number].beyond, np.inf) for number in numbers])
    own = surface.triangles[surface.picture[surface.triangles[:, 0]] >= 0]
    every = period[np.searchsorted(numbers, surface.picture[own[:, 0]])][:, None]
    own, every = own[np.isfinite(every[:, 0])], every[np.isfinite(every[:, 0])]
    moved[own] -= (np.floor(moved[own].mean(axis=1) / every) * every)[:, None]
    return moved


def _parts(surface: Surface, uv: F64, part_of: I64, pictures: dict[int, Picture]) -> Iterator[_Part]:
    count = int(part_of.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    shown = part_of >= 0
    np.minimum.at(low, part_of[shown], uv[shown])
    np.maximum.at(high, part_of[shown], uv[shown])
    own = surface.triangles[shown[surface.triangles[:, 0]]]
    which = part_of[own[:, 0]]
    ground = np.bincount(which, _double_areas(surface.xyz[own]), minlength=count)
    image = np.bincount(which, _double_areas(np.pad(uv[own], ((0, 0), (0, 0), (0, 1)))), minlength=count)
    first = np.full(count, -1)
    first[part_of[shown]] = np.flatnonzero(shown)
    assert surface.picture is not None
    for at in range(count):
        picture = int(surface.picture[first[at]])
        width, height = pictures[picture].width, pictures[picture].height
        (u, v), (wide, tall) = low[at].tolist(), np.maximum(high[at] - low[at], 1e-6).tolist()
        per_texel = math.sqrt(ground[at] / max(image[at] * width * height, 1e-12))  # metres
        scale = min(1.0, per_texel / FINEST_M)
        texels = wide * width * scale, tall * height * scale
        yield _Part(int(surface.owner[first[at]]), picture, u, v, wide, tall, texels)


def _double_areas(corners: F64) -> F64:
    return np.asarray(np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1))


def _lay_out(parts: list[_Part], texels: int) -> tuple[int, int]:
    """Give every part its size and place; (height, width) of the whole: no more texels than asked for, if it can be."""
    total = sum(wide * high for wide, high in (part.texels for part in parts))
    scale = min(1.0, math.sqrt(texels / max(total, 1.0)))
    while True:
        for part in parts:
            wide, high = part.texels
            longest = _LONGEST // 2
            part.size = min(max(1, round(wide * scale)), longest), min(max(1, round(high * scale)), longest)
        height, width = _shelves(parts)
        if (height * width <= texels and height <= _LONGEST) or all(part.size == (1, 1) for part in parts):
            return height, width
        scale *= 0.9


def _shelves(parts: list[_Part]) -> tuple[int, int]:
    """Put the parts on shelves, the highest first, beside the white square; (height, width) of the whole."""
    room = 2 * GUTTER
    area = sum((part.size[0] + room) * (part.size[1] + room) for part in parts)
    widest = max(part.size[0] for part in parts) + room
    width = min(_LONGEST, _fours(max(widest + _BLANK, math.isqrt(area) + _BLANK)))
    x, y, shelf = _BLANK, 0, _BLANK
    for part in sorted(parts, key=lambda part: (-part.size[1], part.picture, part.row)):
        wide, high = part.size[0] + room, part.size[1] + room
        if x + wide > width:
            x, y, shelf = 0, y + shelf, 0
        part.x, part.y = x + GUTTER, y + GUTTER
        x, shelf = x + wide, max(shelf, high)
    return _fours(y + shelf), width


def _fours(length: int) -> int:
    return -(-length // 4) * 4


def _paint(sheet: _Sheet, parts: Iterable[_Part], pictures: dict[int, Picture], colour: str) -> None:
    """Put every part on the sheet, image by image; those that cannot be read are noted there."""
    by_picture: dict[int, list[_Part]] = {}
    for part in parts:
        by_picture.setdefault(part.picture, []).append(part)
    for number, own in by_picture.items():
        picture = pictures[number]
        try:
            image = _opened(picture, max(_scale(part, picture) for part in own))
            for part in own:
                _put(sheet, part, _cut(image, part, colour if picture.beyond == PLAIN else picture.beyond))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            sheet.failed[number] = f"{type(error).__name__}: {error}"[:120]


def _scale(part: _Part, picture: Picture) -> float:
    """How much of the image's own fineness a part keeps: 1 is all of it."""
    return max(part.size[0] / (part.wide * picture.width), part.size[1] / (part.high * picture.height))


def _opened(picture: Picture, scale: float) -> Image.Image:
    """The image in memory, red, green, blue and alpha, no finer than its parts need where it can be read so."""
    if picture.read is None:
        raise ValueError("nobody knows where it is")
    with Image.open(BytesIO(picture.read())) as image:
        wanted = max(1, math.ceil(picture.width * scale)), max(1, math.ceil(picture.height * scale))
        image.draft("RGB", wanted)  # JPEG alone: a half, a quarter or an eighth of it
        whole = image.convert("RGBA")
    factor = int(min(whole.width / wanted[0], whole.height / wanted[1]))
    return whole.reduce(factor) if factor > 1 else whole


def _cut(image: Image.Image, part: _Part, beyond: str) -> Pixels:
    """(height, width, 4) what a part shows; v runs upwards, rows downwards; `beyond` is as `Picture` has it."""
    wide, high = part.size
    top = 1.0 - part.v - part.high
    if part.u >= 0 and part.u + part.wide <= 1 and top >= 0 and top + part.high <= 1:
        sides = np.array([part.u, top, part.u + part.wide, top + part.high])
        area = sides * np.array([image.width, image.height] * 2)
        return np.asarray(image.resize(part.size, Image.Resampling.BOX, box=_inside(area, image)))
    tile = max(1, round(wide / part.wide)), max(1, round(high / part.high))
    pixels = np.asarray(image.resize(tile, Image.Resampling.BOX))
    columns = part.u + (np.arange(wide) + 0.5) / wide * part.wide
    rows = top + (np.arange(high) + 0.5) / high * part.high
    across = np.minimum((_folded(columns, beyond) * tile[0]).astype(np.int64), tile[0] - 1)
    down = np.minimum((_folded(rows, beyond) * tile[1]).astype(np.int64), tile[1] - 1)
    chosen: Pixels = pixels[down[:, None], across[None, :]]
    if beyond.startswith("#"):
        inside = ((rows >= 0) & (rows < 1))[:, None] & ((columns >= 0) & (columns < 1))[None, :]
        chosen[~inside] = (*bytes.fromhex(beyond[1:]), 255)
    return chosen


def _folded(places: F64, beyond: str) -> F64:
    """(n,) places anywhere to those in the image that are shown there, 0..1."""
    if beyond == REPEATED:
        return np.asarray(places % 1.0)
    if beyond == MIRRORED:
        return np.asarray(1.0 - np.abs(places % 2.0 - 1.0))
    return np.clip(places, 0.0, 1.0)


def _inside(area: F64, image: Image.Image) -> tuple[float, float, float, float]:
    """A box of some extent that does not leave the image by a rounding."""
    left, upper = min(area[0], image.width - 1e-3), min(area[1], image.height - 1e-3)
    return left, upper, min(max(area[2], left + 1e-3), image.width), min(max(area[3], upper + 1e-3), image.height)


def _put(sheet: _Sheet, part: _Part, pixels: Pixels) -> None:
    rim = np.pad(pixels, ((GUTTER, GUTTER), (GUTTER, GUTTER), (0, 0)), mode="edge")
    rows, columns = rim.shape[:2]
    sheet.pixels[part.y - GUTTER : part.y - GUTTER + rows, part.x - GUTTER : part.x - GUTTER + columns] = rim
    sheet.masked = sheet.masked or bool((pixels[..., 3] < _OPAQUE).any())


def _finished(
    sheet: _Sheet, parts: list[_Part], vertices: tuple[F64, I64, Bools], pictures: dict[int, Picture], form: str
) -> Atlas:
    """The image file, and where the vertices are in it."""
    uv, part_of, shown = vertices
    height, width = sheet.pixels.shape[:2]
    facts = np.array([(one.u, one.v, one.wide, one.high, one.x, one.y, *one.size) for one in parts])[part_of]
    right = (uv[:, 0] - facts[:, 0]) / facts[:, 2]
    down = 1.0 - (uv[:, 1] - facts[:, 1]) / facts[:, 3]
    placed = np.column_stack(((facts[:, 4] + right * facts[:, 6]) / width, (facts[:, 5] + down * facts[:, 7]) / height))
    placed[~shown] = _BLANK / 2 / np.array([width, height])
    data, mime = _encoded(sheet, form)
    failed = [part for part in parts if part.picture in sheet.failed]
    faults = [(part.row, pictures[part.picture].name, sheet.failed[part.picture]) for part in failed]
    return Atlas(data, mime, np.clip(placed, 0.0, 1.0), shown, sheet.masked, tuple(faults))


def _encoded(sheet: _Sheet, form: str) -> tuple[bytes, str]:
    """The image file and its type."""
    data = BytesIO()
    pixels = sheet.pixels if sheet.masked else sheet.pixels[..., :3]
    if form == JPEG and sheet.masked:
        Image.fromarray(pixels).save(data, "PNG", optimize=False)
        return data.getvalue(), "image/png"
    exact = {"lossless": True} if sheet.masked else {}  # as PNG is: what has holes is drawn, not photographed
    Image.fromarray(pixels).save(data, form.upper(), quality=QUALITY[form], **exact)
    return data.getvalue(), f"image/{form}"


def image_fault(data: bytes) -> str | None:
    """Why the bytes of an image file cannot be shown; None where they can."""
    try:
        with Image.open(BytesIO(data)) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return f"it cannot be read ({error})"
    return None
