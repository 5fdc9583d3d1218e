"""What people type into cells: every stated rule with its examples, and that nothing is ever guessed."""

from __future__ import annotations

import math
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.problems import CATALOGUE, Severity
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, State, Typed, text_of
from kil_xlsx.layout.codec import FIRST_DAY, LAST_DAY, as_formulas_see, is_blank, offered, serial
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.typed_rules import RULES, WHERE, Example, Rule

ALL = [rule for rules in RULES.values() for rule in rules]
OF_THE_FILE = {"error-value", "formula", "formula-never-worked-out", "date-1904", "date-in-figure"}
"""Rules about what only the reader of files knows; tests/reading/test_form.py holds them."""


def _figure(name: str, unit: str, **limits: float) -> dict[str, Any]:
    return {"id": name, "code": f"IN-{name.upper()}", "label": name, "unit": unit, "group": "all", **limits}


@cache
def plan(language: str = "en-GB") -> Plan:
    """A framework with a cell of every kind that examples need."""
    money = "GBP" if language.startswith("en") else "EUR"
    levels = ("Not started", "First steps", "Developing", "Established")
    questions = {"A-1": "levels", "A-2": "strength", "A-3": "yes_no", "A-4": "consent"}
    definition = {
        "id": "tiny",
        "version": "1.0.0",
        "language": language,
        "title": "A tiny framework",
        "notice": "Made up for a test.",
        "reference_prefix": "TT",
        "respondents": [{"id": "club", "code": "CL", "label": "Club", "purpose": "To test.", "answered_by": "Anyone."}],
        "choice_lists": [
            {
                "id": "levels",
                "show_code": True,
                "choices": [
                    *({"code": str(value), "label": label, "value": value} for value, label in enumerate(levels)),
                    {"code": "NA", "label": "Not applicable", "state": "not_applicable"},
                    {"code": "DK", "label": "Not known yet", "state": "dont_know"},
                ],
            },
            {
                "id": "strength",
                "choices": [
                    {"code": str(value), "label": label, "value": value}
                    for value, label in enumerate(("None given", "Described only", "Document named"))
                ],
            },
            {
                "id": "yes_no",
                "choices": [
                    {"code": "yes", "label": "Yes"},
                    {"code": "no", "label": "No"},
                    {"code": "DK", "label": "Not known", "state": "dont_know"},
                ],
            },
            {
                "id": "consent",
                "choices": [
                    {"code": "named", "label": "Yes, with our name"},
                    {"code": "anonymous", "label": "Yes, without it"},
                    {"code": "no", "label": "No"},
                ],
            },
        ],
        "default_choices": "levels",
        "evidence_strength": "strength",
        "missing_figure": "levels",
        "scoring": {"minimum": 0, "maximum": 3, "section": {"rule": "mean"}, "overall": {"rule": "mean"}},
        "sections": [{"id": "A", "label": "First"}],
        "questions": [
            {"id": name, "respondent": "club", "section": "A", "label": "Topic", "text": "How?", "choices": choices}
            for name, choices in questions.items()
        ],
        "units": [
            {"id": "GBP", "label": "£", "format": '"£"#,##0'},
            {"id": "EUR", "label": "€", "format": '#,##0 "€"'},
            {"id": "TEUR", "label": "Tausend €", "format": "#,##0"},
            {"id": "share", "label": "% (share)", "format": "0%"},
            {"id": "percent", "label": "%", "format": '0.0"%"'},
            {"id": "hours", "label": "hours", "format": "#,##0"},
            {"id": "kWh", "label": "kWh", "format": "#,##0"},
        ],
        "input_groups": [{"id": "all", "label": "All"}],
        "inputs": [
            _figure("money", money),
            _figure("thousands", "TEUR"),
            _figure("share", "share", minimum=0, maximum=1),
            _figure("points", "percent"),
            _figure("hours", "hours", minimum=0),
            _figure("kwh", "kWh", minimum=0),
        ],
        "profile": [
            {"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"},
            {"id": "ends", "code": "P2", "label": "Year end", "type": "date", "role": "period_end"},
        ],
        "benchmarking": {"consent": {"share": []}},
    }
    return Plan(instrument(msgspec.convert(definition, Framework), "club"))


KEYS = {
    "levels": Key("A-1"),
    "target": Key("A-1", Part.TARGET),
    "strength": Key("A-2"),
    "yes-no": Key("A-3"),
    "consent": Key("A-4"),
    "date": Key("ends"),
    "text": Key("name"),
}


