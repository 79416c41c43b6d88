"""The shape of each question's rows, as they go out."""

from __future__ import annotations

from scenes.epidemic.fields import (
    INTERVAL,
    Area,
    Many,
    People,
    Place,
    flag,
    local_time,
    minutes,
    number,
    person_of,
    pseudonym,
    whole,
)
from scenes.epidemic.shape import Shape

TRAJECTORY = Shape(Place("place"), *INTERVAL, whole("source"), whole("quality"), pseudonym())

_TIMES = (whole("first"), whole("last"), flag("certain"))
_CERTAINTY = (minutes("certain_minutes", "certain_s"), minutes("possible_minutes", "possible_s"))

VISITS = Many("evidence", Shape(Place("place"), *INTERVAL, flag("certain")))

MET = Many(
    "evidence",
    Shape(person_of("case"), Place("place"), Place("other_place", unless="place"), *INTERVAL, flag("certain")),
)
"""Whose stay at `place` met a stay at `other_place`; null where that is the same."""

COMPANIONS = Shape(pseudonym(), minutes("minutes", "together_s"), *_CERTAINTY, whole("meetings"), *_TIMES, MET)

VISITORS = Shape(pseudonym(), minutes("minutes", "present_s"), *_CERTAINTY, whole("visits"), *_TIMES, VISITS)

MEETINGS = Shape(
    pseudonym(),
    pseudonym("other", "other_pseudonym"),
    minutes("minutes", "together_s"),
    *_CERTAINTY,
    whole("meetings"),
    *_TIMES,
    Many("intervals", Shape(*INTERVAL, minutes("certain_minutes", "certain_s"), MET)),
)

SHARED_PLACES = Shape(
    Place("place"),
    *(whole(name) for name in ("cases", "certain_cases", "asked", "footfall", "people")),
    number("expected"),
    number("lift"),
    minutes("minutes", "present_s"),
    minutes("together_minutes", "together_s"),
    *(whole(name) for name in ("most_at_once", "first", "last")),
    Many(
        "who",
        Shape(
            pseudonym(),
            minutes("minutes", "present_s"),
            *_CERTAINTY,
            minutes("together_minutes", "together_s"),
            whole("visits"),
            *_TIMES,
            VISITS,
        ),
    ),
    Many("gatherings", Shape(*INTERVAL, People("persons"))),
)

LINGERING = Shape(
    pseudonym(),
    minutes("exposure_minutes", "exposure_s"),
    minutes("certain_exposure_minutes", "certain_exposure_s"),
    minutes("minutes", "late_s"),
    *_CERTAINTY,
    whole("visits"),
    minutes("after_minutes", "after_s"),
    flag("direct"),
    *_TIMES,
    Many(
        "evidence",
        Shape(
            person_of("case"),
            Place("place"),
            Place("case_place", unless="place"),
            *INTERVAL,
            whole("left"),
            local_time("left_local", "left"),
            minutes("after_minutes", "after_s"),
            flag("certain"),
        ),
    ),
)

_LABELS = Shape(whole("hops"), whole("arrival"), local_time("arrival_local", "arrival"))

CHAIN = Shape(
    pseudonym(),
    whole("hops"),
    whole("arrival"),
    local_time("arrival_local", "arrival"),
    flag("certain"),
    Many("labels", _LABELS),
    Many("surely", _LABELS),
    Many(
        "path",
        Shape(
            person_of("source"),
            person_of("target"),
            Place("place"),
            Place("other_place", unless="place"),
            *INTERVAL,
            flag("certain"),
        ),
    ),
)

NETWORK = Shape(
    Place("place"),
    *INTERVAL[:4],
    *(whole(name) for name in ("people", "certain_people", "stays", "meetings", "certain_meetings")),
)

DEGREES = Shape(
    pseudonym(),
    *(whole(name) for name in ("stays", "meetings", "certain_meetings", "met", "certain_met")),
)

CONTACT_GRAPH = Shape(
    pseudonym(),
    pseudonym("other", "other_pseudonym"),
    minutes("minutes", "together_s"),
    *_CERTAINTY,
    whole("meetings"),
    *_TIMES,
)

FOOTFALL = Shape(
    Area("area", "place"),
    *INTERVAL[:4],
    whole("people"),
    whole("certain_people"),
    whole("arrivals"),
    whole("certain_arrivals"),
    minutes("person_minutes", "person_s"),
    minutes("certain_person_minutes", "certain_person_s"),
    flag("suppressed"),
)

OCCUPANCY = Shape(
    Area("area", "place"),
    whole("peak"),
    whole("peak_at"),
    local_time("peak_at_local", "peak_at"),
    whole("certain_peak"),
    number("mean"),
    number("certain_mean"),
    Many("steps", Shape(whole("at"), local_time("at_local", "at"), whole("people"), whole("certain"))),
)
