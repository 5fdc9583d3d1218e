"""What earlier releases showed is held against what may be shown now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from frames import (
    AMOUNTS,
    USUAL,
    VALUES,
    Members,
    frame_of,
    shown_of,
    sized,
)

from kil_xlsx.core.answers import Answer, Shape
from kil_xlsx.core.disclosure import Published, publish
from kil_xlsx.core.frame import Earlier
from kil_xlsx.core.release import Thresholds


def _earlier(members: Iterable[int], *, number: int = 1, spread: bool = True, **tokens: str) -> Earlier:
    """What an earlier release showed of some organisations, with the tokens of answers that were others then."""
    mine = list(members)
    given = {f"key {at}": tokens.get(f"was_{at}", f"token {at}") for at in mine}
    return Earlier(number, given, {f"key {at}": f"body {at}" for at in mine}, spread)


def _again(
    count: int,
    *earlier: Earlier,
    families: Sequence[Sequence[Members]] = (),
    shape: Shape = VALUES,
    thresholds: Thresholds = USUAL,
    amounts: Sequence[float] = (),
) -> Published:
    """A release of organisations that all have answers of their own, after earlier ones."""
    answers = [Answer(each) for each in amounts] or [Answer(float(at % 7), str(at % 7)) for at in range(count)]
    tokens = [f"token {at}" for at in range(count)]
    return publish(thresholds, shape, frame_of(count, *families), answers, tokens=tokens, earlier=earlier)


def test_the_same_again_is_shown() -> None:
    """A release of the same organisations with the same answers gives nothing away."""
    published = _again(12, _earlier(range(12)))
    assert (shown_of(published), published.because_of) == ([True], frozenset())


@pytest.mark.parametrize(("joined", "shown"), [(1, False), (5, False), (6, True)])
def test_joiners(joined: int, shown: bool) -> None:
    """What fewer joiners than the threshold said would be the difference of two releases."""
    published = _again(12 + joined, _earlier(range(12), number=3))
    assert shown_of(published) == [shown]
    assert published.because_of == (frozenset() if shown else {3})


@pytest.mark.parametrize(("left", "shown"), [(1, False), (5, False), (6, True)])
def test_leavers(left: int, shown: bool) -> None:
    """What those who left had said would be told as well."""
    assert shown_of(_again(12, _earlier(range(12 + left)))) == [shown]


@pytest.mark.parametrize(("changed", "shown"), [(1, False), (5, False), (6, True)])
def test_changed_answers(changed: int, shown: bool) -> None:
    """The difference of two releases of the same organisations is how the few that changed their answer did."""
    then = {f"was_{at}": "something else" for at in range(changed)}
    published = _again(12, _earlier(range(12), **then))
    assert shown_of(published) == [shown]
    assert bool(published.because_of) != shown


def test_one_who_leaves_while_another_joins() -> None:
    """Who left and who joined are two, and too few."""
    assert shown_of(_again(12, _earlier([*range(11), 50]))) == [False]
    assert shown_of(_again(12, _earlier([*range(9), 50, 51, 52]))) == [True]


def test_a_leaver_and_a_joiner_under_one_parent() -> None:
    """Those who left count as the bodies that they were."""
    then = _earlier([*range(9), 50, 51, 52])
    one_body = Earlier(1, then.tokens, {**then.bodies, **{f"key {at}": "body 9" for at in (50, 51, 52)}}, True)
    assert shown_of(_again(12, one_body)) == [False]


@pytest.mark.parametrize(("changed", "shown"), [(3, False), (5, False), (6, True)])
def test_an_old_and_a_new_answer_are_of_one_body(changed: int, shown: bool) -> None:
    """Who has got a parent since, or another one, still counts once with what it says now and what it said then."""
    then = _earlier(range(12), **{f"was_{at}": "something else" for at in range(changed)})
    elsewhere = Earlier(1, then.tokens, {key: f"former {body}" for key, body in then.bodies.items()}, True)
    assert shown_of(_again(12, elsewhere)) == [shown]


def test_what_several_earlier_releases_tell_together() -> None:
    """A release may differ enough from each of two before it, and not from both together."""
    first, second = _earlier(range(6)), _earlier(range(6, 18), number=2)
    assert shown_of(_again(19, first)) == [True]
    assert shown_of(_again(19, second)) == [True]
    published = _again(19, first, second)
    assert (shown_of(published), published.because_of) == ([False], {1, 2})


def test_parts_are_held_against_earlier_releases_too() -> None:
    """A part that one organisation joined is held back, and so that it is not the rest of the whole, another."""
    published = _again(40, _earlier(range(39)), _earlier(range(12)), families=[sized(13, 13, 14)])
    assert published.because_of == {1}
    assert not published.figures[1].shown


def test_what_was_only_a_mean_does_not_hold_back_a_distribution() -> None:
    """Where no distribution was shown earlier, none can be taken from the one of now."""
    shape = Shape("levels", tuple("0123456"))
    both = [
        _again(18, _earlier(range(12), spread=spread), shape=shape).figures[0].levels is not None
        for spread in (True, False)
    ]
    assert both == [False, True]


def test_what_earlier_releases_tell_among_themselves_does_not_stop_the_search() -> None:
    """Two releases that give somebody away are no reason to give others away now."""
    careless = [_earlier(range(12)), _earlier(range(11), number=2)]
    usual = shown_of(_again(60, families=[sized(30, 3, 12, 15)]))
    assert usual == [True, True, False, False, True]
    assert shown_of(_again(60, *careless, families=[sized(30, 3, 12, 15)])) == usual


@pytest.mark.parametrize("size", [3, 4, 5])
def test_a_release_with_lower_thresholds_still_protects_who_joins(size: int) -> None:
    """The group that was too small by today's thresholds was published, so the difference to it tells."""
    published = _again(6, _earlier(range(size)))
    assert (shown_of(published), published.because_of) == ([False], {1})


def test_a_careless_release_still_protects_who_joins() -> None:
    """Two earlier releases give one away between them; with the second of them, this one would give another away."""
    careless = [_earlier(range(12)), _earlier(range(11), number=2)]
    assert shown_of(_again(13, *careless)) == [False]


@pytest.mark.parametrize(("giant", "shown"), [(3000.0, False), (60.0, True)])
def test_joiners_that_one_amount_dominates(giant: float, shown: bool) -> None:
    """What joined is many enough, but nearly all of its sum is one amount: the mean of now would tell it."""
    amounts = [100.0 + at for at in range(22)] + [giant] + [50.0 + at for at in range(6)]
    figures = [_again(29, *before, shape=AMOUNTS, amounts=amounts).figures[0] for before in ([], [_earlier(range(22))])]
    assert [figure.n for figure in figures] == [29, 29]
    assert [figure.mean is not None for figure in figures] == [True, shown]
    assert figures[1].median == figures[0].median


def test_leavers_that_one_amount_dominates() -> None:
    """Answers of those who left are not known any more, so that their mean cannot be judged; who stayed can be."""
    amounts = [3000.0] + [50.0 + at for at in range(6)] + [100.0 + at for at in range(22)]
    part = _earlier(range(7, 29))
    assert _again(29, part, shape=AMOUNTS, amounts=amounts).figures[0].mean is None
    assert _again(29, part, shape=VALUES, amounts=amounts).figures[0].mean is not None
