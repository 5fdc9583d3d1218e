"""Whom an organisation is compared with, and where its scores lie among theirs."""

from __future__ import annotations

import pytest

from kil_xlsx.core.peers import (
    PeerFigures,
    PeerGroup,
    Peers,
    Standing,
    change,
    comparable,
    compared_with,
    published,
    standing,
)
from kil_xlsx.core.release import OVERALL


def figures(lower: float | None = 25.0, median: float | None = 50.0, upper: float | None = 75.0) -> PeerFigures:
    """One score of a group."""
    return PeerFigures(count=7, lower=lower, median=median, upper=upper)


def group(field: str, value: str, item: str = OVERALL, median: float | None = 50.0) -> PeerGroup:
    """A group that knows one score."""
    return PeerGroup(label=f"{field} {value}", field=field, value=value, figures={item: figures(median=median)})


EVERYBODY = PeerGroup(label="all", figures={OVERALL: figures()})
PEERS = Peers(
    date="2026-04-07",
    groups=(
        EVERYBODY,
        group("size", "Large"),
        group("region", "North"),
        group("region", "South", item="A"),
        group("region", "West", median=None),
        group("size", "Small"),
        group("colour", "Red"),
    ),
)
GROUPS = comparable(PEERS, ["region", "size", "region", "shape"])


def test_groups_stand_in_the_order_of_the_fields() -> None:
    """Everybody first, then the groups of the first field, whatever order the benchmark has; no field is used twice."""
    assert [each.label for each in GROUPS] == ["all", "region North", "region South", "size Large", "size Small"]


def test_a_group_without_any_median_is_no_group() -> None:
    """One median of any score is enough; counts alone compare nothing."""
    assert published(group("region", "South", item="A"))
    assert not published(group("region", "West", median=None))
    assert not published(PeerGroup(label="none", field="region", value="East", figures={}))


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, "all"),
        ({"region": "", "size": ""}, "all"),
        ({"region": "North", "size": "Small"}, "region North"),
        ({"region": "nORTH"}, "region North"),
        ({"region": "West", "size": "Small"}, "size Small"),
        ({"region": "North ", "size": "Large"}, "size Large"),
        ({"region": "Small"}, "all"),
        ({"colour": "Red"}, "all"),
    ],
)
def test_the_first_field_with_a_group_decides(answers: dict[str, str], found: str) -> None:
    """An answer without a published group leaves the choice to the next field, at last to everybody."""
    assert GROUPS[compared_with(GROUPS, answers)].label == found


@pytest.mark.parametrize(
    ("score", "where"),
    [
        (24.999999, Standing.BELOW),
        (25.0, Standing.WITHIN),
        (50.0, Standing.WITHIN),
        (75.0, Standing.WITHIN),
        (75.000001, Standing.ABOVE),
        (0.0, Standing.BELOW),
        (None, None),
    ],
)
def test_standing(score: float | None, where: Standing | None) -> None:
    """A score at a quartile is in the middle half; without a score there is no standing, and nought is a score."""
    assert standing(score, figures(), 6) is where


def test_standing_is_that_of_the_figures_as_they_are_shown() -> None:
    """37.5 beside a quartile of 37.6 is not below it where both are shown as 38."""
    assert standing(37.5, figures(lower=37.6), 0) is Standing.WITHIN
    assert standing(37.5, figures(lower=37.6), 1) is Standing.BELOW


@pytest.mark.parametrize("theirs", [None, figures(lower=None), figures(upper=None), figures(None, None, None)])
def test_without_quartiles_there_is_no_standing(theirs: PeerFigures | None) -> None:
    """Nothing is said where either quartile is held back."""
    assert standing(50.0, theirs, 0) is None


@pytest.mark.parametrize(
    ("now", "before", "decimals", "by"),
    [
        (50.0, 40.0, 0, 10.0), (0.0, 40.0, 0, -40.0), (0.3, 0.1, 1, 0.2), (5.0, 5.0, 0, 0.0),
        (None, 1.0, 0, None), (1.0, None, 0, None), (43.4, 42.6, 0, 0.0), (43.5, 42.4, 0, 2.0), (43.4, 42.6, 1, 0.8),
    ],
)  # fmt: skip
def test_change(now: float | None, before: float | None, decimals: int, by: float | None) -> None:
    """A change is the difference of the scores as they are shown, and needs both."""
    assert change(now, before, decimals) == by
