"""Which organisation of the records a row of a list is."""

from __future__ import annotations

import pytest

from kil_xlsx.core.collection import Asked
from kil_xlsx.core.same import matched

Row = tuple[str, str]


def of(row: Row, number: int = 0, *, listed: bool = True, respondent: str = "community") -> Asked:
    return Asked(id=number, respondent=respondent, name=row[0], number=row[1], listed=listed)


A, B, C = ("Apple", "1"), ("Berry", "2"), ("Cherry", "3")

CASES = [
    ("nothing changed, in another order", [C, A, B], [3, 1, 2]),
    ("neither case nor blanks matter", [("  APPLE ", "1")], [1]),
    ("numbers in the wrong rows", [("Apple", "2"), ("Berry", "1"), C], [1, 2, 3]),
    ("numbers moved by a new row", [("Damson", "1"), ("Apple", "2"), ("Berry", "3"), ("Cherry", "4")], [0, 1, 2, 3]),
    ("a number put right", [("Apple", "9"), B, C], [1, 2, 3]),
    ("the number of one that is gone", [("Berry", "1"), C], [2, 3]),
    ("a new name", [("Damson", "1"), B, C], [1, 2, 3]),
    ("a new name, and a new one of the old name without a number", [("Damson", "1"), ("Apple", ""), B], [0, 1, 2]),
    ("a number left out", [("Apple", ""), B], [1, 2]),
    ("two of one name", [A, ("Apple", "9")], [1, 0]),
    ("a new one", [A, B, C, ("Damson", "4")], [1, 2, 3, 0]),
]


@pytest.mark.parametrize(("what", "rows", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_the_name_comes_before_the_number(what: str, rows: list[Row], wanted: list[int]) -> None:
    """What one has sent does not become another's because numbers were mixed up."""
    known = [of(A, 1), of(B, 2), of(C, 3)]
    assert [each.id if each else 0 for each in matched([of(row) for row in rows], known)] == wanted, what


def test_another_respondent_type_is_another_organisation() -> None:
    """A council and its association may share name and number."""
    assert matched([of(A, respondent="council")], [of(A, 1)]) == [None]


def test_the_name_of_several_does_not_join_different_numbers() -> None:
    """Nobody can tell which of them got another number."""
    known = [of(A, 1), of(("Apple", "2"), 2)]
    assert matched([of(("Apple", "9"))], known) == [None]
    assert matched([of(("Apple", "9")), of(("Apple", "2"))], known) == [None, known[1]]


def test_one_that_is_listed_comes_before_one_that_was() -> None:
    """An old record of the same name or number does not take its place."""
    old, now = of(A, 1, listed=False), of(A, 2)
    assert matched([of(("Apple", "9"))], [old, now]) == [now]
    assert matched([of(("Damson", "1"))], [old, now]) == [now]


def test_a_list_of_some_does_not_put_numbers_right() -> None:
    """With a number that nobody has it may well be another; with that of somebody else the number can only be wrong."""
    known = [of(A, 1), of(B, 2)]
    assert matched([of(("Apple", "9"))], known, whole=False) == [None]
    assert matched([of(("Apple", "2"))], known, whole=False) == [known[0]]
