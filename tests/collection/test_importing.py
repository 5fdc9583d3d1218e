"""Taking in what came: once, in order, and never as a guess."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from collections_made import SENT, Made, listed, make, plan_of, with_an_error, write_list, zipped
from manglings.locked import locked

from kil_xlsx.cli.commands import main
from kil_xlsx.core.collection import Event, Expected, Mail, MailState, Purpose, Received, ReturnState
from kil_xlsx.errors import StoreError, UsageProblem
from kil_xlsx.mail.items import Attached, AutoReply, Bounced, Item, LeftOut, NoAttachment, Provenance, Unusable
from kil_xlsx.pipeline.collection.checking import check
from kil_xlsx.pipeline.collection.deciding import decide
from kil_xlsx.pipeline.collection.forgetting import forget, planned
from kil_xlsx.pipeline.collection.importing import Done, take_in
from kil_xlsx.pipeline.collection.left_behind import FOUND
from kil_xlsx.pipeline.collection.naming import organisation_named
from kil_xlsx.pipeline.collection.taken import KINDS, Imported


def taken(made: Made, items: Iterable[Item | Done], **options: str) -> Imported:
    """Import items in a run of their own."""
    with made.open() as collection:
        return take_in(collection, items, **options)


def received(made: Made) -> list[Received]:
    with made.open() as collection:
        return collection.store.received()


def kinds(made: Made) -> list[str]:
    """The ledger, but for how the collection was made."""
    made_before = ("collection-made", "list-changed", "workbook-made")
    with made.open() as collection:
        return [event.kind for event in collection.store.events() if event.kind not in made_before]


def content(made: Made) -> list[str]:
    """All that the database holds, as SQL."""
    with closing(sqlite3.connect(made.place.database)) as database:
        return list(database.iterdump())


def files(made: Made) -> dict[str, bytes]:
    """The originals."""
    return {path.name: path.read_bytes() for path in made.place.originals.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Give a collection of three community organisations, only to be copied and to make workbooks from."""
    return make(tmp_path_factory.mktemp("books") / "round")


@pytest.fixture
def made(books: Made, tmp_path: Path) -> Made:
    """Give a collection like it, to work with."""
    return copied(books, tmp_path / "round")


def copied(made: Made, folder: Path) -> Made:
    """A collection once more, elsewhere."""
    shutil.copytree(made.folder, folder)
    return replace(made, folder=folder)


def test_a_return_is_taken_in(made: Made) -> None:
    """The file is kept as it came; state, events and what was read from it are recorded."""
    name = made.names[0]
    data = made.workbook(name, person="Chief officer")
    done = taken(made, [made.attached(name, data)])
    assert [(each.what, each.organisation) for each in done.happened] == [("accepted", name)]
    (one,) = received(made)
    assert one.state is ReturnState.ACCEPTED
    assert (one.organisation, one.reference) == (made.asked(name).id, made.reference(name))
    assert (one.sender, one.person) == (made.row(name).email, "Chief officer")
    assert (one.sent_at, one.batch) == (SENT.isoformat(), 1)
    assert 0 < one.answered <= one.applicable
    assert one.overall is not None
    assert kinds(made) == ["received", "accepted"]
    assert files(made) == {f"{hashlib.sha256(data).hexdigest()}.xlsx": data}
    with made.open() as collection:
        reading = collection.store.reading(one.id, collection.made_with)
        assert reading is not None
        assert reading.result is not None
        assert reading.result.overall == one.overall
        assert not collection.store.faults()


