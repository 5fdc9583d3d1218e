"""Forgetting removes all that is known of an organisation, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stores
from msgspec.structs import replace
from stores import AT, LATER, asked, came_in, sha

from kil_xlsx.core.collection import Event, ReturnState
from kil_xlsx.core.tombstones import kept, sought
from kil_xlsx.store.database import Store

HUB, OTHER = asked(number="GB-CHC-9900001", profile={"nation": "Wales"}), asked("The Brambleford Hub")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give a database with something of everything."""
    with stores.filled(tmp_path) as made:
        yield made


def forget(store: Store, organisation: int = 1) -> tuple[str, ...]:
    asked_ = store.organisation(organisation)
    assert asked_ is not None
    with store.transaction():
        files = store.forget(organisation, LATER, digests=kept(store.secret, asked_))
    store.tidy()
    return files


def test_only_a_number_stays(store: Store) -> None:
    """The tombstone says that there was one, and since when there is none."""
    files = forget(store)
    assert files == (sha(b"first"), sha(b"second"))
    assert [each.id for each in store.organisations()] == [2]
    stone = store.organisation(1)
    assert stone == replace(HUB, id=1, name="", number="", email="", profile={}, listed=False, forgotten_at=LATER)
    assert store.received(organisation=1) == store.mails(organisation=1) == []
    assert store.queries(open_only=False, organisation=1) == []
    assert store.originals() == [sha(b"third")]
    assert [(each.name, each.number) for each in store.copies(organisation=1)] == [("", "")]
    assert store.faults() == []


def test_the_lines_of_the_ledger_stay_without_words(store: Store) -> None:
    """What happened can be counted; what was said cannot be read."""
    before = store.events()
    forget(store)
    after = store.events()
    assert [replace(event, why="") for event in before] == after
    assert any(event.why for event in before)


def test_others_keep_everything(store: Store) -> None:
    """Not a row of theirs changes."""
    before = store.received(organisation=2), store.queries(organisation=2), store.reading(3, "1.0")
    forget(store)
    assert (store.received(organisation=2), store.queries(organisation=2), store.reading(3, "1.0")) == before


def test_nothing_of_it_remains_in_the_file(store: Store, tmp_path: Path) -> None:
    """Its name, number, address and words are not even in pages that are no longer used."""
    words = [b"Applewick", b"GB-CHC-9900001", b"applewick.example", b"a later one came", b"Chief officer"]
    with store.transaction():
        store.set_received(3, ReturnState.HELD)
        store._do("UPDATE received SET person = 'Chair' WHERE id = 3")
    ret = stores.readings()[2].ret
    other = stores.readings()[3].ret
    assert ret is not None and other is not None
    theirs = {entry.text.encode() for entry in ret.entries.values() if entry.text}
    theirs -= {entry.text.encode() for entry in other.entries.values() if entry.text}
    assert len(theirs) > 3
    path = tmp_path / "collection.db"
    assert all(each in path.read_bytes() for each in (*words, *theirs))
    forget(store)
    data = path.read_bytes()
    assert [each for each in (*words, *theirs) if each in data] == []
    assert b"Brambleford" in data


def test_a_file_that_was_forgotten_is_known_again(store: Store) -> None:
    """Its hash says that it must not come in unnoticed."""
    forget(store)
    assert store.forgotten(sha(b"first")) == (1, LATER)
    assert store.forgotten(sha(b"third")) is None
    assert set(store.forgotten_files()) == {sha(b"first"), sha(b"second")}


def test_a_release_says_how_much_of_it_has_been_forgotten(store: Store) -> None:
    """The release stays as it was made; what is behind it can still be counted."""
    forget(store)
    [release] = store.releases()
    assert [each for each in release.inputs if store.forgotten(each)] == [sha(b"first")]


def test_forgetting_twice_does_nothing_more(store: Store) -> None:
    """A run that goes on where another was killed may ask again."""
    forget(store)
    before = store.events(), store.forgotten_files()
    with store.transaction():
        assert store.forget(1, "2030") == ()
        assert store.forget(99, "2030") == ()
    assert (store.events(), store.forgotten_files()) == before
    assert store.forgotten(sha(b"first")) == (1, LATER)


