"""From a rule's look-back to windows: calendar days in the rule's zone, counted from an anchor.

`days` = 14 and an onset on the 20th is from the local midnight at which the 6th begins; the day of the anchor counts
besides. A day has 23, 24 or 25 hours. A date alone stands for its whole day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scenes.epidemic.rulebook.schema import AnchorKind, Rule
from scenes.epidemic.windows import local, to_utc
from twin.errors import InvalidValue, InvalidWindow
from twin.types import Window

ANCHORS: tuple[AnchorKind, ...] = ("onset", "sampling", "report", "isolation")


@dataclass(frozen=True, slots=True)
class Times:
    """What is known of the persons asked about: moments by kind of anchor, or a window instead."""

    moments: Mapping[AnchorKind, Any]
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What a rule looks at.

    window   of contacts; stays: of the cumulative stay, None where the rule has none
    anchor   what the look-back was counted from, None for a window as given; `day`: the day the rule is to hold on
    isolated UTC second of isolation, where known; `records_end` as it was given
    notes    what the reader must know of it
    """

    window: Window
    stays: Window | None
    anchor: AnchorKind | None
    day: date
    isolated: int | None
    records_end: int
    notes: tuple[str, ...]


def span_of(rule: Rule, times: Times, zone: str, records_end: int) -> Span:
    """The windows of a rule. `zone` is the twin's; `records_end` the UTC second at which a look-back without end ends.

    Raises InvalidValue where no anchor that the rule knows is given, or anchors besides a window; InvalidWindow where
    the window would be empty.
    """
    zone = rule.window.zone or zone
    isolated = None
    if "isolation" in times.moments:
        isolated = _end(times.moments["isolation"], zone, "isolation")
    if times.window is not None:
        return _as_given(rule, times, zone, isolated, records_end)
    kind = next((kind for kind in rule.window.anchors if kind in times.moments), None)
    if kind is None:
        wanted = " or ".join(rule.window.anchors)
        raise InvalidValue(wanted, f"is missing: rule {rule.id} looks back from it", "Give it, or a window from, to")
    day = _day(times.moments[kind], zone, kind)
    notes: tuple[str, ...] = ()
    if rule.window.until == "anchor":
        end = _end(times.moments[kind], zone, kind)
    elif isolated is not None:
        end = isolated
    else:
        end, notes = records_end, (f"no isolation is given: until the records end, {local(records_end, zone)}",)
    window = _window(_midnight(day - timedelta(days=rule.window.days), zone), end, kind)
    stays = None
    if rule.stay:
        stays = Window(_midnight(day - timedelta(days=rule.stay.days), zone), window.end)
    return Span(window, stays, kind, day, isolated, records_end, notes)


def end_of_day(second: int, zone: str) -> int:
    """The UTC second at which the local day ends that a second lies in, or ends with."""
    return _midnight(datetime.fromtimestamp(second - 1, ZoneInfo(zone)).date() + timedelta(days=1), zone)


def _as_given(rule: Rule, times: Times, zone: str, isolated: int | None, records_end: int) -> Span:
    """A window as given; the cumulative stay ends with it."""
    window = times.window
    assert window is not None
    strange = [kind for kind in times.moments if kind != "isolation"]
    if strange:
        raise InvalidValue(", ".join(strange), "has no meaning beside a window from, to", "Give one or the other")
    last = datetime.fromtimestamp(window.end - 1, ZoneInfo(zone)).date()
    stays = None
    if rule.stay:
        end = datetime.fromtimestamp(window.end, ZoneInfo(zone))
        begin = (end.replace(tzinfo=None, fold=0) - timedelta(days=rule.stay.days)).replace(tzinfo=ZoneInfo(zone))
        stays = Window(int(begin.timestamp()), window.end)
    if isolated is not None and rule.window.until == "isolation":
        window = _window(window.start, min(window.end, isolated), "isolation")
    return Span(window, stays, None, last, isolated, records_end, ())


def _window(start: int, end: int, kind: str) -> Window:
    if end <= start:
        raise InvalidWindow(kind, "leaves nothing to look at: the window ends before it begins", "Check the dates")
    return Window(start, end)


def _is_date(moment: Any) -> bool:
    if not isinstance(moment, str):
        return False
    try:
        date.fromisoformat(moment.strip())
    except ValueError:
        return False
    return True


def _day(moment: Any, zone: str, field: str) -> date:
    """The local day of a moment."""
    if _is_date(moment):
        return date.fromisoformat(moment.strip())
    return datetime.fromtimestamp(to_utc(moment, zone, field), ZoneInfo(zone)).date()


def _end(moment: Any, zone: str, field: str) -> int:
    """A moment as the end of something: a date alone is the end of its day."""
    if _is_date(moment):
        return _midnight(date.fromisoformat(moment.strip()) + timedelta(days=1), zone)
    return to_utc(moment, zone, field)


def _midnight(day: date, zone: str) -> int:
    """The UTC second at which a local day begins: where a change of clocks skips midnight, that of the change."""
    return int(datetime.combine(day, datetime.min.time(), tzinfo=ZoneInfo(zone)).timestamp())
