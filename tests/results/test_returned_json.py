"""The JSON of returns: it keeps to its schema, and says everything."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kil_xlsx import pipeline
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.results.returned_json import return_schema

TYPED: dict[Key, Typed] = {
    Key("LA-C1-1"): "3 Established",
    Key("LA-C1-1", Part.EVIDENCE): '=HYPERLINK("http://x")',
    Key("LA-C1-1", Part.STRENGTH): "None given",
    Key("LA-C1-2"): "Not applicable",
    Key("LA-C1-3"): "Don't know yet",
    Key("LA-C1-4"): "perhaps",
    Key("supplier_spend"): 0.0,
    Key("local_supplier_spend"): "about 12k",
}


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Returned:
    """A return with every state in it, and a file that is none."""
    folder: Path = tmp_path_factory.mktemp("returns")
    _, instruments = pipeline.load("keep-it-local/council")
    created = datetime(2026, 1, 1)
    issue = Issue(created, Organisation("=Leeds", profile=(("organisation_name", "=Leeds"),)), "2026")
    (folder / "a.xlsx").write_bytes(pipeline.workbook_bytes(Plan(instruments[0]), issue, TYPED))
    (folder / "b.xlsx").write_bytes(b"%PDF")
    (folder / "c.txt").write_text("x")
    return pipeline.read([folder], second_reader=True)


@pytest.fixture(scope="module")
def document(returned: pipeline.Returned) -> Any:
    return json.loads(pipeline.read_json(returned))


def test_keeps_to_its_schema(document: Any) -> None:
    """The document is valid by the schema that is shipped, and the schema is a schema."""
    jsonschema.Draft202012Validator.check_schema(return_schema())
    jsonschema.validate(document, return_schema(), jsonschema.Draft202012Validator)


def test_schema_notices_a_change(document: Any) -> None:
    """A document without one of its keys is not valid: the schema means something."""
    broken = json.loads(json.dumps(document))
    del broken["files"][0]["questions"][0]["answer"]["state"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, return_schema(), jsonschema.Draft202012Validator)


def test_same_bytes(returned: pipeline.Returned) -> None:
    """The same returns give the same bytes."""
    assert pipeline.read_json(returned) == pipeline.read_json(returned)


def test_states_stay_apart(document: Any) -> None:
    """Not applicable, don't know, unanswered, refused and zero are all told apart, each with its place."""
    questions = {each["id"]: each["answer"] for each in document["files"][0]["questions"]}
    figures = {each["id"]: each["answer"] for each in document["files"][0]["figures"]}
    assert questions["LA-C1-1"] | {"place": None} == {
        "state": "answered", "outcome": "accepted", "value": 3.0, "code": "3", "text": "Established",
        "typed": "3 Established", "place": None,
    }  # fmt: skip
    assert (questions["LA-C1-2"]["state"], questions["LA-C1-2"]["value"]) == ("not_applicable", None)
    assert questions["LA-C1-3"]["state"] == "dont_know"
    assert (questions["LA-C1-4"]["outcome"], questions["LA-C1-4"]["typed"]) == ("refused", "perhaps")
    assert (questions["LA-C1-5"]["state"], questions["LA-C1-5"]["outcome"]) == ("unanswered", "blank")
    assert (figures["supplier_spend"]["state"], figures["supplier_spend"]["value"]) == ("answered", 0.0)
    assert figures["local_supplier_spend"]["typed"] == "about 12k"
    assert all(answer["place"]["sheet"] == "Assessment" and answer["place"]["cell"] for answer in questions.values())


def test_texts_are_exact(document: Any) -> None:
    """Unlike CSV, JSON holds texts as they were typed."""
    first = document["files"][0]["questions"][0]
    assert first["evidence"]["text"] == '=HYPERLINK("http://x")'
    assert first["reason"] is None
    assert document["files"][0]["identity"]["organisation"] == "=Leeds"


def test_account_and_summary(document: Any) -> None:
    """The kinds of items add up to the total, and every item has one outcome."""
    account = document["files"][0]["account"]
    for key, value in account["total"].items():
        assert value == sum(kind[key] for kind in account["kinds"].values())
    total = account["total"]
    assert total["items"] == total["accepted"] + total["blank"] + total["refused"] + total["not_found"]
    assert document["summary"]["items"] == total
    assert (document["summary"]["files"], document["summary"]["read"], document["summary"]["refused"]) == (2, 1, 1)


def test_refused_file(document: Any) -> None:
    """A file that cannot be read has its problem and nothing else; one that was skipped is named."""
    refused = document["files"][1]
    assert refused["outcome"] == "refused"
    assert [problem["code"] for problem in refused["problems"]] == ["file-not-a-workbook"]
    assert refused["scores"] is None
    assert refused["questions"] == []
    assert [Path(each["name"]).name for each in document["skipped"]] == ["c.txt"]


def test_problems_say_what_to_do(document: Any) -> None:
    """Each problem has its place, what was found, what was expected, and a remedy."""
    (problem,) = [each for each in document["files"][0]["problems"] if each["code"] == "choice-unknown"]
    assert problem["sheet"] == "Assessment"
    assert problem["item"] == "LA-C1-4"
    assert problem["found"] == "perhaps"
    assert all(problem[key] for key in ("severity", "message", "remedy", "cell", "expected"))


def test_second_reader(document: Any) -> None:
    """What the second reader found stands beside the return."""
    assert document["files"][0]["second_reader"]["differences"] == []
    assert document["files"][0]["second_reader"]["compared"] > 400
    assert document["files"][1]["second_reader"] is None
