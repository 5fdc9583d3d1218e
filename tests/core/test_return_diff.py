"""What changed between two returns: the four ways of having no level stay apart, versions are carried forward."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import two_versions
from hypothesis import given
from hypothesis import strategies as st
from synthetic import NEAT, collection, instruments
from two_versions import framework

from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.return_diff import Kind, ReturnDiff, Side, diff
from kil_xlsx.core.returns import Key, Part, Return, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.core.statements import Says, statement, words
from kil_xlsx.layout.codec import as_formulas_see
from kil_xlsx.layout.plan import Plan

OLD = Plan(instrument(framework(two_versions.old()), "council"))
NEW = Plan(instrument(framework(two_versions.new()), "council"))


def said(answers: Mapping[str | Key, Typed], plan: Plan = OLD, problems: tuple[Problem, ...] = ()) -> Side:
    """The return that says this."""
    keyed = {key if isinstance(key, Key) else Key(key): value for key, value in answers.items()}
    ret = Return.of(as_formulas_see(plan.instrument, plan.by_key[key], value) for key, value in keyed.items())
    return Side(plan.instrument, ret, score(plan.instrument, ret), problems)


def told(found: ReturnDiff) -> list[tuple[str, str, str, str]]:
    """The changes as people read them."""
    return [
        (f"{each.asks.key.item}.{each.asks.key.part}", words(each.before, each.asks), words(each.after, each.asks),
         str(each.kind))
        for each in found.changes
    ]  # fmt: skip


ANSWERS: dict[str, Typed] = {"unanswered": None, "no": "No", "not applicable": "Not applicable", "fully": "Fully"}


@pytest.mark.parametrize("before", ANSWERS)
@pytest.mark.parametrize("after", ANSWERS)
def test_states_stay_apart(before: str, after: str) -> None:
    """Nothing, a level that scores zero, and not applicable are different answers in every pair."""
    one, other = (said({"Q-SAME": ANSWERS[each], "Q-NAME": "Partly"}) for each in (before, after))
    found = diff(one, other)
    assert len(found.changes) == (before != after)
    assert found.same == (1 if before != after or before == "unanswered" else 2)
    if before != after:
        added, removed = before == "unanswered", after == "unanswered"
        assert found.changes[0].kind is (Kind.ADDED if added else Kind.REMOVED if removed else Kind.CHANGED)


def test_zero_is_a_figure_and_a_reason_is_none() -> None:
    """A figure that was given a reason for having none and is now zero has changed; so has one that is blank now."""
    none, zero, blank = said({Key("spend", Part.MISSING): "Not applicable"}), said({"spend": 0.0}), said({})
    assert told(diff(none, zero)) == [("spend.answer", "Not applicable", "0", "changed")]
    assert told(diff(zero, blank)) == [("spend.answer", "0", "not answered", "removed")]
    assert told(diff(blank, none)) == [("spend.answer", "not answered", "Not applicable", "added")]


def test_what_cannot_be_used_is_told_with_what_was_typed() -> None:
    """Words where a number belongs are neither a number nor nothing."""
    found = diff(said({"spend": "about 12k"}), said({"spend": 1200.0}))
    assert found.changes[0].before.says is Says.UNUSABLE
    assert told(found) == [("spend.answer", "cannot be used: about 12k", "1200", "changed")]


def test_everything_beside_an_answer_and_in_tables_is_compared() -> None:
    """Evidence, its strength, explanations and cells of tables are things of their own; blanks do not matter."""
    check = next(iter(OLD.instrument.checks), None)
    assert check is None  # the tiny framework has standing checks only
    explanation = Key("AUTO-1", Part.EXPLANATION)
    before = said(
        {
            "Q-SAME": "Partly", Key("Q-SAME", Part.EVIDENCE): "A  plan", Key("Q-SAME", Part.STRENGTH): "None",
            Key("tenants", Part.ANSWER, 1, "tenant"): "A shop", Key("tenants", Part.ANSWER, 2, "rent"): 10.0,
        }
    )  # fmt: skip
    after = said(
        {
            "Q-SAME": "Partly", Key("Q-SAME", Part.EVIDENCE): "A plan ", Key("Q-SAME", Part.STRENGTH): "Strong",
            Key("tenants", Part.ANSWER, 1, "tenant"): "A bakery", Key("tenants", Part.ANSWER, 2, "rent"): 10.0,
            explanation: "We are new",
        }
    )  # fmt: skip
    assert told(diff(before, after)) == [
        ("Q-SAME.strength", "None", "Strong", "changed"),
        ("tenants.answer", "A shop", "A bakery", "changed"),
        ("AUTO-1.explanation", "not answered", "We are new", "added"),
    ]
    assert diff(before, after).same == 3


def test_scores_before_and_after() -> None:
    """The overall score and the section's: from 50 to 100, and to nothing when nothing is answered."""
    before, after = said({"Q-SAME": "Partly"}), said({"Q-SAME": "Fully"})
    scores = {each.id: (each.before, each.after, each.changed) for each in diff(before, after).scores}
    assert scores == {"overall": (50.0, 100.0, True), "A": (50.0, 100.0, True)}
    gone = {each.id: (each.before, each.after, each.changed) for each in diff(after, said({})).scores}
    assert gone == {"overall": (100.0, None, True), "A": (100.0, None, True)}
    measured = diff(said({"spend": 3.0}), said({"spend": 0.0})).measures
    assert [(each.id, each.before, each.after) for each in measured] == [("M-1", 6.0, 0.0)]


