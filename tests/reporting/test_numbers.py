"""Numbers are written for people by their unit."""

from __future__ import annotations

import pytest

from kil_xlsx.reporting.numbers import by_format, decimal, percent, places, signed


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ('"£"#,##0', 1234567.4, "£1,234,567"),
        ('"£"#,##0', -20, "\u2212£20"),
        ("0%", 0.455, "46%"),
        ('0.0"%"', 45.25, "45.3%"),
        ("0.00", 1.005, "1.01"),
        ("0.00", 12345.6, "12345.60"),
        ("#,##0.0", 12345.67, "12,345.7"),
        ("0.00000", 0.000123, "0.00012"),
        ('#,##0 "kWh";[Red]-#,##0', 3.2, "3 kWh"),
        ("\\~0", 7, "~7"),
        ("#,##0", -0.2, "0"),
        ("General", 2.5, "2.50"),
    ],
)
def test_an_excel_format_says_how_a_measure_is_written(code: str, value: float, words: str) -> None:
    """Signs, decimals, thousands and units are those of the format."""
    assert by_format(code)(value) == words


@pytest.mark.parametrize(
    ("code", "decimals"),
    [('"£"#,##0', 0), ("0%", 2), ("0.0%", 3), ('0.0"%"', 1), ("0.00", 2), ('#,##0.0;[Red]-#,##0', 1), ("General", 2)],
)  # fmt: skip
def test_an_excel_format_says_how_many_decimals_of_a_value_are_shown(code: str, decimals: int) -> None:
    """For per cents two more than are written, for they are of the value itself."""
    assert places(code) == decimals


def test_halves_are_rounded_away_from_nought() -> None:
    """As spreadsheets do, and unlike Python's own rounding."""
    assert [decimal(each) for each in (0.5, 1.5, 2.5, -2.5)] == ["1", "2", "3", "\u22123"]
    assert percent(0.125, 1) == "12.5%"


def test_differences_have_a_sign_unless_they_round_to_nought() -> None:
    """A plus before what grew, a real minus before what shrank, nothing before nought."""
    assert [signed(each, decimal) for each in (5.2, -5.2, 0.2, -0.2)] == ["+5", "\u22125", "0", "0"]
