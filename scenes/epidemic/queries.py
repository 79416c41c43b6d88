"""The investigator's questions: where somebody was, who was with them, who was at a place."""

from __future__ import annotations

from typing import Any

from scenes.base import City, query, table
from scenes.epidemic import columns, shapes
from scenes.epidemic.asked import (
    Records,
    anybody_of,
    anywhere_of,
    counted_of,
    meeting_of,
    near_of,
    numbers_of,
    paged,
    presence_of,
    ranges_of,
    seconds,
    threshold_of,
    times_of,
    together_of,
    trust_of,
    window_of,
)
from scenes.epidemic.params import (
    CaseParams,
    ChainParams,
    CompanionParams,
    DegreeParams,
    FootfallParams,
    GraphParams,
    LingeringParams,
    MeetingParams,
    NetworkParams,
    OccupancyParams,
    SharingParams,
    TrajectoryParams,
    VisitorParams,
)
from scenes.epidemic.question import Question, question
from scenes.epidemic.ruled import RULED
from twin.errors import UnknownPerson
from twin.presence import (
    Answer,
    CompanionRow,
    DegreeRow,
    FootfallRow,
    LingeringRow,
    MeetingRow,
    NetworkRow,
    OccupancyRow,
    PairRow,
    SharedPlaceRow,
    TrajectoryRow,
    VisitorRow,
)
from twin.presence.chain.rows import ChainRow


@question(
    "Where somebody was", "人员轨迹", params=TrajectoryParams, shape=shapes.TRAJECTORY, columns=columns.TRAJECTORY
)
def trajectory(records: Records, params: TrajectoryParams) -> Answer[TrajectoryRow]:
    """The stays of one or several persons in a window, in order of time, each with place, floor and building."""
    persons = numbers_of(records, params.persons())
    return presence_of(records).trajectory(persons, window_of(records, params), **paged(records, params))


@question("Who was with them", "时空伴随", params=CompanionParams, shape=shapes.COMPANIONS, columns=columns.COMPANION)
def companions(records: Records, params: CompanionParams) -> Answer[CompanionRow]:
    """Everybody who shared place and time with one or several persons for long enough, with every shared interval."""
    persons, rule = numbers_of(records, params.persons()), together_of(records, params)
    return presence_of(records).companions(persons, window_of(records, params), rule=rule, **paged(records, params))


@question("Who was there", "到访人员", params=VisitorParams, shape=shapes.VISITORS, columns=columns.VISITOR)
def visitors(records: Records, params: VisitorParams) -> Answer[VisitorRow]:
    """Everybody who was at a place (unit, storey, building, estate …) or in a part of the map during a window."""
    return presence_of(records).visitors(
        ranges_of(records, params),
        window_of(records, params),
        threshold=threshold_of(params),
        trust=trust_of(params),
        **paged(records, params),
    )


@question("When two met", "两人碰面", params=MeetingParams, shape=shapes.MEETINGS, columns=columns.MEETING)
def meetings(records: Records, params: MeetingParams) -> Answer[MeetingRow]:
    """When and where two persons met, or every two of several: each meeting with its evidence."""
    persons, rule = numbers_of(records, params.persons()), together_of(records, params)
    return presence_of(records).meetings(persons, window_of(records, params), rule=rule, **paged(records, params))


@question(
    "Which places they shared",
    "共同场所",
    params=SharingParams,
    shape=shapes.SHARED_PLACES,
    columns=columns.SHARED_PLACE,
)
def shared_places(records: Records, params: SharingParams) -> Answer[SharedPlaceRow]:
    """Places where several of the persons were, the most telling first: by lift over how many people were there."""
    return presence_of(records).shared_places(
        numbers_of(records, params.persons()),
        window_of(records, params),
        rule=together_of(records, params),
        together=params.together,
        at_least=params.at_least,
        **paged(records, params),
    )


@question("Who came after them", "滞后到访", params=LingeringParams, shape=shapes.LINGERING, columns=columns.LINGERING)
def lingering(records: Records, params: LingeringParams) -> Answer[LingeringRow]:
    """Who was where somebody had been before, while it lingered, the largest exposure first."""
    return presence_of(records).lingering(
        numbers_of(records, params.persons()),
        window_of(records, params),
        rule=together_of(records, params),
        linger_s=seconds(params.linger_minutes),
        half_life_s=params.half_life_minutes * 60,
        **paged(records, params),
    )


