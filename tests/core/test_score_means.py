"""The mean of a score beside those of its questions tells of nobody who left one of them out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from frames import OUTSIDE, USUAL, Members, frame_of, sized
from shops import Spec, figure_of, group_of, made, many

from kil_xlsx.core.disclosure import means_of_scores
from kil_xlsx.core.release import Figure, Thresholds


def _shown(
    count: int,
    partial: Members,
    *families: Sequence[Members],
    inputs_shown: Sequence[bool] = (),
    bodies: Sequence[int] = (),
    thresholds: Thresholds = USUAL,
) -> list[bool]:
    """Of which groups the mean of a score is shown, of which everything else may be shown."""
    frame = frame_of(count, *families, bodies=bodies)
    lacking = np.zeros(count, dtype=bool)
    lacking[list(partial)] = True
    every = np.ones(len(frame.groups), dtype=bool)
    inputs = np.array(inputs_shown) if inputs_shown else every
    return [bool(each) for each in means_of_scores(thresholds, frame, every, inputs, lacking)]


def test_nobody_left_anything_out() -> None:
    """Then the mean of the score is the mean of its questions' means, and tells nothing new."""
    assert _shown(12, [], sized(6, 6)) == [True, True, True]


@pytest.mark.parametrize(("lacking", "shown"), [(1, False), (5, False), (6, True)])
def test_those_who_left_a_question_out_need_to_be_enough(lacking: int, shown: bool) -> None:
    """What differs from the questions' means comes from them, and the reader may be one of them."""
    assert _shown(20, range(lacking)) == [shown]


def test_for_outsiders_one_fewer_is_enough() -> None:
    """The reader is none of them."""
    assert _shown(20, range(5), thresholds=OUTSIDE) == [True]


def test_those_who_left_a_question_out_count_as_bodies() -> None:
    """Six under two parents are two."""
    assert _shown(20, range(6), bodies=[0, 0, 0, 1, 1, 1, *range(2, 16)]) == [False]


def test_a_question_that_is_held_back_takes_the_mean_of_the_score_with_it() -> None:
    """It would follow from the score and the other questions, in the groups where it is held back."""
    assert _shown(20, [], sized(8, 12), inputs_shown=[True, False, True]) == [True, False, True]


def test_groups_are_taken_from_each_other() -> None:
    """Seven who left something out are six in one part and one in the other: the part is held back before the whole."""
    assert _shown(24, [*range(6), 23], sized(10, 14)) == [True, False, False]
    assert _shown(24, [*range(6), 23], [range(10)]) == [True, False]
    assert _shown(40, [*range(6), *range(34, 40)], sized(20, 20)) == [True, True, True]


# Through a whole release


def _figures(specs: Sequence[Spec], *items: str, group: str = "shop/all") -> list[Figure]:
    mine = group_of(made(*specs).release, group)
    return [figure_of(mine, item) for item in items]


def _answered(second: Sequence[str], first: str = "") -> list[Spec]:
    """Shops with the given answers to the second question of the first section."""
    return [
        spec._replace(answers=(first or spec.answers[0], code, spec.answers[2]))
        for spec, code in zip(many(len(second)), second, strict=True)
    ]


def test_a_question_that_one_organisation_answered() -> None:
    """It would follow from the section's mean and the other question's; the median of the section can be told."""
    first, second, score, overall = _figures(_answered(["3", *["DK"] * 25]), "A-1", "A-2", "A", "overall")
    assert (first.n, second.shown) == (26, False)
    assert (first.mean is not None, score.mean, overall.mean) == (True, None, None)
    assert score.median is not None


def test_a_unanimous_question() -> None:
    """All gave the highest answer to one question, some said don't know to another: the section's mean would tell."""
    codes = [*["DK"] * 8, *(str(at % 3) for at in range(18))]
    first, second, score = _figures(_answered(codes, first="3"), "A-1", "A-2", "A")
    assert not first.shown
    assert second.mean is not None
    assert score.mean is None
    assert score.median is not None


def test_a_question_that_nobody_answered() -> None:
    """There is nothing to find out about it, so the section's mean is shown."""
    first, second, score = _figures(_answered([""] * 12), "A-1", "A-2", "A")
    assert not second.shown
    assert score.mean == pytest.approx(10 * (first.mean or 0), abs=1e-5)


def test_an_overall_score_beside_a_section_whose_mean_is_held_back() -> None:
    """With the other section's mean, the one held back would follow from the overall score's."""
    specs = _answered([*["DK"] * 2, *(str(at % 3) for at in range(22))])
    section, other, overall = _figures(specs, "A", "B", "overall")
    assert (section.mean, overall.mean) == (None, None)
    assert other.mean is not None
    assert overall.median is not None
    assert all(figure.mean is not None for figure in _figures(_answered(["1", "2", "3"] * 8), "A", "B", "overall"))
