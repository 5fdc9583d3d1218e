"""A second round: workbooks filled in with what the same organisations said last time, or with other answers."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.utils.escape import unescape
from oracle.cases import COMMUNITY, COUNCIL, OTHER, OTHER_ONLY, plan
from rounds import FULLER
from strategies import random_typed

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.checking import CARRIED
from kil_xlsx.core.instrument import display
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.returns import Key, Part, Touch, Typed
from kil_xlsx.errors import AnswersError, KilXlsxError, UsageProblem
from kil_xlsx.layout.codec import serial
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.places import About, Assessment, Results
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline.prefill import FRESH_ROLES, carried_over, previous_of, usable
from kil_xlsx.results.return_model import CarriedCounts

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

CREATED = datetime(2026, 4, 7, 9, 30)


def sent_back(
    path: Path, typed: Mapping[Key, Typed], name: str = "Leeds", kind: str = COUNCIL, identifier: str = "",
    round_id: str = "2026",
) -> Path:  # fmt: skip
    """A completed workbook of an organisation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = (("organisation_name", name),) if kind != OTHER_ONLY else (("bezeichnung", name),)
    issue = Issue(CREATED, Organisation(name, identifier, profile=profile), round_id)
    path.write_bytes(pipeline.workbook_bytes(plan(kind), issue, typed))
    return path


def generate(folder: Path, **more: Any) -> pipeline.Generated:
    return pipeline.generate(**{"out": folder, "created": CREATED, "round_id": "2027", **more})


def opened(path: Path, *, values: bool = False) -> openpyxl.Workbook:
    """A workbook as another program sees it: its formulas, or the values stored beside them."""
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=values)


def read_one(path: Path, framework: str = pipeline.DEFAULT_FRAMEWORK) -> Reading:
    (reading,) = pipeline.read([path], framework).readings
    assert reading.ret is not None, reading.problems
    return reading


def stands(path: Path, kind: str = COUNCIL) -> dict[Key, Typed]:
    """What stands in the cells to fill in."""
    framework = str(OTHER) if kind == OTHER_ONLY else pipeline.DEFAULT_FRAMEWORK
    ret = read_one(path, framework).ret
    assert ret is not None
    return {key: entry.typed for key, entry in ret.entries.items() if entry.typed is not None}


@cache
def fuller(kind: str, seed: int = 0) -> dict[Key, Typed]:
    """Most cells of a workbook filled in, as people do it, under the organisation's own name."""
    typed = random_typed(plan(kind), Random(f"{kind}{seed}"), FULLER, plain_types=True)
    own = plan(kind).instrument.field_with_role("organisation")
    assert own is not None
    return {**typed, Key(own.id): f"Org {seed}"}


# The whole loop


@pytest.mark.parametrize("kind", [COUNCIL, COMMUNITY, OTHER_ONLY])
def test_the_whole_loop(kind: str, tmp_path: Path) -> None:
    """Filled in, read, sent out again, some answers confirmed, some changed, some left: each is told as what it is."""
    framework = str(OTHER) if kind == OTHER_ONLY else pipeline.DEFAULT_FRAMEWORK
    sent_back(tmp_path / "returns" / "a.xlsx", fuller(kind), "Org 0", kind)
    made = generate(tmp_path / "out", framework=framework, previous=tmp_path / "returns")
    [workbook] = made.workbooks
    assert workbook.organisation == "Org 0"
    as_sent = read_one(workbook.path, framework)
    assert as_sent.ret is not None
    items = list(as_sent.ret.carried_items)
    assert len(items) > 20
    assert all(as_sent.ret.touch(*item) is Touch.UNTOUCHED for item in items)

    book = opened(workbook.path)
    expected: dict[tuple[str, int], Touch] = {}
    confirmed = "Gilt weiterhin" if kind == OTHER_ONLY else "Confirmed"
    for at, item in enumerate(items):
        expected[item] = (Touch.CONFIRMED, Touch.CHANGED, Touch.UNTOUCHED)[at % 3]
        key = Key(item[0], Part.CONFIRM, item[1])
        value: Typed = confirmed
        if expected[item] is Touch.CHANGED:
            key = next(each for each in as_sent.ret.carried_items[item] if as_sent.ret.carried[each] is not None)
            value = None
        if expected[item] is not Touch.UNTOUCHED:
            cell = plan(kind).by_key[key].cell
            book[cell.sheet].cell(cell.row + 1, cell.column + 1).value = value
    book.save(tmp_path / "back.xlsx")
    back = read_one(tmp_path / "back.xlsx", framework)
    assert back.ret is not None
    assert {item: back.ret.touch(*item) for item in back.ret.carried_items} == expected
    counts = CarriedCounts.of([back])
    assert counts is not None
    assert (counts.confirmed, counts.changed, counts.untouched) == tuple(
        list(expected.values()).count(state) for state in (Touch.CONFIRMED, Touch.CHANGED, Touch.UNTOUCHED)
    )


