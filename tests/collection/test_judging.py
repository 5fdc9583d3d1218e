"""Which returns count after people have decided, taken back, and changed their minds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as with_
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from collections_made import Made, _recorded, filled, listed, make, with_an_error, write_list
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kil_xlsx import pipeline
from kil_xlsx.cli.commands import main
from kil_xlsx.core.collection import Query, Received, ReturnState, Share
from kil_xlsx.core.intake import Stated, stated
from kil_xlsx.core.precedence import clashes
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.readings import Reading
from kil_xlsx.errors import UsageProblem
from kil_xlsx.mail.items import Attached, Item, Provenance
from kil_xlsx.pipeline.collection.checking import check
from kil_xlsx.pipeline.collection.counting import counting
from kil_xlsx.pipeline.collection.deciding import Decided, Reopened, decide, reopen
from kil_xlsx.pipeline.collection.forgetting import forget, planned
from kil_xlsx.pipeline.collection.importing import take_in
from kil_xlsx.pipeline.collection.judging import Judge
from kil_xlsx.pipeline.collection.keeping import Withdrawn, waive, withdraw
from kil_xlsx.pipeline.collection.place import Collection
from kil_xlsx.pipeline.collection.taken import Imported
from kil_xlsx.pipeline.making import workbook_bytes

CHIEF, TREASURER = "Chief officer", "Treasurer"
ACCEPTED, HELD, REFUSED = ReturnState.ACCEPTED, ReturnState.HELD, ReturnState.REFUSED
SUPERSEDED, WITHDRAWN = ReturnState.SUPERSEDED, ReturnState.WITHDRAWN
WHOLE, VIEW, CONSENSUS = Share.WHOLE, Share.VIEW, Share.CONSENSUS


def taken(made: Made, *items: Item) -> Imported:
    with made.open() as collection:
        return take_in(collection, items)


def resolved(made: Made, numbers: list[int], decision: str, **options: str) -> list[Decided]:
    with made.open() as collection:
        return decide(collection, numbers, decision, **options)


def reopened(made: Made, number: int) -> Reopened:
    with made.open() as collection:
        return reopen(collection, number, why="a slip")


def withdrawn(made: Made, which: str, *, back: bool = False) -> Withdrawn:
    with made.open() as collection:
        return withdraw(collection, which, "as asked", back=back)


def received(made: Made) -> list[Received]:
    with made.open() as collection:
        return collection.store.received()


def states(made: Made) -> list[tuple[ReturnState, Share]]:
    return [(each.state, each.share) for each in received(made)]


def asked(made: Made) -> list[tuple[int, str, int | None]]:
    """What is still to be decided: the query, what it is, and about which return."""
    with made.open() as collection:
        return [(query.id, query.code, query.received) for query in collection.store.queries()]


def kinds(made: Made, number: int) -> list[str]:
    """What the ledger says of a return."""
    with made.open() as collection:
        return [event.kind for event in collection.store.events() if event.received == number]


def is_sound(made: Made) -> bool:
    with made.open() as collection:
        return check(collection, again=0).wrong == ()


def run(made: Made, *words: str) -> str:
    result = CliRunner().invoke(main, ["-C", str(made.folder), *words])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A collection of three community organisations."""
    return make(tmp_path / "round")


def of_two(made: Made, *, decision: str = "") -> str:
    """Two people of the first organisation answer: returns 1 and 2, and query 1 about the second."""
    name = made.names[0]
    taken(
        made,
        made.attached(name, made.workbook(name, person=CHIEF), at=1),
        made.attached(name, made.workbook(name, seed=2, person=TREASURER), at=2, sender="t@applewick.example"),
    )
    assert asked(made) == [(1, "second-person", 2)]
    if decision:
        resolved(made, [1], decision)
    return name


def agreed(made: Made, name: str, at: int) -> Attached:
    """What the people of an organisation have agreed on."""
    wanted = made.consensus(name)
    return made.attached(
        name, workbook_bytes(wanted.plan, wanted.issue, filled(wanted.plan, wanted.organisation, 3)), at=at
    )


# Between two returns


