"""Which columns of a table hold raw records of people (fixes, sightings, scans), and their rows under our names."""

from __future__ import annotations

from collections.abc import Iterator

from twin.errors import InvalidValue
from twin.ingest.source import Options, Source
from twin.ingest.stays import FIELDS, need_columns, read_columns, stay_columns
from twin.ingest.tablerows import Content, Rows
from twin.issues import Issue
from twin.presence.detection.profiles import Profile, profile_named, shipped

FIX_FIELDS: dict[str, tuple[str, ...]] = {
    "person": FIELDS["person"],
    "time": (*FIELDS["start"], "fix_time", "gps_time", "event_time", "seen", "seen_at", "unixtime", "采集时间",
             "上报时间", "抓拍时间"),
    "place": (*FIELDS["place"], "ap", "ap_id", "cell_id", "tower", "tower_id", "camera", "camera_id", "gate", "gate_id",
              "device", "device_id", "基站", "基站编号", "热点", "摄像头", "设备编号"),
    "key": FIELDS["key"],
    "lon": FIELDS["lon"],
    "lat": FIELDS["lat"],
    "x": FIELDS["x"],
    "y": FIELDS["y"],
    "floor": FIELDS["floor"],
    "venue": ("venue_kind", "venue_type", "place_kind", "place_type", "场所类型"),
}  # fmt: skip
"""Our field -> names that sources use; compared in lower case."""


def profile_of(options: Options) -> Profile:
    """The profile that the caller named; InvalidValue where none is."""
    if not options.profile:
        known = ", ".join(profile.id for profile in shipped())
        reason = "raw records need a source profile: what makes a stay of them"
        raise InvalidValue("--source-profile", reason, f"Give one of {known}, or a .toml file of your own")
    return profile_named(options.profile)


def read_fixes(
    source: Source, options: Options, profile: Profile, format_id: str, content: Content
) -> Iterator[Rows | Issue]:
    """The columns that matter, by our field names, batch by batch; an issue for every row that cannot be read."""

    def columns(present: list[str]) -> dict[str, str]:
        mapping = {ours: theirs for ours, theirs in options.mapping.items() if ours in FIX_FIELDS}
        found = stay_columns(present, mapping, source.name, FIX_FIELDS)
        need_columns(found, "time", options, source.name)
        placed = {"lon", "lat"} <= set(found) or {"x", "y"} <= set(found)
        if profile.method == "roaming" and not placed:
            reason = f"profile {profile.id} makes stays of positions, and it has no columns for them"
            raise InvalidValue(source.name, reason, "Say which: --map lon=COLUMN --map lat=COLUMN")
        return found

    yield from read_columns(source, format_id, content, columns)