def test_what_is_carried_over(tmp_path: Path) -> None:
    """All of a row goes over as its dropdowns offer it; what each round asks anew and what was unusable does not."""
    day = serial(datetime(2026, 3, 31).date())
    typed: dict[Key, Typed] = {
        Key("LA-C1-1"): "3 - established",
        Key("LA-C1-1", Part.EVIDENCE): "Report",
        Key("LA-C1-1", Part.DUE): day,
        Key("LA-C1-2"): "perhaps",
        Key("LA-C1-3"): "Not applicable",
        Key("LA-C1-3", Part.STRENGTH): "very strong",
        Key("supplier_spend"): 0.0,
        Key("local_supplier_spend"): "about 12k",
        Key("period_start"): day,
        Key("completed_by"): "Head of finance",
        Key("K1", Part.EXPLANATION): "Because.",
    }
    path = sent_back(tmp_path / "a.xlsx", typed)
    made = generate(tmp_path / "out", previous=path)
    cells = stands(made.workbooks[0].path)
    assert cells == {
        Key("organisation_name"): "Leeds",
        Key("LA-C1-1"): "3 Established",
        Key("LA-C1-1", Part.EVIDENCE): "Report",
        Key("LA-C1-1", Part.DUE): day,
        Key("LA-C1-3"): "Not applicable",
        Key("supplier_spend"): 0.0,
    }
    ret = read_one(made.workbooks[0].path).ret
    assert ret is not None
    assert list(ret.carried_items) == [("organisation_name", 0), ("LA-C1-1", 0), ("LA-C1-3", 0), ("supplier_spend", 0)]
    assert ret.carried[Key("LA-C1-1", Part.ACTION)] is None
    assert any("a.xlsx: 3 entries left out" in note and "LA-C1-2" in note for note in made.notes)


def test_scores_and_round_of_last_time(tmp_path: Path) -> None:
    """The scores beside the new ones are worked out from last time's answers; a round without a name is last time."""
    for round_id, words in (("2026", "2026"), ("", "last time")):
        reading = read_one(sent_back(tmp_path / "a.xlsx", fuller(COUNCIL), "Org 0", round_id=round_id))
        assert reading.ret is not None
        assert reading.result is not None
        assert reading.identity is not None
        values, _ = usable(plan(COUNCIL), reading.ret.entries.values())
        previous = previous_of(plan(COUNCIL), reading.identity, values, reading.result)
        assert previous.round == words
        assert previous.scores[OVERALL] == reading.result.overall is not None
        assert previous.scores.keys() == {*reading.result.sections, OVERALL}
        made = generate(tmp_path / "out", previous=tmp_path / "a.xlsx", force=True)
        sheet = opened(made.workbooks[0].path, values=True)[plan(COUNCIL).results.sheet]
        first = plan(COUNCIL).score_cell("C1", Results.LAST)
        assert sheet.cell(first.row + 1, first.column + 1).value == pytest.approx(previous.scores["C1"])
        heading = opened(made.workbooks[0].path)["Assessment"].cell(Assessment.HEADER + 1, Assessment.LAST + 1)
        assert heading.value == f"Answer in {words}" if round_id else words in str(heading.value)


