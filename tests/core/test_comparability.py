"""What may be held against last time's answers follows from what was asked then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from two_versions import framework, new, old

from kil_xlsx.core.comparability import incomparable, incomparable_figures
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.release import OVERALL


def _instrument(data: dict[str, Any]) -> Instrument:
    return instrument(framework(data), "council")


def test_one_version_is_comparable_with_itself() -> None:
    """Nothing changed, so everything may be compared."""
    assert incomparable(_instrument(old()), _instrument(old())) == frozenset()


def test_what_means_something_else_takes_its_scores_and_measures_with_it() -> None:
    """Merged, split, recoded, reworded and new questions; figures in another unit; whatever is worked out from them."""
    data = new()
    data["measures"].append({"id": "M-2", "section": "A", "label": "P", "unit": "gbp", "formula": "in_pounds + spend"})
    data["sections"].append({"id": "C", "label": "Third"})
    data["questions"].append({**data["questions"][0], "id": "Q-FRESH", "section": "C"})
    data["questions"].append({**data["questions"][0], "id": "Q-NEWNAME", "section": "B"})
    data["questions"] = [
        each for each in data["questions"] if not (each["id"] == "Q-NEWNAME" and each["section"] == "A")
    ]
    found = incomparable(_instrument(old()), _instrument(data))
    questions = {"Q-EQ1", "Q-WORDS", "Q-CODES", "Q-LOW", "Q-PART1", "Q-PART2", "Q-FRESH"}
    assert {each for each in found if each.startswith("Q-")} - {"Q-NEWNAME"} == questions
    assert "Q-SAME" not in found
    assert {"M-2", "A", "C", OVERALL} <= found
    assert "M-1" not in found


def test_a_score_of_unchanged_questions_stays_comparable() -> None:
    """A new question in one section leaves the other section alone, but not the overall score."""
    data = old()
    data["version"] = "1.1.0"
    data["questions"].append({**data["questions"][0], "id": "Q-B", "section": "B"})
    before = old()
    before["questions"].append({**before["questions"][0], "id": "Q-B2", "section": "B"})
    data["questions"].append({**data["questions"][0], "id": "Q-B2", "section": "B"})
    found = incomparable(_instrument(before), _instrument(data))
    assert found == {"Q-B", "B", OVERALL}


# Published figures, which were made by the rules of then


def _later() -> dict[str, Any]:
    data = old()
    data["version"] = "1.1.0"
    data["questions"].append({**data["questions"][0], "id": "Q-B", "section": "B"})
    return data


def _formula(data: dict[str, Any]) -> None:
    data["measures"][0]["formula"] = "3 * spend"


def _unit(data: dict[str, Any]) -> None:
    data["measures"][0]["unit"] = "thousands"


def _weight(data: dict[str, Any]) -> None:
    data["questions"][0]["weight"] = 2


def _rule(data: dict[str, Any]) -> None:
    data["scoring"]["section"]["multiply"] = 25


def _level(data: dict[str, Any]) -> None:
    data["choice_lists"][0]["choices"][2]["value"] = 3


def _moved(data: dict[str, Any]) -> None:
    data["questions"][1]["section"] = "B"


def _label(data: dict[str, Any]) -> None:
    data["title"] = "Tiny still"
    data["sections"][0]["label"] = "The first"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_formula, {"M-1"}),
        (_unit, {"M-1"}),
        (_weight, {"Q-SAME", "A", OVERALL}),
        (_rule, {"A", "B", OVERALL}),
        (_moved, {"Q-NAME", "A", "B", OVERALL}),
        (_label, set()),
    ],
)
def test_changed_rules_make_published_figures_incomparable(
    change: Callable[[dict[str, Any]], None], found: set[str]
) -> None:
    """What is worked out in another way now cannot be held against figures of then; answers and the rest can."""
    before, after = _later(), _later()
    after["version"] = "1.2.0"
    change(after)
    figures = incomparable_figures(_instrument(before), _instrument(after))
    assert figures == found
    assert incomparable(_instrument(before), _instrument(after)) <= figures


def test_another_value_of_a_level_makes_everything_made_of_it_incomparable() -> None:
    """All questions with the list, and their scores; measures do not rest on it."""
    after = _later()
    after["version"] = "1.2.0"
    _level(after)
    found = incomparable_figures(_instrument(_later()), _instrument(after))
    assert {"Q-SAME", "Q-B", "A", "B", OVERALL} <= found
    assert not {"Q-CODES", "M-1"} & found


def test_figures_of_one_version_are_comparable_with_themselves() -> None:
    """Nothing changed, so everything may be compared."""
    assert incomparable_figures(_instrument(old()), _instrument(old())) == frozenset()
