"""Rounding agrees with the spreadsheet function ROUND."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.rounding import round_half_away


@pytest.mark.parametrize(
    ("x", "places", "rounded"),
    [
        (2.675, 2, 2.68),
        (1.005, 2, 1.01),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (0.5, 0, 1.0),
        (1250.0, -2, 1300.0),
        (49.0, -2, 0.0),
        (12.3456, 9, 12.3456),
        (1.1e300, 6, 1.1e300),
        (5e-324, 2, 0.0),
        (1234567890.123456, 6, 1234567890.123456),
    ],
)
def test_halves_go_away_from_zero(x: float, places: int, rounded: float) -> None:
    """Halves as written in decimal go away from zero, whatever the binary number behind them."""
    assert round_half_away(x, places) == rounded


@pytest.mark.parametrize(("a", "b", "rounded"), [(0.7, 0.35, 0.25), (6.5, 4.27, 27.76), (2.65, 0.3, 0.8)])
def test_noise_in_the_last_bits_does_not_decide(a: float, b: float, rounded: float) -> None:
    """A product that should be a half but falls short in the last bit rounds up, as in every spreadsheet."""
    assert round(a * b, 2) != rounded
    assert round_half_away(a * b, 2) == rounded


def test_there_is_no_negative_zero() -> None:
    """Rounding to nothing gives plain zero, so that no one sees '-0'."""
    assert math.copysign(1, round_half_away(-0.2, 0)) == 1


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_only_finite_numbers_can_be_rounded(x: float) -> None:
    """Anything but a finite number is refused."""
    with pytest.raises(ValueError, match="not a finite number"):
        round_half_away(x, 2)


@settings(derandomize=True, max_examples=300)
@given(st.floats(-1e9, 1e9), st.integers(-3, 6))
def test_rounding_is_near_odd_and_settled(x: float, places: int) -> None:
    """The result is within half a step, mirrors for negative numbers, and rounds to itself."""
    rounded = round_half_away(x, places)
    assert abs(rounded - x) <= 0.5 * 10.0**-places + 1e-6 * 10.0**-places + abs(x) * 1e-14
    assert round_half_away(-x, places) == -rounded
    assert round_half_away(rounded, places) == rounded