def place(where: str) -> tuple[Plan, Slot]:
    """The cell that an example is typed into."""
    name, _, language = where.partition("-") if where != "yes-no" else (where, "", "")
    of = plan({"de": "de-DE", "xx": "qu", "": "en-GB"}[language])
    return of, of.by_key[KEYS.get(name, Key(name))]


def read(where: str, typed: Typed) -> tuple[Entry, list[str]]:
    """The entry of a cell and the codes of what is told about it."""
    of, slot = place(where)
    entry, problems = decode(of.instrument, slot, typed)
    return entry, [each.code for each in problems]


def taken(entry: Entry) -> float | str | None:
    """What an entry was taken for, as examples give it."""
    if entry.state is State.UNANSWERED:
        return None
    if entry.code is not None:
        return entry.code
    return entry.text if entry.text is not None else entry.value


# The rules


@pytest.mark.parametrize(
    ("rule", "typed"),
    [pytest.param(rule, each, id=f"{rule.id}-{each.where}-{each.typed!r}") for rule in ALL for each in rule.examples],
)
def test_every_example_of_a_rule_comes_out_as_stated(rule: Rule, typed: Example) -> None:
    """The documentation's own examples: what is taken, what is told, and what was typed kept beside it."""
    entry, problems = read(typed.where, typed.typed)
    assert (taken(entry), problems) == (typed.taken, [rule.code] if rule.code else [])
    assert entry.typed == typed.typed
    refused = rule.code != "" and CATALOGUE[rule.code].severity is not Severity.NOTE
    assert (entry.outcome is Outcome.REFUSED) == refused


def test_every_rule_has_examples_or_is_about_the_file() -> None:
    """Rules have names of their own, examples in cells that exist, and none is left to be believed."""
    assert len({rule.id for rule in ALL}) == len(ALL)
    assert {rule.id for rule in ALL if not rule.examples} == OF_THE_FILE
    assert {each.where for rule in ALL for each in rule.examples} == set(WHERE)
    assert all(rule.code in CATALOGUE for rule in ALL if rule.code)


def test_every_code_about_typed_values_belongs_to_a_rule() -> None:
    """No problem with a number, a choice or a date is without its rule."""
    told = {code for code in CATALOGUE if code.split("-")[0] in ("number", "choice", "date")} - {"date-order"}
    assert told <= {rule.code for rule in ALL}


@pytest.mark.parametrize(
    ("where", "typed", "expected"),
    [
        ("money", "1,5", "1.5 or 15"),
        ("money", "1.500", "1.5 or 1500"),
        ("share", 45.0, "0.45 (45 %) or 45 (4500 %)"),
        ("share", "45 %", "0.45 (45 %)"),
        ("hours", "£12", "a plain number (hours)"),
        ("money", "n/a", "a number, or a reason for having none beside it"),
        ("money", "about 12", "12"),
        ("money", "12-15", "a plain number such as 1200 or 12.5"),
        ("money", "zero", "0"),
        ("hours", -5.0, "a number of 0 or more"),
        ("levels", "Estab", "3 Established"),
        ("levels", "2/3", "2 Developing or 3 Established"),
        ("levels", "TBC", "Not applicable or Not known yet"),
        ("strength", 1.0, "None given or Described only"),
        ("consent", True, "Yes, with our name or Yes, without it"),
        ("date", "04/03/2026", "2026-03-04 or 2026-04-03"),
        ("date", "46112", "2026-03-31"),
        ("date", "31/03/2026", "2026-03-31"),
    ],
)
def test_the_possible_meanings_are_named(where: str, typed: Typed, expected: str) -> None:
    """A query says what could have been meant, a note what was taken."""
    of, slot = place(where)
    (told,) = decode(of.instrument, slot, typed)[1]
    assert (told.found, told.expected) == (text_of(typed), expected)


# Nothing is guessed

SIGNS = st.text(st.sampled_from("0123456789.,'’ \u00a0\u202f-−–()+~%£€$kmKMe½?/=٣３abn"), max_size=14)
WORDS = st.sampled_from(
    ["about ", "n/a", "TBC", "12", "1,200", "£", " k", " m", "bn", " hours", " %", "3 ", "Established", " - ", "/",
     " or ",
     "31", "03", "2026", "March", ".", " ", "yes", "not ", "known", "2", "Mio.", "-", "(", ")", "e5", "per cent", "kWh"]
)  # fmt: skip
ANYTHING = (
    SIGNS
    | st.lists(WORDS, max_size=5).map("".join)
    | st.text(max_size=40)
    | st.floats()
    | st.booleans()
    | st.none()
    | st.dates(date(1900, 1, 1)).map(lambda day: day.strftime("%d/%m/%Y"))
)
FIGURES = st.sampled_from(["money", "money-de", "money-xx", "share", "points", "hours", "kwh", "thousands-de"])


