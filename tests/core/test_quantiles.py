"""Quartiles, means and ranks agree with spreadsheets and published examples."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.quantiles import Position, Quartiles, Ranked, mean, quantiles, quartiles

_VALUES = st.lists(st.integers(-10_000, 10_000).map(lambda k: k / 8), min_size=1, max_size=40)


def test_the_published_example_of_quartile_inc() -> None:
    """Microsoft's example for QUARTILE.INC, {1,2,4,7,8,9,10,12}, gives 3.5 for the first quartile."""
    assert quartiles([12, 1, 2, 10, 4, 7, 9, 8]) == Quartiles(3.5, 7.5, 9.25)


def test_the_published_example_of_percentile_inc() -> None:
    """Microsoft's example for PERCENTILE.INC, {1,3,2,4} at 0.3, gives 1.9; others come in the order asked for."""
    assert quantiles([1, 3, 2, 4], [0.3]) == pytest.approx([1.9], abs=1e-12)
    assert quantiles([1, 3, 2, 4], [1, 0, 0.5]) == [4.0, 1.0, 2.5]


def test_one_value_is_every_quantile() -> None:
    """With a single value, that value is the quartiles, the median and the mean."""
    assert quartiles([5]) == Quartiles(5.0, 5.0, 5.0)
    assert mean([5]) == 5


@settings(derandomize=True)
@given(_VALUES, st.floats(0, 1))
def test_quantiles_agree_with_numpy(values: list[float], q: float) -> None:
    """Numpy's default method is the same type 7."""
    numpy = pytest.importorskip("numpy")
    assert quantiles(values, [q]) == pytest.approx([float(numpy.quantile(values, q))], abs=1e-9)


@settings(derandomize=True)
@given(_VALUES.filter(lambda values: len(values) > 1))
def test_quartiles_agree_with_the_standard_library(values: list[float]) -> None:
    """The 'inclusive' method of statistics.quantiles is the same type 7."""
    found = quartiles(values)
    assert [found.q1, found.median, found.q3] == pytest.approx(statistics.quantiles(values, n=4, method="inclusive"))


def test_the_mean_does_not_depend_on_order() -> None:
    """Small values are not lost next to large ones."""
    assert mean([1e16, 1.0, -1e16]) == mean([1e16, -1e16, 1.0]) == pytest.approx(1 / 3)


def test_a_position_among_others() -> None:
    """Of four others one is below and two are level, so the mid-rank is a half."""
    position = Ranked([1, 2, 2, 3]).rank(2)
    assert position == Position(below_share=0.25, same_share=0.5)
    assert position.mid_rank == 0.5


@given(_VALUES, _VALUES, st.integers(-10_000, 10_000).map(lambda k: k / 8))
@settings(max_examples=200, deadline=None)
def test_a_rank_among_numbers_without_some_is_that_among_the_others(
    others: list[float], left_out: list[float], own: float
) -> None:
    """Numbers put in order once give what counting the others gives; own values among them change nothing."""
    own = others[0] if own > 0 else own
    ranked = Ranked([*left_out, *others]).without(left_out)
    assert len(ranked) == len(others)
    assert ranked.distinct == len(set(others))
    below, same = (sum(test(each) for each in others) for test in (own.__gt__, own.__eq__))
    assert ranked.rank(own) == Position(below / len(others), same / len(others))


def test_noise_does_not_break_a_tie() -> None:
    """Scores that differ in the last bit only are level."""
    assert Ranked([0.1 + 0.2]).rank(0.3) == Position(0.0, 1.0)


@pytest.mark.parametrize("bad", [[], [1.0, math.nan], [math.inf]])
def test_no_values_or_no_numbers_are_refused(bad: list[float]) -> None:
    """There is no quartile, mean or rank of nothing, nor of infinity."""
    for attempt in (quartiles, mean, lambda values: quantiles(values, [0.5]), lambda values: Ranked(values).rank(1)):
        with pytest.raises(ValueError, match="values"):
            attempt(bad)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_share_outside_0_to_1_is_refused(q: float) -> None:
    """A quantile lies between the smallest and the largest value."""
    with pytest.raises(ValueError, match="from 0 to 1"):
        quantiles([1, 2], [0.5, q])
