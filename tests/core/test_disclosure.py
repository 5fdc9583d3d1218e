"""What may be published passes one gate, and nothing about one organisation gets through it."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.disclosure import HIDDEN, Answer, Cell, Figure, Place, Rules, Shape, publish
from kil_xlsx.core.returns import State

RULES = Rules(least_group_size=5)
VALUES = Shape("values")
COUNT = Shape("count")
LEVELS = Shape("levels", ("0", "1", "2"))


def _values(*values: float | None, first: int = 0) -> dict[int, Answer]:
    return {
        at: Answer(value) if value is not None else Answer(state=State.UNANSWERED)
        for at, value in enumerate(values, start=first)
    }


def _levels(*codes: str, first: int = 0) -> dict[int, Answer]:
    special = {"NA": State.NOT_APPLICABLE, "DK": State.DONT_KNOW, "": State.UNANSWERED}
    return {
        at: Answer(state=special[code], level=code) if code in special else Answer(float(code), code)
        for at, code in enumerate(codes, start=first)
    }


def _people(*sizes: int) -> tuple[dict[int, Answer], list[Cell]]:
    """A whole of people numbered from 0, and parts of it of the given sizes, one after the other."""
    parts: list[Cell] = []
    first = 0
    for size in sizes:
        parts.append({at: Answer() for at in range(first, first + size)})
        first += size
    return {at: Answer() for at in range(first)}, parts


def test_a_least_group_size_below_three_is_a_mistake() -> None:
    """Fewer than three would be no protection at all."""
    with pytest.raises(ValueError, match="at least 3"):
        Rules(least_group_size=2)


def test_five_different_values_are_shown() -> None:
    """Five contributors reach the threshold, and the figure gives their number and quartiles."""
    figure = publish(RULES, VALUES, _values(1, 2, 3, 4, 10)).whole
    assert figure == Figure(n=5, lower_quartile=2.0, median=3.0, upper_quartile=4.0)


def test_values_that_are_missing_do_not_count_towards_the_threshold() -> None:
    """A large group with only four usable values is held back, and so is its number."""
    assert publish(RULES, VALUES, _values(1, 2, 3, 4, *[None] * 20)).whole == HIDDEN


def test_suppressed_and_empty_look_alike() -> None:
    """No answers, too few and unanimous ones cannot be told apart."""
    cells: list[Cell] = [{}, _levels("1", "2"), _levels(*["1"] * 9), _levels(*["NA"] * 9)]
    assert {publish(RULES, LEVELS, cell).whole for cell in cells} == {HIDDEN}


def test_a_distribution_counts_special_answers_beside_it() -> None:
    """Shares are of those who answered; not applicable, don't know and blank stand apart and are not imputed."""
    figure = publish(RULES, LEVELS, _levels("0", "1", "1", "2", "2", "NA", "DK", "DK", "")).whole
    assert figure.levels is not None
    assert figure.aside is not None
    assert [(level.code, level.count, level.share) for level in figure.levels] == [
        ("0", 1, 0.2),
        ("1", 2, 0.4),
        ("2", 2, 0.4),
    ]
    assert (figure.aside.not_applicable, figure.aside.dont_know, figure.aside.unanswered) == (1, 2, 1)
    assert (figure.n, figure.median) == (5, 1.0)


def test_levels_without_values_have_a_distribution_only() -> None:
    """An unscored scale has shares of its levels and no quartiles."""
    cell = {at: Answer(None, code) for at, code in enumerate("aabbb")}
    figure = publish(RULES, Shape("levels", ("a", "b"), scored=False), cell).whole
    assert figure.levels is not None
    assert (figure.n, figure.median, figure.levels[1].share) == (5, None, 0.6)


def test_a_unanimous_answer_is_held_back_whole() -> None:
    """A median beside a missing distribution would tell what everybody said, so neither is shown."""
    assert publish(RULES, LEVELS, _levels(*["2"] * 12, "NA")).whole == HIDDEN
    assert publish(RULES, VALUES, _values(*[7.5] * 12)).whole == HIDDEN


def test_one_small_subgroup_takes_the_next_smallest_with_it() -> None:
    """With one subgroup held back, the whole minus the others would give it away."""
    whole, parts = _people(9, 3, 6, 20)
    shown = [figure.n for figure in publish(RULES, COUNT, whole, [parts]).parts[0]]
    assert shown == [9, None, None, 20]


def test_ties_for_the_next_smallest_go_to_the_first() -> None:
    """Of two subgroups of the same size, the first in order is held back."""
    whole, parts = _people(6, 6, 2)
    assert [figure.shown for figure in publish(RULES, COUNT, whole, [parts]).parts[0]] == [False, True, False]


def test_two_tiny_subgroups_take_a_third_with_them() -> None:
    """Two subgroups of one each are still a remainder of only two."""
    whole, parts = _people(1, 1, 8, 9)
    assert [figure.shown for figure in publish(RULES, COUNT, whole, [parts]).parts[0]] == [False, False, False, True]


