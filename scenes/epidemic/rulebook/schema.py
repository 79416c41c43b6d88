"""What a rule file may hold. A field of a table is a clause: in answers, and overridden, as `threshold.seconds`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from scenes.epidemic.rulebook.near import Near
from scenes.epidemic.rulebook.tables import SourceName, Table
from twin.errors import InvalidValue
from twin.presence.contact import When, Where, Who
from twin.presence.segments.days import Days
from twin.presence.together import Per

AnchorKind = Literal["onset", "sampling", "report", "isolation"]
Text = Annotated[str, Field(min_length=1)]
Gap = Annotated[int, Field(ge=0, le=86_400)]
Metres = Annotated[float, Field(ge=0, le=100_000)]


class Effective(Table):
    """When the rule held: the first and the last day, in the rule's zone; left out where nobody has set one."""

    from_: date | None = Field(None, alias="from")
    to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Effective:
        if self.from_ and self.to and self.to < self.from_:
            raise ValueError("`to` is before `from`")
        return self


class Origin(Table):
    """Where the text comes from. `note`: what it leaves open, and what was chosen."""

    title: Text
    citation: Text
    note: str = ""


class Lookback(Table):
    """Which time is looked at: from the local midnight `days` before the anchor's day, in `zone` ("": the twin's).

    anchors  which moments it may be counted from, the first that is given counts
    until    anchor: to the anchor (a date alone is the whole day); isolation: to the isolation of the person asked
             about, or the last stay kept
    """

    days: int = Field(ge=0, le=366)
    zone: str = ""
    anchors: tuple[AnchorKind, ...] = Field(min_length=1)
    until: Literal["anchor", "isolation"] = "anchor"

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            return Days(zone).zone if zone else zone
        except InvalidValue as error:
            raise ValueError(f"{error.reason}: {error.way_out.lower()}") from None


class Least(Table):
    """How long together counts.

    per         meeting, day (local), span (any `span_s`) or window: over what the seconds are added up
    strict      more than `seconds`, not just as much
    each_place  each place of the scale counts by itself, not all of them together
    when        same_time; same_day or same_window: both merely were there, each for so long
    """

    seconds: int = Field(ge=0, le=366 * 86_400)
    per: Per = "window"
    span_s: int | None = Field(None, ge=1)
    strict: bool = False
    each_place: bool = False
    when: When = "same_time"

    @model_validator(mode="after")
    def _span_only_with_spans(self) -> Least:
        if (self.span_s is not None) != (self.per == "span"):
            raise ValueError("span_s goes with per = 'span': give both or neither")
        return self


class Gaps(Table):
    """Gaps of a stay that are bridged, in seconds; by the source of the stay before the gap where given."""

    bridge_s: Gap = 0
    by_source: dict[SourceName, Gap] = Field(default_factory=dict)


class Trusted(Table):
    """Which records count: `only` these sources (left out: all); `doubtful` ones make an answer possible at the most.

    error_m: the error radius of a source, metres; one that is larger than the scale is doubtful.
    """

    only: tuple[SourceName, ...] | None = None
    doubtful: tuple[SourceName, ...] = ()
    error_m: dict[SourceName, Metres] = Field(default_factory=dict)


class Stay(Table):
    """A cumulative stay: `hours` in all within `days`, strictly more or not.

    who      either of the two, both, case (the person asked about), other
    where    met: at the place where they met; shared: at one where both were at any time; anywhere
    combine  and: besides the time together; or: instead of it, for whoever was met at all
    """

    hours: float = Field(ge=0, le=366 * 24, allow_inf_nan=False)
    days: int = Field(ge=1, le=366)
    strict: bool = True
    who: Who = "either"
    where: Where = "met"
    combine: Literal["and", "or"] = "and"


class Setting(Table):
    """Which places count: premises of these categories, hubs of these modes, else what lies in buildings of these uses.

    The words are those of the twin's own data.
    """

    building_use: tuple[Text, ...] = ()
    premises: tuple[Text, ...] = ()
    hubs: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Setting:
        if not (self.building_use or self.premises or self.hubs):
            raise ValueError("names no places: give building_use, premises or hubs")
        return self


class Hop(Table):
    """Contacts of contacts: walks of at most `hops` contacts, each of `theta_s` in one piece.

    first_contact    whoever was reached counts from the beginning of that contact, else `latency_s` after it
    isolate_after_s  and is isolated so long after; left out: never
    """

    hops: int = Field(2, ge=1, le=250)
    theta_s: int = Field(ge=1, le=86_400)
    latency_s: int = Field(0, ge=0, le=366 * 86_400)
    first_contact: bool = True
    isolate_after_s: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _no_latency_from_the_first(self) -> Hop:
        if self.first_contact and self.latency_s:
            raise ValueError("latency_s has no meaning with first_contact = true: give 0")
        return self


class Lingering(Table):
    """Presence after somebody had left counts up to `linger_s`; after `half_life_s` it weighs half."""

    linger_s: int = Field(ge=1, le=7 * 86_400)
    half_life_s: float = Field(ge=1, le=1e9)


class Without(Table):
    """Whoever is a contact by one of these rules, of the same persons, is not by this one. `rules`: their addresses."""

    rules: tuple[Text, ...] = Field(min_length=1)


class Variant(Table):
    """A reading of the rule with other values, by a name of its own. `set`: clause to value."""

    title_en: Text
    title_zh: Text
    set: dict[str, Any] = Field(min_length=1)


class Rule(BaseModel):
    """A rule: its name and text, and its clauses. Without `hop` and `lingering` it is about direct contacts."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    version: int = Field(ge=1)
    group: Literal["spacetime", "close", "secondary", "general", "lingering", "other"]
    title_en: Text
    title_zh: Text
    text_en: Text
    text_zh: Text
    effective: Effective = Effective()
    source: Origin
    window: Lookback
    near: Near
    threshold: Least | None = None
    gaps: Gaps = Gaps()
    sources: Trusted = Trusted()
    stay: Stay | None = None
    setting: Setting | None = None
    hop: Hop | None = None
    lingering: Lingering | None = None
    without: Without | None = None
    variants: dict[Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")], Variant] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tables_go_together(self) -> Rule:
        if self.hop and self.lingering:
            raise ValueError("hop and lingering do not go together: leave one out")
        if self.hop and self.threshold:
            raise ValueError("threshold has no part in a rule with hop: hop.theta_s is the least contact")
        if not self.hop and not self.threshold:
            raise ValueError("threshold is missing: say how long counts")
        if self.kind != "contacts":
            self._only_of_direct_contacts()
        return self

    def _only_of_direct_contacts(self) -> None:
        if self.without:
            raise ValueError(f"without has no meaning in a rule with {self.kind}: leave it out")
        if self.stay:
            raise ValueError(f"stay has no meaning in a rule with {self.kind}: leave it out")
        if self.gaps.by_source:
            raise ValueError(f"gaps.by_source has no meaning in a rule with {self.kind}: give gaps.bridge_s")
        if self.threshold and (self.threshold.each_place or self.threshold.when != "same_time"):
            raise ValueError(f"threshold.each_place and threshold.when have no meaning in a rule with {self.kind}")

    @property
    def kind(self) -> Literal["contacts", "hop", "lingering"]:
        """What is asked of the engine."""
        return "hop" if self.hop else "lingering" if self.lingering else "contacts"

    @property
    def address(self) -> str:
        """Its id and version."""
        return f"{self.id}@{self.version}"
