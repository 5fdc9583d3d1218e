"""One release after another of the same framework: who is who, what was shown, and what may be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from shops import (
    FRAMEWORK,
    LOW,
    Spec,
    benchmarked,
    figure_of,
    group_of,
    made,
    many,
    shop,
    with_rules,
)

from kil_xlsx.core.disclosure import as_permitted
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.release import HIDDEN, Figure, LevelCount, Release, Thresholds
from kil_xlsx.core.release_log import SIZE, ReleaseLog


def _after(log: ReleaseLog, specs: Sequence[Spec], **options: Any) -> tuple[Release, ReleaseLog]:
    """A release after those of a log, and the log with it."""
    one = made(*specs, log=log, digest=repr((specs, sorted(options))), **options)
    return one.release, log.with_release(one.logged)


def _everyone(release: Release, item: str = "M-ALL") -> Figure:
    return figure_of(group_of(release, "shop/all"), item)


# Who is who


def _numbered(specs: Sequence[Spec], name: str = "") -> list[Spec]:
    """The same shops with registered numbers, and with other names where one is given."""
    return [
        spec._replace(number=f"GB-10000{at:02}", name=f"{name} {at}" if name else spec.name)
        for at, spec in enumerate(specs)
    ]


def test_a_number_that_is_given_later_makes_nobody_another() -> None:
    """Three of the same shops add their numbers: they are no newcomers that a real one could hide among."""
    _, log = _after(ReleaseLog(), many(12))
    same = [*_numbered(many(12))[:3], *many(12)[3:]]
    assert _everyone(_after(log, same)[0]).n == 12
    assert _everyone(_after(log, [*same, many(13)[12]])[0]) == HIDDEN
    assert _everyone(_after(log, [*_numbered(many(12)), many(13)[12]])[0]) == HIDDEN


def test_who_changes_its_name_and_number_one_after_the_other() -> None:
    """By name at first, by name and number then, by the number under another name now: the same shops all the time."""
    _, log = _after(ReleaseLog(), many(12))
    both, log = _after(log, _numbered(many(12)))
    assert _everyone(both).n == 12
    now = _numbered(many(13), "Renamed")
    assert _everyone(_after(log, now[:12])[0]).n == 12
    assert _everyone(_after(log, now)[0]) == HIDDEN


def test_the_number_of_another_name_is_a_newcomer() -> None:
    """Where nothing links them, all twelve are others, and enough of them."""
    _, log = _after(ReleaseLog(), many(12))
    assert _everyone(_after(log, _numbered(many(12), "Other"))[0]).n == 12


def test_two_of_one_name_are_two_in_the_log() -> None:
    """With different numbers they are two organisations: one that leaves or joins is no less one for its namesake."""
    one, other = (Spec("St Mary's", ("3", "2", "1"), 500.0 + at, number=f"GB-{at}111111") for at in (1, 2))
    _, log = _after(ReleaseLog(), [*many(12), one, other])
    assert _everyone(_after(log, [*many(12), one, other])[0]).n == 14
    assert _everyone(_after(log, [*many(12), other])[0]) == HIDDEN
    assert _everyone(_after(log, [*many(12), one])[0]) == HIDDEN
    _, log = _after(ReleaseLog(), [*many(12), one])
    assert _everyone(_after(log, [*many(12), one])[0]).n == 13
    assert _everyone(_after(log, [*many(12), one, other])[0]) == HIDDEN
    assert _everyone(_after(log, [*many(12), other])[0]) == HIDDEN


# How many


def _blank(spec: Spec) -> Spec:
    """A shop that says nothing but to the last question."""
    return spec._replace(answers=("", "", "2"), income=None)


def test_how_many_there_are_is_held_against_earlier_releases() -> None:
    """One who joined and left a question blank changes no figure of it, so nothing beside it may tell of that one."""
    specs = many(12, region="north")
    first, log = _after(ReleaseLog(), specs)
    assert group_of(first, "shop/all").counts.used == 12
    joined, _ = _after(log, [*specs, _blank(Spec("Joiner", region="north"))])
    for identifier in ("shop/all", "shop/region/north"):
        group = group_of(joined, identifier)
        figure = figure_of(group, "A-1")
        assert group.counts.used is None
        assert (figure.n, figure.aside, group.suppressed) == (12, None, False)
        assert figure.levels is not None
    assert {each.count for each in group_of(joined, "shop/all").counts.exclusions} == {0, None}


def test_how_many_there_are_is_told_again_once_enough_have_joined() -> None:
    """Six more hide each other, and so does nobody at all."""
    specs = many(12)
    _, log = _after(ReleaseLog(), specs)
    for more, told in ((0, True), (1, False), (5, False), (6, True)):
        joiners = [_blank(Spec(f"Joiner {at}")) for at in range(more)]
        found, _ = _after(log, [*specs, *joiners], invited={"shop": 40})
        group = group_of(found, "shop/all")
        assert (group.counts.used is not None, figure_of(group, "A-1").aside is not None) == (told, told), more
        assert figure_of(group, "A-1").n == 12


def test_sizes_are_logged_where_they_were_told() -> None:
    """A size that was held back cannot be taken from the next one."""
    specs = many(12)
    _, log = _after(ReleaseLog(), specs)
    _, log = _after(log, [*specs, _blank(Spec("Joiner"))])
    told = [[item.groups for item in each.respondents[0].items if item.item == SIZE] for each in log.releases]
    assert told[1] == []
    assert "shop/all" in told[0][0][0]


# Sums


@pytest.mark.parametrize(("giant", "shown"), [(3000.0, False), (60.0, True)])
def test_joiners_that_one_amount_dominates(giant: float, shown: bool) -> None:
    """Seven joined, and one of them has nearly all that they have together."""
    specs = many(22)
    _, log = _after(ReleaseLog(), specs)
    joiners = [Spec(f"New {at}", ("2", "1", "0"), 50.0 + at) for at in range(6)]
    now = [*specs, Spec("Giant", income=giant), *joiners]
    figure = _everyone(_after(log, now)[0])
    assert (figure.n, figure.mean is not None) == (29, shown)
    assert figure.median is not None
    assert _everyone(_after(log, now, ignore_log=True)[0]).mean is not None


# Items that are called something else now


def _renamed_question() -> list[Instrument]:
    questions = tuple(
        msgspec.structs.replace(each, id="A-9") if each.id == "A-1" else each for each in FRAMEWORK.questions
    )
    framework = msgspec.structs.replace(FRAMEWORK, version="2.0.0", questions=questions)
    return [instrument(framework, "shop"), instrument(framework, "club")]


def test_a_renamed_question_keeps_its_history() -> None:
    """Under its new name it is held against what was shown under the old one."""
    _, log = _after(ReleaseLog(), many(12))
    mine: dict[str, Any] = {"instruments": _renamed_question(), "renamed": {"1.0.0": {"A-1": ("A-9",)}}}
    same, _ = _after(log, many(12, version="2.0.0"), **mine)
    one_more, _ = _after(log, many(13, version="2.0.0"), **mine)
    assert _everyone(same, "A-9").n == 12
    assert _everyone(one_more, "A-9") == _everyone(one_more, "A-2") == HIDDEN
    new = {**mine, "renamed": {}}
    assert _everyone(_after(log, many(13, version="2.0.0"), **new)[0], "A-9").n == 13


# Change


def test_change_shows_nothing_that_is_too_small_today() -> None:
    """An earlier release with lower thresholds lends this one no figure that this one would not show."""
    usual = Thresholds()
    small, middling = benchmarked(*many(5)), benchmarked(*many(8))
    assert _everyone(small).n == 5
    assert shop(made(*many(24), earlier=small).release).changes == ()
    changes = {each.item: each for each in shop(made(*many(24), earlier=middling).release).changes}
    before = _everyone(middling, "A-1")
    assert before.lower_quartile is not None
    assert changes["A-1"].before == as_permitted(usual, before)
    assert changes["A-1"].before.median == before.median
    assert changes["A-1"].before.lower_quartile is None
    assert changes["A-1"].now.lower_quartile is not None
    again = {each.item: each for each in shop(made(*many(24), earlier=middling, thresholds=LOW).release).changes}
    assert again["A-1"].before == before


@pytest.mark.parametrize(
    ("n", "absent"),
    [
        (5, None),
        (6, {"lower_quartile", "upper_quartile", "levels", "p10", "p90"}),
        (10, {"lower_quartile", "upper_quartile", "levels", "p10", "p90"}),
        (11, {"p10", "p90"}),
        (20, {"p10", "p90"}),
        (21, set()),
    ],
)
def test_what_of_an_earlier_figure_is_permitted(n: int, absent: set[str] | None) -> None:
    """Each part by its own threshold, besides the reader."""
    whole = Figure(
        n=n, mean=1.0, median=1.0, lower_quartile=0.5, upper_quartile=1.5, p10=0.1, p90=1.9,
        levels=(LevelCount(code="1", count=n, share=1.0),),
    )  # fmt: skip
    expected = HIDDEN if absent is None else msgspec.structs.replace(whole, **dict.fromkeys(absent))
    assert as_permitted(Thresholds(), whole) == expected
    assert as_permitted(Thresholds(), HIDDEN) == HIDDEN
    outside = as_permitted(Thresholds(besides_reader=False), whole)
    assert outside.shown
    assert (outside.levels is not None) == (n >= 10)


# Readers who are none of the organisations


def test_a_frameworks_own_threshold_holds_for_outsiders_too() -> None:
    """Twelve are asked for: outsiders see figures of twelve, members of thirteen, and nobody of eleven."""
    mine: dict[str, Any] = {"instruments": with_rules(least_group_size=12)}
    outside = made(*many(12), outsiders_only=True, **mine).release
    assert outside.method.thresholds == Thresholds(mean=12, quartiles=12, percentiles=20, besides_reader=False)
    assert _everyone(outside).n == 12
    assert "is taken not to be one of the organisations" in outside.method.lowered
    assert "instead of" not in outside.method.lowered
    assert group_of(made(*many(12), **mine).release, "shop/all").suppressed
    assert group_of(made(*many(11), outsiders_only=True, **mine).release, "shop/all").suppressed


def test_less_than_the_framework_asks_for_is_said() -> None:
    """The usual thresholds are low where a framework asks for more."""
    lowered = made(*many(12), thresholds=Thresholds(), instruments=with_rules(least_group_size=12)).release.method
    assert "means and medians are shown from 5 organisations instead of 12" in lowered.lowered
    assert "quartiles are shown from 10 organisations instead of 12" in lowered.lowered
    assert made(*many(12), thresholds=Thresholds()).release.method.lowered == ""