def test_a_late_decision_takes_the_place_of_its_rival_alone(made: Made) -> None:
    """The query remembers its rival; what came after both stays."""
    name = made.names[0]
    first, second, third = (made.attached(name, made.workbook(name, seed=seed), at=None) for seed in (1, 2, 3))
    taken(made, first, second)
    taken(made, third)
    with made.open() as collection:
        query = collection.store.query(1)
    assert query is not None
    assert (query.code, query.received, query.rival) == ("order-unknown", 2, 1)
    resolved(made, [1], "later")
    assert [state for state, _ in states(made)] == [SUPERSEDED, SUPERSEDED, ACCEPTED]
    assert is_sound(made)


def test_a_late_decision_leaves_what_was_agreed_on_meanwhile(made: Made) -> None:
    """A consensus that came while a query waited is not superseded unasked."""
    name = of_two(made)
    taken(made, agreed(made, name, 50))
    resolved(made, [1], "later")
    assert states(made)[2] == (ACCEPTED, CONSENSUS)
    assert states(made)[1][0] is SUPERSEDED
    assert is_sound(made)


def test_mails_and_files_that_contradict_each_other_are_asked_about(made: Made) -> None:
    """A file without a date stands between two mails."""
    name = made.names[0]
    for seed, at in ((1, 72), (2, None), (3, 1)):
        taken(made, made.attached(name, made.workbook(name, seed=seed), at=at))
    assert asked(made) == [(1, "order-unknown", 3)]
    assert [state for state, _ in states(made)] == [SUPERSEDED, ACCEPTED, HELD]


def test_a_mail_from_the_future_does_not_stop_those_that_follow(made: Made) -> None:
    """Its date is not believed: what comes in later is later."""
    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name), at=24 * 365 * 50))
    taken(made, made.attached(name, made.workbook(name, seed=2), at=1))
    assert [state for state, _ in states(made)] == [SUPERSEDED, ACCEPTED]


def test_a_lone_view_stands_for_its_organisation(made: Made) -> None:
    """When the other one is withdrawn or turned down; and the ledger says so."""
    of_two(made, decision="both")
    done = withdrawn(made, "#2")
    assert [each.id for each in done.whole] == [1]
    assert states(made) == [(ACCEPTED, WHOLE), (WITHDRAWN, VIEW)]
    assert kinds(made, 1)[-2:] == ["view", "whole"]
    assert is_sound(made)
    withdrawn(made, "#2", back=True)
    assert states(made) == [(ACCEPTED, VIEW), (ACCEPTED, VIEW)]
    assert "Return #2 was one person's view" in run(made, "withdraw", "#1", "--why", "x")


def test_both_without_a_rival_that_counts_is_no_view(made: Made) -> None:
    """There is nobody to agree with."""
    of_two(made)
    withdrawn(made, "#1")
    resolved(made, [1], "both")
    assert states(made) == [(WITHDRAWN, WHOLE), (ACCEPTED, WHOLE)]


# What comes back


def test_what_comes_back_takes_the_place_of_what_was_agreed_on(made: Made) -> None:
    """And is told so; only one of the two counts."""
    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name), at=0))
    taken(made, agreed(made, name, 5))
    done = withdrawn(made, "#1", back=True)
    assert [each.id for each in done.replaced] == [2]
    assert states(made) == [(ACCEPTED, WHOLE), (SUPERSEDED, CONSENSUS)]
    assert "took the place of #1" in run(made, "withdraw", "#2", "--back", "--why", "x")
    assert is_sound(made)


def test_a_whole_return_that_comes_back_takes_the_place_of_views(made: Made) -> None:
    """It never counts beside them."""
    name = made.names[0]
    for seed, person, sender in ((1, CHIEF, None), (2, CHIEF, None), (3, TREASURER, "t@applewick.example")):
        data = made.workbook(name, seed=seed, person=person)
        taken(made, made.attached(name, data, at=seed, sender=sender))
    resolved(made, [1], "both")
    done = withdrawn(made, "#1", back=True)
    assert [each.id for each in done.replaced] == [2, 3]
    assert [state for state, _ in states(made)] == [ACCEPTED, SUPERSEDED, SUPERSEDED]
    assert is_sound(made)


def test_what_comes_back_ends_a_waiver(made: Made) -> None:
    """As anything does that counts."""
    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name)))
    withdrawn(made, name)
    with made.open() as collection:
        waive(collection, name, "closed")
    withdrawn(made, "#1", back=True)
    with made.open() as collection:
        assert not collection.store.waived(made.round_id)


