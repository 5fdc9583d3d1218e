"""The JSON of returns: it keeps to its schema, and says everything."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kil_xlsx import pipeline
from kil_xlsx.core.returns import Key, Outcome, Part, Typed
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.results.returned_json import decoded, entries_of, return_document, return_schema

TYPED: dict[Key, Typed] = {
    Key("LA-C1-1"): "3 Established",
    Key("LA-C1-1", Part.EVIDENCE): '=HYPERLINK("http://x")',
    Key("LA-C1-1", Part.STRENGTH): "None given",
    Key("LA-C1-2"): "Not applicable",
    Key("LA-C1-3"): "Not known yet",
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
    assert [problem["code"] for problem in refused["problems"]] == ["file-is-csv"]
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


def test_a_measure_says_what_it_rests_on(tmp_path: Path) -> None:
    """Three rounds with shares from four people are an estimate; what cannot be worked out rests on nothing."""
    typed: dict[Key, Typed] = {
        Key("measured_income"): 500_000.0,
        Key("local_staff_pay"): 240_000.0,
        Key("local_supplier_spend"): 80_000.0,
        Key("staff_respend_rate"): 0.45,
        Key("supplier_respend_rate"): 0.35,
        Key("survey_replies"): 4.0,
        Key("survey_coverage"): 0.9,
    }
    _, instruments = pipeline.load("keep-it-local/community")
    issue = Issue(datetime(2026, 1, 1), Organisation("Dale", profile=(("organisation_name", "Dale"),)), "2026")
    (tmp_path / "a.xlsx").write_bytes(pipeline.workbook_bytes(Plan(instruments[0]), issue, typed))
    [file] = json.loads(pipeline.read_json(pipeline.read([tmp_path])))["files"]
    measures = {measure["id"]: measure for measure in file["measures"]}
    assert (measures["C1-M1"]["value"], measures["C1-M1"]["basis"]) == (1.912, "Estimate")
    assert (measures["C1-M2"]["value"], measures["C1-M2"]["basis"]) == (None, "")


BEFORE: dict[Key, Typed] = {
    Key("organisation_name"): "Leeds",
    Key("LA-C1-1"): "3 Established",
    Key("LA-C1-1", Part.EVIDENCE): None,
    Key("LA-C1-2"): "2 Developing",
    Key("supplier_spend"): 12.5,
    Key("tenants", Part.ANSWER, 1, "name"): "Hub",
    Key("tenants", Part.ANSWER, 1, "jobs_fte"): None,
}
AFTER: dict[Key, Typed] = {
    Key("LA-C1-1", Part.CONFIRM): "Confirmed",
    Key("LA-C1-2"): "4 Leading",
    Key("tenants", Part.ANSWER, 1, "name"): None,
    Key("LA-C1-3"): "0 Not started",
}


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Returned:
    """A return that was filled in beforehand: one answer confirmed, two changed, the others untouched."""
    folder: Path = tmp_path_factory.mktemp("second")
    _, instruments = pipeline.load("keep-it-local")
    for instrument, name in zip(instruments, ("a", "b"), strict=True):
        plan = Plan(instrument)
        mine = {key: value for key, value in BEFORE.items() if key in plan.by_key}
        edits = {key: value for key, value in AFTER.items() if key in plan.by_key}
        issue = Issue(datetime(2027, 1, 1), Organisation("Leeds"), "2027", previous=Previous("2026", mine, {}))
        (folder / f"{name}.xlsx").write_bytes(pipeline.workbook_bytes(plan, issue, edits))
    return pipeline.read([folder])


def test_what_was_carried_over(second: pipeline.Returned) -> None:
    """Every item says what stood there and what became of it; null where nothing was carried over."""
    council, community = json.loads(pipeline.read_json(second))["files"]
    questions = {each["id"]: each for each in council["questions"]}
    assert questions["LA-C1-1"]["carried"] == {
        "state": "confirmed",
        "values": {"answer": "3 Established", "evidence": None},
    }
    assert questions["LA-C1-1"]["confirm"]["text"] == "Confirmed"
    assert questions["LA-C1-2"]["carried"] == {"state": "changed", "values": {"answer": "2 Developing"}}
    assert questions["LA-C1-2"]["answer"]["code"] == "4"
    assert (questions["LA-C1-3"]["carried"], questions["LA-C1-3"]["confirm"]) == (None, None)
    figures = {each["id"]: each["carried"] for each in council["figures"]}
    assert figures["supplier_spend"] == {"state": "untouched", "values": {"answer": 12.5}}
    assert council["profile"]["organisation_name"]["carried"]["state"] == "untouched"
    assert council["carried"] == {"confirmed": 1, "changed": 1, "untouched": 2}
    (table,) = [each for each in community["tables"] if each["id"] == "tenants"]
    (row,) = table["rows"]
    assert row["carried"] == {"state": "changed", "values": {"name": "Hub", "jobs_fte": None}}
    assert row["columns"]["name"] is None


def test_what_was_carried_over_is_counted_and_keeps_to_the_schema(second: pipeline.Returned, document: Any) -> None:
    """The summary adds the files up; where nothing was carried over it says so."""
    whole = json.loads(pipeline.read_json(second))
    jsonschema.validate(whole, return_schema(), jsonschema.Draft202012Validator)
    assert whole["summary"]["carried"] == {"confirmed": 1, "changed": 2, "untouched": 4}
    assert document["summary"]["carried"] is None
    assert document["files"][0]["carried"] is None


def test_a_document_can_be_read_again(returned: pipeline.Returned, second: pipeline.Returned) -> None:
    """Decoding gives the document that was written, and from it every entry that was not blank."""
    for each in (returned, second):
        document = return_document(each.readings, each.instruments, skipped=each.skipped, second=each.second)
        again = decoded(pipeline.read_json(each))
        assert again == document
        for reading, file in zip(each.readings, again.files, strict=True):
            if reading.ret is None:
                assert list(entries_of(file)) == []
                continue
            found = {entry.key: entry for entry in entries_of(file)}
            for key, entry in reading.ret.entries.items():
                if entry.outcome is not Outcome.BLANK:
                    assert found[key] == entry


def test_a_document_of_before_can_be_read(document: Any) -> None:
    """Documents written before there was anything to carry over lack its keys."""
    older = json.loads(json.dumps(document))
    for part in (older["summary"], *older["files"]):
        del part["carried"]
    for question in older["files"][0]["questions"]:
        del question["carried"], question["confirm"]
    assert decoded(json.dumps(older).encode()).files[0].questions[0].carried is None
