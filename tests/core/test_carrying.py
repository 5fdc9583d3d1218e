"""Answers to an earlier version of a framework as answers to a later one."""

from __future__ import annotations

import copy

import pytest
import two_versions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from two_versions import framework

from kil_xlsx import pipeline
from kil_xlsx.core.carrying import How, Why, carry
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, State, Typed
from kil_xlsx.layout.codec import as_formulas_see, offered
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import SlotKind

BEFORE = Plan(instrument(framework(two_versions.old()), "council"))
NOW = instrument(framework(two_versions.new()), "council")


def said(answers: dict[str | Key, Typed]) -> Return:
    """The return of the first version that says this."""
    keyed = {key if isinstance(key, Key) else Key(key): value for key, value in answers.items()}
    entries = [as_formulas_see(BEFORE.instrument, BEFORE.by_key[key], value) for key, value in keyed.items()]
    assert all(entry.outcome is Outcome.ACCEPTED for entry in entries), entries
    return Return.of(entries)


def test_what_kept_its_id_is_the_same() -> None:
    """An answer to a question that did not change is carried word for word, and can be compared."""
    ret = said({"Q-SAME": "Partly", Key("Q-SAME", Part.EVIDENCE): "A plan", Key("Q-SAME", Part.STRENGTH): "Strong"})
    done = carry(BEFORE.instrument, NOW, ret)
    assert dict(done.ret.entries) == dict(ret.entries)
    assert done.how == {"Q-SAME": How.SAME} and not done.lost
    assert done.comparable().entries == ret.entries


def test_a_renamed_item_keeps_everything_under_its_new_id() -> None:
    """Answer, reason and what was typed are those of before; only the id is new; it can be compared."""
    ret = said({"Q-NAME": "Not applicable", Key("Q-NAME", Part.REASON): "None here"})
    done = carry(BEFORE.instrument, NOW, ret)
    assert set(done.ret.entries) == {Key("Q-NEWNAME"), Key("Q-NEWNAME", Part.REASON)}
    assert done.ret.get("Q-NEWNAME").state is State.NOT_APPLICABLE
    assert done.how == {"Q-NEWNAME": How.RENAMED}
    assert "Q-NEWNAME" not in done.incomparable


@pytest.mark.parametrize(("label", "code"), [("Level 1", "0"), ("Level 2", "0"), ("Level 3", "1"), ("Level 4", "2")])
def test_a_recoded_answer_has_its_new_code_and_value(label: str, code: str) -> None:
    """The map leads from each code to its new one; the value is the new list's, and what was typed is kept."""
    done = carry(BEFORE.instrument, NOW, said({"Q-CODES": label}))
    entry = done.ret.get("Q-CODES")
    assert (entry.code, entry.value, entry.typed) == (code, float(code), label)
    assert done.how == {"Q-CODES": How.RECODED}
    assert "Q-CODES" in done.incomparable and not done.comparable().entries


def test_a_code_that_the_map_ends_is_listed() -> None:
    """An answer that became null is not carried and not lost from sight."""
    done = carry(BEFORE.instrument, NOW, said({"Q-CODES": "Level 5"}))
    assert not done.ret.entries
    [lost] = done.lost
    assert (lost.key, lost.said, lost.why) == (Key("Q-CODES"), "Level 5", Why.CODE)


def test_a_target_is_recoded_with_its_question() -> None:
    """The target is answered from the same list, so the same codes hold for it."""
    done = carry(BEFORE.instrument, NOW, said({Key("Q-CODES", Part.TARGET): "Level 4"}))
    assert done.ret.get("Q-CODES", Part.TARGET).code == "2"


def test_words_become_a_choice_only_by_the_map() -> None:
    """A field that is chosen now takes the words that the map names, in whatever case, and no others."""
    done = carry(BEFORE.instrument, NOW, said({"kind": "a  CITY"}))
    assert done.ret.get("kind").code == "city"
    done = carry(BEFORE.instrument, NOW, said({"kind": "city"}))
    assert not done.ret.entries and done.lost[0].why is Why.FORM


