"""Deciding what the program must not guess."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from collections_made import Made, listed, make

from kil_xlsx.cli.commands import main
from kil_xlsx.core.collection import Mail, MailState, Purpose, Query, Received, ReturnState, Share
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.errors import UsageProblem
from kil_xlsx.layout.stamp import reference_code
from kil_xlsx.mail.items import Item, Provenance, Unusable
from kil_xlsx.pipeline import schema
from kil_xlsx.pipeline.collection.deciding import Decided, decide, open_queries
from kil_xlsx.pipeline.collection.importing import take_in

CHIEF, TREASURER = "Chief officer", "Treasurer"


def taken(made: Made, *items: Item) -> None:
    with made.open() as collection:
        take_in(collection, items)


def resolved(made: Made, numbers: Sequence[int], decision: str, **options: str) -> list[Decided]:
    with made.open() as collection:
        return decide(collection, numbers, decision, **options)


def received(made: Made) -> list[Received]:
    with made.open() as collection:
        return collection.store.received()


def codes(made: Made) -> list[str]:
    """What is still to be decided."""
    with made.open() as collection:
        return [query.code for query in collection.store.queries()]


def events(made: Made) -> list[tuple[str, str, str]]:
    """The ledger since the workbooks were made: what, by whom, why."""
    with made.open() as collection:
        everything = collection.store.events()
    at = max(place for place, event in enumerate(everything) if event.kind == "workbook-made")
    return [(event.kind, event.by, event.why) for event in everything[at + 1 :]]


def run(made: Made, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["-C", str(made.folder), *words])
    return result.exit_code, result.output


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A collection of a council and three community organisations."""
    return make(tmp_path / "round", listed(1, 3))


@pytest.fixture
def forwarded(made: Made) -> Made:
    """With one return that came from the address of another organisation: query 1."""
    name, other = made.names[1], made.names[2]
    taken(made, made.attached(name, made.workbook(name), sender=made.row(other).email))
    assert codes(made) == ["forwarded"]
    return made


@pytest.fixture
def two_people(made: Made) -> Made:
    """With two returns of different people of one organisation: query 1."""
    name = made.names[1]
    taken(
        made,
        made.attached(name, made.workbook(name, person=CHIEF), at=1),
        made.attached(name, made.workbook(name, seed=2, person=TREASURER), at=2, sender="t@brambleford.example"),
    )
    assert codes(made) == ["second-person"]
    return made


def test_a_held_return_counts_once_it_is_accepted(forwarded: Made) -> None:
    """And the ledger says who has decided, and why."""
    (done,) = resolved(forwarded, [1], "accept", why="one office for both", by="deputy")
    assert done.received is not None
    assert done.received.state is ReturnState.ACCEPTED
    assert received(forwarded)[0].state is ReturnState.ACCEPTED
    assert not codes(forwarded)
    assert events(forwarded)[-2:] == [
        ("query-closed", "deputy", "accept: one office for both"),
        ("accepted", "deputy", ""),
    ]
    with forwarded.open() as collection:
        query = collection.store.query(1)
    assert query is not None
    assert (query.decision, query.by, query.why) == ("accept", "deputy", "one office for both")


def test_a_return_that_is_turned_down_does_not_count(forwarded: Made) -> None:
    """It stays, refused."""
    resolved(forwarded, [1], "reject")
    assert received(forwarded)[0].state is ReturnState.REFUSED
    assert [kind for kind, _, _ in events(forwarded)[-2:]] == ["query-closed", "refused"]


def test_a_return_of_another_organisation(forwarded: Made) -> None:
    """It counts for the one that is named."""
    other = forwarded.names[2]
    (done,) = resolved(forwarded, [1], "as", whose=other)
    assert done.organisation is not None
    assert done.organisation.name == other
    assert received(forwarded)[0].organisation == done.organisation.id
    with forwarded.open() as collection:
        returned = collection.returned()
    assert [each.identity.organisation for each in returned.readings if each.identity] == [other]


