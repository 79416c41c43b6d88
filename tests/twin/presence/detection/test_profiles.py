"""Source profiles: what ships can be read, and every fault in a file of one's own is told by field."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import InvalidValue
from twin.presence.detection import Profile, profile_named, read_profile
from twin.presence.detection.profiles import by_name, shipped

GOOD = """
id = "Beacon"
title = "Beacons"
source = 40
method = "association"
least_s = 0
gap_s = 120
pingpong_s = 30
error_m = 5
end_cap_s = 60
[end_cap_by_venue_s]
Metro = 300
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_those_that_ship() -> None:
    assert {profile.id: profile.source for profile in shipped()} == {
        "camera": 2,
        "gps": 5,
        "scan": 3,
        "tower": 4,
        "wifi": 1,
    }
    assert profile_named("Signalling").id == "tower"
    assert len({profile.source for profile in shipped()}) == len(shipped())
    assert set(by_name()) == {"camera", "gps", "scan", "code", "tower", "signalling", "signaling", "wifi"}
    assert [profile_named("scan").estimates_ends, profile_named("wifi").estimates_ends] == [True, False]


def test_resolutions_follow_the_error() -> None:
    assert {profile.id: profile.resolution for profile in shipped()} == {
        "camera": 12,
        "gps": 12,
        "scan": 12,
        "tower": 9,
        "wifi": 11,
    }


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    profile = profile_named(str(written(tmp_path, GOOD)))
    assert profile == Profile(
        "beacon", "Beacons", 40, "association", 0, 120, 30, 5.0, end_cap_s=60, end_cap_by_venue_s={"metro": 300}
    )
    assert [profile.end_cap(), profile.end_cap("shop"), profile.end_cap("a", " METRO ")] == [60, 60, 300]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('method = "association"', "", "field method: it is not one of roaming, association"),
        ('method = "association"', 'method = "guess"', "field method"),
        ("gap_s = 120", "", "field gap_s: it is missing"),
        ("gap_s = 120", "gap_s = -1", "field gap_s: -1 is not from 0 to 604800"),
        ("gap_s = 120", "gap_s = 1e3", "field gap_s: it is not a whole number"),
        ("gap_s = 120", "gap_s = true", "field gap_s: it is not a whole number"),
        ("gap_s = 120", "gap_seconds = 120", "field gap_seconds: there is no such field"),
        ("gap_s = 120", "gap_s = 10", "field pingpong_s: it is more than gap_s"),
        ("error_m = 5", "error_m = nan", "field error_m: nan is not from"),
        ("source = 40", "source = 256", "field source: 256 is not from 0 to 255"),
        ('title = "Beacons"', 'title = " "', "field title: it is not a text"),
        ('title = "Beacons"', 'title = "Beacons"\nnames = "b"', "field names: it is not a list"),
        ('title = "Beacons"', 'title = "Beacons"\nroam_m = 100', "field roam_m: it is for roaming only"),
        ("Metro = 300", 'Metro = "long"', "field end_cap_by_venue_s.Metro: it is not a whole number"),
        ("[end_cap_by_venue_s]\nMetro = 300", "end_cap_by_venue_s = 3", "it is not a table"),
        ('method = "association"', 'method = "roaming"\nroam_m = 100', "for association only"),
        ("id =", "id", "it is not TOML"),
    ],
)
def test_faults_are_told_by_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidValue, match=r"own\.toml") as caught:
        read_profile(written(tmp_path, GOOD.replace(old, new)))
    assert told in str(caught.value)


def test_roaming_needs_a_duration(tmp_path: Path) -> None:
    text = 'id = "g"\ntitle = "G"\nsource = 9\nmethod = "roaming"\nroam_m = 50\nleast_s = 0\ngap_s = 60\n'
    with pytest.raises(InvalidValue, match="every fix on the way"):
        read_profile(written(tmp_path, text + "pingpong_s = 0\nerror_m = 5\n"))
    longer = text.replace("least_s = 0", "least_s = 30")
    with pytest.raises(InvalidValue, match="so long elsewhere is a stay there"):
        read_profile(written(tmp_path, longer + "pingpong_s = 40\nerror_m = 5\n"))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"none\.toml: it cannot be read"):
        profile_named(str(tmp_path / "none.toml"))
    with pytest.raises(InvalidValue, match="Give one of camera, gps, scan, tower, wifi"):
        profile_named("bluetooth")
    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidValue, match="not TOML"):
        read_profile(binary)