@given(where=st.sampled_from(sorted(WHERE)), typed=ANYTHING)
@example(where="money", typed="1" * 500)
@example(where="money", typed="(" * 80)
@example(where="levels", typed="3 " * 16_000)
@example(where="date", typed="1/" * 16_000)
@settings(max_examples=1500, deadline=None)
def test_whatever_is_typed_has_one_of_three_outcomes(where: str, typed: Typed) -> None:
    """Taken silently just where the formulas see the same, taken with one note, or refused with one problem."""
    of, slot = place(where)
    entry, problems = decode(of.instrument, slot, typed)
    assert entry.typed is typed
    seen = as_formulas_see(of.instrument, slot, typed)
    if is_blank(typed):
        assert (entry.outcome, problems) == (Outcome.BLANK, [])
    elif entry.outcome is Outcome.ACCEPTED:
        assert [each.severity for each in problems] == ([] if seen == entry else [Severity.NOTE])
        assert entry.value is None or math.isfinite(entry.value)
    else:
        assert entry.outcome is Outcome.REFUSED
        assert (entry.state, entry.value, entry.code, entry.text) == (State.UNANSWERED, None, None, None)
        (told,) = problems
        assert told.severity in (Severity.QUERY, Severity.ERROR)
    assert all(each.found and each.expected and each.item == slot.code for each in problems)
    if slot.kind is SlotKind.NUMBER and entry.value is not None:
        low = -math.inf if slot.minimum is None else slot.minimum
        assert low <= entry.value <= (math.inf if slot.maximum is None else slot.maximum)


def _digits(text: str) -> str:
    plain = (str(unicodedata.decimal(letter)) for letter in text if letter.isdecimal())
    return "".join(plain).strip("0")


@given(where=FIGURES, typed=SIGNS | st.lists(WORDS, max_size=5).map("".join) | st.text(max_size=12))
@example(where="money", typed="(1-)")
@example(where="money", typed="20262026202620262")
@example(where="money", typed="123456789012345")
@settings(max_examples=1500, deadline=None)
def test_a_figure_that_is_taken_has_the_digits_that_were_typed(where: str, typed: str) -> None:
    """No digit is lost, added or moved: only noughts at either end may differ, for decimals and thousands."""
    entry, _ = read(where, typed)
    if entry.value is not None and "e" not in typed.casefold():
        assert _digits(f"{Decimal(repr(entry.value)):f}") == _digits(typed)
        negative = any(sign in typed for sign in "-−–(")
        assert entry.value == 0 or (entry.value < 0) == negative or typed.rstrip(" €£").endswith((",-", ".-"))


STYLES = {"money": (",", "."), "money-de": (".", ",")}


@given(
    where=st.sampled_from(sorted(STYLES)),
    cents=st.integers(-(10**13), 10**13),
    decimals=st.sampled_from([0, 1, 2]),
    blank=st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "."]),
    around=st.sampled_from(["{}", " {}", "{}\u00a0", "£{}", "{} £", "€ {}", "{}€", "'{}", "{} EUR", "GBP {}"]),
)
@settings(max_examples=800, deadline=None)
def test_a_number_as_its_language_writes_it_is_that_number(
    where: str, cents: int, decimals: int, blank: str, around: str
) -> None:
    """Written with its language's separators it is taken for itself or asked about, and never for another."""
    value = Decimal(cents).scaleb(-decimals)
    thousands, point = STYLES[where]
    shown = (
        f"{value:,.{decimals}f}".replace(",", "T")
        .replace(".", point)
        .replace("T", thousands if blank == "." else blank)
    )
    entry, problems = read(where, around.format(shown))
    ours = "£GBP" if where == "money" else "€EUR"
    foreign = any(sign in around and sign[0] not in ours for sign in ("£", "€", "EUR", "GBP"))
    if foreign:
        assert (entry.outcome, problems) == (Outcome.REFUSED, ["number-unit"])
    else:
        assert (entry.value, problems) == (float(value), ["number-recognised"])


