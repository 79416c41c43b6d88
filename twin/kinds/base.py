"""A kind is data: what attributes an entity has, where it hangs, how it is shown. Nothing else is needed to add one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

Form = Literal["polygon", "line", "point", "volume", "surface", "none"]


def _no_level_zero(level: int) -> int:
    if level == 0 or not -127 <= level <= 127:
        raise ValueError("levels run from -127 to -1 (basements) and from 1 (the ground storey) to 127")
    return level


Level = Annotated[int, AfterValidator(_no_level_zero)]
"""A floor number as counted in China: 1 is the ground storey, -1 the first basement, and there is no 0."""


class Attributes(BaseModel):
    """Base of every attribute model: unknown names are kept (sources know more than we do), known ones are checked."""

    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)


class NoAttributes(Attributes):
    """For kinds without attributes of their own."""


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute that goes into the tiles' property tables. Names are plain identifiers, for styling expressions."""

    name: str
    type: Literal["float32", "uint16", "uint32", "string"]
    title: str


@dataclass(frozen=True, slots=True)
class Kind:
    """The declaration of one kind.

    parents   kinds that an entity of this kind may hang under, nearest first
    indexed   attributes that get an index in the store
    columns   attributes carried in tiles; a kind with columns is tiled as a layer of its own
    sensitive attributes that are dropped on every read unless the reader may see them
    colour    default colour, `#rrggbb`
    """

    id: str
    title_en: str
    title_zh: str
    form: Form
    attributes: type[Attributes] = NoAttributes
    parents: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    sensitive: tuple[str, ...] = ()
    colour: str = "#8fa3b8"