def test_json_is_as_good_as_the_workbooks(tmp_path: Path) -> None:
    """What 'read --json' wrote gives the same workbooks, to the byte, as the files that it was read from."""
    for at, kind in enumerate((COUNCIL, COMMUNITY)):
        sent_back(tmp_path / "returns" / f"{at}.xlsx", fuller(kind), "Org 0", kind, f"GB-LAE-{at}")
    (tmp_path / "r.json").write_bytes(pipeline.read_json(pipeline.read([tmp_path / "returns"])))
    one = generate(tmp_path / "one", previous=tmp_path / "returns")
    two = generate(tmp_path / "two", previous=tmp_path / "r.json")
    assert len(one.workbooks) == 2
    for here, there in zip(one.workbooks, two.workbooks, strict=True):
        assert here.path.read_bytes() == there.path.read_bytes()
    assert [note.replace("r.json, ", "") for note in two.notes] == list(one.notes)


def test_json_of_another_version(tmp_path: Path) -> None:
    """Answers to questions that are gone, and choices that are no longer offered, are left out and counted."""
    path = sent_back(tmp_path / "a.xlsx", {Key("LA-C1-1"): "3 Established", Key("LA-C1-2"): "1 First steps"})
    document = json.loads(pipeline.read_json(pipeline.read([path])))
    document["files"][0]["identity"]["version"] = "0.9.0"
    document["files"][0]["questions"][0]["id"] = "LA-OLD-1"
    document["files"][0]["questions"][1]["answer"]["code"] = "9"
    (tmp_path / "r.json").write_text(json.dumps(document))
    made = generate(tmp_path / "out", previous=tmp_path / "r.json")
    assert set(stands(made.workbooks[0].path)) == {Key("organisation_name")}
    assert "r.json, a.xlsx: 1 entry left out that is no longer asked for: LA-OLD-1." in made.notes
    assert "r.json, a.xlsx: 1 entry left out that is no longer among the possible answers: LA-C1-2." in made.notes
    known = "r.json, a.xlsx is of version 0.9.0, which is not known here: entries were taken by id."
    assert known in made.notes


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """The same earlier return gives the same workbook."""
    sent_back(tmp_path / "r" / "a.xlsx", fuller(COUNCIL), "Org 0")
    first, second = (generate(tmp_path / folder, previous=tmp_path / "r") for folder in ("one", "two"))
    assert first.workbooks[0].path.read_bytes() == second.workbooks[0].path.read_bytes()


# Whose it is


def test_organisations_are_matched_by_identifier_then_name(tmp_path: Path) -> None:
    """The identifier decides where both have one, else the name, in any letters; the type must be the same."""
    answers: dict[str, dict[Key, Typed]] = {
        level: {Key("LA-C1-1"): level} for level in ("0 Not started", "1 First steps", "2 Developing", "3 Established")
    }
    levels = list(answers)
    sent_back(tmp_path / "r" / "renamed.xlsx", answers[levels[0]], "Old name", identifier="GB-LAE-LDS")
    sent_back(tmp_path / "r" / "named.xlsx", answers[levels[1]], "YORK   city\u00a0council")
    sent_back(tmp_path / "r" / "namesake.xlsx", answers[levels[2]], "Hull", identifier="GB-LAE-OTH")
    sent_back(tmp_path / "r" / "type.xlsx", {Key("CO-C1-1"): levels[3]}, "Bath", COMMUNITY)
    listed = tmp_path / "list.csv"
    listed.write_text(
        "name,type,org-id\nLeeds,council,GB-LAE-LDS\nYork City Council,council,GB-LAE-YOR\n"
        "Hull,council,GB-LAE-KHL\nBath,council,\n"
    )
    made = generate(tmp_path / "out", previous=tmp_path / "r", organisations=listed)
    found = {each.organisation: stands(each.path).get(Key("LA-C1-1")) for each in made.workbooks}
    assert found == {"Leeds": levels[0], "York City Council": levels[1], "Hull": None, "Bath": None}
    assert "No earlier return was found for: Hull, Bath." in made.notes
    (note,) = [each for each in made.notes if each.startswith("Of no organisation in the list")]
    assert "namesake.xlsx" in note
    assert "type.xlsx" in note
    assert "renamed.xlsx" not in note


