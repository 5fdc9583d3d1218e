"""What may be held against last time's answers follows from what was asked then."""

from __future__ import annotations

from typing import Any

from two_versions import framework, new, old

from kil_xlsx.core.comparability import incomparable
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
