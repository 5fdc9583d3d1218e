"""Several people of one organisation: their views side by side, and the workbook in which they agree."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from collections_made import Made, make, with_an_error

from kil_xlsx.cli.commands import main
from kil_xlsx.core.collection import ReturnState, Share
from kil_xlsx.core.returns import Key, Outcome, Part, Typed
from kil_xlsx.core.statements import asked, statement
from kil_xlsx.errors import OutputError, UsageProblem
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.plan import Plan
from kil_xlsx.pipeline import schema
from kil_xlsx.pipeline.collection.consensus import compare, consensus_workbook, write_consensus
from kil_xlsx.pipeline.collection.deciding import decide
from kil_xlsx.pipeline.collection.importing import take_in
from kil_xlsx.pipeline.making import workbook_bytes
from kil_xlsx.reading.form import read_form


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A collection in which two people of the first organisation have answered."""
    made = make(tmp_path / "round")
    name = made.names[0]
    with made.open() as collection:
        items = [
            made.attached(name, made.workbook(name, person="Chief officer"), at=1),
            made.attached(name, made.workbook(name, seed=2, person="Treasurer"), at=2, sender="t@x.example"),
        ]
        for query in take_in(collection, items).queries:
            decision = "both" if query.code == "second-person" else "accept"
            decide(collection, [query.id], decision)
    return made


def read_back(plan: Plan, data: bytes):  # type: ignore[no-untyped-def]
    found = read_form(data, "back.xlsx", {plan.instrument.key: plan})
    assert found.ret is not None
    return found


def test_what_all_say_is_filled_in_and_the_rest_is_blank(made: Made) -> None:
    """Nobody's answer silently becomes everybody's; each difference is marked, with what each of them said."""
    with made.open() as collection:
        whose = collection.store.organisations()[0]
        compared = compare(collection, whose)
        workbook = consensus_workbook(collection, whose)
    wanted = workbook.wanted
    back = read_back(wanted.plan, wanted.data())
    marking = wanted.issue.marking
    assert marking is not None
    marked = {spot.key for mark in marking.marks for spot in mark.spots}
    known = dict(wanted.organisation.profile) if wanted.organisation else {}
    same = different = 0
    for asks in asked(wanted.instrument, beside=True):
        if asks.key not in wanted.plan.by_key or asks.key.part == Part.CONFIRM or asks.key.item in known:
            continue
        said = [statement(each, asks) for each in compared.returns]
        if said[0] == said[1]:
            assert statement(back.ret, asks) == said[0], asks.key
            assert asks.key not in marked
            same += said[0].said
        else:
            assert back.ret.get(*asks.key).outcome is Outcome.BLANK, asks.key
            assert wanted.plan.by_key[asks.key].cell in marking.notes
            assert (asks.key in marked) is (asks.key.part == Part.ANSWER)
            different += 1
    assert same > 10
    assert different > 10
    assert len(marking.marks) == len(compared.differing)
    first = next(mark for mark in marking.marks if mark.item == wanted.instrument.questions[0].id)
    assert first.found.startswith("View 1 (Chief officer): ")
    assert "View 2 (Treasurer): " in first.found


def test_as_many_differences_are_told_as_are_marked(tmp_path: Path) -> None:
    """What the list says of the organisation is not asked again, and what nobody can use is."""
    made = make(tmp_path / "round")
    name = made.names[0]
    useless = with_an_error(made.wanted[name].plan)
    with made.open() as collection:
        items = [
            made.attached(name, made.workbook(name, person="Chief officer", typed=useless), at=1),
            made.attached(
                name,
                made.workbook(name, seed=2, person="Treasurer", called=f"{name} (South)", typed=useless),
                at=2, sender="t@x.example",
            ),
        ]  # fmt: skip
        take_in(collection, items)
        views = collection.store.received()
        whose = collection.store.organisations()[0]
        compared = compare(collection, whose, views)
        marking = consensus_workbook(collection, whose, views).wanted.issue.marking
    assert marking is not None
    assert len(marking.marks) == len(compared.differing)
    assert {mark.spots[0].key for mark in marking.marks} == {each.key for each in compared.differing}
    assert next(iter(useless)) in {each.key for each in compared.differing}