def test_several_returns_of_one_organisation_are_not_guessed_at(tmp_path: Path) -> None:
    """Two different files of one organisation stop everything and are named; two copies of one file do not."""
    first = sent_back(tmp_path / "r" / "first.xlsx", {Key("LA-C1-1"): "1 First steps"})
    (tmp_path / "r" / "copy.xlsx").write_bytes(first.read_bytes())
    assert len(generate(tmp_path / "one", previous=tmp_path / "r").workbooks) == 1
    sent_back(tmp_path / "r" / "second.xlsx", {Key("LA-C1-1"): "2 Developing"})
    listed = tmp_path / "list.csv"
    listed.write_text("name,type\nLeeds,council\nYork,council\n")
    for more in ({}, {"organisations": listed}):
        with pytest.raises(UsageProblem, match=r"Leeds: (copy|first)\.xlsx, second\.xlsx"):
            generate(tmp_path / "two", previous=tmp_path / "r", **more)
    assert not (tmp_path / "two").exists()


def test_one_return_is_never_given_to_two_organisations(tmp_path: Path) -> None:
    """A return with the name of one organisation and the identifier of another is nobody's until that is put right."""
    sent_back(tmp_path / "r" / "a.xlsx", {Key("LA-C1-1"): "1 First steps"}, "Hub", identifier="GB-LAE-AAA")
    listed = tmp_path / "list.csv"
    listed.write_text("name,type,org-id\nHub,council,\nHub Trust,council,GB-LAE-AAA\n")
    with pytest.raises(UsageProblem, match=r"a\.xlsx: Hub, Hub Trust"):
        generate(tmp_path / "out", previous=tmp_path / "r", organisations=listed)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    """A file that is no return is told with its reason, and the others are used."""
    sent_back(tmp_path / "r" / "a.xlsx", {Key("LA-C1-1"): "1 First steps"})
    (tmp_path / "r" / "b.xlsx").write_bytes(b"%PDF-1.7\n")
    made = generate(tmp_path / "out", previous=tmp_path / "r")
    assert len(made.workbooks) == 1
    assert any("b.xlsx could not be used: The file is a PDF" in note for note in made.notes)


def test_nothing_that_can_be_used(tmp_path: Path) -> None:
    """Without a list, and without any return that can be read, there is nothing to make."""
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "b.xlsx").write_bytes(b"%PDF-1.7\n")
    with pytest.raises(KilXlsxError, match="is a PDF"):
        generate(tmp_path / "out", previous=tmp_path / "r")
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(UsageProblem, match="is not what 'kil-xlsx read --json' writes"):
        generate(tmp_path / "out", previous=tmp_path / "r.json")
    with pytest.raises(UsageProblem, match="missing"):
        generate(tmp_path / "out", previous=tmp_path / "missing")


def test_only_the_respondent_type_that_is_asked_for(tmp_path: Path) -> None:
    """Returns of another type are counted, not used."""
    sent_back(tmp_path / "r" / "a.xlsx", {Key("LA-C1-1"): "1 First steps"})
    sent_back(tmp_path / "r" / "b.xlsx", {Key("CO-C1-1"): "1 First steps"}, "Hub", COMMUNITY)
    made = generate(tmp_path / "out", previous=tmp_path / "r", respondent="council")
    assert [each.organisation for each in made.workbooks] == ["Leeds"]
    assert "Returns of another respondent type, left out: 1." in made.notes


def test_a_return_that_does_not_say_whose_it_is(tmp_path: Path) -> None:
    """Nothing is made for nobody."""
    sent_back(tmp_path / "r" / "a.xlsx", {Key("LA-C1-1"): "1 First steps"}, "")
    sent_back(tmp_path / "r" / "b.xlsx", {Key("LA-C1-1"): "1 First steps"}, "Leeds")
    made = generate(tmp_path / "out", previous=tmp_path / "r")
    assert [each.organisation for each in made.workbooks] == ["Leeds"]
    assert "a.xlsx does not say whose it is, so it was left out." in made.notes


def test_names_out_of_files_are_made_fit(tmp_path: Path) -> None:
    """However long a name or a round is, and whatever is in it, a workbook can be made of it."""
    path = sent_back(tmp_path / "a.xlsx", {Key("LA-C1-1"): "1 First steps", Key("organisation_name"): "x\n" * 5000}, "")
    document = json.loads(pipeline.read_json(pipeline.read([path])))
    document["files"][0]["identity"]["round_id"] = "bell \u0007 " + "2026 " * 300
    (tmp_path / "r.json").write_text(json.dumps(document))
    made = generate(tmp_path / "out", previous=tmp_path / "r.json")
    assert made.workbooks[0].organisation == ("x " * 100).rstrip()
    ret = read_one(made.workbooks[0].path).ret
    assert ret is not None
    assert ret.touch("organisation_name") is Touch.UNTOUCHED
    assert ret.get("organisation_name").typed == "x\n" * 5000


