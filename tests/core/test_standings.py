"""Positions among others are told only where the group's spread is published, and of enough others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import pytest
from msgspec.structs import replace
from synthetic import NEAT, collection, instruments, keep_it_local

from kil_xlsx.core.advice import feedback
from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.feedback import Feedback, Line, Position
from kil_xlsx.core.grouping import grouping_fields, groups_of
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import Member, members_of
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release import OVERALL, Figure, Release, Thresholds
from kil_xlsx.core.standings import Standings, compared_group, standings


@cache
def _readings() -> tuple[Reading, ...]:
    return tuple(collection(3, councils=1, communities=40, habits=NEAT))


@cache
def _release() -> Release:
    return benchmark(instruments(), _readings(), Request(created=date(2026, 4, 7))).release


def _community() -> Instrument:
    return instruments()[1]


@cache
def _members() -> tuple[Member, ...]:
    return tuple(each for each in members_of(_readings()) if each.identity.respondent == "community")


def _standings(members: Sequence[Member] | None = None, release: Release | None = None) -> Standings:
    return standings(_community(), release or _release(), _members() if members is None else members, {})


def _position(found: Standings, own: Member, figure: Figure, item: str = "CO-C1-1") -> Position | None:
    value = own.result.questions[item].value
    assert value is not None
    return found.position(found.own_of(own), "community/all", item, (), value, figure)


SPREAD = Figure(n=40, lower_quartile=1.0, median=2.0, upper_quartile=3.0)


def _own() -> Member:
    return next(each for each in _members() if each.result.questions["CO-C1-1"].value is not None)


def test_a_position_counts_the_others_only() -> None:
    """Counted by hand: those below and level, in per cents of everyone but the organisation itself, to whole tens."""
    own, found = _own(), _position(_standings(), _own(), SPREAD)
    assert found is not None
    values = [each.result.questions["CO-C1-1"].value for each in _members() if each is not own]
    others = [value for value in values if value is not None]
    mine = own.result.questions["CO-C1-1"].value
    assert mine is not None
    assert found.others == len(others)
    assert found.higher_than == 10 * int(10 * sum(value < mine for value in others) / len(others) + 0.5)
    assert found.same_as == 10 * int(10 * sum(value == mine for value in others) / len(others) + 0.5)


def test_only_returns_that_the_release_was_made_from_count() -> None:
    """A return that came later moves nobody."""
    some = [each.sha256 for each in _members()[:25]]
    found = _standings(release=replace(_release(), inputs=tuple(some)))
    assert {each.sha256 for each in found.used} == set(some)
    assert not found.own_of(_members()[30])
    assert _standings(release=replace(_release(), inputs=())).used == ()


@pytest.mark.parametrize("figure", [Figure(), Figure(n=40, median=2.0), Figure(n=40, lower_quartile=1.0)])
def test_no_position_where_the_spread_is_held_back(figure: Figure) -> None:
    """What is not published of a group is not told by the back door."""
    assert _position(_standings(), _own(), figure) is None


def test_no_position_among_too_few() -> None:
    """The threshold counts the others: ten of them are enough, nine are not."""
    answered = [each for each in _members() if each.result.questions["CO-C1-1"].value is not None]
    few = _position(_standings(answered[:11]), answered[0], SPREAD)
    assert few is not None
    assert (few.others, few.higher_than, few.same_as) == (10, None, None)
    assert few.quarter is not None
    assert _position(_standings(answered[:10]), answered[0], SPREAD) is None


def test_organisations_under_one_parent_count_as_one_body() -> None:
    """They stay in each other's comparison, as they are in the published figures, but there must be enough bodies."""
    answered = [each for each in _members() if each.result.questions["CO-C1-1"].value is not None]
    parents = {("name", each.identity.organisation.casefold()): "A parent" for each in answered[:5]}
    found = standings(_community(), _release(), answered[:15], parents)
    assert set(found.bodies[:5]) == {"parent a parent"} and found.own_of(answered[0]) == {0}
    mine, theirs = (_position(found, each, SPREAD) for each in (answered[0], answered[9]))
    assert mine is not None
    assert mine.others == 14
    assert theirs is not None
    assert theirs.others == 14
    assert _position(standings(_community(), _release(), answered[:14], parents), answered[0], SPREAD) is None


def test_like_is_compared_with_like() -> None:
    """Measures that depend on what local covers are held against those with the same answer only."""
    found = _standings()
    topic = next(
        topic
        for topic in found.topics.values()
        if topic.measure is not None and _own().result.measures[topic.item.id].value is not None
    )
    item, among = topic.item.id, topic.among(_community(), _own())
    assert among
    same = [each for each in _members() if topic.among(_community(), each) == among]
    value = _own().result.measures[item].value
    assert value is not None
    loose = replace(SPREAD, n=len(same))
    lowered = Standings(_community(), Thresholds(mean=3, quartiles=3), found.used, found.names, found.bodies)
    told = lowered.position(found.own_of(_own()), "community/all", item, among, value, loose)
    assert told is not None
    assert told.others == sum(each.result.measures[item].value is not None for each in same) - 1


def _told(own: Member, release: Release | None = None) -> Feedback:
    made = release or _release()
    return feedback(
        _community(), own, made, _standings(release=made), organisation="Own", created=date(2026, 4, 8)
    )  # fmt: skip


def _positions(said: Feedback) -> list[Line]:
    return [each for each in said.lines if each.position is not None]


def test_groups_of_which_little_is_published_are_passed_over() -> None:
    """A member of a group with medians but no quartiles is compared with a larger one, or with everyone."""
    mine = _release().respondent("community")
    assert mine is not None
    groups = {each.id: each for each in mine.groups if not each.suppressed}
    fields = grouping_fields(_community())
    passed_over = 0
    for own in _members():
        group = compared_group(_community(), own, _release())
        assert group is not None
        assert (group.counts.used or 0) > 10
        passed_over += any(
            (groups[each].counts.used or 0) <= 10 for each in groups_of(_community(), own, fields) if each in groups
        )
    assert passed_over


def test_a_position_missing_in_the_group_is_looked_for_among_everyone() -> None:
    """A line whose quartiles the group holds back says where the organisation stands among all of its kind."""
    made = _release()
    own = next(each for each in _members() if (compared_group(_community(), each, made) or made).id != "community/all"  # type: ignore[union-attr]
               and each.result.overall is not None)  # fmt: skip
    group = compared_group(_community(), own, made)
    assert group is not None
    kept = tuple(
        replace(each, figure=replace(each.figure, lower_quartile=None)) if each.item == OVERALL else each
        for each in group.statistics
    )
    mine = made.respondent("community")
    assert mine is not None
    groups = tuple(replace(each, statistics=kept) if each.id == group.id else each for each in mine.groups)
    others = tuple(replace(each, groups=groups) if each.id == "community" else each for each in made.respondents)
    told = _told(own, replace(made, respondents=others))
    assert told.peers.id == group.id
    assert told.lines[0].position is not None
    assert told.lines[0].position.among_everyone


def test_without_the_returns_nobody_is_placed() -> None:
    """The release alone gives figures, and no positions."""
    made = _release()
    said = feedback(
        _community(), _own(), made, Standings(_community(), made.method.thresholds),
        organisation="Own", created=date(2026, 4, 8),
    )  # fmt: skip
    assert _positions(said) == []
    assert any(each.group.shown for each in said.lines)


def test_the_framework_is_the_one_that_ships() -> None:
    """The collection is of the shipped framework, so that its peer groups are what is tested."""
    assert _community().framework == keep_it_local()
