"""Between what stands in a cell and what it means: what is written is read back, and what formulas see is taken.

What people type otherwise is in test_decoding.py.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, State, Typed, text_of
from kil_xlsx.layout.codec import (
    FIRST_DAY,
    LAST_DAY,
    as_formulas_see,
    day_of,
    encode,
    is_blank,
    offered,
    serial,
)
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.identifiers import known_identifier
from kil_xlsx.layout.interpreting import range_words
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind

DEFINITION: dict[str, Any] = {
    "id": "tiny",
    "version": "1.0.0",
    "language": "en-GB",
    "title": "A tiny framework",
    "notice": "Made up for a test.",
    "reference_prefix": "TT",
    "respondents": [{"id": "club", "code": "CL", "label": "Club", "purpose": "To test.", "answered_by": "Anyone."}],
    "choice_lists": [
        {
            "id": "levels",
            "show_code": True,
            "choices": [
                {"code": "NA", "label": "Not applicable", "state": "not_applicable", "needs_reason": True},
                {"code": "0", "label": "Not started", "value": 0},
                {"code": "1", "label": "First steps", "value": 1},
                {"code": "2", "label": "Half–way there", "value": 2},
                {"code": "3", "label": "Established", "value": 3},
                {"code": "DK", "label": "Don't know yet", "state": "dont_know"},
            ],
        },
        {"id": "pets", "choices": [{"code": "cat", "label": "Cat"}, {"code": "dog", "label": "Dog"}]},
        {
            "id": "muddle",
            "choices": [
                {"code": "1", "label": "2", "value": 1},
                {"code": "2", "label": "1", "value": 2},
                {"code": "yes", "label": "Ja", "value": 3},
                {"code": "ja", "label": "Yes", "value": 4},
                {"code": "YES-2", "label": "True", "value": 5},
            ],
        },
    ],
    "default_choices": "levels",
    "evidence_strength": "levels",
    "missing_figure": "levels",
    "scoring": {"minimum": 0, "maximum": 3, "section": {"rule": "mean"}, "overall": {"rule": "mean"}},
    "sections": [{"id": "A", "label": "First"}],
    "questions": [
        {"id": "A-1", "respondent": "club", "section": "A", "label": "Topic", "text": "How?"},
        {"id": "A-2", "respondent": "club", "section": "A", "label": "Topic", "text": "How?", "choices": "muddle"},
    ],
    "units": [{"id": "GBP", "label": "£", "format": "#,##0"}],
    "input_groups": [{"id": "money", "label": "Money"}],
    "inputs": [
        {"id": f"in_{name}", "code": f"IN-{name.upper()}", "label": name, "unit": "GBP", "group": "money", **limits}
        for name, limits in (
            ("free", {}),
            ("share", {"minimum": 0, "maximum": 1}),
            ("positive", {"minimum": 0.5}),
            ("capped", {"maximum": 1500}),
        )
    ],
    "input_tables": [
        {
            "id": "shops",
            "code": "TB1",
            "label": "Shops",
            "rows": 2,
            "columns": [
                {"id": "who", "label": "Who", "type": "text"},
                {"id": "spend", "label": "Spend", "type": "number", "minimum": 0},
                {"id": "pet", "label": "Pet", "type": "choice", "choices": "pets"},
            ],
        }
    ],
    "profile": [
        {"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"},
        {"id": "number", "code": "P2", "label": "Number", "type": "org_id"},
        {"id": "numbers", "code": "P3", "label": "Numbers", "type": "org_id_list"},
        {
            "id": "area",
            "code": "P4",
            "label": "Area",
            "type": "area_code",
            "pattern": "^(?:E06|W06)[0-9]{6}$",
        },
        {"id": "ends", "code": "P5", "label": "Year end", "type": "date", "role": "period_end"},
        {"id": "about", "code": "P6", "label": "About", "type": "long_text"},
    ],
    "id_schemes": [
        {"prefix": "GB-CHC", "register": "Charities", "pattern": "[0-9]{6,7}"},
        {"prefix": "GB-COH", "register": "Companies", "pattern": "[A-Z0-9]{2}[0-9]{6}"},
    ],
    "benchmarking": {"consent": {"share": []}},
}
TINY: Instrument = instrument(msgspec.convert(DEFINITION, Framework), "club")
PLAN = Plan(TINY)
ANSWER = PLAN.by_key[Key("A-1")]
TARGET = PLAN.by_key[Key("A-1", Part.TARGET)]
MUDDLE = PLAN.by_key[Key("A-2")]
REASON = PLAN.by_key[Key("A-1", Part.REASON)]
DATE = PLAN.by_key[Key("ends")]

NOT_BREAKING, NARROW = "\u00a0", "\u202f"


def read(slot: Slot, typed: Typed) -> tuple[Entry, list[str]]:
    """The entry of a cell and the codes of what is wrong with it."""
    entry, problems = decode(TINY, slot, typed)
    return entry, [each.code for each in problems]


def figure(name: str) -> Slot:
    """The cell of a figure."""
    return PLAN.by_key[Key(f"in_{name}")]


# Decoding undoes encoding


def entries(slot: Slot) -> st.SearchStrategy[Entry]:
    """Every state that a slot's entry can have."""
    blank = st.just(Entry(key=slot.key))
    if slot.kind is SlotKind.CHOICE:
        assert slot.choices is not None
        choices = offered(TINY.choice_lists[slot.choices], levels_only=slot.levels_only)
        return blank | st.sampled_from(choices).map(
            lambda pair: Entry(
                key=slot.key,
                state=State(pair[1].state),
                outcome=Outcome.ACCEPTED,
                value=pair[1].value,
                code=pair[1].code,
                text=pair[1].label,
            )
        )
    if slot.kind is SlotKind.NUMBER:
        numbers = st.floats(slot.minimum, slot.maximum, allow_nan=False, allow_infinity=False)
        return blank | numbers.map(
            lambda value: Entry(key=slot.key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=value)
        )
    if slot.kind is SlotKind.DATE:
        return blank | st.dates(FIRST_DAY, LAST_DAY).map(
            lambda day: Entry(
                key=slot.key,
                state=State.ANSWERED,
                outcome=Outcome.ACCEPTED,
                value=serial(day),
                text=day.isoformat(),
            )
        )
    texts = st.text(max_size=40).filter(lambda text: bool(text.strip()))
    return blank | texts.map(
        lambda text: Entry(key=slot.key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, text=text)
    )


