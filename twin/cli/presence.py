"""`twin presence`: who was here, when, and with whom; and the store's own upkeep."""

from __future__ import annotations

import typer

from twin.cli import presence_rules, presence_upkeep, presence_watching
from twin.cli.presence_asking import asks
from twin.cli.presence_options import (
    AT_LEAST,
    BRIDGE,
    BY,
    COUNTED,
    LENGTH,
    LINGER,
    MEETING,
    MET,
    NEAR,
    ONLY_TOGETHER,
    PAGES,
    PEOPLE,
    PERSONS,
    SNAPSHOT,
    SPREAD,
    STEP,
    STEP_MINUTES,
    THERE,
    TRUST,
    WHERE,
    WINDOW,
)

group = typer.Typer(no_args_is_help=True, help="Who was at the same place at the same time.")

_WHO = (PERSONS, PEOPLE)
_EVERY = (*WINDOW, *SNAPSHOT, *PAGES)
_TOGETHER = (*NEAR, *LENGTH, *TRUST, BRIDGE)

asks(group, "trajectory", "Where one or several persons were, in order of time.", *_WHO, *_EVERY)
asks(
    group,
    "companions",
    "Who shared place and time with somebody for long enough, longest first, with the evidence.",
    *(*_WHO, *_TOGETHER, *_EVERY),
)
asks(group, "visitors", "Who was at a place or anywhere in it, longest first.", *WHERE, *LENGTH, *TRUST, *_EVERY)
asks(group, "meetings", "When and where two persons met, or every two of several.", *_WHO, *_TOGETHER, *_EVERY)
asks(
    group,
    "shared_places",
    "Places where several persons were, the most telling first.",
    *(*_WHO, AT_LEAST, ONLY_TOGETHER, *_TOGETHER, *_EVERY),
)
asks(
    group,
    "lingering",
    "Who was where somebody had been before, while it lingered.",
    *(*_WHO, *LINGER, *_TOGETHER, *_EVERY),
)
asks(
    group,
    "chain",
    "Who was reached from somebody by contacts that follow each other in time.",
    *(*_WHO, *SPREAD, *NEAR, *TRUST, BRIDGE, *_EVERY),
)
asks(
    group,
    "network",
    "How many meetings there were, by place or day, exactly.",
    *(*WHERE, BY, MEETING, *NEAR, *TRUST, BRIDGE, *_EVERY),
)
asks(
    group,
    "degrees",
    "How many meetings each person had, or some persons, the most first.",
    *(*_WHO, *THERE, MEETING, MET, *NEAR, *TRUST, BRIDGE, *_EVERY),
)
asks(
    group,
    "contact_graph",
    "Who of some persons, or of everybody at a place, was together with whom; into .graphml, too.",
    *(*_WHO, *THERE, *_TOGETHER, *_EVERY),
)
asks(group, "footfall", "How many people were somewhere and how many came.", *COUNTED, STEP, *TRUST, *_EVERY)
asks(group, "occupancy", "How many people were somewhere at once.", *COUNTED, STEP_MINUTES, *TRUST, *_EVERY)
presence_rules.add_to(group)
presence_upkeep.add_to(group)
group.add_typer(presence_watching.group, name="watch")
