"""Incident: something that happened or was reported and is handled until closed."""

from twin.kinds.base import Attributes, Kind


class IncidentAttributes(Attributes):
    """What it is, how far it is, and when it was opened (UTC seconds)."""

    category: str | None = None
    status: str | None = None
    opened_at: int | None = None
    title: str | None = None


KIND = Kind(
    id="incident",
    title_en="Incident",
    title_zh="事件",
    form="point",
    attributes=IncidentAttributes,
    parents=("building", "grid", "community"),
    indexed=("category", "status"),
    sensitive=("reporter", "phone"),
    colour="#ff5d5d",
)
