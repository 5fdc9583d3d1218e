"""Every way of working out a small group from published ones is found, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from attack.linear import rank
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kil_xlsx.core.audit import Leak, Rows, find_leak


def _rows(width: int, *groups: Sequence[int]) -> Rows:
    """Groups, each by the numbers of its organisations, as rows."""
    found = np.zeros((len(groups), width), dtype=bool)
    for row, members in enumerate(groups):
        found[row, list(members)] = True
    return found


def _leak(
    groups: Rows,
    least: int,
    *,
    families: Sequence[Sequence[int]] = (),
    parents: Sequence[int] | None = None,
) -> Leak | None:
    bodies = np.arange(groups.shape[1]) if parents is None else np.array(parents)
    return find_leak(groups, families, bodies, least)


# An independent search.  Ranks are taken modulo a prime that is larger than any minor of these matrices of 0 and 1.


def _rank_outside(groups: NDArray[np.int64], inside: set[int]) -> int:
    outside = [each for each in range(groups.shape[1]) if each not in inside]
    return rank(groups[:, outside]) if outside else 0


def _can_be_isolated(groups: Rows, parents: Sequence[int], least: int, known: int = 0) -> bool:
    """Whether a combination comes down to fewer than ``least`` bodies: for some so many, it is 0 on all others.

    Combinations of the last rows, as many as are known, do not count.
    """
    numbers = groups.astype(np.int64)
    last = numbers[len(numbers) - known :]
    whole, without = rank(numbers), rank(last) if known else 0
    bodies = sorted(set(parents))
    for few in combinations(bodies, min(least - 1, len(bodies))):
        inside = {at for at, body in enumerate(parents) if body in few}
        if whole - _rank_outside(numbers, inside) > (without - _rank_outside(last, inside) if known else 0):
            return True
    return False


def _combine_to(groups: Rows, leak: Leak) -> bool:
    """Whether some combination of the leak's rows is 0 for exactly those who are not among its organisations."""
    numbers = groups[list(leak.rows)].astype(np.int64)
    inside = {int(each) for each in leak.organisations}
    outside = _rank_outside(numbers, inside)
    # Whatever vanishes outside can be chosen to differ from 0 for all at once, if it can for each.
    return all(_rank_outside(numbers, inside - {each}) > outside for each in inside)


# Worked examples


def test_a_single_small_group_is_a_leak() -> None:
    """A group below the threshold is found by itself; one that reaches it gives nothing away."""
    leak = _leak(_rows(6, range(6), range(4)), 5)
    assert leak is not None
    assert (leak.rows, leak.organisations.tolist()) == ((1,), [0, 1, 2, 3])
    assert _leak(_rows(5, range(5)), 5) is None


@pytest.mark.parametrize("groups", [_rows(4), _rows(4, []), _rows(0), _rows(0, [])])
def test_where_nobody_is_in_a_group_there_is_no_leak(groups: Rows) -> None:
    """Nothing published, or only empty groups, tells nothing."""
    assert _leak(groups, 5) is None


def test_what_is_left_of_the_whole() -> None:
    """The whole less its parts is found, even where no two groups are enough for it."""
    groups = _rows(18, range(18), range(5), range(5, 10), range(10, 15))
    for families in ([(0, 1, 2, 3)], []):
        leak = _leak(groups, 5, families=families)
        assert leak is not None
        assert (sorted(leak.rows), leak.organisations.tolist()) == ([0, 1, 2, 3], [15, 16, 17])


def test_two_groups_that_nearly_coincide() -> None:
    """Groups of two ways of grouping that differ by one on either side give the two away."""
    leak = _leak(_rows(20, range(10), [*range(9), 19]), 5)
    assert leak is not None
    assert (sorted(leak.rows), leak.organisations.tolist()) == ([0, 1], [9, 19])


def test_a_part_and_what_another_grouping_leaves_over() -> None:
    """One way of grouping hides a part that is, but for two, the part of another that is shown."""
    groups = _rows(30, range(30), range(10, 20), range(20, 30), range(8))
    leak = _leak(groups, 5, families=[(0, 1, 2), (0, 3)])
    assert leak is not None
    assert leak.organisations.tolist() == [8, 9]
    assert _combine_to(groups, leak)


def test_a_chain_over_three_ways_of_grouping() -> None:
    """Nine groups of which no two differ by few: only all of them together come down to one organisation.

    Cells of a table of three by three by three are six each, but for one; slices are known in every direction.
    """
    cells = [[*range(6 * at, 6 * at + 6)] for at in range(6)]
    first, second, third, fourth, fifth, sixth = cells
    lone = 36
    groups = _rows(
        37,
        [*first, *second, lone], [*second, *third], [*third, *fourth], [*fourth, *fifth], [*fifth, *sixth],
        [*sixth, *first],
    )  # fmt: skip
    # first+second+lone - (second+third) + (third+fourth) - (fourth+fifth) + (fifth+sixth) - (sixth+first) = lone
    leak = _leak(groups, 5)
    assert leak is not None
    assert (sorted(leak.rows), leak.organisations.tolist()) == ([0, 1, 2, 3, 4, 5], [lone])
    assert _leak(groups[1:], 5) is None