@pytest.mark.parametrize("code", ["reference-missing", "reference-unknown"])
def test_a_return_without_a_code_of_ours_is_somebodys_only_by_decision(made: Made, code: str) -> None:
    """It cannot just be accepted."""
    name = made.names[1]
    reference = "KIL-0" if code == "reference-missing" else reference_code("KIL", "of nobody")
    taken(made, made.attached(name, made.workbook(name, reference=reference)))
    assert codes(made) == [code]
    with pytest.raises(UsageProblem, match="cannot be decided with 'accept'"):
        resolved(made, [1], "accept")
    with pytest.raises(UsageProblem, match="cannot have sent this"):
        resolved(made, [1], "as", whose=made.names[0])  # a council
    with pytest.raises(UsageProblem, match="not said whose"):
        resolved(made, [1], "as")
    with pytest.raises(UsageProblem, match="did you mean"):
        resolved(made, [1], "as", whose="Brambleford Hub")
    assert codes(made) == [code]
    resolved(made, [1], "as", whose=made.rows[1].number)
    assert received(made)[0].state is ReturnState.ACCEPTED


def test_all_that_holds_a_return_has_to_be_decided(made: Made) -> None:
    """It counts with the last decision; to say whose it is answers all that was asked about that."""
    name, other = made.names[1], made.names[2]
    data = made.workbook(name, number=made.row(other).number)
    taken(made, made.attached(name, data, sender=made.row(other).email))
    assert codes(made) == ["organisation-differs", "forwarded"]
    resolved(made, [1], "accept")
    assert received(made)[0].state is ReturnState.HELD
    resolved(made, [2], "accept")
    assert received(made)[0].state is ReturnState.ACCEPTED
    data = made.workbook(name, seed=2, number=made.row(other).number)
    taken(made, made.attached(name, data, at=5, sender=made.row(other).email))
    (done,) = resolved(made, [3, 4], "as", whose=name)
    assert done.closed == (4,)
    assert not codes(made)
    assert [each.state for each in received(made)] == [ReturnState.SUPERSEDED, ReturnState.ACCEPTED]


def test_after_one_decision_another_may_be_needed(made: Made) -> None:
    """Whose a return is was one question; whether it is the later one is another."""
    name, other = made.names[1], made.names[2]
    taken(
        made,
        made.attached(name, made.workbook(name), at=None),
        made.attached(name, made.workbook(name, seed=2), sender=made.row(other).email),
    )
    (done,) = resolved(made, [1], "accept")
    assert [each.query.code for each in done.opened] == ["order-unknown"]
    assert [each.state for each in received(made)] == [ReturnState.ACCEPTED, ReturnState.HELD]
    (done,) = resolved(made, [2], "later")
    assert done.superseded == (1,)
    assert [each.state for each in received(made)] == [ReturnState.SUPERSEDED, ReturnState.ACCEPTED]


@pytest.mark.parametrize(
    ("decision", "states"),
    [
        ("both", [(ReturnState.ACCEPTED, Share.VIEW), (ReturnState.ACCEPTED, Share.VIEW)]),
        ("later", [(ReturnState.SUPERSEDED, Share.WHOLE), (ReturnState.ACCEPTED, Share.WHOLE)]),
        ("reject", [(ReturnState.ACCEPTED, Share.WHOLE), (ReturnState.REFUSED, Share.WHOLE)]),
    ],
)
def test_two_people_of_one_organisation(
    two_people: Made, decision: str, states: list[tuple[ReturnState, Share]]
) -> None:
    """Both stand as views, one takes the place of the other, or does not count."""
    resolved(two_people, [1], decision)
    assert [(each.state, each.share) for each in received(two_people)] == states
    assert [kind for kind, _, _ in events(two_people)].count("view") == (2 if decision == "both" else 0)


def test_a_trifle_does_not_hold_a_return(made: Made) -> None:
    """It counts while it is asked about; turned down, it does not, and nothing takes its place unasked."""
    name = made.names[1]
    taken(
        made,
        made.attached(name, made.workbook(name), at=1),
        made.attached(name, made.workbook(name, seed=2, called="Brambleford Hub Ltd"), at=2),
    )
    assert codes(made) == ["name-differs"]
    (done,) = resolved(made, [1], "reject")
    assert done.earlier == (1,)
    assert [each.state for each in received(made)] == [ReturnState.SUPERSEDED, ReturnState.REFUSED]


def test_a_trifle_of_a_superseded_return_is_dropped(made: Made) -> None:
    """Nobody need decide about what no longer matters."""
    name = made.names[1]
    taken(
        made,
        made.attached(name, made.workbook(name, called="Brambleford Hub Ltd"), at=1),
        made.attached(name, made.workbook(name, seed=2), at=2),
    )
    assert not codes(made)
    assert ("query-closed", "", "superseded") in events(made)