@given(st.sampled_from(PLAN.slots).flatmap(lambda slot: st.tuples(st.just(slot), entries(slot))))
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_back(pair: tuple[Slot, Entry]) -> None:
    """Every state of every kind of cell comes back as it went in, and formulas take it for the same."""
    slot, entry = pair
    typed = encode(TINY, slot, entry)
    found, problems = decode(TINY, slot, typed)
    assert msgspec.structs.replace(found, typed=None) == entry
    assert found.typed == typed
    assert as_formulas_see(TINY, slot, typed) == found
    assert not any(problem.severity is Severity.NOTE for problem in problems)


def test_every_choice_of_every_cell_is_read_back() -> None:
    """No label of any list is mistaken, not even in a list whose labels are the codes of others."""
    for slot in PLAN.slots:
        if slot.choices is not None:
            for label, choice in offered(TINY.choice_lists[slot.choices], levels_only=slot.levels_only):
                entry, problems = read(slot, label)
                assert (entry.code, entry.state, problems) == (choice.code, State(choice.state), [])
                assert encode(TINY, slot, entry) == label


def test_special_answers_are_offered_last_and_without_a_code() -> None:
    """A list defined in any order offers its answers first, then what cannot be answered."""
    labels = [label for label, _ in offered(TINY.choice_lists["levels"])]
    assert labels == [
        "0 Not started", "1 First steps", "2 Half–way there", "3 Established", "Not applicable", "Don't know yet",
    ]  # fmt: skip
    levels = [label for label, _ in offered(TINY.choice_lists["levels"], levels_only=True)]
    assert levels == labels[:4]


# Nothing


@pytest.mark.parametrize("typed", [None, "", " ", "   ", "\t", "\n", NOT_BREAKING, f" {NARROW}\r\n"])
@pytest.mark.parametrize("slot", [ANSWER, REASON, figure("share"), DATE], ids=lambda slot: str(slot.kind))
def test_blanks_of_every_kind_are_nothing(slot: Slot, typed: Typed) -> None:
    """A cell with blanks only was not filled in, and is neither an answer nor a mistake."""
    entry, problems = read(slot, typed)
    assert (entry.state, entry.outcome, entry.text, entry.value) == (State.UNANSWERED, Outcome.BLANK, None, None)
    assert problems == []
    assert is_blank(typed)


