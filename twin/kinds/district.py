"""District: the administrative area that a twin usually stands for."""

from twin.kinds.base import Attributes, Kind


class DistrictAttributes(Attributes):
    """The official code and name."""

    code: str | None = None
    name: str | None = None


KIND = Kind(
    id="district",
    title_en="District",
    title_zh="区",
    form="polygon",
    attributes=DistrictAttributes,
    indexed=("code",),
    colour="#4f7fd0",
)
