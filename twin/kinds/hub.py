"""Transit hub: a metro hall, railway station, bus terminal or interchange."""

from twin.kinds.base import Attributes, Kind


class HubAttributes(Attributes):
    """Its name and mode of travel (metro, rail, bus, ferry, air)."""

    name: str | None = None
    mode: str | None = None


KIND = Kind(
    id="hub",
    title_en="Transit hub",
    title_zh="交通枢纽",
    form="point",
    attributes=HubAttributes,
    parents=("building", "grid", "community"),
    indexed=("mode",),
    colour="#e86a92",
)
