"""What an investigator may ask, as validated parameters: building blocks, then a model a question."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field, WithJsonSchema, model_validator

from scenes.base import SHOWN_FROM, Params
from twin.geo.vehicles import Mode

Moment = Annotated[int | float | str, Field(description="ISO 8601 (without a zone: the twin's) or epoch seconds")]
PersonName = Annotated[str, Field(min_length=1, max_length=200, description="Identity, or pseudonym of 32 hex digits")]
Minutes = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
Source = Annotated[int, Field(ge=0, le=255)]

MOST_PERSONS = 100_000


def _moments_by_person(given: dict[str, Any]) -> dict[str, Any]:
    """Checked as a whole: what is wrong with one of them must not be told by way of a name."""
    if len(given) > MOST_PERSONS:
        raise ValueError(f"{len(given)} persons are named, {MOST_PERSONS} is the most")
    if not all(0 < len(person) <= 200 for person in given):
        raise ValueError("a person has no name, or one of more than 200 characters")
    if not all(isinstance(moment, int | float | str) and not isinstance(moment, bool) for moment in given.values()):
        raise ValueError("a time is neither ISO 8601 nor epoch seconds")
    return given


MomentsByPerson = Annotated[
    dict[str, Any],
    AfterValidator(_moments_by_person),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number"]}}),
]
"""Moments by person as typed."""

AreaKind = Literal["storey", "building", "estate", "grid", "community", "street", "district"]

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

    limit: int = Field(200, ge=1, le=100_000, description="Rows on a page; the answer says how many are left")
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before")


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


class NearParams(TrustParams):
    """How near counts."""

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
    def _options_fit_the_scale(self) -> NearParams:
        given = {name for name in frozenset().union(*OPTIONS_OF_SCALE.values()) if name in self.model_fields_set}
        strange = sorted(given - OPTIONS_OF_SCALE[self.scale])
        if strange:
            raise ValueError(f"{', '.join(strange)} has no meaning at scale {self.scale}")
        return self


class TogetherParams(NearParams, LengthParams):
    """How near and how long counts."""


class TrajectoryParams(PeopleParams, PagedParams):
    """One or several persons."""

    limit: int = Field(10_000, ge=1, le=100_000, description="Rows on a page; the answer says how many are left")


class CompanionParams(PeopleParams, TogetherParams, PagedParams):
    """One or several persons, and how near and how long counts."""


class MeetingParams(PeopleParams, TogetherParams, PagedParams):
    """Two persons or more."""

    min_overlap_minutes: Minutes = Field(0, description="Least time together, over `per`")


class SharingParams(PeopleParams, TogetherParams, PagedParams):
    """Several persons, and how many of them make a place worth telling."""

    min_overlap_minutes: Minutes = Field(0, description="Least time of a person at a place, over `per`")
    at_least: int = Field(2, ge=1, description="Places where at least so many of them were")
    together: bool = Field(False, description="Only time counts during which another of them was there as well")


class LingeringParams(PeopleParams, TogetherParams, PagedParams):
    """One or several persons, and how long what they leave behind lingers."""

    min_overlap_minutes: Minutes = Field(0, description="Least time of presence after them, over `per`")
    linger_minutes: Minutes = Field(120, description="Presence counts up to so long after somebody had left")
    half_life_minutes: Minutes = Field(30, description="After so long it weighs half")


class ChainParams(PeopleParams, NearParams, PagedParams):
    """Where a chain begins and how it spreads: least contact, latency and hops are always said."""

    theta_minutes: Minutes = Field(description="Least length of a contact, in one piece")
    latency_minutes: Minutes = Field(description="From the end of the least contact until who was reached passes it on")
    hops: int | None = Field(description="The most contacts of a walk; null: any number")
    direction: Literal["forward", "backward"] = Field("forward", description="Whom they reached, or who reached them")
    first_contact: bool = Field(False, description="Who was reached counts from the beginning of that contact")
    isolate_after_minutes: Minutes | None = Field(None, description="Who was reached is isolated so long after")
    isolation: MomentsByPerson = Field({}, description="When persons were isolated, by person")
    seed_times: MomentsByPerson = Field({}, description="From when those asked about are infectious, by person")

    def persons(self) -> tuple[str, ...]:
        """Everybody named."""
        return (*super().persons(), *self.isolation, *self.seed_times)

    @property
    def seeds(self) -> tuple[str, ...]:
        """Where it begins."""
        return super().persons()

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """Fields that hold persons as typed."""
        return (*super().person_fields(), "isolation", "seed_times")


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

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """The fields that say where; one of them is given."""
        return "place", "polygon", "geojson", "bbox"

    @model_validator(mode="after")
    def _somewhere(self) -> PlaceParams:
        if sum(getattr(self, name) is not None for name in self.ways()) != 1:
            raise ValueError(f"give one of {', '.join(self.ways())}")
        return self


class VisitorParams(PlaceParams, LengthParams, PagedParams):
    """A place of the twin, or a part of the map, and how long counts."""

    min_overlap_minutes: Minutes = Field(0, description="Least time there, over `per`")


class CountParams(PlaceParams, TrustParams, PagedParams):
    """Where people are counted, and the smallest count that is shown."""

    each: AreaKind | None = Field(None, description="Every building, estate, grid … of the twin, each by itself")
    suppress_below: int = Field(
        SHOWN_FROM,
        ge=0,
        le=1000,
        description="Smaller counts are not shown, nor others that would give one away",
    )
    limit: int = Field(10_000, ge=1, le=100_000, description="Rows on a page")

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """One place, or every one of a kind."""
        return (*super().ways(), "each")


class FootfallParams(CountParams):
    """In which steps of time."""

    step: Literal["hour", "day"] | Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = Field(
        "hour", description="Local hours or days, or so many minutes each"
    )


class OccupancyParams(CountParams):
    """At which instants."""

    step_minutes: float = Field(60, gt=0, le=1_000_000, allow_inf_nan=False, description="Instants so far apart")


class AnywhereParams(PlaceParams):
    """A place of the twin, a part of the map, or, with none of them, everywhere."""

    @model_validator(mode="after")
    def _somewhere(self) -> AnywhereParams:
        if sum(getattr(self, name) is not None for name in self.ways()) > 1:
            raise ValueError(f"give one of {', '.join(self.ways())}, or none for everywhere")
        return self

    @property
    def everywhere(self) -> bool:
        """Whether no place is given."""
        return all(getattr(self, name) is None for name in self.ways())


class AnybodyParams(PeopleParams):
    """One or several persons, or nobody by name."""

    @model_validator(mode="after")
    def _somebody(self) -> AnybodyParams:
        if self.person is not None and self.several:
            raise ValueError("give either `person` or `persons`")
        return self


class CountedParams(NearParams, AnywhereParams, PagedParams):
    """What is a meeting that is counted without looking at pairs."""

    theta_minutes: Minutes = Field(10, description="Least length of a meeting, in one piece")


class NetworkParams(CountedParams):
    """Meetings in rows of what."""

    by: Literal["place", "day", "place_day", "window"] = Field(
        "place", description="A row per place of the scale, per local day, per both, or one of the whole window"
    )


class DegreeParams(AnybodyParams, CountedParams):
    """Whose meetings are counted."""

    met: bool = Field(False, description="Count the different people met, too, of persons who are named")


class GraphParams(AnybodyParams, TogetherParams, AnywhereParams, PagedParams):
    """Whose graph, or of everybody where, and how near and how long counts."""

    limit: int = Field(10_000, ge=1, le=100_000, description="Rows on a page; the answer says how many are left")

    @model_validator(mode="after")
    def _bounded(self) -> GraphParams:
        if self.everywhere and not self.persons():
            raise ValueError(f"give `persons`, or one of {', '.join(self.ways())}: a graph is of a bounded set")
        return self


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
