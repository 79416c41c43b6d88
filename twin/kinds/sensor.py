"""Sensor: a device that measures. Its height is the device's own; on a building, the building is its parent."""

from twin.kinds.base import Attributes, Kind


class Property(Attributes):
    """One quantity that a sensor reports, and its unit (UCUM where there is one)."""

    name: str
    unit: str = ""


class SensorAttributes(Attributes):
    """What it is, and the properties it reports: each becomes a datastream `<sensor id>/<property name>`."""

    name: str | None = None
    category: str | None = None
    properties: tuple[Property, ...] = ()
    model: str | None = None
    status: str | None = None


KIND = Kind(
    id="sensor",
    title_en="Sensor",
    title_zh="传感器",
    form="point",
    attributes=SensorAttributes,
    parents=("unit", "storey", "building", "grid"),
    indexed=("category", "status"),
    colour="#41d1a7",
)
