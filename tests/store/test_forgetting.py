"""Forgetting removes all that is known of an organisation, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stores
from msgspec.structs import replace
from stores import AT, LATER, asked, came_in, sha

from kil_xlsx.core.collection import Event, Expected, ReturnState
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


def test_a_query_about_the_return_of_another_stays(store: Store) -> None:
    """It was taken for the forgotten one's at first; whoever's it is still waits for the decision."""
    with store.transaction():
        number = store.open_query(stores.query(code="round-other", holds=True, received=3, organisation=1))
        alone = store.open_query(stores.query(code="cannot-open", organisation=1))
    forget(store)
    found = store.query(number)
    assert found is not None and (found.received, found.organisation, found.closed_at) == (3, 2, "")
    assert store.query(alone) is None


def test_lines_of_the_ledger_about_others_lose_what_names_it(store: Store) -> None:
    """Reasons that do not, stay; so does everything else of the line."""
    reasons = [
        "Merged into the Applewick Hub", "see GB-CHC-9900001", "reject: not The Brambleford Hub's", "closed in March",
    ]  # fmt: skip
    with store.transaction():
        for each in reasons:
            store.record(Event(kind="waived", at=AT, organisation=2, round_id="2026", by="treasurer", why=each))
    before = store.events(organisation=2)
    forget(store)
    after = store.events(organisation=2)
    assert [event.why for event in after[-4:]] == ["", "", *reasons[2:]]
    assert [replace(event, why="") for event in after] == [replace(event, why="") for event in before]


def test_what_it_was_called_in_its_workbooks_is_its_name_too(tmp_path: Path) -> None:
    """The list may have had another name for it before."""
    with stores.new(tmp_path) as store:
        with store.transaction():
            store.sync_organisations([replace(HUB, name="Applewick Together"), OTHER])
            store.add_copy(stores.copy(1, "KIL-AAAA-BBBB-CCC"))
            store.record(Event(kind="waived", at=AT, organisation=2, why="now part of The Applewick Hub"))
        forget(store)
        assert {event.why for event in store.events(organisation=2)} == {""}


def test_words_that_are_anothers_stay(tmp_path: Path) -> None:
    """A short name is part of many others."""
    with stores.new(tmp_path) as store:
        with store.transaction():
            store.sync_organisations([replace(HUB, name="Hub", number="", email="hub@hub.example"), OTHER])
            number = store.open_query(stores.query(organisation=2, found="KIL-1 (The Brambleford Hub)"))
            store.record(Event(kind="waived", at=AT, organisation=2, why="The Brambleford Hub is shut"))
        forget(store)
        found = store.query(number)
        assert found is not None and found.found == "KIL-1 (The Brambleford Hub)"
        assert store.events(organisation=2)[-1].why == "The Brambleford Hub is shut"


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


def test_a_file_from_its_address_that_a_stopped_run_has_kept_goes_too(store: Store) -> None:
    """Nothing but how it came had been put down."""
    with store.transaction():
        for data, sender, inner in (
            (b"a", "office@Applewick.example", ""),
            (b"b", "round@council.example", "office@applewick.example"),
            (b"c", "office@brambleford.example", ""),
            (b"third", "office@applewick.example", ""),
        ):
            store.expect(Expected(sha256=sha(data), name="a.xlsx", source="Inbox", sender=sender, inner_sender=inner))
    files = forget(store)
    assert {sha(b"a"), sha(b"b")} <= set(files)
    assert [each.sha256 for each in store.expected()] == [sha(b"c")]
    assert store.forgotten(sha(b"third")) is None
    assert store.one_received(3) is not None


NOBODYS = [
    ("office@applewick.example", (), True),
    ("OFFICE@applewick.example", ("",), True),
    ("office@applewick.example", ("chair@brambleford.example",), False),
    ("chair@brambleford.example", ("office@applewick.example",), False),
    ("", (), False),
]


@pytest.mark.parametrize(("sender", "others", "its"), NOBODYS)
def test_a_return_of_nobody_is_its_if_it_came_from_its_address_alone(
    store: Store, sender: str, others: tuple[str, ...], its: bool
) -> None:
    """One that came from elsewhere too may be another's."""
    with store.transaction():
        store.add_original(sha(b"x"), 3, ".xlsx", AT)
        store.add_arrival(stores.arrival(b"x", sender=sender))
        for at, other in enumerate(others):
            store.add_arrival(stores.arrival(b"x", sender=other, message_id=f"<{at}@again.example>"))
        number = store.add_received(
            stores.received(None, b"x", sender=sender, state=ReturnState.HELD), stores.readings()[2], "1.0"
        )
    asked_ = store.organisation(1)
    assert asked_ is not None
    assert store.nobodys_from(asked_) == ([number] if its else [])
    assert store.nobodys_from(replace(asked_, email="")) == []
    assert store.nobodys_from(replace(asked_, id=2)) == []  # it is shared


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