def test_two_that_count_for_one_organisation_are_found(made: Made) -> None:
    """Should a database have been changed by other means."""
    from stores import raw

    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name), at=0), made.attached(name, made.workbook(name, seed=2), at=1))
    with raw(made.place.database) as db:
        db.execute("UPDATE received SET state = 'accepted' WHERE id = 1")
    with made.open() as collection:
        found = check(collection, again=0).wrong
    assert any("#1, #2 all stand for one organisation" in each for each in found)


# What comes again


@pytest.mark.parametrize("by", ["withdrawal", "decision"])
def test_the_same_file_by_another_mail_is_asked_about(made: Made, by: str) -> None:
    """After it had been withdrawn or turned down; accepted, it counts by the date of that mail."""
    name, other = made.names[0], made.names[1]
    data = made.workbook(name, called=other if by == "decision" else None)
    taken(made, made.attached(name, data, at=0))
    withdrawn(made, name) if by == "withdrawal" else resolved(made, [1], "reject")
    taken(made, made.attached(name, made.workbook(name, seed=2), at=10))
    done = taken(made, made.attached(name, data, at=0))  # the same mail
    assert done.counts == {"again": 1}
    done = taken(made, made.attached(name, data, at=30))
    assert done.counts == {"came-again": 1}
    ((number, code, about),) = asked(made)
    assert (code, about) == ("came-again", 1)
    assert [state for state, _ in states(made)] == [HELD, ACCEPTED]
    assert taken(made, made.attached(name, data, at=31)).counts == {"again": 1}  # it is asked once
    assert is_sound(made)
    resolved(made, [number], "accept")
    assert [state for state, _ in states(made)] == [ACCEPTED, SUPERSEDED]


def test_the_same_file_imported_again_is_asked_about_once(made: Made) -> None:
    """Whoever turns it down is not asked at each import."""
    name = made.names[0]
    item = made.attached(name, made.workbook(name), at=None)
    taken(made, item)
    withdrawn(made, name)
    assert taken(made, item).counts == {"came-again": 1}
    resolved(made, [1], "reject")
    assert taken(made, item).counts == {"again": 1}
    elsewhere = Attached("another name.xlsx", item.data, Provenance("elsewhere"))
    assert taken(made, elsewhere).counts == {"came-again": 1}
    resolved(made, [2], "accept")
    withdrawn(made, name)
    assert taken(made, item).counts == {"came-again": 1}


def test_nobodys_file_that_comes_again_is_somebodys_first(made: Made) -> None:
    """It cannot just be accepted."""
    name = made.names[0]
    data = made.workbook(name, reference="KIL-0000-0000-0000")
    taken(made, made.attached(name, data, at=0))
    resolved(made, [1], "reject")
    taken(made, made.attached(name, data, at=1))
    with pytest.raises(UsageProblem, match="not known whose"):
        resolved(made, [2], "accept")
    resolved(made, [2], "as", whose=name)
    assert [each.state.counts for each in received(made)] == [True]


# Whose it is


def test_a_strange_return_takes_nobodys_place_unasked(made: Made) -> None:
    """That a person names an organisation does not make it the sender of what counts; a slip would lose an answer."""
    name, other = made.names[0], made.names[1]
    taken(made, made.attached(name, made.workbook(name), at=0))
    taken(made, made.attached(other, made.workbook(other, seed=2, reference="KIL-0000-0000-0000"), at=5))
    (done,) = resolved(made, [1], "as", whose=name)
    assert [each.query.code for each in done.opened] == ["second-person"]
    assert [state for state, _ in states(made)] == [ACCEPTED, HELD]
    undone = reopened(made, 1)
    assert undone.received.organisation is None
    assert asked(made) == [(1, "reference-missing", 2)]
    assert is_sound(made)
    resolved(made, [1], "as", whose=other)
    assert [(each.organisation, each.state.counts) for each in received(made)] == [(1, True), (2, True)]
    assert is_sound(made)


def test_a_return_under_its_own_name_takes_the_place_of_the_earlier_one(made: Made) -> None:
    """With a code that was lost, but the name of the organisation in it."""
    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name), at=0))
    taken(made, made.attached(name, made.workbook(name, seed=2, reference="KIL-0000-0000-0000"), at=5))
    resolved(made, [1], "as", whose=name)
    assert [each.state.counts for each in received(made)] == [False, True]


