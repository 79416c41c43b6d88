"""Street (jiedao): a subdistrict, the administrative area between district and community."""

from twin.kinds.base import Attributes, Kind


class StreetAttributes(Attributes):
    """The official code and name."""

    code: str | None = None
    name: str | None = None


KIND = Kind(
    id="street",
    title_en="Street",
    title_zh="街道",
    form="polygon",
    attributes=StreetAttributes,
    parents=("district",),
    indexed=("code",),
    colour="#5b94e0",
)