@pytest.mark.parametrize("typed", ["\t", "\n", NOT_BREAKING])
def test_formulas_know_the_plain_space_only(typed: str) -> None:
    """TRIM leaves a non-breaking space standing, so the workbook takes it for text; stored values must say the same."""
    assert as_formulas_see(TINY, REASON, typed).state is State.ANSWERED
    assert as_formulas_see(TINY, figure("share"), typed).outcome is Outcome.REFUSED
    assert as_formulas_see(TINY, REASON, "  ").state is State.UNANSWERED


# Choices


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("3 established", "3"), ("3 ESTABLISHED", "3"),
    ],
)  # fmt: skip
def test_capitals_do_not_matter_even_to_formulas(typed: str, code: str) -> None:
    """Spreadsheets look up labels whatever their capitals, so there is nothing to tell."""
    entry, problems = read(ANSWER, typed)
    assert (entry.code, entry.state, problems) == (code, State.ANSWERED, [])
    assert as_formulas_see(TINY, ANSWER, typed).code == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("  3 Established ", "3"), (f"3{NOT_BREAKING}Established", "3"), ("3  Established", "3"),
        ("3 – Established", "3"), ("3: established", "3"),
        ("3\nEstablished", "3"), ("Established", "3"), ("established", "3"), ("3", "3"), (" 3 ", "3"),
        (3.0, "3"), (3, "3"), (0.0, "0"), (-0.0, "0"),
        ("2 Half-way there", "2"), ("2 Half—way there", "2"), ("half−way there", "2"), ("３", "3"),
        ("Don’t know yet", "DK"), ("DON‘T KNOW YET", "DK"), ("dk", "DK"), ("na", "NA"), ("not  applicable", "NA"),
    ],
)  # fmt: skip
def test_an_answer_beyond_doubt_is_recognised_with_a_note(typed: Typed, code: str) -> None:
    """Blanks, dashes, quotes, the label or the code alone: what can mean one answer only is taken for it, and told."""
    entry, problems = decode(TINY, ANSWER, typed)
    assert (entry.code, entry.outcome, entry.typed) == (code, Outcome.ACCEPTED, typed)
    assert entry.state is {"NA": State.NOT_APPLICABLE, "DK": State.DONT_KNOW}.get(code, State.ANSWERED)
    assert [(each.code, each.severity, each.item) for each in problems] == [("choice-recognised", Severity.NOTE, "A-1")]
    assert problems[0].expected in dict(offered(TINY.choice_lists["levels"]))
    assert as_formulas_see(TINY, ANSWER, typed).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "typed",
    ["maybe", "4", 4.0, -1.0, True, False, "#N/A", "23", "3/4"],
)
def test_an_unknown_answer_is_refused_with_what_was_expected(typed: Typed) -> None:
    """What is not one of the answers counts as nothing, and the message lists all that could have been chosen."""
    entry, problems = decode(TINY, ANSWER, typed)
    assert (entry.state, entry.outcome, entry.code, entry.typed) == (State.UNANSWERED, Outcome.REFUSED, None, typed)
    assert [each.code for each in problems] == ["choice-unknown"]
    assert problems[0].found == text_of(typed)
    assert problems[0].expected == (
        "one of: 0 Not started; 1 First steps; 2 Half–way there; 3 Established; Not applicable; Don't know yet"
    )


@pytest.mark.parametrize("typed", [1.0, 2.0, " 1", "ja ", "yes "])
def test_an_answer_that_could_mean_two_is_refused(typed: Typed) -> None:
    """Where one choice's code is another's label, nothing is guessed."""
    entry, problems = read(MUDDLE, typed)
    assert (entry.outcome, problems) == (Outcome.REFUSED, ["choice-ambiguous"])


@pytest.mark.parametrize(("typed", "code"), [("1", "2"), ("2", "1"), ("ja", "yes"), ("YES", "ja"), ("True", "YES-2")])
def test_a_label_word_for_word_is_what_was_chosen(typed: str, code: str) -> None:
    """The label wins where it is exactly one that the list offers, for it was chosen there."""
    entry, problems = read(MUDDLE, typed)
    assert (entry.code, problems) == (code, [])


def test_a_logical_value_is_recognised_only_by_its_word() -> None:
    """A cell with TRUE is taken for a choice called "True", and never for 1."""
    assert read(MUDDLE, True)[0].code == "YES-2"
    assert read(ANSWER, True)[0].outcome is Outcome.REFUSED


