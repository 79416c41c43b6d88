"""What an investigator may ask, as validated parameters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from scenes.base import Params

Moment = Annotated[int | float | str, Field(description="ISO 8601 (without a zone: the twin's) or epoch seconds")]
PersonName = Annotated[str, Field(min_length=1, max_length=200, description="Identity, or pseudonym of 32 hex digits")]


class WindowParams(Params):
    """A question about persons in a window, with what it is for."""

    model_config = ConfigDict(populate_by_name=True)

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    purpose: str = Field("", max_length=500, description="What the question is for; goes on record")
    case: str = Field("", max_length=100, description="Case number; goes on record")


class TrajectoryParams(WindowParams):
    """One person."""

    person: PersonName

    def persons(self) -> tuple[str, ...]:
        """The one person."""
        return (self.person,)

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """Fields that hold persons as typed."""
        return ("person",)


class PagedParams(WindowParams):
    """An answer by pages."""

    limit: int = Field(200, ge=1, le=100_000, description="Rows on a page; the answer says how many are left out")
    cursor: str | None = Field(None, description="`next` of the page before")


class CompanionParams(PagedParams):
    """One or several persons, and how near and how long counts."""

    person: PersonName | None = None
    several: tuple[PersonName, ...] = Field(
        (), alias="persons", max_length=1000, description="Several persons instead of one"
    )
    scale: Literal["unit", "floor", "cell"] = Field("unit", description="Same place, same floor of a cell, same cell")
    res: int | None = Field(None, ge=0, le=12, description="H3 resolution at scale cell")
    min_overlap_minutes: float = Field(10, ge=0, le=1_000_000, description="Least time together in the whole window")

    @model_validator(mode="after")
    def _somebody(self) -> CompanionParams:
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


class VisitorParams(PagedParams):
    """A place of the twin, or a polygon on the map."""

    place: str | None = Field(None, min_length=1, max_length=200, description="Entity id: unit, storey, building, …")
    polygon: tuple[tuple[float, float], ...] | None = Field(
        None,
        min_length=3,
        max_length=10_000,
        description="Corners as [lon, lat] degrees; every H3 cell of resolution 12 (10 m) that it touches counts",
    )
    min_overlap_minutes: float = Field(0, ge=0, le=1_000_000, description="Least time there in the whole window")

    @model_validator(mode="after")
    def _somewhere(self) -> VisitorParams:
        if (self.place is None) == (self.polygon is None):
            raise ValueError("give either `place` or `polygon`")
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
