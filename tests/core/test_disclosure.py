"""What may be published passes one gate, and nothing about one organisation gets through it."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from frames import (
    AMOUNTS,
    COUNT,
    LEVELS,
    OUTSIDE,
    SMALL,
    USUAL,
    VALUES,
    counted,
    frame_of,
    levels,
    shown_of,
    sized,
    values,
    whole,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core import disclosure
from kil_xlsx.core.answers import Answer, Shape
from kil_xlsx.core.disclosure import (
    checked,
    lowered_in_words,
    position,
    publish,
    quarter_of,
    significant,
    suppression_in_words,
)
from kil_xlsx.core.release import CONFIDENTIAL, HIDDEN, Figure, Thresholds

# Thresholds


@pytest.mark.parametrize("thresholds", [Thresholds(mean=2), Thresholds(mean=0, quartiles=0), Thresholds(mean=-5)])
def test_a_least_group_size_below_three_is_a_mistake(thresholds: Thresholds) -> None:
    """Fewer than three would be no protection at all."""
    with pytest.raises(ValueError, match="at least 3"):
        checked(thresholds)


@pytest.mark.parametrize(
    "thresholds", [Thresholds(mean=6, quartiles=5), Thresholds(quartiles=30), Thresholds(percentiles=9)]
)
def test_finer_figures_need_no_fewer_organisations(thresholds: Thresholds) -> None:
    """Quartiles from fewer organisations than means would protect least what tells most."""
    with pytest.raises(ValueError, match="at least as many"):
        checked(thresholds)


def test_the_usual_thresholds() -> None:
    """Five, ten and twenty besides the reader; the lowest allowed is three for all."""
    assert checked(disclosure.USUAL) == Thresholds(mean=5, quartiles=10, percentiles=20, besides_reader=True)
    low = Thresholds(mean=3, quartiles=3, percentiles=3, besides_reader=False)
    assert checked(low) == low


@pytest.mark.parametrize(
    ("thresholds", "organisations", "parts"),
    [
        (USUAL, 5, set()),
        (USUAL, 6, {"n", "mean", "median"}),
        (USUAL, 10, {"n", "mean", "median"}),
        (USUAL, 11, {"n", "mean", "median", "lower_quartile", "upper_quartile"}),
        (USUAL, 20, {"n", "mean", "median", "lower_quartile", "upper_quartile"}),
        (USUAL, 21, {"n", "mean", "median", "lower_quartile", "upper_quartile", "p10", "p90"}),
        (OUTSIDE, 4, set()),
        (OUTSIDE, 5, {"n", "mean", "median"}),
        (OUTSIDE, 9, {"n", "mean", "median"}),
        (OUTSIDE, 10, {"n", "mean", "median", "lower_quartile", "upper_quartile"}),
        (OUTSIDE, 19, {"n", "mean", "median", "lower_quartile", "upper_quartile"}),
        (OUTSIDE, 20, {"n", "mean", "median", "lower_quartile", "upper_quartile", "p10", "p90"}),
    ],
)
@pytest.mark.parametrize("shape", [VALUES, Shape("levels", tuple("0123456789"))])
def test_each_part_has_its_own_threshold(
    thresholds: Thresholds, organisations: int, parts: set[str], shape: Shape
) -> None:
    """Five for means and medians, ten for quartiles and distributions, twenty for the rest, besides the reader."""
    figure = whole(thresholds, shape, [Answer(float(at % 10), str(at % 10)) for at in range(organisations)])
    assert {name for name in shape.parts if figure.part(name) is not None} == parts
    assert (figure.levels is not None) == (shape.kind == "levels" and "lower_quartile" in parts)
    assert (figure == HIDDEN) == (not parts)


def test_six_different_values() -> None:
    """A worked example: number, mean and median, and nothing else."""
    assert whole(USUAL, VALUES, values(1, 2, 3, 4, 10, 12)) == Figure(n=6, mean=5.333333, median=3.5)


def test_values_that_are_missing_do_not_count_towards_the_threshold() -> None:
    """A large group with only five usable values is held back, and so is its number."""
    assert whole(USUAL, VALUES, values(1, 2, 3, 4, 5, *[None] * 20)) == HIDDEN
    assert whole(USUAL, VALUES, values(1, 2, 3, 4, 5, 6, *[None] * 20)).n == 6


def test_suppressed_and_empty_look_alike() -> None:
    """No answers, too few, unanimous ones and ones that all but one agree on cannot be told apart."""
    cells = [[], levels("1", "2"), levels(*["1"] * 19), levels(*["NA"] * 19), levels("0", *["1"] * 19)]
    assert {whole(USUAL, LEVELS, cell) for cell in cells} == {HIDDEN}


def test_organisations_under_one_parent_count_once() -> None:
    """Eight organisations of five bodies are five, and enter the figure as eight where five are enough."""
    answers = values(*range(8))
    bodies = [0, 0, 0, 0, 1, 2, 3, 4]
    assert whole(USUAL, VALUES, answers, bodies) == HIDDEN
    figure = whole(OUTSIDE, VALUES, answers, bodies)
    assert (figure.n, figure.mean) == (8, 3.5)
    more = whole(USUAL, VALUES, values(*range(13)), [*[0] * 4, *range(1, 10)])
    assert (more.n, more.median, more.lower_quartile) == (13, 6.0, None)


# What a figure says


def test_a_distribution_counts_special_answers_beside_it() -> None:
    """Shares are of those who answered; not applicable, don't know and blank stand apart and are not imputed."""
    figure = whole(USUAL, LEVELS, levels(*"00111111222", "NA", "DK", "DK", ""))
    assert figure.levels is not None
    assert figure.aside is not None
    assert [(level.code, level.count, level.share) for level in figure.levels] == [
        ("0", 2, 0.181818),
        ("1", 6, 0.545455),
        ("2", 3, 0.272727),
    ]
    assert (figure.aside.not_applicable, figure.aside.dont_know, figure.aside.unanswered) == (1, 2, 1)
    assert (figure.n, figure.median, figure.mean) == (11, 1.0, 1.090909)


