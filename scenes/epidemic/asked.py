"""From what was asked in words to what the engine takes: numbers, windows, scales, thresholds, key ranges."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypedDict

import shapely

from scenes.epidemic.areas import areas
from scenes.epidemic.model import area_ranges, geojson_ranges, polygon_ranges
from scenes.epidemic.params import (
    AnybodyParams,
    AnywhereParams,
    AskedParams,
    CountedParams,
    CountParams,
    LengthParams,
    NearParams,
    PagedParams,
    PlaceParams,
    TogetherParams,
    TrustParams,
    WindowParams,
)
from scenes.epidemic.windows import local, to_utc, to_window
from twin.errors import InvalidValue, InvalidWindow, NotFound, UnknownPerson
from twin.geo.vehicles import MODES, vehicle_key
from twin.presence import (
    Areas,
    Carriage,
    KeyRanges,
    Nearness,
    Presence,
    Rows,
    ScaleParams,
    Threshold,
    Together,
    Trust,
    nearness,
)
from twin.pseudonyms import Pseudonyms
from twin.store import Store
from twin.types import Window

_SPAN_ABOARD = {1: 1 << 29, 2: 1 << 22, 3: 1 << 13, 4: 1}
"""Keys of a run, a carriage, a row and a seat."""


class Records(Protocol):
    """What a question about records needs of an opened twin."""

    @property
    def store(self) -> Store:
        """The model."""
        ...

    @property
    def presence(self) -> Presence | None:
        """The stays; None where there are none."""
        ...

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Identities to pseudonyms."""
        ...

    @property
    def zone(self) -> str:
        """IANA zone of local times."""
        ...


class Snapshotted(TypedDict):
    """Which snapshot, and how much may be read: what every question of the engine takes."""

    as_of: int | None
    force: bool


class Paged(Snapshotted):
    """The same by pages."""

    limit: int | None
    cursor: str | None


def presence_of(records: Records) -> Presence:
    """The twin's presence engine; NotFound where no stays were ever imported."""
    if records.presence is None:
        raise NotFound("stays", "this twin has none", "Import some: twin import STAYS --into DIR")
    return records.presence


def snapshotted(records: Records, params: AskedParams) -> Snapshotted:
    """The snapshot asked for."""
    return {"as_of": _version(records, params.as_of), "force": params.force}


def paged(records: Records, params: PagedParams) -> Paged:
    """The page asked for."""
    return {**snapshotted(records, params), "limit": params.limit, "cursor": params.cursor}


def _version(records: Records, as_of: int | str | None) -> int | None:
    """A snapshot by number, or the newest one at a moment."""
    if as_of is None or isinstance(as_of, int) or as_of.isdecimal():
        return None if as_of is None else int(as_of)
    moment = to_utc(as_of, records.zone, "as_of")
    if moment > time.time():
        raise InvalidValue("as_of", "is a moment that has not come", "Leave it out to ask as of now")
    made = [version.version for version in presence_of(records).versions() if (version.at or 0) <= moment]
    return max(made, default=0)


def window_of(records: Records, params: WindowParams) -> Window:
    """The window; InvalidWindow where it is empty or reversed, or where nothing of it is kept now."""
    window = to_window(params.start, params.end, records.zone)
    if getattr(params, "as_of", None) is not None or getattr(params, "cursor", None) is not None:
        return window  # as it was then
    stats = presence_of(records).stats()
    if stats.first is None or stats.last is None:
        raise InvalidWindow("from, to", "no stays are kept at all", "Import some: twin import STAYS --into DIR")
    if window.end <= stats.first or window.start >= stats.last:
        first, last = (local(second, records.zone) for second in (stats.first, stats.last))
        raise InvalidWindow("from, to", f"nothing of this window is kept: stays are from {first} to {last}", "Ask then")
    return window