def test_a_merger_by_the_lowest_takes_the_lowest_value() -> None:
    """Of two answers the lower is carried; it is flagged and not compared."""
    done = carry(BEFORE.instrument, NOW, said({"Q-LOW1": "Fully", "Q-LOW2": "Partly"}))
    assert done.ret.get("Q-LOW").code == "1"
    assert done.how == {"Q-LOW": How.MERGED} and "Q-LOW" in done.incomparable


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"Q-LOW1": "Fully"}, Why.PARTLY),
        ({"Q-LOW1": "Fully", "Q-LOW2": "Not applicable"}, Why.DIFFER),
        ({"Q-EQ1": "Fully", "Q-EQ2": "Partly"}, Why.DIFFER),
        ({"Q-EQ2": "Partly"}, Why.PARTLY),
        ({"sum_one": 5}, Why.PARTLY),
    ],
)
def test_a_merger_that_the_rule_does_not_settle_is_listed(answers: dict[str | Key, Typed], why: Why) -> None:
    """Where not all were answered, or they contradict each other, nothing is carried and all of it is listed."""
    done = carry(BEFORE.instrument, NOW, said(answers))
    assert not done.ret.entries
    assert [(lost.key.item, lost.why) for lost in done.lost] == [(item, why) for item in answers]


def test_mergers_of_equal_answers_figures_and_texts() -> None:
    """Equal answers are one, figures are added up, and the texts beside them stand below each other."""
    ret = said(
        {
            "Q-EQ1": "Fully", "Q-EQ2": "Fully", Key("Q-EQ1", Part.EVIDENCE): "A plan",
            Key("Q-EQ2", Part.EVIDENCE): "A report", "sum_one": 5, "sum_two": 7.5,
        }
    )  # fmt: skip
    done = carry(BEFORE.instrument, NOW, ret)
    assert done.ret.get("Q-EQ1").code == "2"
    assert done.ret.text("Q-EQ1", Part.EVIDENCE) == "A plan\nA report"
    assert done.ret.value("sum_all") == 12.5
    assert not done.lost


def test_a_split_answer_is_carried_to_each_part() -> None:
    """All parts get the answer, flagged, and none of them is compared."""
    done = carry(BEFORE.instrument, NOW, said({"Q-SPLIT": "Partly"}))
    assert [done.ret.get(item).code for item in ("Q-PART1", "Q-PART2")] == ["1", "1"]
    assert done.how == {"Q-PART1": How.SPLIT, "Q-PART2": How.SPLIT}
    assert {"Q-PART1", "Q-PART2"} <= done.incomparable


def test_what_was_dropped_is_listed() -> None:
    """A question and a column that are no longer asked are listed with what they said."""
    ret = said({"Q-GONE": "Fully", Key("tenants", Part.ANSWER, 1, "colour"): "Red"})
    done = carry(BEFORE.instrument, NOW, ret)
    assert not done.ret.entries
    assert [(lost.said, lost.why) for lost in done.lost] == [("Fully", Why.DROPPED), ("Red", Why.DROPPED)]


def test_columns_are_renamed_and_rows_that_are_no_longer_there_are_listed() -> None:
    """A table keeps what fits in it; what stood in its last row is not dropped in silence."""
    rows = {Key("tenants", Part.ANSWER, row, "rent"): 10.0 * row for row in (1, 2, 3)}
    done = carry(BEFORE.instrument, NOW, said({**rows, Key("tenants", Part.ANSWER, 1, "tenant"): "One"}))
    assert done.ret.get("tenants", Part.ANSWER, 2, "yearly_rent").value == 20
    assert done.ret.text("tenants", Part.ANSWER) == ""
    assert done.ret.get("tenants", Part.ANSWER, 1, "tenant").text == "One"
    assert [(lost.key.row, lost.why) for lost in done.lost] == [(3, Why.ROWS)]


def test_a_figure_in_another_unit_or_outside_its_range_is_not_taken() -> None:
    """Pounds are never read as thousands, and a figure that can no longer be given is listed."""
    done = carry(BEFORE.instrument, NOW, said({"in_pounds": 5000, "narrow": 101, "spend": 3}))
    assert set(done.ret.entries) == {Key("spend")}
    assert [(lost.key.item, lost.said, lost.why) for lost in done.lost] == [
        ("in_pounds", "5000", Why.UNIT), ("narrow", "101", Why.RANGE),
    ]  # fmt: skip