def test_levels_that_nobody_chose_are_counted_too() -> None:
    """A distribution names every level that is offered; an answer that is none of them is no answer."""
    figure = whole(SMALL, LEVELS, [*levels(*"00022"), Answer(7.0, "7")])
    assert figure.levels is not None
    assert figure.aside is not None
    assert [level.count for level in figure.levels] == [3, 0, 2]
    assert (figure.n, figure.aside.unanswered) == (5, 1)


def test_levels_without_values_have_a_distribution_only() -> None:
    """An unscored scale has shares of its levels and neither mean nor median."""
    shape = Shape("levels", ("a", "b"), scored=False)
    figure = whole(USUAL, shape, [Answer(None, code) for code in "aabbbbbbbbb"])
    assert figure.levels is not None
    assert (figure.n, figure.mean, figure.median, figure.levels[0].count) == (11, None, None, 2)
    assert shape.parts == ("n",)


def test_a_distribution_is_held_back_where_a_mean_is_not() -> None:
    """Seven are enough for a median, and too few to say how many chose what."""
    figure = whole(USUAL, LEVELS, levels(*"0011222", "DK"))
    assert (figure.n, figure.median, figure.levels, figure.lower_quartile) == (7, 1.0, None, None)
    assert figure.aside is not None
    assert figure.aside.dont_know == 1


def test_measures_have_three_significant_figures() -> None:
    """The median that is one organisation's own turnover is not that turnover to the penny."""
    figure = whole(SMALL, AMOUNTS, values(123456.78, 98765.43, 23456.789, 45678.9, 345678.9))
    assert (figure.mean, figure.median) == (127000.0, 98800.0)
    assert (figure.lower_quartile, figure.upper_quartile) == (45700.0, 123000.0)
    assert whole(SMALL, VALUES, values(10.123456789, 1, 2, 40, 50)).median == 10.123457


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(123456.0, 123000.0), (0.0018249, 0.00182), (-98765.0, -98800.0), (0.0, 0.0), (999.6, 1000.0), (2.5, 2.5)],
)
def test_significant_figures(value: float, rounded: float) -> None:
    """Large and small numbers keep as many digits."""
    assert significant(value) == rounded


