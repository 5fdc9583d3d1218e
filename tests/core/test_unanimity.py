"""Sums and differences of groups in which everybody said the same are found, and no other combination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.audit import Leak, Rows, with_rests
from kil_xlsx.core.unanimity import find_unanimous


def _found(
    groups: Sequence[Sequence[int]],
    answers: str,
    *,
    families: Sequence[Sequence[int]] = (),
    bodies: Sequence[int] = (),
    besides: int = 0,
    least: int = 3,
    known: int = 0,
) -> Leak | None:
    rows = np.zeros((len(groups), len(answers)), dtype=bool)
    for row, members in enumerate(groups):
        rows[row, list(members)] = True
    mine = np.array(list(bodies) or range(len(answers)))
    return find_unanimous(rows, families, np.array(list(map(int, answers))), mine, besides, least, known)


def _members(leak: Leak | None) -> list[int]:
    return leak.organisations.tolist() if leak is not None else []


def test_a_group() -> None:
    """One group in which everybody said the same, and none where they did not."""
    assert _members(_found([range(6), range(4)], "111101")) == [0, 1, 2, 3]
    assert _found([range(6), range(4)], "111001") is None


def test_the_rest_of_a_way_of_grouping() -> None:
    """What all parts that are shown leave over."""
    groups = [range(16), range(4), range(4, 8), range(8, 12)]
    assert _members(_found(groups, "0101010101011111", families=[(0, 1, 2, 3)])) == [12, 13, 14, 15]


def test_differences_and_sums() -> None:
    """A group less another inside it, and two that share nobody."""
    assert _members(_found([range(8), range(3)], "01211111")) == [3, 4, 5, 6, 7]
    leak = _found([range(10), range(2, 6), range(6, 8)], "0101010122")
    assert leak is None
    assert _members(_found([range(10), range(2, 5), range(5, 8)], "1101201211")) == [0, 1, 8, 9]


def test_a_difference_of_groups_that_only_overlap_is_no_set() -> None:
    """Where one side is taken away from the other, equal answers do not follow."""
    assert _found([range(8), range(4, 12)], "111101011111") is None


@pytest.mark.parametrize(("besides", "found"), [(0, []), (1, [0, 1, 2, 3, 4])])
def test_all_but_one(besides: int, found: list[int]) -> None:
    """Whoever differs and reads it knows what the others said; one body may be several organisations."""
    assert _members(_found([range(5)], "11110", besides=besides)) == found
    assert _members(_found([range(6)], "111100", besides=besides)) == []
    assert _members(_found([range(6)], "111100", bodies=[0, 1, 2, 3, 4, 4], besides=besides)) == (
        [*found, 5] if found else []
    )


def test_what_is_known_anyway() -> None:
    """Earlier groups that were unanimous are no news; a new one less an earlier one may be."""
    assert _found([range(6), range(4)], "111101", known=1) is None
    assert _members(_found([range(8), range(4)], "01001111", known=1)) == [4, 5, 6, 7]


# Against all combinations, one by one


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Rows, list[list[int]], list[int], list[int], int]:
    width = draw(st.integers(1, 12))
    rows: list[list[bool]] = [[True] * width]
    families: list[list[int]] = []
    for _ in range(draw(st.integers(0, 2))):
        parts = draw(st.lists(st.integers(0, 2), min_size=width, max_size=width))
        shown = sorted(draw(st.sets(st.integers(0, 2), max_size=2)))
        families.append([0, *range(len(rows), len(rows) + len(shown))])
        rows.extend([part == each for part in parts] for each in shown)
    rows.extend(draw(st.lists(st.lists(st.booleans(), min_size=width, max_size=width), max_size=2)))
    answers = draw(st.lists(st.sampled_from([0, 0, 0, 1, 2]), min_size=width, max_size=width))
    bodies = draw(st.just(list(range(width))) | st.lists(st.integers(0, 8), min_size=width, max_size=width))
    return np.array(rows), families, answers, bodies, draw(st.integers(0, 1))


def _sums(groups: Rows) -> Iterator[set[int]]:
    """Every set that up to three groups come down to when they are added and subtracted."""
    for signs in product((-1, 0, 1), repeat=len(groups)):
        if sum(map(abs, signs)) <= 3:
            left = np.array(signs) @ groups.astype(int)
            if left.any() and ((left == 0) | (left == 1)).all():
                yield set(np.flatnonzero(left).tolist())


def _tells(inside: set[int], answers: Sequence[int], bodies: Sequence[int], besides: int) -> bool:
    given = [answers[at] for at in inside]
    usual = max(sorted(set(given)), key=given.count)
    return len({bodies[at] for at in inside if answers[at] != usual}) <= besides


@settings(derandomize=True, max_examples=300)
@given(_cases())
def test_none_is_missed(case: tuple[Rows, list[list[int]], list[int], list[int], int]) -> None:
    """Sums of up to three groups that tell are found; and what is found tells."""
    groups, families, answers, bodies, besides = case
    least = 1
    leak = find_unanimous(groups, families, np.array(answers), np.array(bodies), besides, least)
    if any(_tells(each, answers, bodies, besides) for each in _sums(groups)):
        assert leak is not None
    if leak is not None:
        inside = set(leak.organisations.tolist())
        assert inside
        assert _tells(inside, answers, bodies, besides)
        outside = [at for at in range(len(answers)) if at not in inside]
        rows = groups[list(leak.rows)].astype(float)
        wanted = np.array([at in inside for at in range(len(answers))], dtype=float)
        times = np.linalg.lstsq(rows.T, wanted, rcond=None)[0]
        assert np.allclose(times @ rows, wanted)
        assert not np.any(np.abs((times @ rows)[outside]) > 1e-9)


def _plain(
    groups: Rows, families: Sequence[Sequence[int]], answers: Sequence[int], bodies: Sequence[int], besides: int,
    least: int, known: int,
) -> tuple[tuple[int, ...], list[int]] | None:  # fmt: skip
    """The first set that tells, with the rows it comes from, when combinations are made and looked at one by one."""
    frequent = {each for each in answers if answers.count(each) + besides >= least}
    rows_of: dict[tuple[bool, ...], tuple[int, ...]] = {}
    for rows, mask in with_rests(groups, families):
        rows_of.setdefault(tuple(mask.tolist()), rows)
    sets = sorted(rows_of)
    numbers = np.array(sets).astype(int)
    combined = [((at,), each) for at, each in enumerate(numbers)]
    for one, mine in enumerate(numbers):
        combined += [((one, other), each - mine) for other, each in enumerate(numbers)]
        combined += [((one, other), mine + each) for other, each in enumerate(numbers[:one])]
    for high, low in ((one, other) for one in range(len(sets)) for other in range(one)):
        for sign in (1, -1):
            combined += [
                ((high, low, third), sign * (numbers[high] + numbers[low] - each))
                for third, each in enumerate(numbers)
                if third not in (high, low)
            ]
    for parts, left in combined:
        inside = set(np.flatnonzero(left).tolist())
        is_set = bool(inside) and set(left.tolist()) <= {0, 1}
        if is_set and any(answers[at] in frequent for at in inside) and _tells(inside, answers, bodies, besides):
            rows = tuple(dict.fromkeys(row for each in parts for row in rows_of[sets[each]]))
            if min(rows) < len(groups) - known:
                return rows, sorted(inside)
    return None


@settings(derandomize=True, max_examples=300)
@given(_cases(), st.integers(0, 3))
def test_the_same_set_comes_first_as_in_a_plain_search(
    case: tuple[Rows, list[list[int]], list[int], list[int], int], known: int
) -> None:
    """Counting what groups have in common finds what making every combination would, and the same one first."""
    groups, families, answers, bodies, besides = case
    known = min(known, len(groups))
    leak = find_unanimous(groups, families, np.array(answers), np.array(bodies), besides, 1, known)
    found = (leak.rows, leak.organisations.tolist()) if leak is not None else None
    assert found == _plain(groups, families, answers, bodies, besides, 1, known)