def test_reworded_questions_are_carried_and_not_compared_unless_declared_the_same() -> None:
    """A question with other words keeps its answer; whether it can be compared, only the definition can say."""
    ret = said({"Q-WORDS": "Fully"})
    done = carry(BEFORE.instrument, NOW, ret)
    assert done.ret.get("Q-WORDS").code == "2" and "Q-WORDS" in done.incomparable
    data = two_versions.new()
    data["carry_forward"][0]["same"] = [{"items": ["Q-WORDS"], "reason": "A word more."}]
    declared = carry(BEFORE.instrument, instrument(framework(data), "council"), ret)
    assert "Q-WORDS" not in declared.incomparable
    assert declared.comparable().entries == ret.entries


def test_refused_and_blank_entries_say_nothing_and_are_not_listed_as_lost() -> None:
    """What could not be read then is refused still; blanks are blanks; confirmations are of their own round."""
    entries = [
        Entry(key=Key("Q-SAME"), outcome=Outcome.REFUSED, typed="?"),
        Entry(key=Key("Q-GONE")),
        Entry(key=Key("Q-NAME", Part.CONFIRM), state=State.ANSWERED, outcome=Outcome.ACCEPTED, code="yes"),
    ]
    done = carry(BEFORE.instrument, NOW, Return.of(entries))
    assert dict(done.ret.entries) == {Key("Q-SAME"): entries[0]}
    assert not done.lost and not done.how


@st.composite
def returns(draw: st.DrawFn, plan: Plan) -> Return:
    """Any return of a plan, with some of its cells filled in and some of those carried over from before."""
    slots = draw(st.lists(st.sampled_from(plan.slots), unique_by=lambda slot: slot.key, max_size=40))
    entries, carried = [], {}
    for slot in slots:
        value: Typed
        if slot.kind is SlotKind.CHOICE and slot.choices:
            labels = offered(plan.instrument.choice_lists[slot.choices], levels_only=slot.levels_only)
            value = draw(st.sampled_from([label for label, _ in labels] + ["nonsense"]))
        elif slot.kind is SlotKind.TEXT:
            value = draw(st.text(max_size=12))
        else:
            value = float(draw(st.integers(-5, 60_000)))
        entries.append(as_formulas_see(plan.instrument, slot, value))
        if draw(st.booleans()) and slot.key.part != Part.CONFIRM:
            carried[slot.key] = value
    return Return.of(entries, carried)


SHIPPED = Plan(pipeline.load("keep-it-local/community")[1][0])


@settings(suppress_health_check=[HealthCheck.too_slow])  # answer sets are large, and a busy machine is slow
@given(st.sampled_from([BEFORE, SHIPPED]).flatmap(lambda plan: st.tuples(st.just(plan), returns(plan))))
def test_carrying_into_an_identical_version_changes_nothing(case: tuple[Plan, Return]) -> None:
    """Whatever a return says, carried into a version with the same content it says the same, and all is comparable."""
    plan, ret = case
    same = Instrument(copy.copy(plan.instrument.framework), plan.instrument.respondent)
    done = carry(plan.instrument, same, ret)
    assert dict(done.ret.entries) == dict(ret.entries)
    assert dict(done.ret.carried) == dict(ret.carried)
    assert not done.lost and not done.incomparable
    assert set(done.how.values()) <= {How.SAME}


@given(returns(BEFORE))
def test_every_accepted_entry_is_carried_or_listed(ret: Return) -> None:
    """Nothing that was accepted disappears: its item got something, or it is on the list with a reason."""
    done = carry(BEFORE.instrument, NOW, ret)
    to = {"Q-NAME": ["Q-NEWNAME"], "Q-SPLIT": ["Q-PART1", "Q-PART2"], "Q-LOW1": ["Q-LOW"], "Q-LOW2": ["Q-LOW"]}
    to |= {"Q-EQ2": ["Q-EQ1"], "sum_one": ["sum_all"], "sum_two": ["sum_all"]}
    lost = {each.key for each in done.lost}
    columns = {"rent": "yearly_rent"}
    for key, entry in ret.entries.items():
        if entry.outcome is not Outcome.ACCEPTED or key.part == Part.CONFIRM:
            continue
        targets = [
            key._replace(item=item, column=columns.get(key.column, key.column)) for item in to.get(key.item, [key.item])
        ]
        assert key in lost or all(target in done.ret.entries for target in targets), key