def test_importing_twice_changes_nothing(made: Made) -> None:
    """Not one byte of what the database holds, nor any file: whatever there was among what came."""
    first, second, third = made.names
    our = "<ours@council.example>"
    with made.open() as collection, collection.store.transaction():
        collection.store.add_mail(mail_to(made, first, our))
    again = made.workbook(second)
    whence = Provenance("Inbox", "<m@x.example>", SENT, made.row(third).email, (our,))
    items: list[Item | Done] = [
        made.attached(first, made.workbook(first)),
        made.attached(first, made.workbook(first, seed=2), at=1),
        made.attached(second, again),
        made.attached(second, again, at=5),
        made.attached(third, made.workbook(third, reference="KIL-0000-0000-000"), at=2),
        made.attached(third, b"%PDF-1.4 not a workbook", at=3),
        Bounced(whence, (our,), (made.row(first).email,), permanent=True, said="no such user"),
        AutoReply(whence, "away"),
        NoAttachment(whence),
        Unusable("x.zip", whence, "It is locked."),
        LeftOut("logo.png", whence, "a small picture"),
    ]
    done = taken(made, items)
    assert set(done.counts) == {
        "accepted",
        "held",
        "refused",
        "again",
        "bounced",
        "away",
        "replied",
        "unusable",
        "left-out",
    }
    before, kept = content(made), files(made)
    again_done = taken(made, reversed(items))
    assert content(made) == before
    assert files(made) == kept
    assert dict(again_done.counts) == {"again": 6, "seen": 4, "left-out": 1}
    assert not again_done.queries
    assert kinds(made).count("received-again") == 1


def mail_to(made: Made, name: str, message_id: str, state: MailState = MailState.SENT, serial: int = 1) -> Mail:
    row = made.row(name)
    organisation = made.names.index(name) + 1
    return Mail(
        id=0, organisation=organisation, round_id=made.round_id, purpose=Purpose.INVITATION, serial=serial,
        address=row.email, message_id=message_id, state=state, changed_at=f"2026-04-0{serial}T08:00:00+00:00",
    )  # fmt: skip


def test_the_same_bytes_twice_are_in_once(made: Made) -> None:
    """In the same run and in a later one; each way in which they came is recorded."""
    name = made.names[0]
    data = made.workbook(name)
    done = taken(made, [made.attached(name, data), made.attached(name, data, at=1), made.attached(name, data, at=None)])
    assert [each.what for each in done.happened] == ["accepted", "again", "again"]
    assert taken(made, [made.attached(name, data, at=7)]).counts == {"again": 1}
    assert len(received(made)) == len(files(made)) == 1
    with made.open() as collection:
        arrivals = collection.store.arrivals(hashlib.sha256(data).hexdigest())
    assert [each.batch for each in arrivals] == [1, 1, 1, 2]
    assert kinds(made) == ["received", "accepted", "received-again", "received-again", "received-again"]


def test_a_later_return_supersedes_and_the_earlier_one_stays(made: Made) -> None:
    """Both files are kept; the order in which they came in does not matter."""
    first, second, _ = made.names
    early, late = made.workbook(first), made.workbook(first, seed=2)
    done = taken(made, [made.attached(first, late, at=2), made.attached(first, early, at=1)])
    assert [each.what for each in done.happened] == ["accepted", "superseded"]
    other = [made.attached(second, made.workbook(second, seed=seed), at=seed) for seed in (1, 2)]
    done = taken(made, other)
    assert (done.superseded, [each.what for each in done.happened]) == (1, ["accepted", "accepted"])
    assert [each.state.counts for each in received(made)] == [True, False, False, True]
    assert len(files(made)) == 4


def test_a_return_with_something_to_put_right_counts(made: Made) -> None:
    """It counts, and the import says how much there is to do."""
    name = made.names[0]
    data = made.workbook(name, typed=with_an_error(plan_of("community")))
    (one,) = taken(made, [made.attached(name, data)]).happened
    assert one.what == "accepted-with-queries"
    assert one.errors + one.to_explain >= 1