def test_what_is_asked_goes_with_the_return(made: Made) -> None:
    """To the organisation that it is of by decision: also in the ledger, whichever of the two is forgotten then."""
    name, other = made.names[0], made.names[1]
    with made.open() as collection:
        before = _recorded(collection, "2025")[name]
    data = made.workbook(name, reference=before.reference, round_id="2025", called=other, number=made.row(other).number)
    taken(made, made.attached(name, data))
    assert [code for _, code, _ in asked(made)] == ["organisation-differs", "round-other"]
    resolved(made, [1], "as", whose=other)
    with made.open() as collection:
        assert [query.organisation for query in collection.store.queries()] == [2]
    assert is_sound(made)
    with made.open() as collection:
        forget(collection, planned(collection, name), "asked")
    assert [each.organisation for each in received(made)] == [2]
    assert is_sound(made)
    resolved(made, [2], "accept")
    assert [(each.organisation, each.round_id, each.state.counts) for each in received(made)] == [(2, "2026", True)]
    assert is_sound(made)


def test_a_nobodys_workbook_of_another_round_is_asked_about(made: Made) -> None:
    """Its code is gone, and what it says of its round is not hidden by that; either may be decided first."""
    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name, reference="KIL-0000-0000-0000", round_id="2019"), at=0))
    assert [code for _, code, _ in asked(made)] == ["reference-missing", "round-other"]
    resolved(made, [2], "accept")
    assert states(made) == [(HELD, WHOLE)]
    resolved(made, [1], "as", whose=name)
    assert [each.state.counts for each in received(made)] == [True]


def test_a_late_workbook_may_count_for_the_round_that_it_was_made_for(made: Made, tmp_path: Path) -> None:
    """It stands for its organisation in the earlier round, and nothing in this one has come from it."""
    before = make(tmp_path / "before", made.rows, round_id="2025")
    name = made.names[0]
    with before.open() as old, made.open() as collection, collection.store.transaction():
        for copy in old.store.copies():
            collection.store.add_copy(copy)
    taken(made, made.attached(name, before.workbook(name), at=0))
    assert [code for _, code, _ in asked(made)] == ["round-other"]
    resolved(made, [1], "then")
    assert [(each.round_id, each.state.counts) for each in received(made)] == [("2025", True)]
    assert is_sound(made)
    told = run(made, "resolve", "--reopen", "1", "--why", "a slip")
    assert "Query 1 is open again" in told
    resolved(made, [1], "accept")
    assert [(each.round_id, each.state.counts) for each in received(made)] == [("2026", True)]
    assert is_sound(made)


# Changing one's mind


def test_a_wrong_decision_is_taken_back(made: Made) -> None:
    """The return waits, and the one whose place it took counts again."""
    of_two(made, decision="later")
    assert [state for state, _ in states(made)] == [SUPERSEDED, ACCEPTED]
    told = run(made, "resolve", "--reopen", "1", "--why", "a slip")
    assert "Query 1 is open again" in told
    assert "counts again: #1" in told
    assert [state for state, _ in states(made)] == [ACCEPTED, HELD]
    assert kinds(made, 2)[-2:] == ["held", "query-reopened"]
    assert is_sound(made)
    resolved(made, [1], "both")
    assert states(made) == [(ACCEPTED, VIEW), (ACCEPTED, VIEW)]
    assert is_sound(made)


def test_a_return_that_was_turned_down_by_mistake_can_be_accepted(made: Made) -> None:
    """All that was answered with that decision is asked again."""
    name, other = made.names[0], made.names[1]
    data = made.workbook(name, number=made.row(other).number)
    taken(made, made.attached(name, data, sender=made.row(other).email))
    resolved(made, [1], "reject")
    assert states(made) == [(REFUSED, WHOLE)]
    undone = reopened(made, 1)
    assert [each.query.id for each in undone.asked] == [1, 2]
    resolved(made, [1, 2], "accept")
    assert states(made) == [(ACCEPTED, WHOLE)]
    assert is_sound(made)


def test_a_return_that_was_withdrawn_while_it_waited_is_asked_about_again(made: Made) -> None:
    """It never counted, so it does not just come back."""
    of_two(made)
    withdrawn(made, "#2")
    reopened(made, 1)
    assert [state for state, _ in states(made)] == [ACCEPTED, HELD]


