"""From the file of a release to workbooks that show each score among its peers."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import openpyxl
import pytest
from strategies import FULL, random_typed

from kil_xlsx import pipeline
from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import Peers, published
from kil_xlsx.core.readings import FileInfo, Identity, Reading
from kil_xlsx.core.release import OVERALL, Release
from kil_xlsx.core.returns import Key
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_framework
from kil_xlsx.errors import UsageProblem
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.compose import seen_by_formulas
from kil_xlsx.layout.places import PeersSheet
from kil_xlsx.layout.plan import Plan
from kil_xlsx.pipeline.peers import peers_of
from kil_xlsx.results.release_json import release_json

CREATED = datetime(2026, 4, 7, 9, 30)
REGIONS = ("North West", "North West", "London", "Wales")
_KNOWN = Identity(
    framework="keep-it-local", version="", fingerprint="", layout=2, respondent="", round_id="Spring 2026",
    organisation="", organisation_id="", reference="",
)  # fmt: skip


@cache
def framework() -> Framework:
    """The framework that comes with the program."""
    return load_framework("keep-it-local")


@cache
def plan_of(respondent: str) -> Plan:
    """The plan of one respondent type."""
    return Plan(Instrument(framework(), next(each for each in framework().respondents if each.id == respondent)))


def _reading(respondent: str, number: int) -> Reading:
    """A return of an organisation that shares its answers."""
    plan = plan_of(respondent)
    typed = random_typed(plan, Random(f"{respondent} {number}"), FULL)
    name = f"{respondent} {number}"
    typed |= {Key("organisation_name"): name, Key("region"): REGIONS[number % len(REGIONS)]}
    typed |= {Key("share_for_benchmarking"): "Yes, without our name"}
    for field in ("org_id", "other_org_ids"):
        typed.pop(Key(field), None)
    ret = seen_by_formulas(plan, typed)
    identity = msgspec.structs.replace(
        _KNOWN, version=framework().version, respondent=respondent, organisation=name, reference=name
    )
    file = FileInfo(name=f"{name}.xlsx", sha256="", size=1, kind="xlsx", application="")
    return Reading(file, (), identity, ret, score(plan.instrument, ret))


@cache
def compared(councils: int = 24, communities: int = 8) -> Release:
    """A release of made-up organisations."""
    readings = [_reading("council", number) for number in range(councils)]
    readings += [_reading("community", number) for number in range(communities)]
    instruments = [plan_of("council").instrument, plan_of("community").instrument]
    return benchmark(instruments, readings, Request(created=CREATED.date())).release


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The release as 'kil-xlsx benchmark' writes it."""
    path = tmp_path / "release.json"
    path.write_bytes(release_json(compared()))
    return path


def peers(found: Release, respondent: str = "council") -> Peers:
    """What it says of a respondent type, where it says anything."""
    known = peers_of(found, plan_of(respondent))
    assert known is not None
    return known


def generate(folder: Path, **more: Any) -> pipeline.Generated:
    return pipeline.generate(out=folder, created=CREATED, **more)


# What is taken over


def test_everybody_and_published_groups_are_taken_over() -> None:
    """Everybody first, then the groups of answers that have a figure, called as their cells show the answers."""
    known = peers(compared())
    assert known.date == "2026-04-07"
    assert known.groups[0].field == ""
    assert known.groups[0].figures[OVERALL].count == 24
    assert ("region", "North West") in {(group.field, group.value) for group in known.groups}
    assert ("region", "Scotland") not in {(group.field, group.value) for group in known.groups}
    assert all(published(group) for group in known.groups)
    labels = [label for label, _ in offered(plan_of("council").instrument.choice_lists["region"])]
    assert {group.value for group in known.groups if group.field == "region"} <= set(labels)


@pytest.mark.parametrize("respondent", ["council", "community"])
def test_every_figure_is_one_of_the_file(respondent: str) -> None:
    """Group by group and score by score, the numbers are those published, and those held back are absent."""
    expected = {
        (group["field"], group["label"] if group["field"] else "", item): parts
        for group, item, parts in _published(release_json(compared()), respondent)
        if parts[2] is not None and (group["field"] != "gss_code")
    }
    found = {
        (group.field, group.value, item): (known.count, known.lower, known.median, known.upper)
        for group in peers(compared(), respondent).groups
        for item, known in group.figures.items()
    }
    assert found == expected
    assert len(found) > 5


def _published(content: bytes, respondent: str) -> list[tuple[dict[str, Any], str, tuple[float | None, ...]]]:
    """Group, item, and number and quartiles of every score of a respondent type, as a file has them."""
    document = json.loads(content)["release"]
    mine = next(each for each in document["respondents"] if each["id"] == respondent)
    scores = {item["id"] for item in mine["items"] if item["kind"] in ("overall", "section")}
    return [
        (group, one["item"], tuple(one["figure"][part] for part in ("n", "lower_quartile", "median", "upper_quartile")))
        for group in mine["groups"]
        for one in group["statistics"]
        if one["item"] in scores
    ]


def test_groups_by_other_answers_stay_out() -> None:
    """A group of an answer that the framework does not know brings neither its figures nor its words along."""
    council = compared().respondents[0]
    strange = tuple(
        msgspec.structs.replace(group, id=group.id.replace("E12000002", "E99"), label="=HYPERLINK(1)")
        for group in council.groups
    )
    changed = msgspec.structs.replace(
        compared(), respondents=(msgspec.structs.replace(council, groups=strange), *compared().respondents[1:])
    )
    assert all(group.value != "=HYPERLINK(1)" and group.value != "North West" for group in peers(changed).groups)