@pytest.mark.parametrize(
    ("decision", "state", "event"),
    [("sent", MailState.SENT, "mail-sent"), ("again", MailState.FAILED, "mail-failed")],
)
def test_a_mail_in_doubt(made: Made, decision: str, state: MailState, event: str) -> None:
    """It was sent, or the next run sends it."""
    with made.open() as collection, collection.store.transaction():
        number = collection.store.add_mail(
            Mail(
                id=0, organisation=2, round_id=made.round_id, purpose=Purpose.INVITATION, serial=1,
                address="a@x.example", message_id="<1@x>", state=MailState.DOUBTFUL,
                changed_at="2026-05-01T00:00:00+00:00",
            )
        )  # fmt: skip
        collection.store.open_query(
            Query(id=0, code="mail-doubtful", holds=False, opened_at="2026-05-01", mail=number, organisation=2)
        )
    (done,) = resolved(made, [1], decision)
    assert done.mail is not None
    with made.open() as collection:
        assert collection.store.mails()[0].state is state
    assert [kind for kind, _, _ in events(made)] == ["query-closed", event]


def test_several_are_decided_at_once_or_none(made: Made) -> None:
    """If one of them cannot be decided so, nothing is decided; said twice is said once."""
    taken(made, *(Unusable(f"{at}.zip", Provenance("returns"), "It is locked.") for at in range(3)))
    for numbers, decision, said in (
        ([1, 99], "accept", "no query 99"),
        ([1, 2], "reject", "cannot be decided with 'reject'"),
    ):
        with pytest.raises(UsageProblem, match=said):
            resolved(made, numbers, decision)
    assert len(codes(made)) == 3
    assert len(resolved(made, [1, 3, 1], "accept")) == 2
    with pytest.raises(UsageProblem, match=r"Query 1 was decided already by the coordinator on .*: accept"):
        resolved(made, [1], "accept")


@pytest.mark.parametrize("by", ["someone@council.example", "x" * 100])
def test_a_role_decides_and_no_person(forwarded: Made, by: str) -> None:
    """What cannot be a role is turned away."""
    with pytest.raises(UsageProblem, match="not a role"):
        resolved(forwarded, [1], "accept", by=by)
    assert codes(forwarded) == ["forwarded"]


def test_each_query_is_shown_with_its_choices(forwarded: Made) -> None:
    """With the exact command for each of them."""
    with forwarded.open() as collection:
        (asked,) = open_queries(collection)
    assert [asked.command(choice) for choice in asked.choices] == [
        "kil-xlsx resolve 1 accept", 'kil-xlsx resolve 1 --as "ORG"', "kil-xlsx resolve 1 reject",
    ]  # fmt: skip
    code, told = run(forwarded, "resolve")
    assert code == 0
    for words in (QUERIES["forwarded"].message, forwarded.names[1], *map(asked.command, asked.choices)):
        assert words in " ".join(told.split())
    code, told = run(forwarded, "resolve", "--json")
    found = json.loads(told)
    jsonschema.Draft202012Validator(schema("resolve")).validate(found)
    assert [each["code"] for each in found["queries"]] == ["forwarded"]
    assert (found["schema"], found["open"]) == ("kil-xlsx/resolve/1", 1)
    code, told = run(forwarded, "resolve", "1", "accept", "--json")
    found = json.loads(told)
    jsonschema.Draft202012Validator(schema("resolve")).validate(found)
    assert [(each["query"], each["state"]) for each in found["decided"]] == [(1, "accepted")]
    assert found["open"] == 0


def test_the_resolve_command(forwarded: Made) -> None:
    """Numbers, then the decision; what is wrong with that is said in plain words."""
    for words, code, said in (
        (("resolve", "accept"), 2, "number of the query"),
        (("resolve", "1", "accept", "reject"), 2, "One decision at a time"),
        (("resolve", "7"), 2, "no query 7"),
        (("resolve", "1", "accept", "--as", "#3"), 2, "--as goes with"),
        (("resolve", "1", "--as", "#3"), 0, f"of {forwarded.names[2]} counts"),
        (("resolve", "1", "reject"), 2, "decided already"),
        (("resolve",), 0, "Nothing is to be decided."),
    ):
        found, told = run(forwarded, *words)
        assert (found, said in " ".join(told.split())) == (code, True), told