def test_a_file_that_cannot_be_read_is_kept_and_refused(made: Made) -> None:
    """Its sender is recorded as a hint, without its organisation having answered."""
    name = made.names[0]
    done = taken(made, [made.attached(name, b"%PDF-1.4 hello"), made.attached(name, b"Dear all", sender="x@x.example")])
    assert done.counts == {"refused": 2}
    assert "PDF" in done.happened[0].why
    one, other = received(made)
    assert (one.state, one.organisation) == (ReturnState.REFUSED, made.asked(name).id)
    assert other.organisation is None
    assert sorted(Path(each).suffix for each in files(made)) == [".pdf", ".txt"]
    with made.open() as collection:
        with pytest.raises(UsageProblem):
            collection.returned()
        assert [each.code for each in collection.store.reading(one.id, collection.made_with).problems] == [
            "file-is-pdf"
        ]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("code", "changes", "sender"),
    [
        ("reference-missing", {"reference": "KIL-0000"}, None),
        ("reference-unknown", {"reference": "KIL-7QF4-9ZTM-42X"}, None),
        ("relabelled", {"round_id": "2025"}, None),
        ("forwarded", {}, 1),
        ("organisation-differs", {"number": 1}, None),
        ("number-differs", {"number": "GB-CHC-9999999"}, None),
        ("name-differs", {"called": "The Hub of Brambleford Ltd"}, None),
        ("sender-unknown", {}, "somebody@elsewhere.example"),
    ],
)
def test_what_does_not_fit_becomes_a_query(
    made: Made, code: str, changes: dict[str, object], sender: int | str | None
) -> None:
    """A workbook is asked about and, unless it is only a trifle, held."""
    from kil_xlsx.layout.stamp import reference_code

    name = made.names[0]
    facts = dict(changes)
    if code == "reference-unknown":
        facts["reference"] = reference_code("KIL", "of nobody")
    if isinstance(facts.get("number"), int):
        facts["number"] = made.rows[1].number
    address = made.rows[sender].email if isinstance(sender, int) else sender
    done = taken(made, [made.attached(name, made.workbook(name, **facts), sender=address)])  # type: ignore[arg-type]
    assert [query.code for query in done.queries] == [code]
    (one,) = received(made)
    assert one.state.counts is not done.queries[0].holds
    assert ("held" in kinds(made)) is done.queries[0].holds


def test_a_workbook_of_another_round_is_asked_about(made: Made, tmp_path: Path) -> None:
    """One that this collection made for the year before."""
    before = make(tmp_path / "before", made.rows, round_id="2025")
    name = made.names[0]
    with before.open() as old, made.open() as collection, collection.store.transaction():
        for copy in old.store.copies():
            collection.store.add_copy(copy)
    done = taken(made, [made.attached(name, before.workbook(name))])
    assert [(query.code, query.found, query.expected) for query in done.queries] == [("round-other", "2025", "2026")]
    with made.open() as collection:
        decide(collection, [done.queries[0].id], "accept")
    (one,) = received(made)
    assert (one.state, one.round_id) == (ReturnState.ACCEPTED, "2026")


def test_two_with_one_number_are_both_asked_about(tmp_path: Path) -> None:
    """Nobody knows which of them is right, so the one that came first does not count either until that is decided."""
    made = make(tmp_path, listed(0, 2, numbers=False))
    first, second = made.names
    number = "GB-CHC-9955555"
    done = taken(made, [made.attached(each, made.workbook(each, number=number)) for each in (first, second)])
    assert [each.state for each in received(made)] == [ReturnState.HELD, ReturnState.HELD]
    with made.open() as collection:
        queries = collection.store.queries()
        assert [query.code for query in queries] == ["number-shared"] * 2
        decide(collection, [query.id for query in queries], "accept")
    assert [each.state for each in received(made)] == [ReturnState.ACCEPTED, ReturnState.ACCEPTED]
    assert done.counts == {"accepted": 1, "held": 1}


def test_a_workbook_that_nobody_filled_in_is_asked_about(made: Made) -> None:
    """It neither counts nor takes the place of a return that does, unless somebody says so."""
    name = made.names[0]
    taken(made, [made.attached(name, made.workbook(name), at=1)])
    done = taken(made, [made.attached(name, made.wanted[name].data(), at=2)])
    assert [query.code for query in done.queries] == ["nothing-new"]
    assert [each.state.counts for each in received(made)] == [True, False]
    with made.open() as collection:
        decide(collection, [done.queries[0].id], "accept")
    assert [each.state.counts for each in received(made)] == [False, True]