def test_too_few_organisations_give_no_peers() -> None:
    """Where nothing is published, or nobody of the type took part, there is nothing to show."""
    few = compared(4, 0)
    assert peers_of(few, plan_of("council")) is None
    assert peers_of(msgspec.structs.replace(few, respondents=()), plan_of("council")) is None


# Workbooks


def test_workbooks_show_peers(file: Path, tmp_path: Path) -> None:
    """Each respondent type gets its own figures, and no number that is not in the file."""
    made = generate(tmp_path / "out", benchmark=file)
    assert made.notes == ()
    for workbook in made.workbooks:
        respondent = "council" if "council" in workbook.path.name else "community"
        published_numbers = {number for _, _, parts in _published(file.read_bytes(), respondent) for number in parts}
        with pytest.warns(UserWarning, match="extension"):
            book = openpyxl.load_workbook(workbook.path)
        sheet: Any = book["Peers"]
        assert sheet.sheet_state == "hidden"
        area = sheet.iter_cols(PeersSheet.COUNT + 1, PeersSheet.UPPER + 1, PeersSheet.HEADER + 2, values_only=True)
        values = {value for column in area for value in column}
        assert values - {"[c]", None} <= published_numbers
        assert len(values) > 5


def test_workbooks_with_peers_are_read_like_any_other(file: Path, tmp_path: Path) -> None:
    """The further sheet disturbs nothing when the workbook comes back."""
    generate(tmp_path / "with", benchmark=file)
    generate(tmp_path / "without")
    found, usual = (pipeline.read([tmp_path / folder]) for folder in ("with", "without"))
    for one, other in zip(found.readings, usual.readings, strict=True):
        assert [problem.code for problem in one.problems] == [problem.code for problem in other.problems]
        assert one.result == other.result
        assert all(comparison.agrees for comparison in one.comparisons)


def test_every_organisation_of_a_list_gets_them(file: Path, tmp_path: Path) -> None:
    """The group follows from what the list says about the organisation."""
    listed = tmp_path / "list.csv"
    listed.write_text("name,type,region\nLeeds,council,E12000003\nBury,council,E12000002\n")
    made = generate(tmp_path / "out", organisations=listed, benchmark=file)
    lines = []
    for workbook in made.workbooks:
        with pytest.warns(UserWarning, match="extension"):
            book = openpyxl.load_workbook(workbook.path, data_only=True)
        row = plan_of("council").compared_row + 1
        sheet: Any = book["Results"]
        lines.append(str(sheet.cell(row, 2).value))
    assert lines[0].startswith("Compared with everyone of your kind: 24 organisations, ")
    assert lines[1].startswith("Compared with Region or nation “North West”")


def test_the_same_benchmark_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    """Nothing else goes into the workbook."""
    for folder in ("a", "b"):
        generate(tmp_path / folder, benchmark=file)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


# What is wrong with the file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a benchmark of this program"),
        (b"PK\x03\x04\xff\xfe", "is not a benchmark of this program"),
        (b'{"schema": "kil-xlsx/return/1"}', "is not a benchmark of this program"),
        (b'{"schema": "kil-xlsx/release/1"}', "is not a benchmark of this program"),
        (b"[" * 100_000, "is not a benchmark of this program"),
        (b'{"schema": "kil-xlsx/release/1", "release": "\xff"}', "is not a benchmark of this program"),
        (b'{"x": ' + b"[" * 200_000, "is not a benchmark of this program"),
        (None, "cannot be read: it is not there"),
    ],
)
def test_what_is_no_benchmark_stops_everything(content: bytes | None, message: str, tmp_path: Path) -> None:
    """Nothing is written, and it is said which file to give."""
    path = tmp_path / "release.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageProblem, match=message):
        generate(tmp_path / "out", benchmark=path)
    assert not (tmp_path / "out").exists()


def test_a_benchmark_of_another_framework_stops_everything(tmp_path: Path) -> None:
    """Sections of the same code would mean something else."""
    path = tmp_path / "release.json"
    path.write_bytes(release_json(msgspec.structs.replace(compared(), framework="tiny")))
    with pytest.raises(UsageProblem, match="is of another framework, 'tiny'"):
        generate(tmp_path / "out", benchmark=path)


def test_another_version_is_pointed_out(tmp_path: Path) -> None:
    """The figures are shown, and the coordinator is told."""
    path = tmp_path / "release.json"
    path.write_bytes(release_json(msgspec.structs.replace(compared(), version="0.9.0")))
    (note,) = generate(tmp_path / "out", benchmark=path).notes
    assert "version 0.9.0 of the framework" in note


def test_a_type_without_figures_is_pointed_out(tmp_path: Path) -> None:
    """Its workbooks are made without, and the coordinator is told which."""
    path = tmp_path / "release.json"
    path.write_bytes(release_json(compared(16, 3)))
    made = generate(tmp_path / "out", benchmark=path)
    (note,) = made.notes
    assert note.startswith("Community organisation: the benchmark shows no scores")
    assert len(made.workbooks) == 2


def test_a_release_for_outsiders_is_refused(tmp_path: Path) -> None:
    """Its figures could be undone by anybody who is in them: workbooks are not made with it."""
    release = compared()
    outside = msgspec.structs.replace(release.method.thresholds, besides_reader=False)
    method = msgspec.structs.replace(release.method, thresholds=outside)
    path = tmp_path / "release.json"
    path.write_bytes(release_json(msgspec.structs.replace(release, method=method)))
    with pytest.raises(UsageProblem, match="made for readers who are not among the organisations"):
        generate(tmp_path / "out", benchmark=path)
    assert not (tmp_path / "out").exists()