def test_the_list_wins(tmp_path: Path) -> None:
    """What the list states stands in the workbook, and nobody has to confirm it."""
    typed: dict[Key, Typed] = {
        Key("region"): "North East", Key("LA-C1-1"): "1 First steps", Key("gss_code"): "E08000035",
    }  # fmt: skip
    sent_back(tmp_path / "r" / "a.xlsx", typed)
    listed = tmp_path / "list.csv"
    listed.write_text("name,type,region\nLeeds,council,E12000003\n")
    made = generate(tmp_path / "out", previous=tmp_path / "r", organisations=listed)
    ret = read_one(made.workbooks[0].path).ret
    assert ret is not None
    assert ret.get("region").code == "E12000003"
    assert list(ret.carried_items) == [("gss_code", 0), ("LA-C1-1", 0)]


# Answers from elsewhere


def answers_file(path: Path, *returns: object, **more: object) -> Path:
    path.write_text(json.dumps({"schema": "kil-xlsx/answers/1", "returns": returns, **more}))
    return path


def test_a_small_answers_file(tmp_path: Path) -> None:
    """Codes, words, numbers, days, rows of tables and what stands beside an answer go in, without any mark."""
    content: dict[str, object] = {
        "organisation": "Hub",
        "organisation_id": "GB-CHC-1173575",
        "respondent": "community organisation",
        "answers": {
            "CO-C1-1": "3", "co-c1-2": 2, "CO-C1-3": "not applicable", "CO-C1-1.evidence": "Report",
            "CO-C1-1.due": "2026-03-31", "IN01": 1200, "organisation_name": "The Hub", "P14": "2025-04-01",
            "tenants.1.name": "Café", "tenants.1.jobs_fte": 2.5, "AUTO-2.explanation": "See note", "CO-C1-4": None,
        },
    }  # fmt: skip
    path = answers_file(tmp_path / "a.json", content)
    jsonschema.validate(json.loads(path.read_text()), pipeline.schema("answers"), jsonschema.Draft202012Validator)
    made = generate(tmp_path / "out", answers=path)
    [workbook] = made.workbooks
    assert workbook.organisation == "Hub"
    ret = read_one(workbook.path).ret
    assert ret is not None
    assert not ret.carried
    assert stands(workbook.path) == {
        Key("CO-C1-1"): "3 Established",
        Key("CO-C1-2"): "2 Developing",
        Key("CO-C1-3"): "Not applicable",
        Key("CO-C1-1", Part.EVIDENCE): "Report",
        Key("CO-C1-1", Part.DUE): serial(datetime(2026, 3, 31).date()),
        Key("supplier_spend"): 1200.0,
        Key("organisation_name"): "The Hub",
        Key("period_start"): serial(datetime(2025, 4, 1).date()),
        Key("tenants", Part.ANSWER, 1, "name"): "Café",
        Key("tenants", Part.ANSWER, 1, "jobs_fte"): 2.5,
        Key("AUTO-2", Part.EXPLANATION): "See note",
    }


def test_an_answers_file_may_use_codes_that_workbooks_do_not_show(tmp_path: Path) -> None:
    """The codebook lists every code, so there 2 is the code 2 and not the second of a list; money may have its sign."""
    answers = {"LA-C1-1": 3, "LA-C1-1.strength": 2, "IN01": "£1,200"}
    content: dict[str, object] = {"organisation": "Leeds", "respondent": "LA", "answers": answers}
    made = generate(tmp_path / "out", answers=answers_file(tmp_path / "a.json", content))
    stood = stands(made.workbooks[0].path)
    assert stood[Key("LA-C1-1", Part.STRENGTH)] == "Document or example named"
    assert stood[Key("supplier_spend")] == 1200.0


