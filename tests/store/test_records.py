"""What is remembered comes back as it was, and only what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import stores
from msgspec.structs import replace
from stores import AT, LATER, ROUND, asked, came_in, sha

from kil_xlsx.core.collection import Event, MailState, Purpose, ReturnState, Share
from kil_xlsx.core.returns import Outcome, Part
from kil_xlsx.errors import StoreError
from kil_xlsx.store.asked import ListChanges
from kil_xlsx.store.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty database."""
    with stores.new(tmp_path) as made:
        yield made


# The collection as a whole


def test_the_secret_comes_back_to_the_byte(store: Store, tmp_path: Path) -> None:
    """Reference codes would change with it."""
    assert store.secret == stores.SECRET
    assert [event.kind for event in store.events()] == ["collection-made"]


def test_runs_are_numbered_from_one(store: Store) -> None:
    """Each run of import has a number of its own; one that was undone leaves no gap."""
    with store.transaction():
        assert store.next_batch() == 1
        store.end_batch()
        assert store.next_batch() == 2
        store.end_batch()
    with pytest.raises(KeyError), store.transaction():
        store.next_batch()
        raise KeyError
    with store.transaction():
        assert store.next_batch() == 3


def test_a_run_that_was_stopped_is_gone_on_with_under_its_number(store: Store) -> None:
    """A kill between two files does not make one of them the later one."""
    for _ in range(3):
        with store.transaction():
            assert store.next_batch() == 1
    with store.transaction():
        store.end_batch()
    with store.transaction():
        assert store.next_batch() == 2


def test_the_ledger_keeps_what_was_recorded_in_its_order(store: Store) -> None:
    """Every fact of a line comes back, and lines are found by organisation and round."""
    lines = [
        Event(kind="waived", at=AT, organisation=1, round_id=ROUND, by="coordinator", why="closed – “for good”"),
        Event(kind="received", at=LATER, organisation=2, round_id=ROUND, received=4),
        Event(kind="mail-sent", at=AT, organisation=1, round_id="2025", mail=9),
        Event(kind="query-closed", at=AT, query=3, by="treasurer"),
    ]
    with store.transaction():
        store.record(*lines)
    found = store.events()[1:]
    assert [replace(event, id=0) for event in found] == lines
    assert [event.id for event in found] == sorted(event.id for event in found)
    assert [event.kind for event in store.events(organisation=1)] == ["waived", "mail-sent"]
    assert [event.kind for event in store.events(organisation=1, round_id=ROUND)] == ["waived"]
    assert [event.kind for event in store.events(round_id="2025")] == ["mail-sent"]


def test_the_ledger_takes_only_words_that_it_knows(store: Store) -> None:
    """A line that nothing understands would be lost."""
    with pytest.raises(ValueError, match="knows no"), store.transaction():
        store.record(Event(kind="something", at=AT))
    assert len(store.events()) == 1


def test_waivers_hold_until_they_end_in_one_round(store: Store) -> None:
    """The last word counts."""
    with store.transaction():
        for kind, organisation, round_id in (
            ("waived", 1, ROUND), ("waived", 2, ROUND), ("waiver-ended", 2, ROUND), ("waived", 3, "2025"),
            ("waived", 4, ROUND), ("waiver-ended", 4, ROUND), ("waived", 4, ROUND),
        ):  # fmt: skip
            store.record(Event(kind=kind, at=AT, organisation=organisation, round_id=round_id, why=kind))
    assert set(store.waived(ROUND)) == {1, 4}
    assert store.waived(ROUND)[1].why == "waived"
    assert set(store.waived("2025")) == {3}


def test_releases_come_back_with_the_files_behind_them(store: Store) -> None:
    """A release is explained by what it was made from."""
    made = [stores.release(1, b"a", b"b"), stores.release(2), stores.release(3, b"a")]
    with store.transaction():
        for each in made:
            store.add_release(each)
    found = store.releases()
    assert [each.number for each in found] == [1, 2, 3]
    assert [set(each.inputs) for each in found] == [set(each.inputs) for each in made]
    assert found[0].folder == "releases/1"


def test_a_release_made_twice_is_refused(store: Store) -> None:
    """The number of a release is its own."""
    with store.transaction():
        store.add_release(stores.release(1, b"a"))
    with pytest.raises(StoreError), store.transaction():
        store.add_release(stores.release(1, b"b"))


