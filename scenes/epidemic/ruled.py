"""Questions by rule: who is a contact by one, what changes between two; and the rules themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from scenes.base import City, Column, NoParams, query, table
from scenes.epidemic.asked import Records, numbers_of, paged, times_of
from scenes.epidemic.fields import INTERVAL, Many, Place, Plain, flag, minutes, person_of, pseudonym, text, whole
from scenes.epidemic.question import question
from scenes.epidemic.rule_params import AppliedParams, ContactParams, DiffRuleParams, OneRuleParams
from scenes.epidemic.rulebook.anchoring import Times
from scenes.epidemic.rulebook.applying import Asked, about, apply_rule
from scenes.epidemic.rulebook.clauses import Chosen, clauses
from scenes.epidemic.rulebook.differing import Difference
from scenes.epidemic.rulebook.differing import diff_rules as differing
from scenes.epidemic.rulebook.reading import Rulebook, rulebook
from scenes.epidemic.rulebook.rows import Ruled
from scenes.epidemic.shape import Shape
from scenes.epidemic.windows import to_utc, to_window


def _hours(name: str, of: str) -> Plain:
    return Plain(name, pa.float64(), of, lambda seconds, _: round(seconds / 3600, 2))


CONTACTS = Shape(
    pseudonym(),
    whole("hops"),
    minutes("minutes", "together_s"),
    minutes("certain_minutes", "certain_s"),
    minutes("possible_minutes", "possible_s"),
    whole("meetings"),
    whole("first"),
    whole("last"),
    flag("certain"),
    minutes("measured_minutes", "measured_s"),
    minutes("sure_minutes", "sure_s"),
    _hours("case_stay_hours", "case_stay_s"),
    _hours("other_stay_hours", "other_stay_s"),
    minutes("exposure_minutes", "exposure_s"),
    Many(
        "evidence",
        Shape(
            person_of("case"),
            Place("place"),
            person_of("other"),
            Place("other_place", unless="place"),
            *INTERVAL,
            flag("certain"),
        ),
    ),
)

DIFFERENCES = Shape(
    text("change"), flag("certain_a"), flag("certain_b"), whole("hops_a"), whole("hops_b"), *CONTACTS.fields
)

CONTACT_COLUMNS = (
    Column("person", "Person", "人员"),
    Column("hops", "Hop", "层级", "number"),
    Column("minutes", "Together", "共处时长", "minutes"),
    Column("certain", "Certain", "确定", "flag"),
    Column("measured_minutes", "By the rule", "规则时长", "minutes"),
    Column("case_stay_hours", "Case stay h", "病例停留小时", "number"),
    Column("other_stay_hours", "Other stay h", "对方停留小时", "number"),
    Column("meetings", "Meetings", "次数", "number"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
)

DIFFERENCE_COLUMNS = (
    Column("person", "Person", "人员"),
    Column("change", "Change", "变化"),
    Column("minutes", "Together", "共处时长", "minutes"),
    Column("certain_a", "Certain before", "原为确定", "flag"),
    Column("certain_b", "Certain after", "现为确定", "flag"),
    Column("first", "First", "首次", "time"),
    Column("last", "Last", "末次", "time"),
)

RULE_COLUMNS = (
    Column("id", "Rule", "规则"),
    Column("version", "Version", "版本", "number"),
    Column("group", "Group", "类别"),
    Column("title_en", "Title", "英文名称"),
    Column("title_zh", "Chinese title", "名称"),
    Column("from", "From", "生效"),
    Column("to", "To", "失效"),
)

CLAUSE_COLUMNS = (Column("clause", "Clause", "条款"), Column("value", "Value", "取值"))


@question("Contacts by a rule", "按规则判定接触者", params=ContactParams, shape=CONTACTS, columns=CONTACT_COLUMNS)
def contacts(records: Records, params: ContactParams) -> Ruled:
    """Who is a contact by a written rule, each with evidence, and every clause that decided it."""
    chosen = rules_of(records).choose(params.rule, params.settings, on=_day(records, params))
    return apply_rule(records, chosen, asked_of(records, params), paged(records, params))


@question("What a rule changes", "规则差异", params=DiffRuleParams, shape=DIFFERENCES, columns=DIFFERENCE_COLUMNS)
def diff_rules(records: Records, params: DiffRuleParams) -> Difference:
    """Who enters, who leaves, who becomes certain or possible from one rule to another, and by which clauses."""
    book, day = rules_of(records), _day(records, params)
    a, b = book.choose(params.a, params.set_a, on=day), book.choose(params.b, params.set_b, on=day)
    return differing(records, a, b, asked_of(records, params), paged(records, params))


RULED = (contacts, diff_rules)
"""Questions by rule, of the same form as those of the engine."""


@query("The rules", "规则库", params=NoParams, columns=RULE_COLUMNS)
def rules(city: City, params: NoParams) -> dict[str, Any]:
    """Every rule and version: what it is called, when it held, its variants."""
    return rules_answer(rules_of(city))


@query("One rule", "规则条文", params=OneRuleParams, columns=CLAUSE_COLUMNS)
def rule(city: City, params: OneRuleParams) -> dict[str, Any]:
    """A whole rule: its text, where it comes from, every clause, and those that are overridden."""
    return rule_answer(rules_of(city).choose(params.rule, params.settings))


def rules_answer(book: Rulebook) -> dict[str, Any]:
    """A rulebook as it goes out."""
    rows = []
    for one in book:
        said = about(one)
        variants = [
            {"id": name, "title_en": variant.title_en, "title_zh": variant.title_zh, "set": variant.set}
            for name, variant in one.variants.items()
        ]
        rows.append({**said, **said["effective"], "variants": variants})
    return table(rows)


def rule_answer(chosen: Chosen) -> dict[str, Any]:
    """One rule as it goes out, a row a clause."""
    whole, changed = chosen.rule, chosen.changed
    rows = [
        {"clause": name, "value": value, **({"written": changed[name][0]} if name in changed else {})}
        for name, value in clauses(whole).items()
    ]
    gone = [{"clause": name, "value": None, "written": a} for name, (a, b) in changed.items() if b is None]
    variants = {name: variant.model_dump() for name, variant in whole.variants.items()}
    texts = {"text_en": whole.text_en.strip(), "text_zh": whole.text_zh.strip()}
    return {**table([*rows, *gone]), **about(whole), **texts, "variant": chosen.variant or None, "variants": variants}


def rules_of(records: Records) -> Rulebook:
    """The rules that come with the program and the twin's own."""
    return rulebook(records.store.folder)


def asked_of(records: Records, params: AppliedParams) -> Asked:
    """Persons by number, and what is known of them."""
    window = None
    if params.start is not None:
        window = to_window(params.start, params.end, records.zone)
    isolated = times_of(records, params.isolated, "isolated")
    return Asked(numbers_of(records, params.asked), Times(params.anchors, window), isolated)


def _day(records: Records, params: AppliedParams) -> date | None:
    """The day on which a rule is to hold: that of the first anchor given, else of the window's end."""
    field, moment = next(iter(params.anchors.items()), ("to", params.end))
    if moment is None:
        return None
    return datetime.fromtimestamp(to_utc(moment, records.zone, field), ZoneInfo(records.zone)).date()