def test_what_is_in_doubt_in_an_answers_file_is_a_fault(tmp_path: Path) -> None:
    """What a workbook's reader would ask about is not left out in silence."""
    content: dict[str, object] = {"organisation": "Leeds", "respondent": "LA", "answers": {"IN01": "1,5"}}
    with pytest.raises(AnswersError) as caught:
        generate(tmp_path / "out", answers=answers_file(tmp_path / "a.json", content))
    assert "1.5 or 15" in str(caught.value.faults[0])


def test_everything_wrong_with_an_answers_file_is_told_at_once(tmp_path: Path) -> None:
    """Each fault has its JSON path; nothing is written."""
    path = answers_file(
        tmp_path / "a.json",
        {"organisation": "Hub", "respondent": "communty", "answers": {}},
        {
            "organisation": "Leeds", "respondent": "council", "colour": 1,
            "answers": {
                "LA-C1-1": "perhaps", "LA-C1-11.evidnce": "x", "IN01": "about 12k", "supplier_spend": 5,
                "P14": "next year", "LA-C1-2": ["1"], "LA-C1-3.reason": "x" * 40_000, "LA-C1-4.reason": "bell \u0007",
                "LA-C1-1.confirm": "Confirmed",
            },
        },
        {"respondent": "council", "answers": {"LA-C1-1": "1"}},
        "Hub",
        {"organisation": 5, "respondent": "council", "answers": []},
        framework="other",
    )  # fmt: skip
    with pytest.raises(AnswersError) as caught:
        generate(tmp_path / "out", answers=path)
    faults = {fault.key: fault for fault in caught.value.faults}
    leeds = "$.returns[1].answers"
    assert set(faults) == {
        "$.framework",
        "$.returns[0].respondent",
        "$.returns[1].colour",
        f"{leeds}.LA-C1-1",
        f"{leeds}.LA-C1-11.evidnce",
        f"{leeds}.IN01",
        f"{leeds}.supplier_spend",
        f"{leeds}.P14",
        f"{leeds}.LA-C1-2",
        f"{leeds}.LA-C1-3.reason",
        f"{leeds}.LA-C1-4.reason",
        f"{leeds}.LA-C1-1.confirm",
        "$.returns[2].organisation",
        "$.returns[3]",
        "$.returns[4].organisation",
        "$.returns[4].answers",
    }
    assert "did you mean 'community'" in faults["$.returns[0].respondent"].message
    assert "did you mean" in faults[f"{leeds}.LA-C1-11.evidnce"].message
    assert "3 Established" in faults[f"{leeds}.LA-C1-1"].remedy
    assert not (tmp_path / "out").exists()
    done = CliRunner().invoke(main, ["generate", "--answers", str(path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 3
    assert f"a.json, {leeds}.IN01:" in done.output


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "x"}', "[" * 100_000, '{"schema": 5, "returns": {}}', "5"]
)
def test_a_file_that_holds_no_answers(text: str, tmp_path: Path) -> None:
    """Whatever is in the file, it is told in plain words."""
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(AnswersError):
        generate(tmp_path / "out", answers=tmp_path / "a.json")
    with pytest.raises(UsageProblem):
        generate(tmp_path / "out", previous=tmp_path / "a.json")


def test_the_json_of_returns_fills_workbooks_in(tmp_path: Path) -> None:
    """What 'read --json' wrote goes in whole, what each round asks anew too, and the workbook says the same."""
    fresh = {Key(one.id) for one in plan(COUNCIL).instrument.profile if one.role in FRESH_ROLES}
    mine = {key: value for key, value in fuller(COUNCIL).items() if key not in fresh}
    agreed = plan(COUNCIL).instrument.field_with_role("consent")
    assert agreed is not None
    choices = plan(COUNCIL).instrument.choice_lists[agreed.choices or ""]
    mine[Key(agreed.id)] = display(choices, choices.choices[0])
    path = sent_back(tmp_path / "a.xlsx", {**mine, Key("completed_by"): "Treasurer"}, "Org 0")
    before = read_one(path)
    (tmp_path / "r.json").write_bytes(pipeline.read_json(pipeline.read([path])))
    made = generate(tmp_path / "out", answers=tmp_path / "r.json")
    after = read_one(made.workbooks[0].path)
    assert before.ret is not None
    assert after.ret is not None
    assert not after.ret.carried
    of_last_time = {key for key in before.ret.entries if key.part == Part.CONFIRM}
    accepted = {key for key, entry in before.ret.entries.items() if entry.outcome == "accepted"} - of_last_time
    assert accepted >= {Key(agreed.id), Key("completed_by")}
    assert {key for key, entry in after.ret.entries.items() if entry.outcome == "accepted"} == accepted
    for key in accepted:
        here, there = before.ret.entries[key], after.ret.entries[key]
        assert (here.state, here.value, here.code, here.text) == (there.state, there.value, there.code, there.text)


def test_answers_win_over_last_time(tmp_path: Path) -> None:
    """An answer from elsewhere takes the place of the earlier one, to be confirmed: nobody has changed it yet."""
    typed: dict[Key, Typed] = {Key("LA-C1-1"): "1 First steps", Key("LA-C1-2"): "2 Developing"}
    sent_back(tmp_path / "r" / "a.xlsx", typed)
    path = answers_file(
        tmp_path / "a.json",
        {"organisation": "leeds", "respondent": "LA", "answers": {"LA-C1-1": "4", "LA-C1-3": "0"}},
    )
    listed = tmp_path / "list.csv"
    listed.write_text("name,type\nLeeds,council\nYork,council\n")
    made = generate(tmp_path / "out", previous=tmp_path / "r", answers=path, organisations=listed)
    ret = read_one(made.workbooks[0].path).ret
    assert ret is not None
    assert [ret.get(item).code for item in ("LA-C1-1", "LA-C1-2", "LA-C1-3")] == ["4", "2", "0"]
    assert [ret.touch(item) for item in ("LA-C1-1", "LA-C1-2", "LA-C1-3")] == [Touch.UNTOUCHED, Touch.UNTOUCHED, None]
    assert ret.carried[Key("LA-C1-1")] == "4 Leading"
    assert "No answers were found for: York." in made.notes
    assert "No earlier return was found for: York." in made.notes
    both = generate(tmp_path / "both", previous=tmp_path / "r", answers=path)
    assert [each.organisation for each in both.workbooks] == ["Leeds"]


# Without recalculation


def _formulas_xml(data: bytes, sheet: str) -> dict[str, str]:
    """The values stored beside the formulas of a sheet, by cell, straight from the file."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        book = package.read("xl/workbook.xml").decode()
        names = re.findall(r'<sheet name="([^"]*)"', book)
        xml = package.read(f"xl/worksheets/sheet{names.index(sheet) + 1}.xml").decode()
    return dict(re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f>[^<]*</f><v>([^<]*)</v>', xml))


def test_a_preview_that_does_not_recalculate_shows_true_numbers(tmp_path: Path) -> None:
    """A workbook filled in beforehand carries the values of all its formulas: counts, scores, bands, marks, checks."""
    typed = random_typed(plan(COUNCIL), Random("preview"), FULLER, plain_types=True)
    path = sent_back(tmp_path / "r" / "a.xlsx", {**typed, Key("organisation_name"): "Leeds"})
    made = generate(tmp_path / "out", previous=path)
    data = made.workbooks[0].path.read_bytes()
    reading = read_one(made.workbooks[0].path)
    assert reading.ret is not None
    assert reading.result is not None
    result, this = reading.result, plan(COUNCIL)
    book = opened(made.workbooks[0].path, values=True)

    def shown(cell: CellRef) -> object:
        return book[cell.sheet].cell(cell.row + 1, cell.column + 1).value

    assert result.overall is not None
    assert result.overall > 0
    assert shown(this.overall_cell()) == pytest.approx(result.overall)
    bands = [shown(this.score_cell(node.id, Results.BAND)) for node in this.instrument.nodes]
    ours = [result.sections[node.id].band or "" for node in this.instrument.nodes]
    assert [str(band or "").split(":")[0] for band in bands] == ours
    assert sum(band != "" for band in ours) > 3
    scores = {node.id: shown(this.score_cell(node.id)) for node in this.instrument.nodes}
    for identifier, score in scores.items():
        own = result.sections[identifier].score
        assert score == pytest.approx(own) if own is not None else not isinstance(score, int | float)
    untouched = result.checks[CARRIED].count
    assert untouched == len(reading.ret.carried_items) > 50
    start = [[cell.value for cell in row] for row in book[this.start.sheet].iter_rows()]
    assert any(this.words("start.left_carried") in row and untouched in row for row in start)
    assert result.progress.questions_responded > 20
    for top in this.instrument.tree:
        counts = result.sections[top.id].counts
        [row] = [row for row in start if row[1] == top.id]
        assert row[3:6] == [counts.questions, counts.responded, counts.questions - counts.responded]
    question = next(each for each in this.instrument.questions if reading.ret.touch(each.id) is Touch.UNTOUCHED)
    assert this.words("flag.carried") in str(shown(this.question_cell(question, Assessment.FLAG)))
    assert this.words("flag.carried") in str(shown(this.about.cell("organisation_name", About.STATUS)))

    stored = _formulas_xml(data, this.results.sheet)
    cell = this.overall_cell()
    assert float(stored[cell.address]) == pytest.approx(result.overall)
    hidden = _formulas_xml(data, this.words("sheet.carried"))
    assert sum(float(value) for cell_name, value in hidden.items() if cell_name.startswith("E")) == untouched


def test_every_formula_of_the_file_has_the_value_of_python(tmp_path: Path) -> None:
    """What is stored in the file is what compose gives for the same carried answers, cell by cell."""
    path = sent_back(tmp_path / "r" / "a.xlsx", fuller(COMMUNITY), "Org 0", COMMUNITY)
    reading = read_one(path)
    assert reading.ret is not None
    assert reading.result is not None
    assert reading.identity is not None
    this = plan(COMMUNITY)
    values, _ = usable(this, reading.ret.entries.values())
    made = generate(tmp_path / "out", previous=path)
    issue = Issue(
        CREATED, Organisation("Org 0"), "2027", previous=previous_of(this, reading.identity, values, reading.result)
    )
    book = opened(made.workbooks[0].path, values=True)
    for place, formula in compose(this, issue).formulas():
        found = book[place.sheet].cell(place.row + 1, place.column + 1).value
        expected = formula.value
        if isinstance(found, datetime):
            found = serial(found.date())
        if isinstance(expected, int | float):
            assert found == pytest.approx(expected), place
        else:
            assert unescape(str(found or "")) == expected, place  # openpyxl leaves codes such as _x005F_ as they are


# Rules


def test_rows_are_carried_over_whole() -> None:
    """A row is carried over when anything in it was entered, with its empty cells; a row with nothing is not."""
    this: Plan = plan(COMMUNITY)
    table = this.instrument.tables[0]
    values: dict[Key, Typed] = {Key("CO-C1-1", Part.OWNER): "Treasurer", Key(table.id, Part.ANSWER, 2, "name"): "Hub"}
    cells = carried_over(this, values)
    assert {(key.item, key.row) for key in cells} == {("CO-C1-1", 0), (table.id, 2)}
    assert {key.column for key in cells if key.row} == {column.id for column in table.columns}
    assert sum(value is not None for value in cells.values()) == 2
    assert not [key for key in cells if key.part == Part.CONFIRM]


def test_the_command_line_tells_what_was_found(tmp_path: Path) -> None:
    """Notes name the organisations without an earlier return; reading tells how many answers were looked at."""
    sent_back(tmp_path / "r" / "a.xlsx", {Key("LA-C1-1"): "1 First steps"})
    listed = tmp_path / "list.csv"
    listed.write_text("name,type\nLeeds,council\nYork,council\n")
    command = ["generate", "--organisations", str(listed), "--previous", str(tmp_path / "r"), "--out"]
    done = CliRunner().invoke(main, [*command, str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "No earlier return was found for: York." in done.output
    done = CliRunner().invoke(main, ["read", str(tmp_path / "out")])
    assert "Carried over: 0 confirmed, 0 changed, 1 untouched." in done.output
    assert "seems to have come back as it was sent" in " ".join(done.output.split())


@pytest.mark.source
def test_the_example_in_the_documents_is_an_answers_file(tmp_path: Path) -> None:
    """What the page on plain files shows can be copied and used."""
    text = (Path(__file__).parents[1] / "docs" / "files.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example is not None
    (tmp_path / "a.json").write_text(example[1])
    jsonschema.validate(json.loads(example[1]), pipeline.schema("answers"), jsonschema.Draft202012Validator)
    made = generate(tmp_path / "out", answers=tmp_path / "a.json")
    assert len(stands(made.workbooks[0].path)) == 5