def test_multiples_count_too() -> None:
    """The sum of all pairs of three groups is twice their union: halves are combinations as well."""
    one, two, three = range(6), range(6, 12), range(12, 18)
    groups = _rows(19, [*one, *two], [*two, *three], [*one, *three], [*one, *two, *three, 18])
    leak = _leak(groups, 5)
    assert leak is not None
    assert (sorted(leak.rows), leak.organisations.tolist()) == ([0, 1, 2, 3], [18])


def test_organisations_under_one_parent_are_one_body() -> None:
    """Six organisations of four bodies are too few for five; those of a large rest are not looked at."""
    groups = _rows(12, range(12), range(6))
    parents = [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    leak = _leak(groups, 5, parents=parents)
    assert leak is not None
    assert leak.organisations.tolist() == [0, 1, 2, 3, 4, 5]
    assert _leak(groups, 4, parents=parents) is None


def test_one_body_on_both_sides_of_a_difference() -> None:
    """A difference of eight organisations is no protection where all of them are of one body."""
    groups = _rows(30, range(16), [*range(4, 16), *range(16, 20)])
    parents = [*[0] * 4, *range(1, 13), *[0] * 4, *range(13, 23)]
    leak = _leak(groups, 5, parents=parents)
    assert leak is not None
    assert leak.organisations.tolist() == [0, 1, 2, 3, 16, 17, 18, 19]


def test_organisations_in_no_group_do_not_matter() -> None:
    """Numbers are those given, however many organisations are in no group."""
    groups = _rows(40, [30, 31, 32], range(5, 15))
    leak = _leak(groups, 5)
    assert leak is not None
    assert leak.organisations.tolist() == [30, 31, 32]


def test_what_is_known_anyway_is_no_leak_by_itself() -> None:
    """Groups of earlier releases that tell something among themselves do; what a new one adds to them is a leak."""
    old = _rows(30, range(12), range(11), range(20, 23))
    bodies = np.arange(30)
    assert find_leak(old, [], bodies, 5, known=3) is None
    assert find_leak(old, [], bodies, 5) is not None
    for new, rest in ((range(13), [12]), ([*range(20, 23), 25, 26, 27], [25, 26, 27])):
        leak = find_leak(np.concatenate([_rows(30, new), old]), [], bodies, 5, known=3)
        assert leak is not None
        assert leak.rows[0] == 0
        assert leak.organisations.tolist() == rest


# Against the independent search


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Rows, list[list[int]], list[int], int]:
    """Ways of grouping few organisations, groups besides, parents, and a threshold."""
    width = draw(st.integers(1, 13))
    rows: list[list[bool]] = [[True] * width]
    families: list[list[int]] = []
    for _ in range(draw(st.integers(0, 3))):
        answers = draw(st.lists(st.integers(0, 3), min_size=width, max_size=width))
        shown = draw(st.sets(st.integers(0, 3), max_size=3))
        families.append([0, *range(len(rows), len(rows) + len(shown))])
        rows.extend([answer == part for answer in answers] for part in sorted(shown))
    for _ in range(draw(st.integers(0, 3))):
        rows.append(draw(st.lists(st.booleans(), min_size=width, max_size=width)))
    parents = list(range(width))
    if draw(st.booleans()):
        parents = draw(st.lists(st.integers(0, width), min_size=width, max_size=width))
    return np.array(rows), families, parents, draw(st.integers(1, 5))


@settings(derandomize=True, max_examples=400)
@given(_cases())
def test_a_leak_is_found_if_and_only_if_there_is_one(case: tuple[Rows, list[list[int]], list[int], int]) -> None:
    """An exact search over all sets of so few bodies comes to the same, and what is found is really so."""
    groups, families, parents, least = case
    leak = find_leak(groups, families, np.array(parents), least)
    assert (leak is not None) == _can_be_isolated(groups, parents, least)
    if leak is not None:
        assert 0 < len({parents[each] for each in leak.organisations}) < least
        assert _combine_to(groups, leak)


@settings(derandomize=True, max_examples=200)
@given(_cases(), st.integers(0, 5))
def test_nothing_is_missed_behind_what_is_known(case: tuple[Rows, list[list[int]], list[int], int], known: int) -> None:
    """Every combination that the last rows do not give away by themselves is found, and none without a new row."""
    groups, _, parents, least = case
    known = min(known, len(groups))
    new = len(groups) - known
    leak = find_leak(groups, [], np.array(parents), least, known=known)
    if _can_be_isolated(groups, parents, least, known):
        assert leak is not None
    if leak is not None:
        assert min(leak.rows) < new
        assert 0 < len({parents[each] for each in leak.organisations}) < least
        assert _combine_to(groups, leak)