def test_queries_about_others_lose_what_names_the_forgotten(store: Store) -> None:
    """Words of a query may name somebody else; the query itself stays."""
    with store.transaction():
        named = store.open_query(
            stores.query(code="forwarded", received=3, organisation=2, found="OFFICE@applewick.example", expected="x@y")
        )
        plain = store.open_query(stores.query(code="name-differs", received=3, organisation=2, found="Bramble Hub"))
        told = store.open_query(stores.query(code="reference-unknown", found="KIL-1 (the applewick hub)"))
        store.close_query(told, LATER, "as", "coordinator", "The Applewick Hub says so")
    forget(store)
    found = store.query(named)
    assert found is not None and (found.found, found.expected) == ("", "x@y")
    found = store.query(plain)
    assert found is not None and found.found == "Bramble Hub"
    found = store.query(told)
    assert found is not None and (found.found, found.why, found.decision) == ("", "", "as")


def test_what_came_from_its_address_alone_goes_with_it(store: Store) -> None:
    """Files that are no returns, and the address beside returns of others."""
    with store.transaction():
        for data, sender in ((b"picture", "Office@Applewick.example"), (b"other", "chair@brambleford.example")):
            store.add_original(sha(data), 3, ".png", AT)
            store.add_arrival(stores.arrival(data, sender=sender))
        store.add_arrival(stores.arrival(b"third", message_id="<9@mail.example>"))
    files = forget(store)
    assert sha(b"picture") in files
    assert sha(b"other") not in files
    assert store.loose_files() == [sha(b"other")]
    assert {each.sender for each in store.arrivals(sha(b"third"))} == {""}


def test_an_address_that_two_share_is_left_to_the_other(tmp_path: Path) -> None:
    """What came from it may be the other's."""
    with stores.new(tmp_path) as store:
        with store.transaction():
            store.sync_organisations([HUB, replace(OTHER, email=HUB.email.upper())])
            store.add_original(sha(b"picture"), 3, ".png", AT)
            store.add_arrival(stores.arrival(b"picture"))
        came_in(store, 2, b"x")
        forget(store)
        assert store.loose_files() == [sha(b"picture")]
        assert store.received()[0].sender == HUB.email


def test_a_return_that_is_nobodys_can_be_forgotten(tmp_path: Path) -> None:
    """It may be what somebody asks to be removed."""
    with stores.new(tmp_path) as store:
        number = came_in(store, None, b"x", state=ReturnState.HELD)
        with store.transaction():
            store.open_query(stores.query(received=number, found="Applewick"))
            store.record(Event(kind="held", at=AT, received=number, why="names Applewick"))
            assert store.forget_return(number, LATER) == (sha(b"x"),)
            assert store.forget_return(number, LATER) == ()
        assert store.received() == store.queries() == store.originals() == []
        assert store.forgotten(sha(b"x")) == (None, LATER)
        assert {event.why for event in store.events()} == {""}
        assert store.faults() == []


LISTED_AGAIN = [
    (HUB, HUB, True),
    (HUB, replace(HUB, name="Another name", number="gb-chc-9900001"), True),
    (HUB, replace(HUB, number="", name="the  applewick HUB"), True),
    (HUB, replace(HUB, number="GB-CHC-5"), False),
    (HUB, replace(HUB, respondent="council"), False),
    (OTHER, OTHER, True),
    (OTHER, replace(OTHER, number="GB-CHC-5"), True),
    (OTHER, replace(OTHER, name="The Brambleford Hub East"), False),
]


@pytest.mark.parametrize(("was", "now", "same"), LISTED_AGAIN)
def test_a_list_that_still_has_it_is_noticed(tmp_path: Path, was: object, now: object, same: bool) -> None:
    """By number or name, as a list is held against the records otherwise; others of the same name are not it."""
    with stores.new(tmp_path) as store:
        with store.transaction():
            store.sync_organisations([was])  # type: ignore[list-item]
        forget(store)
        with store.transaction():
            told = store.sync_organisations([now], [sought(store.secret, now)])  # type: ignore[list-item, arg-type]
        assert bool(told.forgotten) is same
        assert bool(store.organisations()) is not same


def test_the_digests_say_nothing_without_the_secret(store: Store) -> None:
    """Whoever tries all names of a register cannot tell which one it was."""
    assert set(kept(b"a" * 32, HUB)).isdisjoint(kept(b"b" * 32, HUB))
    assert set(kept(store.secret, HUB)) == set(kept(stores.SECRET, HUB))
