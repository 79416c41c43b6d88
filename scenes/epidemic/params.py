"""What an investigator may ask, as validated parameters: building blocks, then a model a question."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from scenes.base import Params
from twin.geo.vehicles import Mode

Moment = Annotated[int | float | str, Field(description="ISO 8601 (without a zone: the twin's) or epoch seconds")]
PersonName = Annotated[str, Field(min_length=1, max_length=200, description="Identity, or pseudonym of 32 hex digits")]
Minutes = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
Source = Annotated[int, Field(ge=0, le=255)]

MOST_PERSONS = 100_000

Scale = Literal[
    "unit", "floor", "building", "estate", "cell", "square", "radius", "row", "compartment", "carriage", "run"
]

OPTIONS_OF_SCALE: dict[str, frozenset[str]] = {
    "unit": frozenset(),
    "floor": frozenset(),
    "building": frozenset({"same_floor"}),
    "estate": frozenset({"same_floor"}),
    "cell": frozenset({"res", "ring", "same_floor"}),
    "square": frozenset({"side_m", "origin", "same_floor"}),
    "radius": frozenset({"radius_m", "same_floor"}),
    "row": frozenset({"nearby", "no_crew", "modes"}),
    "compartment": frozenset({"nearby", "no_crew", "modes"}),
    "carriage": frozenset({"modes"}),
    "run": frozenset({"modes"}),
}
"""Which of the options a scale takes; any other one with it is an error, never ignored."""


class WindowParams(Params):
    """A question about records in a window, with what it is for."""

    model_config = ConfigDict(populate_by_name=True)

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    purpose: str = Field("", max_length=500, description="What the question is for; goes on record")
    case: str = Field("", max_length=100, description="Case number; goes on record")


class AskedParams(WindowParams):
    """Which snapshot is asked, and how much may be read."""

    as_of: int | str | None = Field(
        None, description="Snapshot to answer from, by number or as of a moment (ISO 8601), while it is kept"
    )
    force: bool = Field(False, description="Read as much as it takes, where a large question is refused otherwise")


class PagedParams(AskedParams):
    """An answer by pages."""

    limit: int | None = Field(200, ge=1, le=100_000, description="Rows on a page; the answer says how many are left")
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before")


class PersonParams(AskedParams):
    """One person."""

    person: PersonName

    def persons(self) -> tuple[str, ...]:
        """The one person."""
        return (self.person,)

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """Fields that hold persons as typed."""
        return ("person",)


class PeopleParams(AskedParams):
    """One or several persons."""

    person: PersonName | None = None
    several: tuple[PersonName, ...] = Field(
        (),
        validation_alias=AliasChoices("persons", "several"),
        max_length=MOST_PERSONS,
        description="Several persons instead of one",
    )

    @model_validator(mode="after")
    def _somebody(self) -> PeopleParams:
        if (self.person is None) == (not self.several):
            raise ValueError("give either `person` or `persons`")
        return self

    def persons(self) -> tuple[str, ...]:
        """Everybody asked about."""
        return self.several if self.person is None else (self.person,)

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """Fields that hold persons as typed."""
        return ("person", "several")


class TrustParams(AskedParams):
    """Which records count."""

    sources: tuple[Source, ...] | None = Field(None, description="Only records of these sources; else all")
    doubtful: tuple[Source, ...] = Field((), description="Sources that make an answer no more than possible")


class LengthParams(TrustParams):
    """How long counts."""

    min_overlap_minutes: Minutes = Field(10, description="Least time together, over `per`")
    per: Literal["window", "meeting", "day", "span"] = Field(
        "window", description="Over the whole window, one meeting, one local day, or any span of `span_minutes`"
    )
    span_minutes: Minutes = Field(1440, gt=0, description="With per=span: any so many minutes")
    strict: bool = Field(False, description="More than the least, not just as much")

    @model_validator(mode="after")
    def _span_is_asked_for(self) -> LengthParams:
        if "span_minutes" in self.model_fields_set and self.per != "span":
            raise ValueError("`span_minutes` has no meaning unless per=span")
        return self


class TogetherParams(LengthParams):
    """How near and how long counts."""

    scale: Scale = Field("unit", description="What is near: the same unit, floor, …, or within a radius")
    res: int | None = Field(None, ge=0, le=12, description="At scale cell: H3 resolution")
    ring: int = Field(0, ge=0, le=50, description="At scale cell: cells at most so many steps away, too")
    side_m: float = Field(800.0, gt=0, allow_inf_nan=False, description="At scale square: its side, metres")
    origin: tuple[Degrees, Degrees] = Field((113.0, 22.0), description="At scale square: a corner, [lon, lat] degrees")
    radius_m: float | None = Field(None, gt=0, allow_inf_nan=False, description="At scale radius: metres")
    same_floor: bool = Field(False, description="From scale building to radius: on the same floor only")
    nearby: int = Field(3, ge=0, le=254, description="At scale row or compartment: at most so many away")
    no_crew: bool = Field(False, description="At scale row or compartment: without the crew who serve it")
    modes: tuple[Mode, ...] = Field((), max_length=6, description="From scale row up: on these vehicles alone")
    bridge_minutes: float = Field(
        0, ge=0, le=1440, allow_inf_nan=False, description="Gaps of a person's stay at one place that are bridged"
    )

    @model_validator(mode="after")
    def _options_fit_the_scale(self) -> TogetherParams:
        given = {name for name in frozenset().union(*OPTIONS_OF_SCALE.values()) if name in self.model_fields_set}
        strange = sorted(given - OPTIONS_OF_SCALE[self.scale])
        if strange:
            raise ValueError(f"{', '.join(strange)} has no meaning at scale {self.scale}")
        return self


class TrajectoryParams(PersonParams, PagedParams):
    """One person."""

    limit: int | None = Field(None, ge=1, le=100_000, description="Rows on a page; every stay if not given")


class CompanionParams(PeopleParams, TogetherParams, PagedParams):
    """One or several persons, and how near and how long counts."""


class PlaceParams(AskedParams):
    """A place of the twin, or a part of the map."""

    place: str | None = Field(None, min_length=1, max_length=200, description="Entity id: unit, storey, building, …")
    polygon: tuple[tuple[Degrees, Degrees], ...] | None = Field(
        None,
        min_length=3,
        max_length=10_000,
        description="Corners as [lon, lat] degrees; every H3 cell of resolution 12 (10 m) that it touches counts",
    )
    geojson: dict[str, Any] | None = Field(None, description="The same as a GeoJSON polygon or multipolygon")
    bbox: tuple[Degrees, Degrees, Degrees, Degrees] | None = Field(
        None, description="The same as west, south, east, north in degrees"
    )

    @model_validator(mode="after")
    def _somewhere(self) -> PlaceParams:
        if [self.place, self.polygon, self.geojson, self.bbox].count(None) != 3:
            raise ValueError("give one of `place`, `polygon`, `geojson` and `bbox`")
        return self


class VisitorParams(PlaceParams, LengthParams, PagedParams):
    """A place of the twin, or a part of the map, and how long counts."""

    min_overlap_minutes: Minutes = Field(0, description="Least time there, over `per`")


class CaseParams(WindowParams):
    """The persons of a case."""

    several: tuple[PersonName, ...] = Field(
        validation_alias=AliasChoices("persons", "several"), min_length=1, max_length=1000
    )

    def persons(self) -> tuple[str, ...]:
        """Everybody of the case."""
        return self.several

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """Fields that hold persons as typed."""
        return ("several",)