@settings(derandomize=True)
@given(st.lists(st.integers(-4000, 4000).map(lambda k: k / 8), min_size=21, max_size=40))
def test_figures_agree_with_the_standard_library(numbers: list[float]) -> None:
    """What is shown is the 'inclusive' method of statistics.quantiles, rounded to six decimals."""
    figure = whole(USUAL, VALUES, values(*numbers))
    usual = max(map(numbers.count, numbers))
    if len(numbers) - usual <= 1:
        assert figure == HIDDEN
        return
    deciles = statistics.quantiles(numbers, n=10, method="inclusive")
    quartiles = statistics.quantiles(numbers, n=4, method="inclusive")
    expected = [statistics.fmean(numbers), quartiles[1], quartiles[0], quartiles[2], deciles[0], deciles[8]]
    found = [figure.mean, figure.median, figure.lower_quartile, figure.upper_quartile, figure.p10, figure.p90]
    assert found == pytest.approx(expected, abs=1e-6)


# Unanimous groups


@pytest.mark.parametrize("shape", [VALUES, LEVELS])
def test_a_unanimous_answer_is_held_back_whole(shape: Shape) -> None:
    """A median beside a missing distribution would tell what everybody said, so neither is shown."""
    answers = levels(*["2"] * 12, "NA")
    assert whole(USUAL, shape, answers) == whole(OUTSIDE, shape, answers) == HIDDEN


@pytest.mark.parametrize("shape", [VALUES, LEVELS])
def test_all_but_one(shape: Shape) -> None:
    """The one who differs and reads it would know what everybody else said; somebody outside would not."""
    answers = levels(*["2"] * 12, "1")
    assert whole(USUAL, shape, answers) == HIDDEN
    assert whole(OUTSIDE, shape, answers).n == 13
    assert whole(USUAL, shape, levels(*["2"] * 12, "1", "0")).n == 14


def test_all_but_one_body() -> None:
    """Two that differ from the rest and are under one parent are one reader."""
    answers = levels(*["2"] * 12, "1", "0")
    assert whole(USUAL, LEVELS, answers, [*range(13), 12]) == HIDDEN
    assert whole(OUTSIDE, LEVELS, answers, [*range(13), 12]).n == 14


def test_sizes_are_never_unanimous() -> None:
    """How many there are is no answer of theirs."""
    assert whole(USUAL, COUNT, [Answer()] * 8).n == 8


# Complementary suppression


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ((9, 3, 6, 20), [True, False, False, True]),
        ((6, 6, 2), [False, True, False]),
        ((1, 1, 8, 9), [False, False, False, True]),
        ((3, 3, 8), [False, False, True]),
        ((0, 7, 8), [False, True, True]),
        ((5, 5, 5), [True, True, True]),
        ((4, 20), [False, False]),
        ((2, 2), [False, False]),
    ],
)
def test_small_parts_take_others_with_them(sizes: tuple[int, ...], shown: list[bool]) -> None:
    """What is left of the whole must be enough, or nobody: the next smallest goes as well, of equals the first."""
    assert counted(sized(*sizes)) == [sum(sizes) >= 5, *shown]


def test_remainders_count_besides_the_reader_too() -> None:
    """A remainder of five is too few where any one of them may be reading."""
    assert counted(sized(9, 3, 2, 20), thresholds=USUAL) == [True, False, False, False, True]
    assert counted(sized(9, 3, 3, 20), thresholds=USUAL) == [True, True, False, False, True]


def test_remainders_count_bodies() -> None:
    """Six that are left over are too few where they have a parent in common."""
    parts = sized(9, 3, 3, 20)
    assert counted(parts, thresholds=USUAL, bodies=[*range(9), 9, 9, *range(11, 35)]) == [
        True, False, False, False, True,
    ]  # fmt: skip


def test_organisations_in_no_part_are_protected_too() -> None:
    """Those who left the grouping field blank could be worked out like a small subgroup."""
    frame = frame_of(17, [range(6), range(6, 15)])
    assert shown_of(publish(SMALL, COUNT, frame, [Answer()] * 17)) == [True, False, True]