def test_small_subgroups_that_are_many_together_take_nothing_with_them() -> None:
    """A remainder that reaches the threshold gives nobody away."""
    whole, parts = _people(3, 3, 8)
    assert [figure.shown for figure in publish(RULES, COUNT, whole, [parts]).parts[0]] == [False, False, True]


def test_empty_subgroups_ask_for_no_sacrifice() -> None:
    """There is nobody to protect in a subgroup without members."""
    whole, parts = _people(0, 7, 8)
    assert [figure.shown for figure in publish(RULES, COUNT, whole, [parts]).parts[0]] == [False, True, True]


def test_organisations_in_no_part_are_protected_too() -> None:
    """Those who left the grouping field blank could be worked out like a small subgroup."""
    whole, parts = _people(6, 9, 2)
    assert [figure.shown for figure in publish(RULES, COUNT, whole, [parts[:2]]).parts[0]] == [False, True]


def test_a_unanimous_subgroup_cannot_be_worked_out_from_the_rest() -> None:
    """A large unanimous subgroup takes the next smallest with it, as a small one does."""
    parts = [_levels(*["1"] * 8), _levels("0", "1", "2", "2", "2", first=8), _levels(*"0011222", first=13)]
    whole = {at: answer for part in parts for at, answer in part.items()}
    assert [figure.shown for figure in publish(RULES, LEVELS, whole, [parts]).parts[0]] == [False, False, True]


def test_a_subgroup_inside_another_fields_subgroup_does_not_give_the_difference_away() -> None:
    """Eight of one field's nine also form a subgroup of another field: the ninth would stand bare."""
    whole = {at: Answer() for at in range(30)}
    first: list[Cell] = [{at: Answer() for at in range(9)}, {at: Answer() for at in range(9, 30)}]
    second: list[Cell] = [{at: Answer() for at in range(8)}, {at: Answer() for at in range(8, 30)}]
    shown = publish(RULES, COUNT, whole, [first, second]).parts
    both = shown[0][0].shown and shown[1][0].shown
    assert not both
    assert any(figure.shown for figures in shown for figure in figures)


def test_parts_withheld_beforehand_stay_hidden() -> None:
    """A subgroup whose size may not be told has no figures, whatever they are."""
    whole, parts = _people(9, 9, 9, 9)
    published = publish(RULES, COUNT, whole, [parts], {Place(0, 1), Place(0, 2)})
    assert published.hidden() == {Place(0, 1), Place(0, 2)}


def test_a_part_withheld_beforehand_does_not_stay_alone() -> None:
    """However large it is, a single subgroup held back could be worked out, so the next smallest goes with it."""
    whole, parts = _people(9, 9, 20)
    assert publish(RULES, COUNT, whole, [parts], {Place(0, 2)}).hidden() == {Place(0, 0), Place(0, 2)}


def test_nothing_is_shown_of_the_parts_of_a_hidden_whole() -> None:
    """Where the whole group is held back, so is every part of it."""
    whole, parts = _people(2, 2)
    published = publish(RULES, COUNT, whole, [parts])
    assert published.whole == HIDDEN
    assert published.parts == ((HIDDEN, HIDDEN),)


@settings(derandomize=True, max_examples=150)
@given(st.lists(st.sampled_from(["0", "1", "2", "NA", "DK", ""]), max_size=24), st.data())
def test_what_is_shown_and_what_remains_are_always_large_and_varied(codes: list[str], data: st.DataObject) -> None:
    """Every figure shown, and everything left when those shown are taken away, keeps the first two rules."""
    whole = _levels(*codes)
    fields = [[data.draw(st.integers(0, 3)) for _ in codes] for _ in range(2)]
    breakdowns: list[list[Cell]] = [
        [{at: whole[at] for at in whole if field[at] == part} for part in range(4)] for field in fields
    ]
    published = publish(RULES, LEVELS, whole, breakdowns)
    for cells, figures in zip(breakdowns, published.parts, strict=True):
        shown = [cell for cell, figure in zip(cells, figures, strict=True) if figure.shown]
        rest = {at: whole[at] for at in whole if not any(at in cell for cell in shown)}
        for cell in [*shown, *([rest] if shown and rest else [])]:
            answered = [answer.level for answer in cell.values() if answer.state is State.ANSWERED]
            assert len(answered) >= 5
            assert len(set(answered)) > 1


@settings(derandomize=True)
@given(st.lists(st.integers(-4000, 4000).map(lambda k: k / 8), min_size=5, max_size=30))
def test_quartiles_agree_with_the_standard_library(values: list[float]) -> None:
    """What is shown is the 'inclusive' method of statistics.quantiles, rounded to six decimals."""
    figure = publish(RULES, VALUES, _values(*values)).whole
    if len(set(values)) == 1:
        assert figure == HIDDEN
        return
    expected = statistics.quantiles(values, n=4, method="inclusive")
    assert [figure.lower_quartile, figure.median, figure.upper_quartile] == pytest.approx(expected, abs=1e-6)
