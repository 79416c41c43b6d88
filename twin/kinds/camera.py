"""Camera: an optical camera. Its height is the lens's own; on a building, the building is its parent."""

from pydantic import Field

from twin.kinds.base import Attributes, Kind


class CameraAttributes(Attributes):
    """Where it looks: degrees clockwise from north, degrees below the horizon, opening angle and reach."""

    name: str | None = None
    heading_deg: float | None = Field(None, ge=0, le=360)
    tilt_deg: float | None = Field(None, ge=-90, le=90)
    fov_deg: float | None = Field(None, gt=0, le=360)
    range_m: float | None = Field(None, gt=0, allow_inf_nan=False)
    mount: str | None = None
    status: str | None = None


KIND = Kind(
    id="camera",
    title_en="Camera",
    title_zh="摄像头",
    form="point",
    attributes=CameraAttributes,
    parents=("building", "grid"),
    indexed=("status",),
    sensitive=("stream_url",),
    colour="#ff9f43",
)
