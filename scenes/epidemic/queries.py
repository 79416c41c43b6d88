"""The investigator's questions: where somebody was, who was with them, who was at a place."""

from __future__ import annotations

from typing import Any

from scenes.base import City, Column, query, table
from scenes.epidemic.answers import COMPANIONS, TRAJECTORY, VISITORS
from scenes.epidemic.asked import (
    Records,
    numbers_of,
    paged,
    presence_of,
    ranges_of,
    threshold_of,
    together_of,
    trust_of,
    window_of,
)
from scenes.epidemic.params import CaseParams, CompanionParams, TrajectoryParams, VisitorParams
from scenes.epidemic.question import Question, question
from twin.errors import UnknownPerson
from twin.presence import Answer, CompanionRow, TrajectoryRow, VisitorRow

TRAJECTORY_COLUMNS = (
    Column("start_local", "From", "开始", "time"),
    Column("end_local", "To", "结束", "time"),
    Column("minutes", "Minutes", "时长", "minutes"),
    Column("place", "Place", "地点", "place"),
    Column("quality", "End estimated", "结束为估计", "flag"),
)

COMPANION_COLUMNS = (
    Column("person", "Person", "人员"),
    Column("minutes", "Together", "共处时长", "minutes"),
    Column("certain_minutes", "certain", "确定时长", "minutes"),
    Column("possible_minutes", "possible", "可能时长", "minutes"),
    Column("meetings", "Meetings", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

VISITOR_COLUMNS = (
    Column("person", "Person", "人员"),
    Column("minutes", "Present", "停留时长", "minutes"),
    Column("visits", "Visits", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

CASE_COLUMNS = (
    Column("person", "Person", "人员"),
    Column("known", "On record", "有记录", "flag"),
    Column("stays", "Stays", "停留数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
)


@question("Where somebody was", "人员轨迹", params=TrajectoryParams, shape=TRAJECTORY, columns=TRAJECTORY_COLUMNS)
def trajectory(records: Records, params: TrajectoryParams) -> Answer[TrajectoryRow]:
    """The stays of one person in a window, in order of time, each with place, floor and building."""
    (person,) = numbers_of(records, params.persons())
    return presence_of(records).trajectory(person, window_of(records, params), **paged(records, params))


@question("Who was with them", "时空伴随", params=CompanionParams, shape=COMPANIONS, columns=COMPANION_COLUMNS)
def companions(records: Records, params: CompanionParams) -> Answer[CompanionRow]:
    """Everybody who shared place and time with one or several persons for long enough, with every shared interval."""
    persons, rule = numbers_of(records, params.persons()), together_of(records, params)
    return presence_of(records).companions(persons, window_of(records, params), rule=rule, **paged(records, params))


@question("Who was there", "到访人员", params=VisitorParams, shape=VISITORS, columns=VISITOR_COLUMNS)
def visitors(records: Records, params: VisitorParams) -> Answer[VisitorRow]:
    """Everybody who was at a place (unit, storey, building, estate …) or in a part of the map during a window."""
    return presence_of(records).visitors(
        ranges_of(records, params),
        window_of(records, params),
        threshold=threshold_of(params),
        trust=trust_of(params),
        **paged(records, params),
    )


QUESTIONS: dict[str, Question] = {each.query.id: each for each in (trajectory, companions, visitors)}
"""Every question of the engine, by id."""


@query("The persons of a case", "病例人员", params=CaseParams, columns=CASE_COLUMNS, persons=True)
def cases(city: City, params: CaseParams) -> dict[str, Any]:
    """Which of a list of persons are on record in the window, with how many stays, from when to when."""
    presence, window = presence_of(city), window_of(city, params)
    rows: list[dict[str, Any]] = []
    for name in params.persons():
        pseudonym = city.pseudonyms.resolve(name)
        row: dict[str, Any] = {"person": pseudonym.hex(), "known": True, "stays": 0, "first": None, "last": None}
        try:
            found = presence.trajectory(presence.person(pseudonym), window).rows
        except UnknownPerson:
            row["known"] = False
        else:
            row["stays"] = len(found)
            row["first"] = min((stay.start for stay in found), default=None)
            row["last"] = max((stay.end for stay in found), default=None)
        rows.append(row)
    return table(rows)