def numbers_of(records: Records, persons: Sequence[str]) -> list[int]:
    """The numbers of persons as typed; UnknownPerson says which one in the list, never who."""
    presence, numbers = presence_of(records), []
    for at, name in enumerate(persons, 1):
        try:
            numbers.append(presence.person(records.pseudonyms.resolve(name)))
        except UnknownPerson as error:
            if len(persons) == 1:
                raise
            raise UnknownPerson(f"person {at} of {len(persons)}", error.reason, error.way_out) from None
    return numbers


def times_of(records: Records, times: Mapping[str, int | float | str], field: str) -> dict[int, int]:
    """Moments by person as typed to UTC seconds by number."""
    numbers = numbers_of(records, list(times))
    return {number: to_utc(moment, records.zone, field) for number, moment in zip(numbers, times.values(), strict=True)}


def seconds(minutes: float) -> int:
    """Minutes to whole seconds."""
    return round(minutes * 60)


def trust_of(params: TrustParams) -> Trust:
    """Which records count."""
    return Trust(None if params.sources is None else frozenset(params.sources), frozenset(params.doubtful))


def threshold_of(params: LengthParams) -> Threshold:
    """How long counts."""
    return Threshold(
        seconds(params.min_overlap_minutes), params.per, max(seconds(params.span_minutes), 1), params.strict
    )


def together_of(records: Records, params: TogetherParams) -> Together:
    """The rule made of single options."""
    return replace(near_of(records, params), threshold=threshold_of(params))


def near_of(records: Records, params: NearParams) -> Together:
    """The same where only the scale, bridged gaps and trust are asked for."""
    near = _nearness(records, params)
    return Together(near, bridge_s=seconds(params.bridge_minutes), trust=trust_of(params))


def _nearness(records: Records, params: NearParams) -> Nearness:
    if params.scale in ("building", "estate"):
        return replace(areas(records.store, params.scale), same_floor=params.same_floor)
    if params.scale in ("row", "compartment"):
        compartments = params.scale == "compartment"
        return Rows(params.nearby, crew=not params.no_crew, modes=params.modes, compartments=compartments)
    if params.scale in ("carriage", "run"):
        return Carriage(whole_run=params.scale == "run", modes=params.modes)
    p = params
    return nearness(p.scale, ScaleParams(p.res, p.ring, p.side_m, p.origin, p.radius_m, same_floor=p.same_floor))


def ranges_of(records: Records, params: PlaceParams) -> KeyRanges:
    """The place keys of an entity and all in it, or of what was drawn on the map."""
    if params.polygon is not None:
        return KeyRanges(*polygon_ranges(params.polygon))
    if params.geojson is not None:
        return KeyRanges(*geojson_ranges(params.geojson))
    if params.bbox is not None:
        west, south, east, north = params.bbox
        if west >= east or south >= north:
            raise InvalidValue("bbox", "is reversed or empty", "Give west, south, east, north in degrees")
        return KeyRanges(*area_ranges(shapely.box(west, south, east, north)))
    place = params.place or ""
    return aboard(place) or KeyRanges(*records.store.places.ranges(place))


def counted_of(records: Records, params: CountParams) -> KeyRanges | Areas:
    """The place where people are counted, or every area of a kind."""
    return areas(records.store, params.each) if params.each else ranges_of(records, params)


def anywhere_of(records: Records, params: AnywhereParams) -> KeyRanges | None:
    """The place asked about; None: everywhere."""
    return None if params.everywhere else ranges_of(records, params)


def anybody_of(records: Records, params: AnybodyParams) -> list[int] | None:
    """The numbers of the persons asked about; None: nobody by name."""
    persons = params.persons()
    return numbers_of(records, persons) if persons else None


def meeting_of(records: Records, params: CountedParams) -> Together:
    """The rule of meetings that are counted."""
    return replace(near_of(records, params), threshold=Threshold(seconds(params.theta_minutes), "meeting"))


def aboard(name: str) -> KeyRanges | None:
    """A place that moves, by its name mode/run/carriage/row/seat, and all in it; None for any other name."""
    mode, *parts = name.split("/")
    if mode not in MODES or not parts or not all(part.isdecimal() for part in parts):
        return None
    first = vehicle_key(name)
    return KeyRanges.of([(first, first + _SPAN_ABOARD[len(parts)])])