# Organisations


def test_organisations_come_back_as_the_list_has_them(store: Store) -> None:
    """Every fact is kept, in every writing."""
    listed = [
        asked(
            "Canolfan Gymunedol Dŵr y Felin", number="GB-CHC-1", parent="Ffederasiwn", profile={"nation": "W", "x": "'"}
        ),
        asked("Ἀθηνᾶ & 中心 'Hub' 🌻", email="", respondent="council"),
    ]
    with store.transaction():
        told = store.sync_organisations(listed)
    assert told.added == tuple(each.name for each in listed)
    found = store.organisations()
    assert [replace(each, id=0) for each in found] == listed
    assert store.organisation(found[1].id) == found[1]
    assert store.organisation(99) is None


def test_a_list_read_again_changes_nothing(store: Store) -> None:
    """Neither numbers nor facts."""
    listed = [asked(number="GB-CHC-1"), asked("The Brambleford Hub")]
    with store.transaction():
        store.sync_organisations(listed)
    before = store.organisations()
    with store.transaction():
        told = store.sync_organisations(reversed(listed))
    assert (told.added, told.changed, told.gone, told.forgotten) == ((), (), (), ())
    assert store.organisations() == before


def test_what_became_of_an_organisation_is_told(store: Store) -> None:
    """The same number is the same organisation whatever its name; those that are gone stay, as not listed."""
    with store.transaction():
        store.sync_organisations([asked(number="gb-1"), asked("The Brambleford Hub"), asked("The Carrowmere Hub")])
    with store.transaction():
        told = store.sync_organisations(
            [
                asked("Applewick Together", number="GB-1"),
                asked("the  brambleford HUB", email="new@brambleford.example"),
                asked("The Dunlin Hub"),
            ]
        )
    assert told.added == ("The Dunlin Hub",)
    assert told.changed == ("Applewick Together", "the  brambleford HUB")
    assert told.gone == ("The Carrowmere Hub",)
    assert [(each.id, each.listed) for each in store.organisations()] == [(1, True), (2, True), (3, False), (4, True)]
    assert [each.id for each in store.organisations(listed_only=True)] == [1, 2, 4]
    with store.transaction():
        told = store.sync_organisations([asked("The Carrowmere Hub")], keep_others=True)
    assert (told.changed, told.gone) == (("The Carrowmere Hub",), ())
    assert all(each.listed for each in store.organisations())


def test_two_of_one_name_with_different_numbers_are_two(store: Store) -> None:
    """A name alone joins only where a number is not known."""
    with store.transaction():
        store.sync_organisations([asked(number="GB-1")])
        told = store.sync_organisations([asked(number="GB-1"), asked(number="GB-2")])
    assert told.added == ("The Applewick Hub",)
    assert [each.number for each in store.organisations()] == ["GB-1", "GB-2"]


def test_a_number_that_becomes_known_is_the_same_organisation(store: Store) -> None:
    """The list was put right; what came back stays where it belongs."""
    with store.transaction():
        store.sync_organisations([asked()])
        told = store.sync_organisations([asked(number="GB-1")])
    assert told.changed == ("The Applewick Hub",)
    assert [each.number for each in store.organisations()] == ["GB-1"]


def test_numbers_in_the_wrong_rows_are_told_and_change_no_records(store: Store) -> None:
    """What one has sent stays with its name."""
    with store.transaction():
        store.sync_organisations([asked(number="GB-1"), asked("The Brambleford Hub", number="GB-2")])
    with store.transaction():
        told = store.sync_organisations([asked(number="GB-2"), asked("The Brambleford Hub", number="GB-1")])
    names = ("The Applewick Hub", "The Brambleford Hub")
    assert told == ListChanges(changed=names, renumbered=names)
    assert [(each.id, each.name, each.number) for each in store.organisations()] == [
        (1, "The Applewick Hub", "GB-2"),
        (2, "The Brambleford Hub", "GB-1"),
    ]


def test_a_number_that_was_put_right_is_the_same_organisation(store: Store) -> None:
    """As the remedy for a number that differs says."""
    with store.transaction():
        store.sync_organisations([asked(number="GB-1"), asked("The Brambleford Hub", number="GB-2")])
        told = store.sync_organisations([asked(number="GB-9"), asked("The Brambleford Hub", number="GB-2")])
    assert told == ListChanges(changed=("The Applewick Hub",), renumbered=("The Applewick Hub",))
    assert [(each.number, each.listed) for each in store.organisations()] == [("GB-9", True), ("GB-2", True)]


