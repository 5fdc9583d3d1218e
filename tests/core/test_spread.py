"""What several people said about the same thing: where they agree, and how far they are apart."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import two_versions
from hypothesis import given
from hypothesis import strategies as st
from two_versions import framework

from kil_xlsx.core.instrument import instrument
from kil_xlsx.core.returns import Key, Part, Return, Typed
from kil_xlsx.core.spread import Spread, apart, spread
from kil_xlsx.core.statements import words
from kil_xlsx.layout.codec import as_formulas_see
from kil_xlsx.layout.plan import Plan

PLAN = Plan(instrument(framework(two_versions.old()), "council"))


def said(answers: Mapping[str | Key, Typed]) -> Return:
    """The return that says this."""
    keyed = {key if isinstance(key, Key) else Key(key): value for key, value in answers.items()}
    return Return.of(as_formulas_see(PLAN.instrument, PLAN.by_key[key], value) for key, value in keyed.items())


def of(item: str, *answers: Typed, part: str = Part.ANSWER) -> Spread:
    """The spread of some answers to one item."""
    found = spread(PLAN.instrument, [said({Key(item, part): each}) for each in answers], beside=True)
    return next(each for each in found if each.key == Key(item, part))


def told(one: Spread) -> list[tuple[str, tuple[int, ...]]]:
    """The distinct answers in words, with who gave them."""
    return [(words(each.statement, one.asks), each.given_by) for each in one.answers]


def test_levels_are_put_in_order() -> None:
    """The lowest comes first, whoever gave it; the range is told in steps of the list."""
    found = of("Q-SAME", "Fully", "No", "Fully")
    assert told(found) == [("No", (1,)), ("Fully", (0, 2))]
    assert not found.agreed
    assert (found.lowest, found.highest) == (found.by(1), found.by(0))
    assert found.steps == 2


@pytest.mark.parametrize("answers", [("Partly",) * 3, ("Not applicable",) * 2, (None, None)])
def test_all_the_same_is_agreed(answers: tuple[Typed, ...]) -> None:
    """Levels, not applicable and nothing at all can be agreed on."""
    found = of("Q-SAME", *answers)
    assert found.agreed
    assert found.said is (answers[0] is not None)
    assert found.steps == (0 if answers[0] == "Partly" else None)


def test_what_is_no_level_is_not_on_the_scale() -> None:
    """Not applicable and nothing do not agree with a level, and are not the lowest."""
    found = of("Q-SAME", None, "Fully", "Not applicable", "Partly")
    assert told(found) == [("Partly", (3,)), ("Fully", (1,)), ("not answered", (0,)), ("Not applicable", (2,))]
    assert (found.lowest, found.highest, found.steps) == (found.by(3), found.by(1), 1)


def test_figures_have_a_range_and_no_steps() -> None:
    """Zero is the lowest of figures; a reason for having none is beside them."""
    assert told(of("spend", 5.0, 0.0, None)) == [("0", (1,)), ("5", (0,)), ("not answered", (2,))]
    assert of("spend", 5.0, 0.0).steps is None
    returns = [said({"spend": 5.0}), said({Key("spend", Part.MISSING): "Not applicable"})]
    found = next(each for each in spread(PLAN.instrument, returns) if each.key == Key("spend"))
    assert told(found) == [("5", (0,)), ("Not applicable", (1,))]
    assert found.lowest == found.highest


def test_texts_and_choices_without_order_have_no_range() -> None:
    """Words, dates and choices that score nothing only agree or do not."""
    assert of("consent", "Yes", "No").lowest is None
    assert of("kind", "A city", "A  city").agreed
    assert not of("kind", "A city", "a county").agreed


def test_rows_that_nobody_used_are_left_out() -> None:
    """Of a table only the cells appear that somebody filled in; every question appears."""
    returns = [said({Key("tenants", Part.ANSWER, 2, "rent"): 3.0}), said({})]
    found = spread(PLAN.instrument, returns)
    assert [each.key for each in found if each.key.item == "tenants"] == [Key("tenants", Part.ANSWER, 2, "rent")]
    assert {each.id for each in PLAN.instrument.questions} <= {each.key.item for each in found}
    assert all(each.key.part == Part.ANSWER for each in found)


def test_parts_beside_the_answer_when_they_are_wanted() -> None:
    """The strength of evidence is on a scale of its own."""
    found = of("Q-SAME", "Strong", "None", part=Part.STRENGTH)
    assert (told(found), found.steps) == ([("None", (1,)), ("Strong", (0,))], 1)


def test_those_furthest_apart_come_first() -> None:
    """What they agree on is left out; the rest is in order of the distance, then of the workbook."""
    one = said({"Q-SAME": "No", "Q-NAME": "Partly", "Q-CODES": "Level 1", "Q-GONE": "Fully"})
    other = said({"Q-SAME": "Partly", "Q-NAME": "Fully", "Q-CODES": "Level 5", "Q-GONE": "Fully"})
    found = apart(spread(PLAN.instrument, [one, other]))
    assert [each.key.item for each in found] == ["Q-CODES", "Q-SAME", "Q-NAME"]


def test_nothing_cannot_be_put_side_by_side() -> None:
    """Without a return there is no spread."""
    with pytest.raises(ValueError, match="nothing"):
        spread(PLAN.instrument, [])


@given(st.lists(st.sampled_from([None, "No", "Partly", "Fully", "Not applicable", "rubbish"]), min_size=1, max_size=6))
def test_everybody_is_counted_once(answers: list[Typed]) -> None:
    """Each return is behind exactly one of the distinct answers, and what it says there is what it said."""
    found = of("Q-SAME", *answers)
    assert sorted(at for each in found.answers for at in each.given_by) == list(range(len(answers)))
    assert len(found.answers) == len(set(answers))
    assert found.agreed == (len(set(answers)) == 1)
