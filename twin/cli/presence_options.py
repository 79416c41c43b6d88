"""The options of `twin presence`, each said once: a word at the command line for a field of a question's parameters.

A field that is not given is left out, so that defaults stand in one place, the parameter models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from twin.errors import InvalidValue, UnreadableSource

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Word:
    """An option or argument for the parameter field `field`; `read` makes the field's value of what was typed."""

    field: str
    annotation: Any
    name: str
    read: Read | None = None


def option(
    field: str, kind: Any, name: str, help: str, *, metavar: str | None = None, read: Read | None = None
) -> Word:
    """An option that may be left out."""
    return Word(field, Annotated[kind | None, typer.Option(name, metavar=metavar, help=help)], name, read)


def switch(field: str, name: str, help: str) -> Word:
    """An option without a value."""
    return Word(field, Annotated[bool | None, typer.Option(name, help=help, show_default=False)], name)


def argument(field: str, kind: Any, name: str, help: str) -> Word:
    """A word that stands alone."""
    return Word(field, Annotated[kind | None, typer.Argument(metavar=name, help=help, show_default=False)], name)


def _numbers(text: str) -> list[float]:
    """Numbers with commas between them."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InvalidValue("option", "is not a list of numbers", "Put commas between them: 1,2") from error


def _words(text: str) -> list[str]:
    """Words with commas between them."""
    return [part.strip() for part in text.split(",")]


def _lines(path: Path) -> list[str]:
    """A person a line; `-` is standard input. So nobody's name is in a list of processes or a shell's history."""
    try:
        text = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise UnreadableSource(
            f"file {path.name}", "cannot be read as lines of text", "Give a person a line"
        ) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _times(path: Path) -> dict[str, str]:
    """A person and a moment a line, with a comma between them."""
    pairs = [line.rpartition(",") for line in _lines(path)]
    if not all(person.strip() and moment.strip() for person, _, moment in pairs):
        raise UnreadableSource(f"file {path.name}", "has a line without a person and a time", "Write PERSON,TIME")
    return {person.strip(): moment.strip() for person, _, moment in pairs}


def _hops(text: str) -> int | None:
    """A number, or any."""
    if text == "any":
        return None
    try:
        return int(text)
    except ValueError as error:
        raise InvalidValue("option", "is neither a number nor any", "Give the most contacts of a walk") from error


def _geojson(path: Path) -> Any:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise UnreadableSource(f"file {path.name}", "cannot be read as JSON", "Give a GeoJSON file") from error
    if not isinstance(found, dict):
        raise UnreadableSource(f"file {path.name}", "is not a GeoJSON object", "Give a polygon, bare or as a feature")
    return found


PERSONS = argument("several", list[str], "PERSON", "Identities, or pseudonyms of 32 hex digits; or --people")
PEOPLE = option("people", Path, "--people", "A person a line; - is standard input", metavar="FILE", read=_lines)

WINDOW = (
    option(
        "start",
        str,
        "--from",
        "ISO 8601, local to the twin, or epoch seconds; default: 14 days before --to, or the first stay",
    ),
    option("end", str, "--to", "The same, not included: a date alone is its midnight; default: the last stay"),
)

WHERE = (
    argument("place", str, "PLACE", "Entity id of a unit, storey, building, hub, estate ...; or --polygon, --bbox"),
    option(
        "geojson", Path, "--polygon", "GeoJSON file with a polygon instead of a place", metavar="FILE", read=_geojson
    ),
    option("bbox", str, "--bbox", "The same as degrees", metavar="W,S,E,N", read=_numbers),
)

NEAR = (
    option(
        "scale",
        str,
        "--scale",
        "unit, floor, building, estate, cell, square, radius; aboard: row, compartment, carriage, run; default: unit",
    ),
    option("res", int, "--res", "At scale cell: H3 resolution, 0 to 12"),
    option("ring", int, "--ring", "At scale cell: cells at most so many steps away, too"),
    option("side_m", float, "--side", "At scale square: its side in metres; default: 800"),
    option("origin", str, "--origin", "At scale square: a corner; default: 113,22", metavar="LON,LAT", read=_numbers),
    option("radius_m", float, "--radius", "At scale radius: metres"),
    switch("same_floor", "--same-floor", "From scale building to radius: on the same floor only"),
    option("nearby", int, "--nearby", "At scale row or compartment: at most so many away; default: 3"),
    switch("no_crew", "--no-crew", "At scale row or compartment: without the crew who serve it"),
    option("modes", str, "--modes", "Aboard: only on these, such as rail,air", metavar="MODE,MODE", read=_words),
)

TRUST = (
    option("sources", str, "--sources", "Only records of these sources", metavar="N,N", read=_numbers),
    option(
        "doubtful", str, "--doubtful", "Sources that make an answer no more than possible", metavar="N,N", read=_numbers
    ),
)

LENGTH = (
    option("min_overlap_minutes", float, "--min-overlap", "Least minutes, over what --per says"),
    option("per", str, "--per", "window, meeting, day, or span: any --span minutes; default: window"),
    option("span_minutes", float, "--span", "With --per span: minutes; default: 1440"),
    switch("strict", "--strict", "More than the least, not just as much"),
)

AT_LEAST = option("at_least", int, "--at-least", "Places where at least so many of them were; default: 2")
ONLY_TOGETHER = switch("together", "--together", "Only time counts during which another of them was there, too")

LINGER = (
    option("linger_minutes", float, "--linger", "Presence counts up to so many minutes after; default: 120"),
    option("half_life_minutes", float, "--half-life", "After so many minutes it weighs half; default: 30"),
)

SPREAD = (
    option("theta_minutes", float, "--theta", "Least minutes of a contact, in one piece; must be said"),
    option("latency_minutes", float, "--latency", "Minutes until who was reached passes it on; must be said"),
    option("hops", str, "--hops", "The most contacts of a walk, or any; must be said", read=_hops),
    option("direction", str, "--direction", "forward or backward; default: forward"),
    switch("first_contact", "--first-contact", "Who was reached counts from the beginning of that contact"),
    option("isolate_after_minutes", float, "--isolate-after", "Who was reached is isolated so many minutes after"),
    option(
        "isolation", Path, "--isolation", "When persons were isolated: PERSON,TIME a line", metavar="FILE", read=_times
    ),
    option("seed_times", Path, "--seed-times", "From when they are infectious: likewise", metavar="FILE", read=_times),
)

MEETING = option("theta_minutes", float, "--theta", "Least minutes of a meeting, in one piece; default: 10")
BY = option("by", str, "--by", "Rows of each place, day, place_day, or of the whole window; default: place")
MET = switch("met", "--met", "The different people they met are counted, too")
THERE = (option("place", str, "--place", "Only at this place and in it; or --polygon, --bbox"), *WHERE[1:])

COUNTED = (
    *WHERE,
    option("each", str, "--each", "Every building, estate, grid ... by itself, instead of one place", metavar="KIND"),
    option("suppress_below", int, "--suppress-below", "Smaller counts are not shown; default: 10"),
)
STEP = option("step", str, "--step", "hour, day or minutes; default: hour")
STEP_MINUTES = option("step_minutes", float, "--step", "Minutes between the instants; default: 60")

BRIDGE = option("bridge_minutes", float, "--bridge", "Gaps of a stay at one place up to so many minutes are bridged")

SNAPSHOT = (
    option("as_of", str, "--as-of", "Answer from this snapshot, or as of this moment, while it is kept"),
    switch("force", "--force", "Read as much as it takes"),
)

PAGES = (
    option("limit", int, "--limit", "Rows shown; the answer says how many are left out"),
    option("cursor", str, "--cursor", "`next` of the page before"),
)