# Out


def test_the_send_list_has_each_code_once(store: Store) -> None:
    """Making workbooks again adds nothing."""
    with store.transaction():
        store.sync_organisations([asked(), asked("The Brambleford Hub")])
        first, other = stores.copy(1, "KIL-AAAA-AAAA-AAA"), stores.copy(2, "KIL-BBBB-BBBB-BBB", round_id="2025")
        assert store.add_copy(first)
        assert store.add_copy(other)
        assert not store.add_copy(replace(first, made_at=LATER))
    assert store.copy(first.reference) == first
    assert store.copy("KIL-CCCC-CCCC-CCC") is None
    assert store.copies() == [first, other]
    assert store.copies(organisation=2) == store.copies(round_id="2025") == [other]


def test_a_copy_is_of_an_organisation_that_is_there(store: Store) -> None:
    """Nothing points nowhere."""
    with pytest.raises(StoreError), store.transaction():
        store.add_copy(stores.copy(5, "KIL-AAAA-AAAA-AAA"))


def test_mails_come_back_with_what_became_of_them(store: Store) -> None:
    """They are found by organisation, round, purpose, state and Message-ID."""
    with store.transaction():
        store.sync_organisations([asked(), asked("The Brambleford Hub")])
        one = store.add_mail(stores.mail(1))
        two = store.add_mail(stores.mail(1, purpose=Purpose.RECEIPT, about=7))
        three = store.add_mail(stores.mail(2, round_id="2025"))
        store.set_mail(one, MailState.FAILED, LATER, said="550 no such user", attempts=3)
        store.set_mail(one, MailState.SENDING, LATER)
    first, second, third = store.mails()
    assert (first.id, second.id, third.id) == (one, two, three)
    assert (first.state, first.said, first.attempts, first.changed_at) == (MailState.SENDING, "", 3, LATER)
    assert replace(second, id=0) == stores.mail(1, purpose=Purpose.RECEIPT, about=7)
    assert store.mails(organisation=2) == store.mails(round_id="2025") == [third]
    assert store.mails(purpose=Purpose.RECEIPT) == [second]
    assert store.mails(organisation=1, state=MailState.SENDING) == [first, second]
    assert store.mail_called(second.message_id) == second
    assert store.mail_called("<nobody@else>") is None


def test_one_mail_of_a_kind_cannot_be_recorded_twice(store: Store) -> None:
    """Two runs at once could not both send it."""
    with store.transaction():
        store.sync_organisations([asked()])
        store.add_mail(stores.mail(1))
    with pytest.raises(StoreError), store.transaction():
        store.add_mail(stores.mail(1, message_id="<other@council.example>"))


def test_a_mail_that_was_dealt_with_is_known_without_its_name(store: Store, tmp_path: Path) -> None:
    """Message-IDs hold the sender's domain, so they are not kept."""
    with store.transaction():
        store.see("<1@applewick-hub.example>", AT)
        store.see("<1@applewick-hub.example>", LATER)
    assert store.seen("<1@applewick-hub.example>")
    assert not store.seen("<2@applewick-hub.example>")
    assert b"applewick-hub" not in (tmp_path / "collection.db").read_bytes()


# In


def test_originals_and_the_ways_they_came_are_recorded_once(store: Store) -> None:
    """The same bytes may come in several mails, under several names."""
    with store.transaction():
        store.add_original(sha(b"x"), 1, ".xlsx", AT)
        store.add_original(sha(b"x"), 1, ".bin", LATER)
        assert store.add_arrival(stores.arrival(b"x"))
        assert not store.add_arrival(stores.arrival(b"x", arrived_at="later", batch=2))
        assert store.add_arrival(stores.arrival(b"x", name="other.xlsx"))
        assert store.add_arrival(stores.arrival(b"x", message_id="<2@mail.example>"))
    assert store.originals() == [sha(b"x")]
    assert store.suffix_of(sha(b"x")) == ".xlsx"
    assert store.suffix_of(sha(b"y")) is None
    assert store.arrivals(sha(b"x"))[0] == stores.arrival(b"x")
    assert len(store.arrivals(sha(b"x"))) == 3
    assert store.arrivals(sha(b"y")) == []