def test_it_has_a_code_of_its_own_and_a_sheet_of_what_to_agree_on(made: Made) -> None:
    """The code says that it is what several agree on; nothing in the file says so."""
    name = made.names[0]
    with made.open() as collection:
        workbook = consensus_workbook(collection, collection.store.organisations()[0])
    assert workbook.copy.share is Share.CONSENSUS
    assert workbook.copy.reference != made.reference(name)
    back = read_back(workbook.wanted.plan, workbook.wanted.data())
    assert back.identity.reference == workbook.copy.reference
    plan = workbook.wanted.plan
    from kil_xlsx.layout.compose import compose

    sheets = [each.name for each in compose(plan, workbook.wanted.issue, workbook.wanted.typed).sheets]
    assert sheets[1] == plan.words("sheet.to_agree")


def test_when_it_comes_back_it_counts(made: Made, tmp_path: Path) -> None:
    """For the organisation, with the views beside it; the next return is asked about."""
    name = made.names[0]
    out = tmp_path / "to-agree.xlsx"
    with made.open() as collection:
        whose = collection.store.organisations()[0]
        written = write_consensus(collection, whose, out)
        with pytest.raises(UsageProblem, match="No return of this collection counts"):
            collection.returned()
    wanted = written.copy.wanted
    marking = wanted.issue.marking
    assert marking is not None
    agreed: dict[Key, Typed] = dict(wanted.typed)
    for question in wanted.instrument.questions:
        if agreed.get(Key(question.id)) is None:
            agreed[Key(question.id)] = offered(wanted.instrument.choices_of(question))[1][0]
    data = workbook_bytes(wanted.plan, wanted.issue, agreed)
    with made.open() as collection:
        (done,) = take_in(collection, [made.attached(name, data, at=9)]).happened
        assert done.what in ("accepted", "accepted-with-queries")
        states = [(each.state.counts, each.share) for each in collection.store.received()]
        assert states == [(True, Share.VIEW), (True, Share.VIEW), (True, Share.CONSENSUS)]
        assert len(collection.returned().readings) == 1
        later = made.workbook(name, seed=5, person="Chief officer")
        done_again = take_in(collection, [made.attached(name, later, at=12)])
        assert [query.code for query in done_again.queries] == ["after-consensus"]
        assert write_consensus(collection, whose, out, force=True).notes
    command = ["-C", str(made.folder), "consensus", f"#{whose.id}"]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 0 and f"They have agreed (return {done.received})." in told.output
    assert not made.place.workbooks.exists(), "nothing is made unasked"
    assert json.loads(CliRunner().invoke(main, [*command, "--json"]).output)["agreed_return"] == done.received


def test_it_is_on_the_send_list_before_it_is_written(made: Made, tmp_path: Path) -> None:
    """And nothing is replaced unasked."""
    out = tmp_path / "a.xlsx"
    with made.open() as collection:
        whose = collection.store.organisations()[0]
        write_consensus(collection, whose, out)
        copies = collection.store.copies(organisation=whose.id)
        assert [each.share for each in copies].count(Share.CONSENSUS) == 1
        with pytest.raises(OutputError):
            write_consensus(collection, whose, out)
        with pytest.raises(UsageProblem, match="xlsx"):
            write_consensus(collection, whose, tmp_path / "a.pdf")
        write_consensus(collection, whose, out, force=True)
        assert len(collection.store.copies(organisation=whose.id)) == 2


def test_one_person_agrees_with_themselves(made: Made) -> None:
    """There have to be several views."""
    with made.open() as collection:
        other = collection.store.organisations()[1]
        with pytest.raises(UsageProblem, match="no views"):
            compare(collection, other)
        whose = collection.store.organisations()[0]
        view = collection.store.received()[0]
        with collection.store.transaction():
            collection.store.set_received(view.id, ReturnState.WITHDRAWN)
        with pytest.raises(UsageProblem, match="one view only"):
            compare(collection, whose)


def test_the_consensus_command(made: Made, tmp_path: Path) -> None:
    """It shows how far they are apart, and writes the workbook; with --json it only shows."""
    name = made.names[0]
    start = ["-C", str(made.folder), "consensus", name]
    found = CliRunner().invoke(main, [*start, "--json"])
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    jsonschema.Draft202012Validator(schema("consensus")).validate(told)
    assert [each["label"] for each in told["views"]] == ["View 1 (Chief officer)", "View 2 (Treasurer)"]
    steps = [each["steps_apart"] or 0 for each in told["differing"]]
    assert steps == sorted(steps, reverse=True)
    assert all(len(set(each["said"])) > 1 for each in told["differing"])
    assert not made.place.workbooks.exists()
    out = tmp_path / "to-agree.xlsx"
    found = CliRunner().invoke(main, [*start, "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert out.exists()
    assert "2 views" in found.output
    assert f"{told['agreed']} answers the same" in found.output
