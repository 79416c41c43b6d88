"""Community (shequ): the administrative area that management grids are cut from."""

from twin.kinds.base import Attributes, Kind


class CommunityAttributes(Attributes):
    """The official code and name."""

    code: str | None = None
    name: str | None = None


KIND = Kind(
    id="community",
    title_en="Community",
    title_zh="社区",
    form="polygon",
    attributes=CommunityAttributes,
    parents=("street", "district"),
    indexed=("code",),
    colour="#66b3d9",
)