def test_a_name_that_is_no_text_is_kept_as_well_as_can_be(store: Store) -> None:
    """Names of files may hold bytes that are no characters."""
    with store.transaction():
        store.add_original(sha(b"x"), 1, ".xlsx", AT)
        store.add_arrival(stores.arrival(b"x", name="K\udcf6ln – å.xlsx"))
        store.see("<\udcf6@mail.example>", AT)
    assert store.arrivals(sha(b"x"))[0].name == "K\ufffdln – å.xlsx"
    assert store.seen("<\udcf6@mail.example>")


def test_a_return_comes_back_with_all_that_was_read(store: Store) -> None:
    """The reading is the same, to the last entry; another version has to read the file again."""
    with store.transaction():
        store.sync_organisations([asked()])
    number = came_in(store, 1, b"x", at=2, wrong=True)
    reading = stores.readings()[2]
    found = store.reading(number, "1.0")
    assert found is not None
    assert found.ret == reading.ret
    assert found.identity == reading.identity
    assert found.file == reading.file
    assert [each.code for each in found.problems] == ["item-not-found"]
    assert found.result is not None and reading.result is not None
    assert found.result.sections == reading.result.sections
    assert store.reading(number, "2.0") is None
    assert store.reading(99, "1.0") is None
    assert store.one_received(number) == replace(stores.received(1, b"x"), id=number)
    assert store.one_received(99) is None


def test_a_refused_file_has_a_reading_too(store: Store) -> None:
    """What is wrong with it is kept, although nothing could be read."""
    nothing = replace(stores.readings()[0], identity=None, ret=None, result=None)
    with store.transaction():
        store.add_original(sha(b"x"), 1, ".pdf", AT)
        facts = {"state": ReturnState.REFUSED, "overall": None, "reference": ""}
        number = store.add_received(stores.received(None, b"x", **facts), nothing, "1.0")
    found = store.reading(number, "1.0")
    assert found is not None and found.refused
    assert store.received(state=ReturnState.REFUSED)[0].overall is None


def test_a_reading_with_halves_of_characters_is_kept(store: Store) -> None:
    """A file's name goes into its reading."""
    reading = stores.readings()[2]
    odd = replace(reading, file=replace(reading.file, name="K\udcf6ln.xlsx"))
    with store.transaction():
        store.sync_organisations([asked()])
        store.add_original(sha(b"x"), 1, ".xlsx", AT)
        number = store.add_received(stores.received(1, b"x", name="K\udcf6ln.xlsx"), odd, "1.0")
    found = store.reading(number, "1.0")
    assert found is not None and found.file.name == "K\ufffdln.xlsx"
    assert found.ret == reading.ret


def test_the_same_file_is_received_once(store: Store) -> None:
    """Two imports at once cannot both record it."""
    with store.transaction():
        store.sync_organisations([asked()])
    came_in(store, 1, b"x")
    with pytest.raises(StoreError):
        came_in(store, 1, b"x")
    assert len(store.received()) == 1


def test_returns_are_found_by_whose_they_are_and_what_became_of_them(store: Store) -> None:
    """Only what was asked for."""
    with store.transaction():
        store.sync_organisations([asked(), asked("The Brambleford Hub")])
    one, two = came_in(store, 1, b"x"), came_in(store, 2, b"y", at=3, round_id="2025")
    three = came_in(store, None, b"z", state=ReturnState.HELD)
    assert [each.id for each in store.received()] == [one, two, three]
    assert [each.id for each in store.received(organisation=2)] == [two]
    assert [each.id for each in store.received(round_id=ROUND)] == [one, three]
    assert [each.id for each in store.received(state=ReturnState.HELD)] == [three]
    assert [each.id for each in store.received(sha256=sha(b"y"))] == [two]


def test_a_return_that_counts_is_somebodys(store: Store) -> None:
    """A guess is not even possible."""
    with pytest.raises(StoreError):
        came_in(store, None, b"x", state=ReturnState.ACCEPTED)
    assert store.received() == []


