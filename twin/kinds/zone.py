"""Zone: an area under a measure, such as the three epidemic zones."""

from twin.kinds.base import Attributes, Kind


class ZoneAttributes(Attributes):
    """Its level (as the measure names it, e.g. lockdown, control, precaution) and name."""

    level: str | None = None
    name: str | None = None


KIND = Kind(
    id="zone",
    title_en="Zone",
    title_zh="管控区",
    form="polygon",
    attributes=ZoneAttributes,
    parents=("district",),
    indexed=("level",),
    colour="#e5544f",
)