@settings(derandomize=True, max_examples=200)
@given(_cases(), st.randoms(use_true_random=False))
def test_a_large_crowd_in_every_cell_hides_nothing(
    case: tuple[Rows, list[list[int]], list[int], int], random: np.random.RandomState
) -> None:
    """Organisations that come in numbers leave it to combinations to come down to the few; these are found too.

    Some columns are repeated until they are large enough for themselves, as they are in a collection of many.
    """
    groups, families, _, least = case
    times = [random.choice((1, 2, least, 3 * least)) for _ in range(groups.shape[1])]  # type: ignore[call-overload]
    crowd = np.repeat(groups, times, axis=1)
    parents = list(range(crowd.shape[1]))
    leak = find_leak(crowd, families, np.array(parents), least)
    assert (leak is not None) == _cells_can_be_isolated(groups, times, least)
    if leak is not None:
        assert 0 < len(leak.organisations) < least
        assert _combine_to(crowd, leak)


def _cells_can_be_isolated(groups: Rows, sizes: Sequence[int], least: int) -> bool:
    """The same for cells of several organisations, where those in the same groups are together whatever happens."""
    numbers = groups.astype(np.int64)
    cells: dict[bytes, list[int]] = {}
    for at in range(groups.shape[1]):
        if groups[:, at].any():
            cells.setdefault(groups[:, at].tobytes(), []).append(at)
    weights = [(set(members), sum(sizes[each] for each in members)) for members in cells.values()]
    whole = rank(numbers)
    light = [each for each in weights if each[1] < least]
    for many in range(1, min(len(light), least - 1) + 1):
        for chosen in combinations(light, many):
            if sum(weight for _, weight in chosen) < least:
                inside = set().union(*(members for members, _ in chosen))
                if whole > _rank_outside(numbers, inside):
                    return True
    return False


@st.composite
def _tables(draw: st.DrawFn) -> tuple[Rows, list[int], int]:
    """Three or four ways of grouping some sixty organisations, a group that nearly is another one, and bodies."""
    width = draw(st.integers(30, 70))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = [np.ones(width, dtype=bool)]
    for _ in range(draw(st.integers(3, 4))):
        parts = chance.integers(0, draw(st.integers(2, 5)), width)
        rows.extend(parts == part for part in range(1, parts.max() + 1))
    if draw(st.booleans()):
        nearly = rows[draw(st.integers(0, len(rows) - 1))].copy()
        nearly[chance.integers(0, width, draw(st.integers(1, 8)))] ^= True
        rows.append(nearly)
    bodies = chance.integers(0, width, width) if draw(st.booleans()) else np.arange(width)
    return np.array(rows), bodies.tolist(), draw(st.integers(3, 11))


def _found_plainly(groups: Rows, bodies: Sequence[int], least: int, draws: int = 20) -> bool:
    """Whether a combination of few bodies turns up among those that are zero on all but one member of some basis."""
    chance = np.random.default_rng(7)
    for _ in range(draws):
        matrix, done = groups.astype(float), 0
        for column in chance.permutation(groups.shape[1]):
            pivot = done + int(np.abs(matrix[done:, column]).argmax()) if done < len(matrix) else 0
            if done < len(matrix) and abs(matrix[pivot, column]) > 1e-9:
                matrix[[done, pivot]] = matrix[[pivot, done]]
                matrix[done] /= matrix[done, column]
                factors = matrix[:, column].copy()
                factors[done] = 0
                matrix -= factors[:, None] * matrix[done]
                done += 1
        for row in np.abs(matrix) > 1e-9:
            if row.any() and len({bodies[at] for at in np.flatnonzero(row)}) < least:
                return True
    return False


@settings(derandomize=True, max_examples=80)
@given(_tables())
def test_a_proof_is_never_wrong(case: tuple[Rows, list[int], int]) -> None:
    """Where a plain search of many bases finds a small combination, there is a leak; and every leak is really one."""
    groups, bodies, least = case
    leak = find_leak(groups, [], np.array(bodies), least)
    if leak is None:
        assert not _found_plainly(groups, bodies, least)
    else:
        assert 0 < len({bodies[each] for each in leak.organisations}) < least
        assert _combine_to(groups, leak)


@settings(derandomize=True, max_examples=150)
@given(st.integers(0, 2**32), st.integers(8, 10))
def test_nothing_is_proved_where_three_parts_and_a_few_give_a_group(seed: int, few: int) -> None:
    """A group that is three parts of another grouping but for ten or so gives these away, in whatever basis one looks.

    Hardly any two organisations are in the same groups, so that a basis has several of the ten as often as one.
    """
    chance = np.random.default_rng(seed)
    width = 120
    kinds = [chance.integers(0, 6, width) for _ in range(4)]
    rows = [parts == part for parts in kinds for part in range(6)]
    nearly = np.isin(kinds[0], (0, 1, 2))
    nearly[chance.choice(width, few, replace=False)] ^= True
    leak = find_leak(np.array([*rows, nearly]), [], np.arange(width), 11)
    assert leak is not None
    assert 0 < len(leak.organisations) < 11


@settings(derandomize=True, max_examples=60)
@given(_cases())
def test_the_same_is_found_each_time(case: tuple[Rows, list[list[int]], list[int], int]) -> None:
    """Bases are drawn from a fixed seed."""
    groups, families, parents, least = case
    one, other = (find_leak(groups, families, np.array(parents), least) for _ in range(2))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.rows == other.rows
        assert one.organisations.tolist() == other.organisations.tolist()
