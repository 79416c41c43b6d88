"""The investigator's questions: where somebody was, who was with them, who was at a place."""

from __future__ import annotations

from typing import Any

from scenes.base import City, Column, query, table
from scenes.epidemic.answers import companions_answer, trajectory_answer, visitors_answer
from scenes.epidemic.model import polygon_ranges
from scenes.epidemic.params import CaseParams, CompanionParams, TrajectoryParams, VisitorParams, WindowParams
from scenes.epidemic.windows import to_window
from twin.errors import NotFound, UnknownPerson
from twin.presence import KeyRanges, Presence, ScaleParams, Threshold, Together, nearness
from twin.types import Window

TRAJECTORY_COLUMNS = (
    Column("start_local", "From", "开始", "time"),
    Column("end_local", "To", "结束", "time"),
    Column("minutes", "Minutes", "时长", "minutes"),
    Column("place", "Place", "地点", "place"),
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


def presence_of(city: City) -> Presence:
    """The twin's presence engine; NotFound where no stays were ever imported."""
    if city.presence is None:
        raise NotFound("stays", "this twin has none", "Import some: twin import STAYS --into DIR")
    return city.presence


def _window(city: City, params: WindowParams) -> Window:
    return to_window(params.start, params.end, city.zone)


@query("Where somebody was", "人员轨迹", params=TrajectoryParams, columns=TRAJECTORY_COLUMNS, persons=True)
def trajectory(city: City, params: TrajectoryParams) -> dict[str, Any]:
    """The stays of one person in a window, in order of time, each with place, floor and building."""
    presence = presence_of(city)
    person = presence.person(city.pseudonyms.resolve(params.person))
    return trajectory_answer(city.store, presence.trajectory(person, _window(city, params)))


@query("Who was with them", "时空伴随", params=CompanionParams, columns=COMPANION_COLUMNS, persons=True)
def companions(city: City, params: CompanionParams) -> dict[str, Any]:
    """Everybody who shared place and time with one or several persons for long enough, with every shared interval."""
    presence = presence_of(city)
    pseudonyms = [city.pseudonyms.resolve(name) for name in params.persons()]
    cases = {presence.person(pseudonym): pseudonym.hex() for pseudonym in pseudonyms}
    answer = presence.companions(
        list(cases),
        _window(city, params),
        rule=Together(
            nearness(params.scale, ScaleParams(res=params.res)), Threshold(round(params.min_overlap_minutes * 60))
        ),
        limit=params.limit,
        cursor=params.cursor,
    )
    return companions_answer(city.store, answer, cases)


@query("Who was there", "到访人员", params=VisitorParams, columns=VISITOR_COLUMNS, persons=True)
def visitors(city: City, params: VisitorParams) -> dict[str, Any]:
    """Everybody who was at a place (unit, storey, building, estate …) or in a polygon during a window."""
    presence = presence_of(city)
    lo, hi = polygon_ranges(params.polygon) if params.polygon else city.store.places.ranges(params.place or "")
    answer = presence.visitors(
        KeyRanges(lo, hi),
        _window(city, params),
        threshold=Threshold(round(params.min_overlap_minutes * 60)),
        limit=params.limit,
        cursor=params.cursor,
    )
    return visitors_answer(city.store, answer)


@query("The persons of a case", "病例人员", params=CaseParams, columns=CASE_COLUMNS, persons=True)
def cases(city: City, params: CaseParams) -> dict[str, Any]:
    """Which of a list of persons are on record in the window, with how many stays, from when to when."""
    presence, window = presence_of(city), _window(city, params)
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