@pytest.mark.parametrize("shape", [VALUES, LEVELS])
def test_a_unanimous_subgroup_cannot_be_worked_out_from_the_rest(shape: Shape) -> None:
    """A large unanimous subgroup takes the next smallest with it, as a small one does."""
    answers = levels(*["1"] * 8, *"01222", *"0011222")
    assert shown_of(publish(SMALL, shape, frame_of(20, sized(8, 5, 7)), answers)) == [True, False, False, True]


def test_a_unanimous_difference_of_two_ways_of_grouping() -> None:
    """Those of a subgroup who are not in a smaller one inside it all said the same: not both may be shown."""
    answers = levels(*["1"] * 8, *"012012012012", *"012012012012")
    frame = frame_of(32, [range(20), range(20, 32)], [range(8, 20), [*range(8), *range(20, 32)]])
    shown = shown_of(publish(SMALL, VALUES, frame, answers))
    assert not (shown[1] and shown[3])
    assert not (shown[2] and shown[4])
    assert any(shown[1:])


def test_a_subgroup_inside_another_fields_subgroup_does_not_give_the_difference_away() -> None:
    """Eight of one field's nine also form a subgroup of another field: the ninth would stand bare."""
    shown = counted([range(9), range(9, 30)], [range(8), range(8, 30)])
    assert not (shown[1] and shown[3])
    assert not (shown[2] and shown[4])
    assert any(shown[1:])


def test_a_chain_through_three_ways_of_grouping() -> None:
    """No two groups differ by few, but four of them added and subtracted leave two organisations."""
    a, b, c, d, lone = range(7), range(7, 14), range(14, 21), range(21, 28), (28, 29)
    families = [[*a, *b, *lone], [*b, *c]], [[*c, *d]], [[*d, *a]]
    # The first less the second plus the third less the fourth is what is alone.
    first, second, third, fourth = families[0][0], families[0][1], families[1][0], families[2][0]
    frame = frame_of(60, [first], [second], [third], [fourth])
    shown = shown_of(publish(SMALL, COUNT, frame, [Answer()] * 60))
    assert shown.count(False) == 1
    assert not shown[2]


def test_the_whole_goes_last() -> None:
    """Everybody is compared with the whole, so of two that give away the smaller goes, however small the difference."""
    assert counted([range(30)], [range(29), [29]]) == [True, True, False, False]


def test_parts_withheld_beforehand_stay_hidden() -> None:
    """A subgroup whose size may not be told has no figures, whatever they are."""
    frame = frame_of(36, sized(9, 9, 9, 9))
    withheld = np.array([False, False, True, True, False])
    published = publish(SMALL, COUNT, frame, [Answer()] * 36, withheld=withheld)
    assert shown_of(published) == [True, True, False, False, True]


def test_distributions_are_protected_with_their_own_threshold() -> None:
    """Means of both parts may be shown, but not how one part is spread, nor then the other: it is the whole's rest."""
    frame = frame_of(32, sized(8, 24))
    published = publish(USUAL, LEVELS, frame, levels(*"01201201" * 4))
    assert [(figure.mean is not None, figure.levels is not None) for figure in published.figures] == [
        (True, True),
        (True, False),
        (True, False),
    ]
    assert published.figures[2].lower_quartile is None


_CODES = st.lists(st.sampled_from(["0", "1", "2", "NA", "DK", ""]), max_size=40)


@settings(derandomize=True, max_examples=150)
@given(_CODES, st.sampled_from([USUAL, OUTSIDE, SMALL]), st.data())
def test_what_is_shown_and_what_remains_are_always_large_and_varied(
    codes: list[str], thresholds: Thresholds, data: st.DataObject
) -> None:
    """Every figure shown, and everything left when those shown are taken away, keeps the first three rules."""
    fields = [[data.draw(st.integers(0, 3)) for _ in codes] for _ in range(2)]
    families = [[[at for at in range(len(codes)) if field[at] == part] for part in range(4)] for field in fields]
    bodies = [data.draw(st.integers(0, 40)) for _ in codes]
    frame = frame_of(len(codes), *families, bodies=bodies)
    published = publish(thresholds, LEVELS, frame, levels(*codes))
    besides = int(thresholds.besides_reader)
    for least, seen in (
        (thresholds.mean, [figure.shown for figure in published.figures]),
        (thresholds.quartiles, [figure.levels is not None for figure in published.figures]),
    ):
        sets = [np.flatnonzero(frame.groups[row]) for row in range(len(seen)) if seen[row]]
        for family in frame.families:
            told = [row for row in family[1:] if seen[row]]
            if seen[0] and told:
                sets.append(np.flatnonzero(~frame.groups[told].any(axis=0)))
        for members in sets:
            answered = [int(at) for at in members if codes[at] in ("0", "1", "2")]
            if not answered:
                continue
            assert len({bodies[at] for at in answered}) >= least + besides
            for code in "012":
                assert len({bodies[at] for at in answered if codes[at] != code}) > besides


