"""What a table shows of each question's rows."""

from __future__ import annotations

from scenes.base import Column

TRAJECTORY = (
    Column("start_local", "From", "开始", "time"),
    Column("end_local", "To", "结束", "time"),
    Column("minutes", "Minutes", "时长", "minutes"),
    Column("place", "Place", "地点", "place"),
    Column("quality", "End estimated", "结束为估计", "flag"),
    Column("person", "Person", "人员"),
)

COMPANION = (
    Column("person", "Person", "人员"),
    Column("minutes", "Together", "共处时长", "minutes"),
    Column("certain_minutes", "Surely", "确定时长", "minutes"),
    Column("possible_minutes", "Possibly", "可能时长", "minutes"),
    Column("meetings", "Meetings", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

VISITOR = (
    Column("person", "Person", "人员"),
    Column("minutes", "Present", "停留时长", "minutes"),
    Column("visits", "Visits", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

MEETING = (
    Column("person", "Person", "人员"),
    Column("other", "With", "对方"),
    Column("minutes", "Together", "共处时长", "minutes"),
    Column("certain_minutes", "Surely", "确定时长", "minutes"),
    Column("meetings", "Meetings", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

SHARED_PLACE = (
    Column("place", "Place", "地点", "place"),
    Column("cases", "Of them", "人数", "number"),
    Column("certain_cases", "Surely", "确定人数", "number"),
    Column("footfall", "Footfall", "客流", "number"),
    Column("lift", "Lift", "提升度", "number"),
    Column("minutes", "Present", "停留时长", "minutes"),
    Column("together_minutes", "Together", "共处时长", "minutes"),
    Column("most_at_once", "At once", "同时最多", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
)

LINGERING = (
    Column("person", "Person", "人员"),
    Column("exposure_minutes", "Exposure", "暴露当量", "minutes"),
    Column("minutes", "Present", "停留时长", "minutes"),
    Column("after_minutes", "Soonest after", "最短间隔", "minutes"),
    Column("direct", "Met", "同时在场", "flag"),
    Column("visits", "Visits", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

CHAIN = (
    Column("person", "Person", "人员"),
    Column("hops", "Hops", "传播层级", "number"),
    Column("arrival", "Reached", "到达时间", "time"),
    Column("certain", "Certain", "确定", "flag"),
)

NETWORK = (
    Column("place", "Place", "地点", "place"),
    Column("start", "From", "开始", "time"),
    Column("people", "People", "人数", "number"),
    Column("certain_people", "Surely", "确定人数", "number"),
    Column("stays", "Stays", "停留数", "number"),
    Column("meetings", "Meetings", "碰面次数", "number"),
    Column("certain_meetings", "Surely met", "确定碰面次数", "number"),
)

DEGREES = (
    Column("person", "Person", "人员"),
    Column("stays", "Stays", "停留数", "number"),
    Column("meetings", "Meetings", "碰面次数", "number"),
    Column("certain_meetings", "Surely", "确定碰面次数", "number"),
    Column("met", "People met", "接触人数", "number"),
    Column("certain_met", "Surely met", "确定接触人数", "number"),
)

FOOTFALL = (
    Column("area", "Area", "区域", "entity"),
    Column("start", "From", "开始", "time"),
    Column("people", "People", "人数", "number"),
    Column("certain_people", "Surely", "确定人数", "number"),
    Column("arrivals", "Arrivals", "到达人次", "number"),
    Column("person_minutes", "Person minutes", "人分钟", "minutes"),
    Column("suppressed", "Suppressed", "已隐藏", "flag"),
)

OCCUPANCY = (
    Column("area", "Area", "区域", "entity"),
    Column("peak", "At most", "最多同时在场", "number"),
    Column("peak_at", "First at", "首次达到", "time"),
    Column("certain_peak", "Surely", "确定最多", "number"),
    Column("mean", "On average", "平均", "number"),
)

CASE = (
    Column("person", "Person", "人员"),
    Column("known", "On record", "有记录", "flag"),
    Column("stays", "Stays", "停留数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
)