@pytest.mark.parametrize("typed", ["Not applicable", "DK", "don't know yet"])
def test_a_target_cannot_be_a_special_answer(typed: str) -> None:
    """Typed into a target, "not applicable" is refused, and not among what is expected."""
    entry, problems = decode(TINY, TARGET, typed)
    assert entry.outcome is Outcome.REFUSED
    assert "applicable" not in problems[0].expected
    assert read(TARGET, "3 Established")[0].value == 3.0


@given(st.text(max_size=12) | st.floats() | st.booleans() | st.none(), st.sampled_from(PLAN.slots))
@settings(max_examples=400, deadline=None)
def test_anything_typed_anywhere_has_exactly_one_outcome(typed: Typed, slot: Slot) -> None:
    """Whatever stands in a cell is accepted, blank, or refused with one error or query that says what was expected."""
    entry, problems = decode(TINY, slot, typed)
    of_texts = {"area-code-unknown", "identifier-unknown"}
    wrong = [each for each in problems if each.severity is not Severity.NOTE and each.code not in of_texts]
    assert (entry.outcome is Outcome.REFUSED) == (len(wrong) == 1)
    assert (entry.state is State.UNANSWERED) == (entry.outcome is not Outcome.ACCEPTED)
    assert all(each.expected and each.item == slot.code for each in problems)
    assert entry.value is None or math.isfinite(entry.value)


# Numbers


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("free", -1e12), ("free", 0.0), ("free", 5), ("share", 0.0), ("share", 1.0),
        ("positive", 0.5), ("positive", 1e15), ("capped", 1500.0), ("capped", -3.25),
    ],
)  # fmt: skip
def test_numbers_in_range_are_taken(name: str, typed: float) -> None:
    """Limits themselves are in range; zero is a number like any other."""
    entry, problems = read(figure(name), typed)
    assert (entry.state, entry.value, problems) == (State.ANSWERED, float(typed), [])


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("share", 1.01, "a number from 0 to 1"),
        ("share", -0.01, "a number from 0 to 1"),
        ("share", 35.0, "a number from 0 to 1"),
        ("positive", 0.49, "a number of 0.5 or more"),
        ("capped", 1501.0, "a number of 1500 or less"),
        ("free", math.inf, "a number"),
        ("free", math.nan, "a number"),
        ("positive", math.inf, "a number of 0.5 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(name: str, typed: float, expected: str) -> None:
    """A number that cannot be is not used, and the message says what could."""
    entry, problems = decode(TINY, figure(name), typed)
    assert (entry.outcome, entry.value) == (Outcome.REFUSED, None)
    assert [(each.code, each.expected) for each in problems] == [("number-out-of-range", expected)]
    assert range_words(figure(name)) == expected


@pytest.mark.parametrize("typed", ["n/a", "1,000", "£300", "12 %", "about 50", "5", "=5", "-", True, False])
def test_formulas_take_nothing_but_numbers_for_numbers(typed: Typed) -> None:
    """The workbook's own formulas know no figure that is a text, and TRUE is not 1."""
    assert as_formulas_see(TINY, figure("free"), typed).outcome is Outcome.REFUSED


# Dates


def test_dates_are_believed_from_1990_to_2099() -> None:
    """Both ends are in, the days beside them are not; a time of day does not matter."""
    for day in (FIRST_DAY, LAST_DAY, date(2026, 2, 28)):
        assert read(DATE, serial(day))[0].text == day.isoformat()
        assert read(DATE, serial(day) + 0.99)[0].text == day.isoformat()
        assert read(DATE, serial(day) + 0.99)[0].value == serial(day)
    for day in (FIRST_DAY - timedelta(1), LAST_DAY + timedelta(1)):
        entry, problems = read(DATE, serial(day))
        assert (entry.outcome, problems) == (Outcome.REFUSED, ["date-expected"])


@pytest.mark.parametrize("typed", ["March", 0.0, -5.0, 80000.0, math.nan, math.inf])
def test_what_is_not_a_date_is_refused(typed: Typed) -> None:
    """A number that stands for no day that is believed, or a word, is no date."""
    entry, problems = decode(TINY, DATE, typed)
    assert (entry.outcome, entry.text, [each.code for each in problems]) == (Outcome.REFUSED, None, ["date-expected"])
    assert problems[0].expected == "a date such as 31 March 2026, from 1990 to 2099"


def test_serial_numbers_are_those_of_spreadsheets() -> None:
    """1 January 2000 is 36526 in Excel and in LibreOffice."""
    assert serial(date(2000, 1, 1)) == 36526.0
    assert day_of(36526.0) == date(2000, 1, 1)
    assert date(1899, 12, 30) + timedelta(days=int(serial(date(2026, 3, 31)))) == datetime(2026, 3, 31).date()


# Texts

HOSTILE = (
    "=1+1", "+44 20 7946 0000", "-none-", "@SUM(1)", '=HYPERLINK("http://example.org","x")', "=cmd|' /C calc'!A0",
    "'=1", "{=1}", "TRUE", "00123", "1e5", "31/03/2026", "#N/A", "#REF!", "<b>&\"'</b>", "_x0041_",
    "a\nb", "x" * 32_000, "🙂", "日本語", "\u202eright to left", "; DROP TABLE", "http://example.org",
    "mailto:a@example.org",
)  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_text_stays_text(typed: str) -> None:
    """Whatever a text begins with, it is kept letter by letter and never worked out."""
    entry, problems = read(REASON, typed)
    assert (entry.state, entry.text, entry.value, entry.code, problems) == (State.ANSWERED, typed, None, None, [])
    assert encode(TINY, REASON, entry) == typed


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (12.0, "12"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1e16, "1e+16"),
        (True, "TRUE"),
        (False, "FALSE"),
        (7, "7"),
        ("  a ", "  a "),
    ],
)
def test_numbers_in_text_cells_read_as_they_look(typed: Typed, text: str) -> None:
    """A registered number that became a number has no ".0" behind it."""
    assert read(REASON, typed)[0].text == text
    assert text_of(typed) == text


