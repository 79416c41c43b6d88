"""Resource: a vehicle, team, depot or site that can be dispatched."""

from twin.kinds.base import Attributes, Kind


class ResourceAttributes(Attributes):
    """What it is, its name and whether it is free."""

    category: str | None = None
    name: str | None = None
    status: str | None = None


KIND = Kind(
    id="resource",
    title_en="Resource",
    title_zh="应急资源",
    form="point",
    attributes=ResourceAttributes,
    parents=("building", "grid", "district"),
    indexed=("category", "status"),
    colour="#7ad1ff",
)