def test_an_organisation_that_is_off_the_list_is_asked_about(made: Made) -> None:
    """Its workbook is right, and it is no longer asked."""
    name = made.names[0]
    write_list(made.folder / "organisations.csv", made.rows[1:])
    with made.open() as collection:
        collection.organisations()
    done = taken(made, [made.attached(name, made.workbook(name))])
    assert [query.code for query in done.queries] == ["unlisted"]


def test_a_return_ends_a_waiver(made: Made) -> None:
    """Who need not answer and does is one that answers."""
    name = made.names[0]
    number = made.asked(name).id
    with made.open() as collection, collection.store.transaction():
        collection.store.record(
            Event(kind="waived", at="2026-05-01T00:00:00+00:00", organisation=number, round_id=made.round_id)
        )
    taken(made, [made.attached(name, made.workbook(name))])
    assert kinds(made)[-1] == "waiver-ended"
    with made.open() as collection:
        assert not collection.store.waived(made.round_id)


def test_mail_that_was_passed_on_is_from_whoever_wrote_it(made: Made) -> None:
    """The coordinator, or a colleague, forwards the mail of an organisation."""
    name = made.names[0]
    for at, sender in enumerate(("round@council.example", "colleague@council.example")):
        whence = Provenance("Inbox", f"<{at}@x>", SENT + timedelta(hours=at), sender, inner_sender=made.row(name).email)
        item = made.attached(name, made.workbook(name, seed=at + 1))
        done = taken(made, [type(item)(item.name, item.data, whence)])
        assert not done.queries, sender
    assert {each.sender for each in received(made)} == {made.row(name).email}


def test_files_of_a_forgotten_organisation_stay_out(made: Made) -> None:
    """The same bytes, and others under its reference code; what is left of them on the disk is removed."""
    name = made.names[0]
    data, other = made.workbook(name), made.workbook(name, seed=2)
    taken(made, [made.attached(name, data)])
    number = made.asked(name).id
    with made.open() as collection:
        with collection.store.transaction():
            collection.store.forget(number, "2026-06-01T00:00:00+00:00")
        done = take_in(collection, [made.attached(made.names[1], each, sender="") for each in (data, other, other)])
    assert done.counts == {"left-out": 3}
    assert all("forgotten" in each.why for each in done.happened)
    assert not files(made)
    assert not received(made)


# Runs that were stopped


def stopped_over(made: Made, item: Attached) -> None:
    """An import that ends when the file is kept and just before anything of it is recorded."""
    with closing(sqlite3.connect(made.place.database)) as database:
        database.execute("CREATE TRIGGER stop BEFORE INSERT ON originals BEGIN SELECT RAISE(ABORT, 'stopped'); END")
        with pytest.raises(StoreError, match="stopped"):
            taken(made, [item])
        database.execute("DROP TRIGGER stop")


def put_down(made: Made) -> list[Expected]:
    """How files came that runs were stopped over."""
    with made.open() as collection:
        return collection.store.expected()


def test_a_stopped_run_loses_neither_sender_nor_date(made: Made, tmp_path: Path) -> None:
    """What it was stopped over comes in first of all, as it would have; imported again it is known."""
    first, second, third = made.names
    data = made.workbook(first)
    item = made.attached(first, data, at=5, sender=made.row(second).email)
    other = made.attached(third, made.workbook(third))
    whole = copied(made, tmp_path / "whole")
    taken(whole, [item])
    stopped_over(made, item)
    assert not received(made)
    assert set(files(made)) == {f"{hashlib.sha256(data).hexdigest()}.xlsx"}
    for each in (whole, made):
        done = taken(each, [other])
    assert [(each.what, each.organisation, each.source) for each in done.happened] == [
        ("held", first, "Inbox"),
        ("accepted", third, "Inbox"),
    ]
    assert [query.code for query in done.queries] == ["forwarded"]
    for each in (whole, made):
        assert taken(each, [item]).counts == {"again": 1}
    assert put_down(made) == []
    assert kinds(made) == kinds(whole)
    same = ("sha256", "state", "sender", "sent_at", "name")
    assert [[getattr(each, name) for name in same] for each in received(made)] == [
        [getattr(each, name) for name in same] for each in received(whole)
    ]
    with made.open() as one, whole.open() as other_one:
        for sha256 in one.store.originals():
            came = [
                [(each.name, each.source, each.message_id, each.sender, each.date) for each in store.arrivals(sha256)]
                for store in (one.store, other_one.store)
            ]
            assert came[0] == came[1]