def test_what_cannot_be_taken_back_is_said(made: Made) -> None:
    """A query that is open, or not there, or about no return, or about one that was taken back since."""
    name, other = made.names[0], made.names[1]
    taken(made, made.attached(name, made.workbook(name), sender=made.row(other).email))
    for number, said in ((99, "no query 99"), (1, "Query 1 is open")):
        with pytest.raises(UsageProblem, match=said):
            reopened(made, number)
    resolved(made, [1], "accept")
    withdrawn(made, "#1")
    with pytest.raises(UsageProblem, match="Return #1, which query 1 is about, is withdrawn"):
        reopened(made, 1)


def test_a_decision_that_answers_another_query_skips_that(made: Made) -> None:
    """The first makes the other return superseded, and nobody need decide about that any more."""
    name = made.names[0]
    taken(made, made.attached(name, made.workbook(name, called="Applewick Hub CIC"), at=0))
    taken(made, made.attached(name, made.workbook(name, seed=2, number="GB-CHC-1234567"), at=5))
    assert [code for _, code, _ in asked(made)] == ["name-differs", "number-differs"]
    told = run(made, "resolve", "2", "1", "accept", "--why", "checked")
    assert "Query 1 was closed by then (superseded)" in told
    assert [state for state, _ in states(made)] == [SUPERSEDED, ACCEPTED]


# Who is no longer on the list


def test_who_is_no_longer_on_the_list_does_not_count(made: Made) -> None:
    """As its late return would be held; unless somebody decides that it counts all the same."""
    first, second = made.names[:2]
    taken(made, *(made.attached(name, made.workbook(name, seed=at), at=at) for at, name in enumerate((first, second))))
    write_list(made.folder / "organisations.csv", made.rows[1:])
    with made.open() as collection:
        collection.organisations()
        assert [each.organisation for each in counting(collection)] == [2]
        (note,) = collection.returned().notes
    assert "no longer on the list" in note
    assert first in note
    taken(made, made.attached(first, made.workbook(first, seed=5), at=9))
    assert [code for _, code, _ in asked(made)] == ["unlisted"]
    resolved(made, [1], "accept")
    with made.open() as collection:
        assert [each.id for each in counting(collection)] == [2, 3]
        assert not collection.returned().notes


def test_a_return_given_to_one_that_is_not_on_the_list_is_asked_about(made: Made) -> None:
    """Else it would seem to count, and would not."""
    first, second = made.names[:2]
    write_list(made.folder / "organisations.csv", made.rows[1:])
    with made.open() as collection:
        collection.organisations()
    taken(made, made.attached(second, made.workbook(second, reference="KIL-0000-0000-0000"), at=0))
    resolved(made, [1], "as", whose=first)
    assert [code for _, code, _ in asked(made)] == ["unlisted"]
    resolved(made, [2], "accept")
    with made.open() as collection:
        assert [each.organisation for each in counting(collection)] == [1]


# Anything at all, with the records as they are


@dataclass(frozen=True)
class Sample:
    """Workbooks that were read once: what a test lets come in, in any order."""

    collection: Collection
    readings: tuple[Reading, ...] = field(repr=False)
    said: tuple[Stated, ...] = field(repr=False)

    @contextmanager
    def fresh(self) -> Iterator[Collection]:
        """The collection before anything came in."""
        store = self.collection.store.rehearsal()
        try:
            yield with_(self.collection, store=store)
        finally:
            store.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """Of two organisations: whole returns, what was agreed on, and ones with lost or foreign codes."""
    made = make(tmp_path_factory.mktemp("sample") / "round", listed(0, 2))
    name, other = made.names
    files = [
        made.workbook(name, person=CHIEF),
        made.workbook(name, seed=2, person=CHIEF),
        made.workbook(name, seed=3, person=TREASURER),
        agreed(made, name, 0).data,
        made.workbook(other, seed=4, reference="KIL-0000-0000-0000"),
        made.workbook(other, seed=5, called=name, person=CHIEF),
        made.workbook(name, seed=6, called="The Hub of Applewick", typed=with_an_error(made.wanted[name].plan)),
    ]
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{at}.xlsx" for at in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    with made.open() as collection:
        readings = pipeline.read(paths, collection.framework_name).readings
        instrument = collection.plan("community").instrument
        said = [stated(each, instrument) for each in readings]
        yield Sample(collection, tuple(readings), tuple(each for each in said if each is not None))


