"""Raw records of where people were seen, to stays: positions, access points, towers, cameras and scans."""

from twin.presence.detection.association import Sightings
from twin.presence.detection.detect import Found, Positions, Tally, stays_of_positions, stays_of_sightings
from twin.presence.detection.profiles import Profile, profile_named, read_profile
from twin.presence.detection.skew import ClockOffset, Starts, clock_offset
from twin.presence.detection.uniting import Recorded, United, unite

__all__ = [
    "ClockOffset",
    "Found",
    "Positions",
    "Profile",
    "Recorded",
    "Sightings",
    "Starts",
    "Tally",
    "United",
    "clock_offset",
    "profile_named",
    "read_profile",
    "stays_of_positions",
    "stays_of_sightings",
    "unite",
]
