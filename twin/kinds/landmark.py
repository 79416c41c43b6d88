"""Landmark: something that a glTF model of its own shows, where a point, a height and a heading put it."""

from pydantic import Field

from twin.kinds.base import Attributes, Kind


class LandmarkAttributes(Attributes):
    """Which model, and how it stands. Where and how high its origin stands is in the entity itself.

    model        name of the file in the twin's folder of models: the hash of its bytes
    heading_deg  clockwise from north: where the model's far side (-z in glTF) looks
    scale        metres of one unit of the model
    """

    name: str | None = None
    model: str = Field(pattern="^[0-9a-f]{32}$")
    heading_deg: float = Field(0.0, ge=0, lt=360)
    scale: float = Field(1.0, gt=0, allow_inf_nan=False)


KIND = Kind(
    id="landmark",
    title_en="Landmark",
    title_zh="地标",
    form="point",
    attributes=LandmarkAttributes,
    parents=("building", "grid", "community"),
    colour="#ffd166",
)
"""A landmark's `base_m` is the ellipsoidal height of its model's origin."""