# Amounts


def test_a_mean_that_two_dominate_is_not_shown() -> None:
    """Two make up 90 % of the sum: whoever is one of them could tell the other's; the median stays."""
    figure = whole(SMALL, AMOUNTS, values(500, 400, 30, 30, 20, 20))
    assert (figure.n, figure.mean, figure.median) == (6, None, 30.0)


def test_a_mean_up_to_the_limit_is_shown() -> None:
    """85 % is still shown, a little more is not; what cannot be added up cannot be dominated."""
    answers = values(500, 350, 50, 40, 30, 30)
    assert whole(SMALL, AMOUNTS, answers).mean == 167.0
    assert whole(SMALL, AMOUNTS, values(501, 350, 50, 40, 30, 29)).mean is None
    assert whole(SMALL, Shape("values", amounts=True), values(501, 350, 50, 40, 30, 29)).mean == 167.0


def test_dominance_is_by_body_and_whatever_the_sign() -> None:
    """Organisations under one parent dominate together, and a large loss does as a large profit."""
    answers = values(300, 300, 270, 35, 35, 30, 30)
    assert whole(SMALL, AMOUNTS, answers).mean is not None
    assert whole(SMALL, AMOUNTS, answers, [0, 0, 1, 2, 3, 4, 5]).mean is None
    assert whole(SMALL, AMOUNTS, values(-500, 400, 30, 30, 20, 20)).mean is None


def test_one_dominated_part_leaves_means_for_the_whole_only() -> None:
    """A mean that is held back in one part could be worked out from the others, so no part has one."""
    small, large = [10.0, 11, 12, 13, 14, 15], [900.0, 800, 5, 5, 5, 5]
    middle = [400.0, 410, 420, 430, 440, 450]
    published = publish(SMALL, AMOUNTS, frame_of(18, sized(6, 6, 6)), values(*small, *large, *middle))
    assert [figure.mean is not None for figure in published.figures] == [True, False, False, False]
    assert all(figure.median is not None for figure in published.figures)


def test_a_dominated_rest_counts_too() -> None:
    """What the parts that are shown leave over of the whole is a group as well."""
    even = [400.0, 410, 420, 430, 440, 450, 460, 470]
    rest = [900.0, 800, 5, 5, 5, 5]
    frame = frame_of(14, [range(8)])
    published = publish(SMALL, AMOUNTS, frame, values(*even, *rest))
    assert [figure.mean is not None for figure in published.figures] == [True, False]


# Positions


def test_position() -> None:
    """How many of the others are lower, how many are equal, in whole tens; and the quarter by published quartiles."""
    figure = Figure(n=22, median=50.0, lower_quartile=25.0, upper_quartile=75.0)
    others = [10.0, 20, 30, 40, 45, 60, 70, 80, 90, 100] * 2
    found = position(USUAL, 45.0, [*others, 11.0], figure)  # 9 and 2 of 21
    assert found is not None
    assert (found.others, found.higher_than, found.same_as, found.quarter) == (21, 40, 10, "second")


