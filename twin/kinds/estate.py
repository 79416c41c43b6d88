"""Estate: a housing estate, an urban village, a campus or an industrial park with one management."""

from twin.kinds.base import Attributes, Kind


class EstateAttributes(Attributes):
    """Its name and what sort of estate it is."""

    name: str | None = None
    category: str | None = None
    address: str | None = None


KIND = Kind(
    id="estate",
    title_en="Estate",
    title_zh="小区",
    form="polygon",
    attributes=EstateAttributes,
    parents=("grid", "community", "street"),
    indexed=("category",),
    colour="#c9a6e0",
)
