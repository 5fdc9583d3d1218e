"""A release beside others: change, thresholds, numbers, and what one release tells of another."""

from __future__ import annotations

import statistics
from typing import Any

import msgspec
import pytest
from shops import (
    CREATED,
    INSTRUMENTS,
    LOW,
    Spec,
    benchmarked,
    figure_of,
    group_of,
    made,
    many,
    shop,
    six,
    with_rules,
)

from kil_xlsx.core.release import HIDDEN, Release, Separation, Thresholds
from kil_xlsx.core.release_log import ReleaseLog
from kil_xlsx.errors import UsageProblem

# Questions that separate, pairs, change


def _separations(*specs: Spec, **options: Any) -> dict[str, Separation]:
    return {each.item: each for each in shop(made(*specs, **options).release).separations}


def test_questions_that_separate() -> None:
    """A question that goes with all others separates strongly, one that goes its own way does not."""
    specs = [
        Spec(f"S {at}", (str(level := at % 4), str(min(level + at % 2, 3)), str((at // 4 * 3 + 1) % 4)))
        for at in range(24)
    ]
    found = _separations(*specs)
    assert list(found) == ["A-1", "A-2", "B-3"]
    values = [[float(code) for code in spec.answers] for spec in specs]
    for at, item in enumerate(found):
        own = [each[at] for each in values]
        rest = [statistics.fmean(each[:at] + each[at + 1 :]) for each in values]
        assert found[item].correlation == pytest.approx(statistics.correlation(own, rest), abs=0.05)
        assert found[item].n == 24
    assert found["A-1"].strength == "strong"
    assert found["B-3"].strength == "none"


@pytest.mark.parametrize(("count", "shown"), [(10, False), (11, True)])
def test_what_separates_is_held_back_like_distributions(count: int, shown: bool) -> None:
    """It says how answers spread, so it needs as many organisations."""
    found = _separations(*many(count))
    assert [each.correlation is not None for each in found.values()] == [shown] * 3
    assert [each.n for each in found.values()] == [count if shown else None] * 3
    assert shown or {each.strength for each in found.values()} == {""}


def test_what_separates_is_held_back_for_unanimous_questions() -> None:
    """Where the distribution is held back, so is what would follow from it."""
    found = _separations(*[spec._replace(answers=("1", *spec.answers[1:])) for spec in many(20)])
    assert found["A-1"] == Separation(item="A-1", n=None, correlation=None, strength="")
    assert found["A-2"].correlation is not None


def test_what_separates_counts_bodies() -> None:
    """Twelve organisations of ten bodies are too few for it."""
    parents = {("name", f"many {at}"): "One group" for at in range(3)}
    assert all(each.correlation is None for each in _separations(*many(12), parents=parents).values())


def test_matched_questions_are_paired() -> None:
    """Questions of one theme stand side by side where both respondent types are compared."""
    (pair,) = benchmarked(*six()).pairs
    assert (pair.theme, pair.label, pair.questions) == ("match", "About 2", {"shop": "A-2", "club": "A-4"})
    assert benchmarked(*six(), instruments=INSTRUMENTS[:1]).pairs == ()


def test_change_since_an_earlier_release() -> None:
    """Both figures of every group and item that both releases show, but for items that mean something else now."""
    before = benchmarked(*many(12))
    later = [spec._replace(answers=("3" if at % 2 else "2", *spec.answers[1:])) for at, spec in enumerate(many(12))]
    found = benchmarked(*later, earlier=before, incomparable=frozenset({"A-2"}))
    changes = {(each.group, each.item): each for each in shop(found).changes}
    assert ("shop/all", "A-2") not in changes
    assert ("shop/all", "completeness:overall") not in changes
    one = changes["shop/all", "A-1"]
    assert (one.before, one.now) == (
        figure_of(group_of(before, "shop/all"), "A-1"),
        figure_of(group_of(found, "shop/all"), "A-1"),
    )
    assert (one.before.median, one.now.median) == (1.5, 2.5)
    assert found.earlier is not None
    assert (found.earlier.number, found.earlier.created, found.earlier.rounds) == (1, CREATED, ("2026",))
    assert found.method.change
    assert {group for group, _ in changes} <= {group.id for group in shop(before).groups}


def test_no_change_of_what_either_release_holds_back() -> None:
    """A figure that one of the two does not show has no change, nor anything without an earlier release."""
    few = benchmarked(*many(4))
    assert shop(benchmarked(*many(12), earlier=few)).changes == ()
    assert shop(benchmarked(*many(4), earlier=benchmarked(*many(12)))).changes == ()
    plain = benchmarked(*many(12))
    assert (shop(plain).changes, plain.earlier, plain.method.change) == ((), None, "")


def test_change_within_like_with_like_is_not_told() -> None:
    """The organisations that can be compared may be others than last time."""
    before = benchmarked(*many(12, basis="street"))
    changes = shop(benchmarked(*many(12, basis="street"), earlier=before)).changes
    assert "M-ALL" in {each.item for each in changes}
    assert "M-LIKE" not in {each.item for each in changes}


# Thresholds


def test_the_usual_thresholds() -> None:
    """Six are enough for a mean, five not; the method states what holds."""
    assert made(*six()[:5]).release.respondents[0].groups[0].suppressed
    release = made(*six()).release
    figure = figure_of(group_of(release, "shop/all"), "A-1")
    assert (figure.n, figure.median, figure.lower_quartile, figure.levels) == (6, 1.0, None, None)
    assert release.method.thresholds == Thresholds()
    assert release.method.lowered == ""


def test_a_stricter_threshold_may_be_asked_for() -> None:
    """The thresholds given hold, and are stated in the method."""
    strict = Thresholds(mean=11, quartiles=12, percentiles=20)
    assert group_of(made(*many(11), thresholds=strict).release, "shop/all").suppressed
    found = made(*many(12), thresholds=strict).release
    assert not group_of(found, "shop/all").suppressed
    assert (found.method.thresholds, found.method.lowered) == (strict, "")
    assert "at least 12 organisations (11 besides whoever reads this)" in found.method.suppression


def test_a_frameworks_own_threshold_raises_the_usual_ones() -> None:
    """A framework may ask for more, and never for less than is usual for quartiles."""
    assert made(instruments=with_rules(least_group_size=12)).release.method.thresholds == Thresholds(
        mean=12, quartiles=12, percentiles=20
    )
    assert made(instruments=with_rules(least_group_size=3)).release.method.thresholds == Thresholds()


def test_lower_protection_is_said() -> None:
    """Everything that is less strict than usual stands in the method."""
    found = made(*six(), thresholds=LOW, ignore_log=True).release.method
    for words in (
        "from 5 organisations instead of 10",
        "not to be one of the organisations",
        "earlier releases were not",
    ):
        assert words in found.lowered
    assert next(found.sentences()) == ("Less protection than usual", found.lowered)


@pytest.mark.parametrize(
    "thresholds",
    [
        Thresholds(mean=2),
        Thresholds(mean=2, quartiles=2, percentiles=2),
        Thresholds(mean=12),
        Thresholds(percentiles=3),
    ],
)
def test_thresholds_that_protect_nobody_are_refused(thresholds: Thresholds) -> None:
    """Below three, or quartiles from fewer than means: the message says what is usual."""
    with pytest.raises(UsageProblem, match="The usual ones are 5, 10 and 20"):
        made(*six(), thresholds=thresholds)


# Releases and their log


def _after(log: ReleaseLog, *specs: Spec, **options: Any) -> tuple[Release, ReleaseLog]:
    """A release after those of a log, and the log with it."""
    one = made(*specs, log=log, digest=repr((specs, sorted(options.items(), key=str))), **options)
    return one.release, log.with_release(one.logged)


def test_releases_are_numbered() -> None:
    """The next release has the next number; the same one made again has the number that it had, and is logged once."""
    first, log = _after(ReleaseLog(), *many(12))
    second, log = _after(log, *many(30))
    again, same = _after(log, *many(12))
    assert (first.number, second.number) == (1, 2)
    assert again == first
    assert same == log
    assert [each.number for each in log.releases] == [1, 2]


def test_a_joiner_is_not_given_away() -> None:
    """With one more than last time nothing is shown that changed, and the reader is told; with six more means are.

    Distributions need eleven more, as they need eleven.
    """
    _, log = _after(ReleaseLog(), *many(12))
    one, _ = _after(log, *many(13))
    assert figure_of(group_of(one, "shop/all"), "M-ALL") == HIDDEN
    (warning,) = one.warnings
    assert warning.startswith("Shop: for ")
    assert "an earlier one (number 1)" in warning
    six, _ = _after(log, *many(18))
    assert figure_of(group_of(six, "shop/all"), "M-ALL").n == 18
    assert figure_of(group_of(six, "shop/all"), "A-1").levels is None
    eleven, _ = _after(log, *many(23))
    assert figure_of(group_of(eleven, "shop/all"), "A-1").levels is not None
    assert eleven.warnings == ()


def test_a_leaver_and_a_changed_answer_are_not_given_away() -> None:
    """One fewer, or one that now says something else, are the difference of two releases."""
    _, log = _after(ReleaseLog(), *many(12))
    fewer, _ = _after(log, *many(11))
    assert figure_of(group_of(fewer, "shop/all"), "M-ALL") == HIDDEN
    specs = many(12)
    specs[3] = specs[3]._replace(income=321.0)
    changed, _ = _after(log, *specs)
    assert figure_of(group_of(changed, "shop/all"), "M-ALL") == HIDDEN
    assert figure_of(group_of(changed, "shop/all"), "A-1").n == 12


def test_a_withdrawn_consent_is_not_given_away() -> None:
    """Who does not agree any more has left."""
    _, log = _after(ReleaseLog(), *many(12))
    specs = many(12)
    specs[3] = specs[3]._replace(share="no")
    found, _ = _after(log, *specs)
    assert figure_of(group_of(found, "shop/all"), "M-ALL") == HIDDEN


def test_who_is_known_by_a_number_may_change_its_name() -> None:
    """The same organisation under another name is no newcomer."""
    numbered = [spec._replace(number=f"GB-10000{at:02}") for at, spec in enumerate(many(12))]
    _, log = _after(ReleaseLog(), *numbered)
    found, _ = _after(log, *[spec._replace(name=f"Renamed {at}") for at, spec in enumerate(numbered)])
    assert figure_of(group_of(found, "shop/all"), "M-ALL").n == 12


def test_earlier_releases_may_be_ignored() -> None:
    """Then everything is shown, and it is said that this was asked for."""
    _, log = _after(ReleaseLog(), *many(12))
    found, _ = _after(log, *many(13), ignore_log=True)
    assert figure_of(group_of(found, "shop/all"), "M-ALL").n == 13
    assert "earlier releases were not taken into account" in found.method.lowered
    assert found.number == 2


def test_releases_of_another_framework_do_not_matter() -> None:
    """Nothing can be subtracted across frameworks."""
    _, log = _after(ReleaseLog(), *many(12))
    strange = msgspec.structs.replace(log.releases[0], framework="other")
    found, _ = _after(ReleaseLog(releases=(strange,)), *many(13))
    assert (figure_of(group_of(found, "shop/all"), "M-ALL").n, found.number) == (13, 2)


def test_the_log_names_nobody() -> None:
    """Organisations, answers and amounts are in the log as digests only."""
    named = [spec._replace(number=f"GB-10000{at:02}", region="north") for at, spec in enumerate(many(12))]
    _, log = _after(ReleaseLog(), *named)
    text = msgspec.json.encode(log).decode()
    for words in ("Many", "many", "GB-10000", "gb-10000", "221.0", "221"):
        assert f'"{words}' not in text
    assert "shop/region/north" in text


def test_the_log_keeps_only_what_was_shown() -> None:
    """Groups and items that were held back cannot be subtracted from, so they are not in the log."""
    _, log = _after(ReleaseLog(), *many(7, region="north"))
    (shop, club) = log.releases[0].respondents
    assert "shop/region/west" not in shop.groups
    assert shop.groups["shop/all"] == tuple(range(7))
    assert {item.item for item in shop.items} >= {"A-1", "M-ALL"}
    assert all(item.spread == () for item in shop.items)
    assert (club.groups, club.items) == ({}, ())