@question("Chain of contacts", "传播链", params=ChainParams, shape=shapes.CHAIN, columns=columns.CHAIN)
def chain(records: Records, params: ChainParams) -> Answer[ChainRow]:
    """Who was reached from them by contacts that follow each other in time, each with one walk as witness."""
    after = params.isolate_after_minutes
    return presence_of(records).chain(
        numbers_of(records, params.seeds),
        window_of(records, params),
        theta_s=seconds(params.theta_minutes),
        latency_s=seconds(params.latency_minutes),
        hops=params.hops,
        rule=near_of(records, params),
        direction=params.direction,
        first_contact=params.first_contact,
        isolation=times_of(records, params.isolation, "isolation"),
        isolate_after_s=None if after is None else seconds(after),
        seed_times=times_of(records, params.seed_times, "seed_times"),
        **paged(records, params),
    )


@question("How often people met", "碰面统计", params=NetworkParams, shape=shapes.NETWORK, columns=columns.NETWORK)
def network(records: Records, params: NetworkParams) -> Answer[NetworkRow]:
    """How many meetings there were at each place or on each day: exact counts, even of the busiest hub."""
    return presence_of(records).network(
        window_of(records, params),
        places=anywhere_of(records, params),
        rule=meeting_of(records, params),
        by=params.by,
        **paged(records, params),
    )


@question(
    "How many meetings each had", "人员碰面次数", params=DegreeParams, shape=shapes.DEGREES, columns=columns.DEGREES
)
def degrees(records: Records, params: DegreeParams) -> Answer[DegreeRow]:
    """How many meetings each person had, the most first, and how these numbers are spread."""
    return presence_of(records).degrees(
        window_of(records, params),
        persons=anybody_of(records, params),
        places=anywhere_of(records, params),
        rule=meeting_of(records, params),
        met=params.met,
        **paged(records, params),
    )


@question("Contact graph", "接触网络", params=GraphParams, shape=shapes.CONTACT_GRAPH, columns=columns.MEETING)
def contact_graph(records: Records, params: GraphParams) -> Answer[PairRow]:
    """Every two of some persons, or of everybody at a place, who were together for long enough: edges of a graph."""
    return presence_of(records).contact_graph(
        window_of(records, params),
        persons=anybody_of(records, params),
        places=anywhere_of(records, params),
        rule=together_of(records, params),
        **paged(records, params),
    )


@question(
    "How many people came",
    "客流",
    params=FootfallParams,
    shape=shapes.FOOTFALL,
    columns=columns.FOOTFALL,
    persons=False,
)
def footfall(records: Records, params: FootfallParams) -> Answer[FootfallRow]:
    """How many people were at a place, or in every area of a kind, and how many came, by hour, day or minutes."""
    step = params.step if isinstance(params.step, str) else seconds(params.step)
    return presence_of(records).footfall(
        counted_of(records, params),
        window_of(records, params),
        step=step,
        trust=trust_of(params),
        suppress_below=params.suppress_below,
        **paged(records, params),
    )


@question(
    "How many were there at once",
    "同时在场人数",
    params=OccupancyParams,
    shape=shapes.OCCUPANCY,
    columns=columns.OCCUPANCY,
    persons=False,
)
def occupancy(records: Records, params: OccupancyParams) -> Answer[OccupancyRow]:
    """How many people were at a place, or in every area of a kind, at once: at the most, on average, at instants."""
    return presence_of(records).occupancy(
        counted_of(records, params),
        window_of(records, params),
        step_s=seconds(params.step_minutes),
        trust=trust_of(params),
        suppress_below=params.suppress_below,
        **paged(records, params),
    )


_ABOUT_PERSONS = (
    trajectory,
    companions,
    visitors,
    meetings,
    shared_places,
    lingering,
    chain,
    network,
    degrees,
    contact_graph,
)
_ABOUT_PLACES = (footfall, occupancy)

QUESTIONS: dict[str, Question] = {each.query.id: each for each in (*_ABOUT_PERSONS, *_ABOUT_PLACES, *RULED)}
"""Every question of the engine, by id."""


@query("The persons of a case", "病例人员", params=CaseParams, columns=columns.CASE, persons=True)
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
