"""What may be asked of rules: which rule, with which clauses, of whom, and what is known of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from scenes.base import Params
from scenes.epidemic.params import Moment, MomentsByPerson, PagedParams, PeopleParams
from scenes.epidemic.rulebook.schema import AnchorKind

Address = Annotated[
    str, Field(min_length=1, max_length=200, description="id, id@version, id/variant or id@version/variant")
]
Overrides = Annotated[
    dict[str, Any],
    Field(max_length=100, description="Clauses with other values: dotted name to value, null for none"),
]


class OneRuleParams(Params):
    """A rule, with its clauses as written or overridden."""

    model_config = ConfigDict(populate_by_name=True)

    rule: Address
    settings: Overrides = Field({}, alias="set")


class AppliedParams(PeopleParams, PagedParams):
    """Whom a rule is applied to. Its look-back is counted from one of the anchors, or a window is given instead.

    A date alone stands for its whole day, in the rule's zone.
    """

    start: Moment | None = Field(None, alias="from", description="Instead of anchors: begin of the window")  # type: ignore[assignment]
    end: Moment | None = Field(None, alias="to", description="Instead of anchors: its end, not included")  # type: ignore[assignment]
    onset: Moment | None = Field(None, description="Onset of symptoms of those asked about")
    sampling: Moment | None = Field(None, description="When their sample was taken")
    report: Moment | None = Field(None, description="When they were reported")
    isolation: Moment | None = Field(None, description="When they were isolated")
    isolated: MomentsByPerson = Field({}, description="When others were isolated, by person; for contacts of contacts")

    @model_validator(mode="after")
    def _whole_window(self) -> AppliedParams:
        if (self.start is None) != (self.end is None):
            raise ValueError("give both `from` and `to`, or neither")
        return self

    @property
    def anchors(self) -> dict[AnchorKind, Moment]:
        """The anchors that are given."""
        given: dict[AnchorKind, Moment | None] = {
            "onset": self.onset,
            "sampling": self.sampling,
            "report": self.report,
            "isolation": self.isolation,
        }
        return {kind: moment for kind, moment in given.items() if moment is not None}

    @property
    def asked(self) -> tuple[str, ...]:
        """Whom the rule is applied to."""
        return super().persons()

    def persons(self) -> tuple[str, ...]:
        """Everybody named."""
        return (*self.asked, *self.isolated)

    @classmethod
    def person_fields(cls) -> tuple[str, ...]:
        """Fields that hold persons as typed."""
        return (*super().person_fields(), "isolated")


class ContactParams(AppliedParams):
    """Who is a contact by a rule."""

    rule: Address
    settings: Overrides = Field({}, alias="set")


class DiffRuleParams(AppliedParams):
    """What changes from rule `a` to rule `b`."""

    a: Address
    b: Address
    set_a: Overrides = Field({})
    set_b: Overrides = Field({})