def test_an_old_return_that_a_run_was_stopped_over_stays_the_earlier_one(made: Made) -> None:
    """It is taken in after the newer one, and the date of its mail is known all the same."""
    name = made.names[0]
    taken(made, [made.attached(name, made.workbook(name), at=240)])
    stopped_over(made, made.attached(name, made.workbook(name, seed=2), at=1))
    assert taken(made, []).counts == {"superseded": 1}
    assert [each.state.counts for each in received(made)] == [True, False]


def test_mail_that_was_passed_on_is_so_after_a_stop_too(made: Made) -> None:
    """Whoever wrote the mail that the coordinator passed on is the sender."""
    name = made.names[0]
    whence = Provenance("Inbox", "<1@x>", SENT, "round@council.example", inner_sender=made.row(name).email)
    stopped_over(made, replace(made.attached(name, made.workbook(name)), whence=whence))
    assert taken(made, []).counts == {"accepted": 1}
    assert received(made)[0].sender == made.row(name).email


def test_a_run_stopped_beside_another_one_loses_nothing_either(made: Made) -> None:
    """The other one comes upon the same file: it came first as the one that was stopped had it."""
    first, second, _ = made.names
    data = made.workbook(first)
    ours, theirs = made.attached(first, data, at=None), made.attached(first, data, sender=made.row(second).email)

    def meanwhile() -> Iterator[Item]:
        stopped_over(made, theirs)
        yield ours

    assert [each.what for each in taken(made, meanwhile()).happened] == ["held", "again"]
    assert received(made)[0].sender == made.row(second).email
    assert put_down(made) == []


def test_what_was_put_down_and_not_kept_is_struck_out(made: Made) -> None:
    """A run that was stopped before the file was whole on the disk leaves nothing; half a file goes."""
    name = made.names[0]
    item = made.attached(name, made.workbook(name))
    stopped_over(made, item)
    with made.open() as collection:
        collection.originals.remove(hashlib.sha256(item.data).hexdigest())
    litter = made.place.originals / "ab" / ".abcdef.1234.tmp"
    litter.parent.mkdir(exist_ok=True)
    litter.write_bytes(b"half")
    assert len(put_down(made)) == 1
    assert not taken(made, []).happened
    assert put_down(made) == []
    assert not files(made)
    assert taken(made, [item]).counts == {"accepted": 1}


@pytest.mark.parametrize("whose", [0, 1])
def test_what_a_stopped_run_left_is_forgotten_too(made: Made, whose: int) -> None:
    """The file of the one that is forgotten goes, whoever had sent it; one of another's loses the address only."""
    forgotten, name = made.names[0], made.names[whose]
    sender = "chair@elsewhere.example" if name == forgotten else made.row(forgotten).email
    stopped_over(made, made.attached(name, made.workbook(name), sender=sender))
    assert [each.sender for each in put_down(made)] == [sender]
    with made.open() as collection:
        forget(collection, planned(collection, forgotten), "asked for")
    left = [(each.organisation, each.state, each.sender) for each in received(made)]
    assert left == ([(made.asked(name).id, ReturnState.HELD, "")] if whose else [])
    assert len(files(made)) == whose
    assert put_down(made) == []
    assert not [each for each in content(made) if made.row(forgotten).email in each]


