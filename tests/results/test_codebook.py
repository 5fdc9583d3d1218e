"""The codebook: every item, its codes, and the cell where it is entered."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from kil_xlsx import pipeline
from kil_xlsx.layout.plan import Plan
from kil_xlsx.results.codebook import codebook_json, codebook_schema


@pytest.fixture(scope="module")
def book() -> Any:
    return json.loads(codebook_json(pipeline.codebook()))


def test_keeps_to_its_schema(book: Any) -> None:
    """The codebook is valid by its own schema."""
    jsonschema.Draft202012Validator.check_schema(codebook_schema())
    jsonschema.validate(book, codebook_schema(), jsonschema.Draft202012Validator)


def test_every_cell_is_described(book: Any) -> None:
    """Every cell that can be filled in is in the codebook, but for the later rows of tables and for explanations."""
    _, instruments = pipeline.load("keep-it-local")
    for instrument, respondent in zip(instruments, book["respondents"], strict=True):
        wheres = [item["where"] for item in respondent["items"]]
        wheres += [part["where"] for item in respondent["items"] for part in item["parts"]]
        described = {(where["sheet"], where["cell"]) for where in wheres if where}
        plan = Plan(instrument)
        expected = {
            (slot.cell.sheet, slot.cell.address)
            for slot in plan.slots
            if slot.key.row <= 1 and slot.key.part != "explanation"
        }
        assert described == expected


def test_names_and_choices(book: Any) -> None:
    """A question has its defined name, and its choices are listed with their codes."""
    council = book["respondents"][0]
    question = next(item for item in council["items"] if item["id"] == "LA-C1-1")
    assert question["where"]["name"] == "kil_a_LA_C1_1"
    choices = next(each for each in book["choice_lists"] if each["id"] == question["choices"])
    assert [choice["code"] for choice in choices["choices"]] == ["0", "1", "2", "3", "4", "NA", "DK"]
    assert choices["choices"][3]["shown"] == "3 Established"


def test_everything_named_is_explained(book: Any) -> None:
    """Each choice list and unit that an item names is in the codebook."""
    lists, units = ({each["id"] for each in book[key]} for key in ("choice_lists", "units"))
    for respondent in book["respondents"]:
        for item in respondent["items"]:
            for part in (item, *item["parts"]):
                assert part["choices"] is None or part["choices"] in lists
                assert part["unit"] is None or part["unit"] in units


def test_what_measures_rest_on_is_told_with_its_conditions(book: Any) -> None:
    """The bases of a measure come in order, the last without a condition; other measures have none."""
    community = next(each for each in book["respondents"] if each["id"] == "community")
    bases = {measure["id"]: measure["bases"] for measure in community["measures"]}
    assert [basis["label"] for basis in bases["C1-M1"]] == ["Survey", "Estimate"]
    assert "survey_replies >= 5" in bases["C1-M1"][0]["when"]
    assert bases["C1-M1"][1]["when"] is None
    assert bases["C1-M2"] == []


def test_one_respondent() -> None:
    """The codebook can be had for one respondent type, named in any of its ways."""
    assert [each.id for each in pipeline.codebook(respondent="LA").respondents] == ["council"]
    assert [each.id for each in pipeline.codebook("keep-it-local/community").respondents] == ["community"]