deeds = st.lists(
    st.tuples(
        st.sampled_from(("come", "come", "come", "decide", "decide", "withdraw", "back", "again", "reopen")),
        st.integers(0, 100),
        st.integers(0, 9),
    ),
    max_size=25,
)


def _do(collection: Collection, sample: Sample, deed: str, which: int, hour: int) -> None:
    """One thing that may happen; nothing where it cannot."""
    store = collection.store
    when: dict[str, Any] = {
        "sent_at": f"2026-05-01T{hour:02}:00:00+00:00" if hour else "",
        "batch": 1 + which % 3,
        "sender": ("", "office@applewick.example", "treasurer@applewick.example")[which % 3],
    }
    if deed == "come":
        at = which % len(sample.readings)
        reading, said = sample.readings[at], sample.said[at]
        sha256 = f"{at:064x}"
        if store.received(sha256=sha256):
            return
        with store.transaction():
            store.add_original(sha256, 1, ".xlsx", "2026-06-01T00:00:00+00:00")
            draft = Received(
                id=0, sha256=sha256, organisation=None, round_id=collection.round_id, state=HELD, share=WHOLE,
                reference=said.reference, respondent=said.respondent, name=f"{at}.xlsx", person=said.person,
                received_at="2026-06-01T00:00:00+00:00", errors=at % 2, digest=said.digest, **when,
            )  # fmt: skip
            Judge(collection).receive(draft, reading, said, collection.made_with)
    elif deed == "decide":
        queries = store.queries()
        if queries:
            _answer(collection, queries[which % len(queries)], hour)
    elif deed == "reopen":
        closed = [each for each in store.queries(open_only=False) if each.closed_at]
        if closed:
            reopen(collection, closed[which % len(closed)].id)
    else:
        every = store.received()
        one = every[which % len(every)] if every else None
        if one is None:
            return
        if deed == "again" and one.state in (WITHDRAWN, REFUSED):
            with store.transaction():
                Judge(collection).comes_again(one, **when)
        elif deed != "again":
            withdraw(collection, f"#{one.id}", "so be it", back=deed == "back")


def _answer(collection: Collection, query: Query, which: int) -> None:
    choices = list(QUERIES[query.code].choices)
    decision = choices[which % len(choices)]
    names = [each.name for each in collection.store.organisations()]
    decide(collection, [query.id], decision, whose=names[which % 2] if decision == "as" else "")


@given(deeds)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_happens_the_records_are_sound(sample: Sample, done: list[tuple[str, int, int]]) -> None:
    """One return stands for an organisation at most, what waits is asked about, and the ledger tells the same."""
    with sample.fresh() as collection:
        store = collection.store
        for deed, which, hour in done:
            try:
                _do(collection, sample, deed, which, hour)
            except UsageProblem:
                continue  # it cannot be done, and nothing was
            of = {each.organisation for each in store.received()}
            for organisation in of - {None}:
                theirs = store.received(organisation=organisation, round_id=collection.round_id)
                assert list(clashes(theirs)) == []
            waits = {each.id for each in store.received(state=HELD)}
            assert waits <= {each.received for each in store.queries()}
        left = [each for each in check(collection, again=0).wrong if "original" not in each]
        assert left == []
        for _ in range(100):
            queries = store.queries()
            if not queries:
                break
            try:
                _answer(collection, queries[0], 0)
            except UsageProblem as refusal:  # what is nobody's cannot be accepted before somebody says whose it is
                assert "it is not known whose return" in refusal.message
                _answer(collection, queries[0], list(QUERIES[queries[0].code].choices).index("as"))
        assert not store.queries()
        assert not store.received(state=HELD)


def test_a_return_and_its_arrival_agree(made: Made) -> None:
    """What came again is on record by the mail with which it came last."""
    name = made.names[0]
    data = made.workbook(name)
    taken(made, made.attached(name, data, at=0))
    withdrawn(made, name)
    taken(made, made.attached(name, data, at=30, sender="t@applewick.example"))
    (one,) = received(made)
    assert (one.sent_at, one.sender) == ("2026-05-02T15:00:00+00:00", "t@applewick.example")
    assert one.batch == 2