def test_a_file_that_a_stopped_run_left_goes_if_it_is_of_somebody_forgotten(made: Made) -> None:
    """It is found out by its reference code only, when it is read."""
    name = made.names[0]
    stopped_over(made, made.attached(name, made.workbook(name), sender=""))
    with made.open() as collection, collection.store.transaction():
        collection.store.forget(made.asked(name).id, "2026-06-01T00:00:00+00:00")
    assert taken(made, []).counts == {"left-out": 1}
    assert not files(made)
    assert put_down(made) == []


def test_a_file_of_which_nothing_says_how_it_came_is_not_taken_in(made: Made, tmp_path: Path) -> None:
    """Somebody has put it among the originals: that is told until the mail that it came with is imported."""
    first, second, third = made.names
    with made.open() as collection:
        for name in (first, second):
            collection.originals.put(made.workbook(name), ".xlsx")
        assert len([each for each in check(collection).wrong if "nothing says how it came" in each]) == 2
    done = taken(made, [made.attached(third, made.workbook(third))])
    assert [(each.what, each.source) for each in done.happened] == [
        ("accepted", "Inbox"),
        ("left-out", FOUND),
        ("left-out", FOUND),
    ]
    assert "Nothing says how it came" in done.happened[1].why
    done = taken(made, [made.attached(first, made.workbook(first), sender=made.row(second).email)])
    assert done.counts == {"held": 1, "left-out": 1}
    (path,) = made.place.originals.rglob(f"{hashlib.sha256(made.workbook(second)).hexdigest()}*")
    code, told = run(made, "import", shutil.copy(path, tmp_path))
    assert (code, "1 file taken in" in told, "left out" in told) == (0, True, False), told
    assert len(received(made)) == len(files(made)) == 3


def test_a_locked_file_is_read_once_its_password_is_known(made: Made) -> None:
    """The same bytes, refused before, are taken for what they are; without the password nothing changes."""
    name = made.names[0]
    item = made.attached(name, locked(made.workbook(name), "kept secret"))
    assert taken(made, [item]).counts == {"refused": 1}
    before = content(made)
    assert taken(made, [item]).counts == {"again": 1}
    assert taken(made, [item], password="wrong").counts == {"again": 1}
    assert content(made) == before
    assert taken(made, [item], password="kept secret").counts == {"accepted": 1}
    (one,) = received(made)
    assert (one.state, one.organisation) == (ReturnState.ACCEPTED, made.asked(name).id)
    assert kinds(made) == ["received", "refused", "received", "accepted"]
    before = content(made)
    assert taken(made, [item], password="kept secret").counts == {"again": 1}
    assert content(made) == before


def test_a_signal_is_given_once_all_before_it_is_recorded(made: Made) -> None:
    """As a mailbox is only marked when nothing of a mail can be lost any more."""
    seen: list[int] = []
    items: list[Item | Done] = []
    for name in made.names:
        items.append(made.attached(name, made.workbook(name)))
        items.append(Done(lambda: seen.append(len(received(made)))))
    taken(made, items)
    assert seen == [1, 2, 3]


def test_only_a_few_files_are_under_way(made: Made) -> None:
    """However many there are, they are taken from where they come only as they are dealt with."""
    ahead = []
    recorded = 0

    def many() -> Iterable[Item]:
        for at in range(60):
            ahead.append(at - recorded)
            yield made.attached(made.names[0], f"Dear all, number {at}".encode(), at=at % 20)

    def on_each(_: object) -> None:
        nonlocal recorded
        recorded += 1

    with made.open() as collection:
        done = take_in(collection, many(), on_each=on_each)
    assert len(done.happened) == 60
    assert max(ahead) <= 13


