"""Databases of collections for tests, filled through the store itself."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from synthetic import NEAT, collection

from kil_xlsx.core.collection import (
    Arrival,
    Asked,
    Copy,
    Event,
    Mail,
    MailState,
    PublishedRelease,
    Purpose,
    Query,
    Received,
    ReturnState,
    Share,
)
from kil_xlsx.core.problems import problem
from kil_xlsx.core.readings import Reading
from kil_xlsx.store.database import Store

SECRET = bytes(range(32))
AT = "2026-04-07T08:00:00+00:00"
LATER = "2026-05-07T08:00:00+00:00"
ROUND = "2026"


@cache
def readings() -> tuple[Reading, ...]:
    """What was read from four made-up returns, two of councils and two of community organisations."""
    return tuple(collection(3, councils=2, communities=2, habits=NEAT))


def new(folder: Path, name: str = "collection.db") -> Store:
    """An empty database."""
    folder.mkdir(parents=True, exist_ok=True)
    return Store.create(folder / name, secret=SECRET, at=AT, program="1.0")


def again(folder: Path, name: str = "collection.db", **options: Any) -> Store:
    """The same database, opened once more."""
    return Store.open(folder / name, at=LATER, program="1.1", **options)


def asked(name: str = "The Applewick Hub", **facts: Any) -> Asked:
    """An organisation as a list has it."""
    given = {"id": 0, "respondent": "community", "name": name, "email": f"office@{name.split()[1].lower()}.example"}
    return Asked(**{**given, **facts})


def copy(organisation: int, reference: str, **facts: Any) -> Copy:
    """A line of the send list."""
    given: dict[str, Any] = {
        "reference": reference, "organisation": organisation, "round_id": ROUND, "share": Share.WHOLE,
        "framework": "keep-it-local", "version": "1.0.0", "respondent": "community", "name": "The Applewick Hub",
        "number": "GB-CHC-9900001", "made_at": AT,
    }  # fmt: skip
    return Copy(**{**given, **facts})


def mail(organisation: int, serial: int = 1, **facts: Any) -> Mail:
    """A mail that is about to be sent."""
    given: dict[str, Any] = {
        "id": 0, "organisation": organisation, "round_id": ROUND, "purpose": Purpose.INVITATION, "serial": serial,
        "address": "office@applewick.example", "message_id": f"<{organisation}.{len(facts)}.{serial}@council.example>",
        "state": MailState.SENDING, "changed_at": AT,
    }  # fmt: skip
    return Mail(**{**given, **facts})


def received(organisation: int | None, data: bytes, **facts: Any) -> Received:
    """A return whose file has some content."""
    given: dict[str, Any] = {
        "id": 0, "sha256": sha(data), "organisation": organisation, "round_id": ROUND,
        "state": ReturnState.ACCEPTED, "share": Share.WHOLE, "reference": "KIL-AAAA-BBBB-CCC",
        "respondent": "community", "version": "1.0.0", "name": "applewick.xlsx", "received_at": AT, "batch": 1,
        "sender": "office@applewick.example", "person": "Chief officer", "answered": 40, "applicable": 50,
        "overall": 61.5, "errors": 0, "queries": 1, "digest": sha(data + b"says"),
    }  # fmt: skip
    return Received(**{**given, **facts})


def sha(data: bytes) -> str:
    """What a file is recorded by."""
    return hashlib.sha256(data).hexdigest()


def arrival(data: bytes, **facts: Any) -> Arrival:
    """A way in which a file came."""
    given: dict[str, Any] = {
        "sha256": sha(data), "name": "applewick.xlsx", "source": "returns/a.zip", "message_id": "<1@mail.example>",
        "sender": "office@applewick.example", "date": AT, "arrived_at": LATER, "batch": 1,
    }  # fmt: skip
    return Arrival(**{**given, **facts})


def came_in(store: Store, organisation: int | None, data: bytes, at: int = 2, **facts: Any) -> int:
    """Record a return with its file, its way in, a reading and a line of the ledger; gives its number."""
    found = readings()[at]
    told = (problem("item-not-found", item="x", found="what was typed"),) if facts.pop("wrong", False) else ()
    reading = replace_problems(found, told)
    with store.transaction():
        store.add_original(sha(data), len(data), ".xlsx", AT)
        store.add_arrival(arrival(data))
        number = store.add_received(received(organisation, data, **facts), reading, "1.0")
        store.record(Event(kind="received", at=AT, organisation=organisation, round_id=ROUND, received=number))
    return number


def replace_problems(reading: Reading, problems: tuple[Any, ...]) -> Reading:
    """The same reading with other problems."""
    return replace(reading, problems=problems)


def query(**facts: Any) -> Query:
    """A query that is open."""
    return Query(**{"id": 0, "code": "name-differs", "holds": False, "opened_at": AT, **facts})


def release(number: int, *files: bytes) -> PublishedRelease:
    """A benchmark release made from some files."""
    return PublishedRelease(
        number=number, round_id=ROUND, made_at=AT, folder=f"releases/{number}", inputs=tuple(map(sha, files))
    )


def filled(folder: Path) -> Store:
    """A database with something of everything: two organisations, one of which has answered twice."""
    store = new(folder)
    with store.transaction():
        store.sync_organisations([asked(number="GB-CHC-9900001"), asked("The Brambleford Hub")])
        store.add_copy(copy(1, "KIL-AAAA-BBBB-CCC"))
        number = store.add_mail(mail(1))
        store.set_mail(number, MailState.SENT, AT, attempts=1)
        store.record(Event(kind="mail-sent", at=AT, organisation=1, round_id=ROUND, mail=number))
    first = came_in(store, 1, b"first", state=ReturnState.SUPERSEDED)
    second = came_in(store, 1, b"second", wrong=True)
    came_in(store, 2, b"third", at=3, state=ReturnState.HELD, sender="chair@brambleford.example")
    with store.transaction():
        store.open_query(query(received=second, organisation=1, found="Applewick Hubb", expected="The Applewick Hub"))
        store.open_query(query(code="second-person", holds=True, received=3, organisation=2))
        store.add_release(release(1, b"first"))
        store.see("<7@mail.example>", AT)
        store.next_batch()
        store.end_batch()
        superseded = Event(kind="superseded", at=AT, organisation=1, round_id=ROUND, received=first, by="coordinator")
        store.record(replace(superseded, why="a later one came"))
    return store


def raw(path: Path) -> closing[sqlite3.Connection]:
    """The database as any other program opens it."""
    return closing(sqlite3.connect(path, isolation_level=None))