def test_problems_that_went_and_came() -> None:
    """A problem whose cell moved is the same; a second of its kind is new; notes are left out of account."""

    def problem(code: str, item: str, cell: str, severity: Severity = Severity.ERROR) -> Problem:
        return Problem(code=code, severity=severity, message="", remedy="", sheet="Assessment", cell=cell, item=item)

    before = (problem("a", "Q-1", "A1"), problem("a", "Q-2", "A2"), problem("n", "", "A9", Severity.NOTE))
    after = (problem("a", "Q-1", "A7"), problem("a", "Q-1", "A8"), problem("b", "", "B1"))
    found = diff(said({}, problems=before), said({}, problems=after))
    assert [each.item for each in found.went] == ["Q-2"]
    assert [(each.code, each.cell) for each in found.came] == [("a", "A8"), ("b", "B1")]
    assert not found.nothing


def test_an_earlier_version_is_carried_forward() -> None:
    """What is the same or renamed is compared; what means something else now is told apart; what is lost is listed."""
    before = said({"Q-SAME": "Partly", "Q-NAME": "No", "Q-CODES": "Level 3", "Q-GONE": "Fully", "in_pounds": 5.0})
    after = said({"Q-SAME": "Partly", "Q-NEWNAME": "Fully", "Q-CODES": "Partly", "in_pounds": 7.0}, NEW)
    found = diff(before, after)
    assert (found.version, found.carried, found.same) == ("2.0.0", True, 1)
    assert told(found) == [
        ("Q-CODES.answer", "Partly", "Partly", "not-comparable"),
        ("Q-NEWNAME.answer", "No", "Fully", "changed"),
        ("in_pounds.answer", "not answered", "7", "not-comparable"),
    ]
    assert sorted((each.key.item, each.said) for each in found.lost_before) == [("Q-GONE", "Fully"), ("in_pounds", "5")]
    assert not found.lost_after


def test_a_later_version_may_come_first() -> None:
    """Whichever is older is carried: compared the other way round, before and after change places."""
    older, newer = said({"Q-SAME": "Partly", "Q-GONE": "Fully"}), said({"Q-SAME": "No"}, NEW)
    found = diff(newer, older, NEW.instrument)
    assert told(found) == [("Q-SAME.answer", "No", "Partly", "changed")]
    assert [each.key.item for each in found.lost_after] == ["Q-GONE"]


READINGS = [each for each in collection(11, councils=6, communities=0, habits=NEAT) if each.ret is not None]


def _side(at: int) -> Side:
    reading = READINGS[at]
    assert reading.ret is not None and reading.result is not None
    return Side(_council(), reading.ret, reading.result, reading.problems)


def _council() -> Instrument:
    return next(each for each in instruments() if each.respondent.id == "council")


@given(st.integers(0, len(READINGS) - 1), st.integers(0, len(READINGS) - 1))
def test_there_and_back(one: int, other: int) -> None:
    """Compared with itself a return has not changed; the other way round, every change is turned round."""
    there, back = diff(_side(one), _side(other)), diff(_side(other), _side(one))
    assert there.nothing == (one == other)
    assert [(each.asks.key, each.before, each.after) for each in there.changes] == [
        (each.asks.key, each.after, each.before) for each in back.changes
    ]
    assert there.same == back.same
    for each in there.changes:
        assert each.before != each.after
        assert each.before == statement(_side(one).ret, each.asks)