def test_two_imports_at_once(made: Made, tmp_path: Path) -> None:
    """Each file is in once, with each way in which it came, and the database is sound."""
    returns = tmp_path / "returns"
    returns.mkdir()
    for seed in range(1, 5):
        for name in made.names:
            (returns / f"{name} {seed}.eml").write_bytes(
                made.mail(name, (f"{seed}.xlsx", made.workbook(name, seed=seed)), at=seed)
            )
    program = "import sys; from kil_xlsx.cli.commands import main; main()"
    command = [sys.executable, "-c", program, "-C", str(made.folder), "import", str(returns), "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ends = [each.communicate(timeout=120) for each in both]
    assert [(each.returncode, end[1]) for each, end in zip(both, ends, strict=True)] == [(0, b""), (0, b"")]
    assert len(received(made)) == len(files(made)) == 12
    assert sum(each.state.counts for each in received(made)) == 3
    assert "received-again" not in kinds(made)
    with made.open() as collection:
        assert not collection.store.faults()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_import_does_not_matter(books: Made, tmp_path: Path, seed: int) -> None:
    """Where the dates of the mails are known, the same returns count."""
    rng = Random(seed)
    items = [
        books.attached(name, books.workbook(name, seed=each), at=hour)
        for name in books.names
        for each, hour in enumerate(rng.sample(range(20), 3), 1)
    ]
    found = []
    for at in range(2):
        made = copied(books, tmp_path / str(at))
        rng.shuffle(items)
        taken(made, items)
        found.append({(each.sha256, each.state) for each in received(made)})
    assert found[0] == found[1]


# Mails without a workbook


def test_a_bounce_is_matched_by_its_message_id_or_its_address(made: Made) -> None:
    """The mail of that id; without one, the newest to the address; a delay is only recorded."""
    first, second, third = made.names
    with made.open() as collection, collection.store.transaction():
        for at, (name, serial) in enumerate(((first, 1), (second, 1), (second, 2), (third, 1))):
            collection.store.add_mail(mail_to(made, name, f"<{at}@council.example>", serial=serial))
    here = Provenance("Inbox", "<a@x>")

    def bounce(number: int, ids: tuple[str, ...], to: str, *, permanent: bool = True) -> Bounced:
        return Bounced(Provenance("Inbox", f"<b{number}@x>"), ids, (to,), permanent, "no such user")

    done = taken(made, [
        bounce(1, ("<0@council.example>",), made.row(first).email),
        bounce(2, ("<unknown@x>",), made.row(second).email.upper()),
        bounce(3, ("<3@council.example>",), made.row(third).email, permanent=False),
        bounce(4, (), "nobody@nowhere.example"),
        AutoReply(here, "other"),
    ])  # fmt: skip
    assert [(each.what, each.organisation) for each in done.happened] == [
        ("bounced", first), ("bounced", second), ("delayed", third), ("unmatched", ""), ("left-out", ""),
    ]  # fmt: skip
    with made.open() as collection:
        states = [(each.state, each.said) for each in collection.store.mails()]
    assert [state for state, _ in states] == [
        MailState.BOUNCED, MailState.SENT, MailState.BOUNCED, MailState.SENT,
    ]  # fmt: skip
    assert states[0][1] == "no such user"
    assert kinds(made) == ["mail-bounced", "mail-bounced", "mail-delayed"]


def test_replies_are_recorded_for_whoever_they_are_from(made: Made) -> None:
    """By the mail that they answer, else by the address of the sender; those of nobody are only told."""
    first, second, _ = made.names
    with made.open() as collection, collection.store.transaction():
        collection.store.add_mail(mail_to(made, first, "<ours@council.example>"))
    answer = Provenance("Inbox", "<1@x>", SENT, "assistant@elsewhere.example", ("<ours@council.example>",))
    done = taken(made, [
        AutoReply(answer, "away"),
        NoAttachment(Provenance("Inbox", "<2@x>", SENT, made.row(second).email)),
        NoAttachment(Provenance("Inbox", "<3@x>", SENT, "advert@shop.example")),
    ])  # fmt: skip
    assert [(each.what, each.organisation) for each in done.happened] == [
        ("away", first), ("replied", second), ("unmatched", ""),
    ]  # fmt: skip
    assert kinds(made) == ["away", "replied"]


def test_what_cannot_be_opened_is_asked_about_once(made: Made) -> None:
    """A person has to look at it; without a mail it is known by where it lay."""
    item = Unusable("x.zip", Provenance("returns/x.zip"), "It is locked.")
    assert [query.code for query in taken(made, [item, item]).queries] == ["cannot-open"]
    assert not taken(made, [item]).queries
    assert kinds(made) == ["unusable", "query-opened"]


# The commands


def run(made: Made, *words: str) -> tuple[int, str]:
    """A command in the collection: its exit code and what it prints."""
    result = CliRunner().invoke(main, ["-C", str(made.folder), *words])
    return result.exit_code, result.output


def test_the_import_command(made: Made, tmp_path: Path) -> None:
    """Folders, archives and mails; the exit code says whether somebody has to look; again it is fine."""
    first, second, third = made.names
    returns = tmp_path / "returns"
    returns.mkdir()
    (returns / "one.xlsx").write_bytes(made.workbook(first))
    (returns / "two.zip").write_bytes(zipped(("two.xlsx", made.workbook(second))))
    code, told = run(made, "import", str(returns))
    assert code == 0, told
    assert "2 files taken in." in told
    (returns / "three.eml").write_bytes(made.mail(first, ("three.xlsx", made.workbook(third))))
    code, told = run(made, "import", str(returns))
    assert code == 1
    assert "Query 1:" in told
    assert "kil-xlsx resolve 1 reject" in told
    assert "in already" in told
    code, told = run(made, "import", str(returns))
    assert code == 0
    assert "Nothing new." in told


def test_the_list_is_looked_at_first(made: Made, tmp_path: Path) -> None:
    """An address that was put right is known; a list that cannot be used keeps nothing from coming in."""
    name = made.names[0]
    rows = [replace(made.rows[0], email="new@elsewhere.example"), *made.rows[1:]]
    write_list(made.folder / "organisations.csv", rows)
    letter = tmp_path / "new.eml"
    letter.write_bytes(made.mail(name, ("a.xlsx", made.workbook(name)), sender="new@elsewhere.example"))
    code, told = run(made, "import", str(letter))
    assert (code, "Changed in the list" in told) == (0, True), told
    (made.folder / "organisations.csv").write_text("name,respondent\nX,nonsense\n")
    letter.write_bytes(made.mail(name, ("a.xlsx", made.workbook(name, seed=2)), at=3, sender="new@elsewhere.example"))
    code, told = run(made, "import", str(letter))
    assert (code, "as it was before" in " ".join(told.split())) == (0, True), told
    code, told = run(made, "import", str(tmp_path / "nowhere"))
    assert (code, "no file or folder" in told) == (2, True)


def test_every_kind_of_happening_can_be_told() -> None:
    """The command line has words for each."""
    from kil_xlsx.cli.intake_showing import _SHORT, _TOLD, _TONES

    assert set(_TOLD) == set(_SHORT)
    assert set(_TOLD) | set(_TONES) <= set(KINDS)


def test_fetch_needs_a_mailbox(made: Made) -> None:
    """Without one in the settings, the command says what to do instead."""
    code, told = run(made, "fetch")
    assert code == 2
    assert "[imap]" in told


# Names


def test_an_organisation_is_found_by_what_people_call_it(made: Made) -> None:
    """Its name in any letters, number, reference code or place in the records; nothing less."""
    first = made.names[0]
    with made.open() as collection:
        store = collection.store
        for text in (first, f"  {first.upper()} ", made.rows[0].number.lower(), made.reference(first).lower(), "#1"):
            assert organisation_named(store, text).name == first, text
        for text, said in (
            (first[4:], f"did you mean {first}"),
            (first.replace("w", "v"), f"did you mean '{first}'?"),
            ("", "There is no organisation"),
            ("#99", "There is no organisation #99"),
        ):
            with pytest.raises(UsageProblem, match=said.replace("?", r"\?")):
                organisation_named(store, text)
