"""Standing questions in words: what is watched, and what a watch has to say, as they come in and go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from scenes.base import Params
from scenes.epidemic.answers import interval
from scenes.epidemic.asked import Records, numbers_of, presence_of, ranges_of, threshold_of, together_of, trust_of
from scenes.epidemic.params import (
    AskedParams,
    LengthParams,
    Minutes,
    PeopleParams,
    PlaceParams,
    TogetherParams,
    TrustParams,
)
from scenes.epidemic.windows import to_window
from twin.errors import InvalidValue
from twin.presence.watch.alert import Alert, Crowd, Delivery, Standing
from twin.presence.watch.watch import Watch, WatchCrowd, WatchPersons, WatchPlaces


class WatchParams(AskedParams):
    """What a watch is called, and the window it is for, which may lie ahead."""

    name: str | None = Field(None, min_length=1, max_length=100, description="Its id; one is made if not given")

    @model_validator(mode="after")
    def _as_things_come(self) -> WatchParams:
        if self.as_of is not None:
            raise ValueError("`as_of` has no meaning for what is watched as it comes")
        return self


class WatchPersonsParams(WatchParams, PeopleParams, TogetherParams):
    """Whoever is together with any of some persons."""


class WatchPlacesParams(WatchParams, PlaceParams, LengthParams):
    """Whoever is at a place or in a part of the map."""

    min_overlap_minutes: Minutes = Field(0, description="Least time there, over `per`")


class WatchCrowdParams(WatchParams, PlaceParams, TrustParams):
    """When too many people are somewhere at once."""

    over: int = Field(ge=1, description="More people than this")


class AlertParams(Params):
    """How far the caller is."""

    model_config = ConfigDict(populate_by_name=True)

    since: int = Field(0, ge=0, description="`snapshot` of the alerts before; 0: everything that holds now")
    purpose: str = Field("", max_length=500, description="What it is for; goes on record")
    case: str = Field("", max_length=100, description="Case number; goes on record")


class OneWatchParams(Params):
    """A watch by its id."""

    watch: str = Field(min_length=1, max_length=100)


def watch_of(records: Records, params: WatchParams) -> Watch:
    """A watch from what was asked."""
    window = to_window(params.start, params.end, records.zone)
    if isinstance(params, WatchPersonsParams):
        return WatchPersons(tuple(numbers_of(records, params.persons())), window, together_of(records, params))
    if isinstance(params, WatchPlacesParams):
        return WatchPlaces(ranges_of(records, params), window, threshold_of(params), trust_of(params))
    if isinstance(params, WatchCrowdParams):
        return WatchCrowd(ranges_of(records, params), window, params.over, trust_of(params))
    raise TypeError(f"no watch is made of {type(params).__name__}")


def add_watch(records: Records, params: WatchParams) -> str:
    """Watch from now on; the id."""
    return presence_of(records).watches.add(watch_of(records, params), name=params.name, force=params.force)


def watches_answer(records: Records) -> list[dict[str, Any]]:
    """Every watch: its id, what it waits for, and when."""
    return [_told(records, id, watch) for id, watch in presence_of(records).watches.all().items()]


def _told(records: Records, id: str, watch: Watch) -> dict[str, Any]:
    said: dict[str, Any] = {"id": id, "window": interval(watch.window.start, watch.window.end, records.zone)}
    if isinstance(watch, WatchPersons):
        names = presence_of(records).pseudonyms(watch.persons)
        return {
            **said,
            "kind": "persons",
            "persons": [name.hex() for name in names],
            "rule": watch.rule.rule("watch").text,
        }
    ranges = {"key_ranges": len(watch.ranges.lo)}
    if isinstance(watch, WatchPlaces):
        return {**said, "kind": "places", **ranges, "rule": f"There {watch.threshold.text}"}
    return {**said, "kind": "crowd", **ranges, "over": watch.over, "rule": f"More than {watch.over} at once"}


def alerts_since(records: Records, since: int) -> dict[str, Any]:
    """What is another now than at a snapshot; InvalidValue for one that was never made or is no longer kept."""
    presence = presence_of(records)
    newest = presence.stats().snapshot
    if since > newest:
        raise InvalidValue("since", f"names a snapshot that was never made: the newest is {newest}", "Give 0 for all")
    return alerts_answer(presence.watches.poll(since))


def alerts_answer(delivery: Delivery) -> dict[str, Any]:
    """What is new up to a snapshot."""
    return {"snapshot": delivery.snapshot, "alerts": [_alert(alert) for alert in delivery.alerts]}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "watch": alert.watch,
        "snapshot": alert.snapshot,
        "change": alert.change.value,
        "person": alert.pseudonym.hex() if alert.pseudonym else None,
        "before": _state(alert.before),
        "after": _state(alert.after),
    }


def _state(state: Standing | Crowd | None) -> Mapping[str, Any] | None:
    if not isinstance(state, Standing):
        return None if state is None else state._asdict()
    return {
        "minutes": round(state.seconds / 60, 2),
        "certain_minutes": round(state.certain_s / 60, 2),
        "intervals": state.intervals,
        "first": state.first,
        "last": state.last,
        "certain": state.certain,
    }