def test_among_few_only_the_quarter_is_told() -> None:
    """Below twenty others per cents would be a place in a list, however coarse; a lower threshold changes nothing."""
    figure = Figure(n=12, median=50.0, lower_quartile=25.0, upper_quartile=75.0)
    others = [float(each) for each in range(19)]
    for thresholds in (USUAL, Thresholds(mean=3, quartiles=3, percentiles=3)):
        found = position(thresholds, 5.0, others, figure)
        assert found is not None
        assert (found.others, found.higher_than, found.same_as, found.quarter) == (19, None, None, "lowest")
    assert position(USUAL, 5.0, others, Figure(n=12, median=50.0)) is None
    more = position(USUAL, 5.0, [*others, 19.0], Figure(n=12, median=50.0))
    assert more is not None
    assert (more.higher_than, more.quarter) == (30, None)
    assert position(Thresholds(percentiles=40), 5.0, [*others, 19.0], Figure(n=12, median=50.0)) is None


def test_a_position_needs_enough_others() -> None:
    """Ten others who did not all say the same; the reader itself is not one of them."""
    figure = Figure(n=12, median=50.0, lower_quartile=25.0, upper_quartile=75.0)
    others = [10.0, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert position(USUAL, 50.0, others[1:], figure) is None
    assert position(OUTSIDE, 50.0, others[1:], figure) is None
    assert position(USUAL, 50.0, [20.0] * 15, figure) is None
    assert position(USUAL, 50.0, [*[20.0] * 15, 30.0], figure) is not None


@pytest.mark.parametrize(
    ("own", "quarter"),
    [
        (24.9, "lowest"),
        (25.0, "second"),
        (49.9, "second"),
        (50.0, "median"),
        (50.1, "third"),
        (75.0, "third"),
        (75.1, "highest"),
    ],
)
def test_quarters(own: float, quarter: str) -> None:
    """A value at a quartile is in the middle half, and one that is the median is told so."""
    assert quarter_of(own, Figure(n=12, median=50.0, lower_quartile=25.0, upper_quartile=75.0)) == quarter


def test_a_measure_is_rounded_as_its_quartiles_are() -> None:
    """Or the organisation in the middle would be told that it is below the median, and one at a quartile above it."""
    figure = Figure(n=12, lower_quartile=48.8, median=94.6, upper_quartile=99.1)
    assert quarter_of(94.569, figure, amounts=True) == "median"
    assert quarter_of(94.569, figure) == "second"
    assert quarter_of(48.837, figure, amounts=True) == quarter_of(48.7501, figure, amounts=True) == "second"
    assert quarter_of(99.149, figure, amounts=True) == "third"


@pytest.mark.parametrize("missing", ["median", "lower_quartile", "upper_quartile"])
def test_there_is_no_quarter_without_quartiles(missing: str) -> None:
    """Where a quartile is held back, no quarter is told."""
    parts = {"median": 50.0, "lower_quartile": 25.0, "upper_quartile": 75.0, missing: None}
    assert quarter_of(10.0, Figure(n=12, **parts)) is None


# In words


def test_the_rules_in_words() -> None:
    """How many it takes, with and without the reader, and the mark stand in the sentence that readers get."""
    words = suppression_in_words(Thresholds(mean=6, quartiles=12, percentiles=24), log_ignored=False)
    for part in ("7 organisations (6 besides whoever reads this)", "from 13", "from 25", "85%", CONFIDENTIAL):
        assert part in words
    assert "from an earlier release" in words
    outside = suppression_in_words(OUTSIDE, log_ignored=True)
    assert "at least 5 organisations gave" in outside
    assert "besides" not in outside
    assert "earlier" not in outside


def test_less_protection_is_said() -> None:
    """Each thing that is lower than it would be unasked is named, and nothing where nothing is."""
    assert lowered_in_words(USUAL, USUAL, log_ignored=False) == ""
    assert lowered_in_words(Thresholds(mean=8, quartiles=12, percentiles=25), USUAL, log_ignored=False) == ""
    low = Thresholds(mean=3, quartiles=4, percentiles=20, besides_reader=False)
    words = lowered_in_words(low, USUAL, log_ignored=True)
    for part in (
        "from 3 organisations instead of 5",
        "from 4 organisations instead of 10",
        "is taken not to be",
        "earlier",
    ):
        assert part in words
    assert "20" not in words
    strict = Thresholds(mean=12, quartiles=12, percentiles=20)
    assert "from 5 organisations instead of 12" in lowered_in_words(USUAL, strict, log_ignored=False)