def test_what_becomes_of_a_return_leaves_the_rest(store: Store) -> None:
    """A decision says whose it is; what nobody decided stays."""
    with store.transaction():
        store.sync_organisations([asked()])
    number = came_in(store, None, b"x", state=ReturnState.HELD)
    with store.transaction():
        store.set_received(number, ReturnState.WITH_QUERIES, organisation=1, round_id="2025")
    found = store.one_received(number)
    assert found is not None
    assert (found.state, found.organisation, found.round_id, found.share) == (
        "accepted-with-queries",
        1,
        "2025",
        "whole",
    )
    with store.transaction():
        store.set_received(number, ReturnState.SUPERSEDED, share=Share.VIEW)
    found = store.one_received(number)
    assert found is not None
    assert (found.state, found.organisation, found.share) == ("superseded", 1, "view")


def test_reading_again_replaces_what_was_read(store: Store, tmp_path: Path) -> None:
    """A new version of the program reads originals anew; rows of the old reading are gone."""
    with store.transaction():
        store.sync_organisations([asked()])
    number = came_in(store, 1, b"x", at=2, wrong=True)
    other = stores.readings()[3]
    with store.transaction():
        store.replace_reading(number, other, "2.0")
    found = store.reading(number, "2.0")
    assert found is not None and found.ret == other.ret
    with stores.raw(tmp_path / "collection.db") as db:
        assert other.ret is not None and other.result is not None
        said = sum(
            entry.outcome is not Outcome.BLANK or (entry.key.part == Part.ANSWER and entry.key.row == 0)
            for entry in other.ret.entries.values()
        )
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (said,)
        assert db.execute("SELECT count(*) FROM problems").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM section_scores").fetchone() == (len(other.result.sections),)


def test_entries_are_rows_with_what_stood_in_the_cell(store: Store, tmp_path: Path) -> None:
    """One row for each answer, number or text, as it was."""
    with store.transaction():
        store.sync_organisations([asked()])
    number = came_in(store, 1, b"x", at=2)
    ret = stores.readings()[2].ret
    assert ret is not None
    with stores.raw(tmp_path / "collection.db") as db:
        rows = {
            tuple(row[:4]): row[4:]
            for row in db.execute(
                'SELECT item, part, "row", "column", state, outcome, value, code, text, typed FROM entries '
                "WHERE received = ?",
                (number,),
            )
        }
    for key, entry in ret.entries.items():
        if entry.outcome is not Outcome.BLANK:
            facts = (entry.state, entry.outcome, entry.value, entry.code, entry.text, entry.typed)
            assert rows[tuple(key)] == facts


# Queries


def test_queries_are_open_until_they_are_decided(store: Store) -> None:
    """What was decided, by which role and why, stays with the query."""
    with store.transaction():
        store.sync_organisations([asked(), asked("The Brambleford Hub")])
    received = came_in(store, 1, b"x")
    with store.transaction():
        mail = store.add_mail(stores.mail(2))
        one = store.open_query(stores.query(received=received, organisation=1, found="a", expected="b"))
        two = store.open_query(stores.query(code="mail-doubtful", mail=mail, organisation=2, holds=True))
        store.close_query(one, LATER, "accept", "treasurer", "a spelling")
    assert [each.id for each in store.queries()] == [two]
    assert [each.id for each in store.queries(open_only=False)] == [one, two]
    assert [each.id for each in store.queries(open_only=False, organisation=1)] == [one]
    assert store.queries(organisation=1) == []
    closed = store.query(one)
    assert closed is not None
    assert msgspec.structs.asdict(closed) == {
        **msgspec.structs.asdict(stores.query(received=received, organisation=1, found="a", expected="b")),
        "id": one, "closed_at": LATER, "decision": "accept", "by": "treasurer", "why": "a spelling",
    }  # fmt: skip
    assert store.query(two) == stores.query(code="mail-doubtful", mail=mail, organisation=2, holds=True, id=two)
    assert store.query(99) is None


def test_a_sound_database_has_no_faults_and_a_damaged_one_has(tmp_path: Path) -> None:
    """Rows that point nowhere are found as well as damage."""
    with stores.filled(tmp_path) as store:
        assert store.faults() == []
    with stores.raw(tmp_path / "collection.db") as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("UPDATE received SET organisation = 77 WHERE id = 1")
    with stores.again(tmp_path) as store:
        assert store.faults() == ["row 1 of received points nowhere"]