@given(value=st.integers(0, 10**6), where=FIGURES, decimals=st.sampled_from([0, 1, 2, 3]), point=st.sampled_from(".,"))
@settings(max_examples=600, deadline=None)
def test_a_number_of_unknown_habits_is_never_taken_for_less_or_more(
    value: int, where: str, decimals: int, point: str
) -> None:
    """A lone separator is taken only for what the framework's language, or no other reading, makes of it."""
    whole, rest = divmod(value, 10**decimals)
    text = f"{whole}{point}{rest:0{decimals}d}" if decimals else str(whole)
    entry, _ = read(where, text)
    if entry.value is None:
        return
    point_here = {"de": ",", "xx": None}.get(where.partition("-")[2], ".")
    as_decimals = float(f"{whole}.{rest:0{decimals}d}" if decimals else whole)
    grouped = decimals == 3 and 0 < whole < 1000
    if point == point_here or whole == 0 or not decimals:
        assert entry.value == as_decimals
        assert not grouped
    else:
        assert grouped
        assert point_here is not None
        assert entry.value == value


@given(day=st.dates(FIRST_DAY, LAST_DAY), where=st.sampled_from(["date", "date-de"]), typed=st.sampled_from(
    ["{d}/{m}/{y}", "{d}.{m}.{y}", "{d}-{m}-{y}", "{d:02}/{m:02}/{y}", "{d}/{m}/{yy:02}", "{d:02}.{m:02}.{yy:02}",
     "{m}/{d}/{y}", "{y}-{m:02}-{d:02}", "{d} {month} {y}", "{month} {d}, {y}", "{d}. {month} {y}", "{y}{m:02}{d:02}"]
))  # fmt: skip
@settings(max_examples=1000, deadline=None)
def test_a_date_that_is_taken_is_the_day_that_was_written(day: date, where: str, typed: str) -> None:
    """Whatever way a day is written, it is that day or a query that names it."""
    text = typed.format(d=day.day, m=day.month, y=day.year, yy=day.year % 100, month=day.strftime("%B"))
    of, slot = place(where)
    entry, (told,) = decode(of.instrument, slot, text)
    if entry.outcome is Outcome.ACCEPTED:
        assert entry.text == day.isoformat()
        assert entry.value == serial(day)
    else:
        assert told.code == "date-ambiguous"
        assert day.isoformat() in told.expected
    if "{month}" in typed or typed.startswith("{y}"):
        assert entry.text == day.isoformat()


@given(where=st.sampled_from(["levels", "target", "strength", "yes-no", "consent"]), data=st.data())
@settings(max_examples=600, deadline=None)
def test_a_choice_that_is_taken_is_the_one_that_was_written(where: str, data: st.DataObject) -> None:
    """A label in any dress, cut short or with a letter changed: the choice itself, or not taken."""
    of, slot = place(where)
    choices = offered(of.instrument.choice_lists[slot.choices or ""], levels_only=slot.levels_only)
    label, choice = data.draw(st.sampled_from(choices))
    dress = data.draw(st.sampled_from(["{}", " {} ", "“{}”", "{}.", "({})", "- {}", "\u00a0{}\u202f", "{}?", "*{}"]))
    written = data.draw(st.sampled_from([label, label.upper(), choice.label, f"{choice.code} – {choice.label}"]))
    cut = data.draw(st.integers(1, len(written)))
    entry, _ = read(where, dress.format(written[:cut]))
    assert entry.code in (None, choice.code) or cut < len(written)
    if entry.outcome is Outcome.ACCEPTED and cut < len(written):
        named = next(each for each in choices if each[1].code == entry.code)
        names = {named[0], named[1].label, named[1].code, "n", "y", "not known", "not applicable"}
        assert written[:cut].strip(" –.").casefold() in {name.casefold() for name in names}
    if written in (label, choice.label) and cut == len(written) and "?" not in dress and "*" not in dress:
        assert entry.code == choice.code


def test_a_day_of_either_century_is_not_taken() -> None:
    """Two digits of a year from 90 on may be of the last century or of this one."""
    day = FIRST_DAY + timedelta(days=90)
    entry, problems = read("date", f"{day.day} {day.strftime('%B')} {day.year % 100}")
    assert (entry.outcome, problems) == (Outcome.REFUSED, ["date-ambiguous"])


def test_a_figure_of_a_table_has_no_reason_beside_it() -> None:
    """In a table nothing is offered instead of a figure, so none is asked for."""
    definition = msgspec.to_builtins(plan().instrument.framework)
    column = {"id": "spend", "label": "Spend", "type": "number", "unit": "GBP"}
    definition["input_tables"] = [{"id": "shops", "code": "TB1", "label": "Shops", "rows": 1, "columns": [column]}]
    of = Plan(instrument(msgspec.convert(definition, Framework), "club"))
    slot = of.by_key[Key("shops", Part.ANSWER, 1, "spend")]
    assert decode(of.instrument, slot, "n/a")[1][0].expected == "a number, or nothing"
    assert decode(of.instrument, slot, "£12k")[0].value == 12_000