# Identifiers and area codes


@pytest.mark.parametrize("typed", ["GB-CHC-1173575", "gb-chc-117357", "GB-COH-SC123456", " GB-COH-09506232 "])
def test_known_identifiers_pass(typed: str) -> None:
    """An identifier of a known register passes in any capitals."""
    entry, problems = read(PLAN.by_key[Key("number")], typed)
    assert (entry.text, problems) == (typed, [])


@pytest.mark.parametrize(
    "typed",
    ["1173575", "GB-CHC-11735", "GB-CHC-1173575X", "GB-CHC", "GB-CHC-", "FR-RCS-1", "GB-CHCX-1173575", 1173575.0],
)
def test_unknown_identifiers_are_taken_and_asked_about(typed: Typed) -> None:
    """An identifier that fits no register is kept as typed, with a query."""
    entry, problems = decode(TINY, PLAN.by_key[Key("number")], typed)
    assert (entry.outcome, entry.text) == (Outcome.ACCEPTED, text_of(typed))
    assert [(each.code, each.severity) for each in problems] == [("identifier-unknown", Severity.QUERY)]


def test_each_identifier_of_a_list_is_looked_at() -> None:
    """Separated by commas, semicolons, blanks or line ends; only those unknown are named."""
    slot = PLAN.by_key[Key("numbers")]
    assert read(slot, "GB-CHC-1173575, GB-COH-09506232;GB-CHC-117357\nGB-COH-SC123456,")[1] == []
    problems = decode(TINY, slot, "GB-CHC-1173575, 123; GB-XXX-9")[1]
    assert [(each.code, each.found) for each in problems] == [("identifier-unknown", "123, GB-XXX-9")]


def test_an_identifier_needs_the_whole_pattern() -> None:
    """A pattern fits from the first character to the last, not somewhere inside."""
    assert known_identifier(TINY, "GB-CHC-1173575")
    assert not known_identifier(TINY, "GB-CHC-1173575 ")
    assert not known_identifier(TINY, "XGB-CHC-1173575")


@pytest.mark.parametrize(("typed", "known"), [
    ("E06000023", True), ("e06000023", True), (" W06000001 ", True), ("E07000001", False), ("E0600002", False),
    ("E060000231", False), ("Bristol", False), (6000023.0, False),
])  # fmt: skip
def test_area_codes_have_the_form_that_the_framework_says(typed: Typed, known: bool) -> None:
    """A code of another form is kept as typed and is an error to put right."""
    entry, problems = read(PLAN.by_key[Key("area")], typed)
    assert entry.text == text_of(typed)
    assert problems == ([] if known else ["area-code-unknown"])


def test_other_texts_are_not_taken_for_identifiers() -> None:
    """The name of an organisation and free text are never looked up in a register."""
    assert read(PLAN.by_key[Key("name")], "1173575")[1] == []
    assert read(PLAN.by_key[Key("about")], "E07")[1] == []
