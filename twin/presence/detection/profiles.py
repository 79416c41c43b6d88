"""What is known of each kind of source, as data: one TOML file a source, checked when it is read.

A file of one's own is given by its path. Fields: `id`, `title`, `source` (0 to 255, stored with every stay), `method`
("roaming" for positions, "association" for places), `names` (others it goes by), `roam_m` (roaming only), `least_s`,
`gap_s`, `pingpong_s`, `error_m`, for association `end_cap_s` with the table `end_cap_by_venue_s`, and `clock_s`: how
many seconds the source's clock is ahead. What they mean is said in `roaming`, `association` and `skew`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from twin.errors import InvalidValue

FOLDER = Path(__file__).parent / "profiles"
"""Profiles that come with the program."""

METHODS = ("roaming", "association")

_DAY_S = 86_400
_EDGE_M = {12: 10.8, 11: 28.7, 10: 75.9, 9: 200.8, 8: 531.4, 7: 1406.5, 6: 3724.5}
"""Mean length of a cell's edge by resolution (the H3 documentation)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One source; see the module for the fields. Seconds and metres."""

    id: str
    title: str
    source: int
    method: str
    least_s: int
    gap_s: int
    pingpong_s: int
    error_m: float
    roam_m: float = 0.0
    end_cap_s: int = 0
    end_cap_by_venue_s: Mapping[str, int] = field(default_factory=dict)
    clock_s: int = 0
    names: tuple[str, ...] = ()

    @property
    def resolution(self) -> int:
        """The finest resolution of a place key whose cells are not smaller than the error of a position."""
        return max((res for res, edge in _EDGE_M.items() if edge >= self.error_m), default=min(_EDGE_M))

    @property
    def estimates_ends(self) -> bool:
        """Whether it holds entries only, so that every end is an estimate."""
        return self.end_cap_s > 0 or any(self.end_cap_by_venue_s.values())

    def end_cap(self, *venues: str) -> int:
        """Seconds that an entry holds at most, at a venue by what it is, the most particular first."""
        caps = (self.end_cap_by_venue_s.get(venue.strip().lower()) for venue in venues)
        return next((cap for cap in caps if cap is not None), self.end_cap_s)


@dataclass(frozen=True, slots=True)
class _Limit:
    """The type of a field, and the least and greatest value it may have."""

    kind: type
    least: float
    most: float


_LIMITS = {
    "source": _Limit(int, 0, 255),
    "least_s": _Limit(int, 0, _DAY_S),
    "gap_s": _Limit(int, 0, 7 * _DAY_S),
    "pingpong_s": _Limit(int, 0, _DAY_S),
    "error_m": _Limit(float, 0, 3_700),
    "roam_m": _Limit(float, 1, 10_000),
    "end_cap_s": _Limit(int, 0, 7 * _DAY_S),
    "clock_s": _Limit(int, -_DAY_S, _DAY_S),
}
_ONLY = {"roam_m": "roaming", "end_cap_s": "association", "end_cap_by_venue_s": "association"}
_OPTIONAL = {"names", "clock_s", "end_cap_s", "end_cap_by_venue_s"}


def profile_named(name: str) -> Profile:
    """A profile that comes with the program by its id or another of its names, or one in a file by its path."""
    if name.lower().endswith(".toml"):
        return read_profile(Path(name))
    found = by_name().get(name.strip().lower())
    if found is None:
        known = ", ".join(sorted(profile.id for profile in shipped()))
        raise InvalidValue(f"source profile {name!r}", "there is none", f"Give one of {known}, or a .toml file")
    return found


@cache
def shipped() -> tuple[Profile, ...]:
    """All profiles that come with the program."""
    return tuple(read_profile(path) for path in sorted(FOLDER.glob("*.toml")))


@cache
def by_name() -> dict[str, Profile]:
    """The profiles that come with the program, by every name they go by."""
    return {name: profile for profile in shipped() for name in (profile.id, *profile.names)}


def read_profile(path: Path) -> Profile:
    """Read and check one file; raises InvalidValue naming the file, the field and what may be in it."""
    thing = f"source profile {path.name}"
    try:
        return parsed(tomllib.loads(path.read_text(encoding="utf-8")), thing)
    except OSError as error:
        raise InvalidValue(thing, f"it cannot be read ({error.strerror})", "Check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(thing, f"it is not TOML ({error})", "See docs/stays.md for what it holds") from error


def parsed(written: Mapping[str, Any], thing: str) -> Profile:
    """The profile that a table of fields makes, checked."""
    method = written.get("method")
    if method not in METHODS:
        raise _fault(thing, "method", f"it is not one of {', '.join(METHODS)}")
    known = {one.name for one in fields(Profile)}
    for name in written:
        if name not in known:
            raise _fault(thing, name, "there is no such field", f"A profile has: {', '.join(sorted(known))}")
        if _ONLY.get(name, method) != method:
            raise _fault(thing, name, f"it is for {_ONLY[name]} only, the method is {method}", "Leave it out")
    for name in sorted(known - _OPTIONAL - written.keys()):
        if _ONLY.get(name, method) == method:
            raise _fault(thing, name, "it is missing")
    values: dict[str, Any] = {
        name: _number(thing, name, written[name], limit) for name, limit in _LIMITS.items() if name in written
    }
    values |= {name: _text(thing, name, written[name]) for name in ("id", "title")}
    values |= {
        "method": method,
        "names": tuple(_text(thing, "names", name) for name in _list(thing, written.get("names", []))),
        "end_cap_by_venue_s": _caps(thing, written.get("end_cap_by_venue_s", {})),
    }
    return _consistent(thing, Profile(**values))


def _consistent(thing: str, profile: Profile) -> Profile:
    """The profile, if its fields go together."""
    if profile.method == "roaming" and profile.least_s < 1:
        raise _fault(thing, "least_s", "it is 0: every fix on the way would be a stay", "Give 60 or more")
    if profile.method == "roaming" and profile.pingpong_s > profile.least_s:
        raise _fault(thing, "pingpong_s", "it is more than least_s: so long elsewhere is a stay there", "Give less")
    if profile.pingpong_s > profile.gap_s:
        raise _fault(thing, "pingpong_s", "it is more than gap_s: back after a gap is no flicker", "Give less")
    return profile


def _number(thing: str, name: str, value: Any, limit: _Limit) -> float:
    wanted = (int,) if limit.kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise _fault(thing, name, "it is not a whole number" if limit.kind is int else "it is not a number")
    if not limit.least <= value <= limit.most:
        raise _fault(thing, name, f"{value} is not from {limit.least:g} to {limit.most:g}")
    return float(value) if limit.kind is float else int(value)


def _text(thing: str, name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _fault(thing, name, "it is not a text")
    return value.strip() if name == "title" else value.strip().lower()


def _list(thing: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _fault(thing, "names", "it is not a list of names")
    return value


def _caps(thing: str, value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise _fault(thing, "end_cap_by_venue_s", "it is not a table of seconds by kind of venue")
    limit = _LIMITS["end_cap_s"]
    return {
        venue.strip().lower(): int(_number(thing, f"end_cap_by_venue_s.{venue}", cap, limit))
        for venue, cap in value.items()
    }


def _fault(thing: str, name: str, reason: str, way_out: str = "See docs/stays.md for what it may hold") -> InvalidValue:
    return InvalidValue(f"{thing}, field {name}", reason, way_out)
