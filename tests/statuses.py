"""Collections whose records are written straight into the database, so that any history can be had at once.

What comes back is made up and scored, but never was a file.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from synthetic import NEAT, collection, keep_it_local

from kil_xlsx import __version__
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
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.readings import Reading
from kil_xlsx.pipeline.collection import Collection, Place, opened
from kil_xlsx.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
"""Ten days after the due day."""

DUE = "2026-05-31"
SETTINGS = f"""[collection]
title = "Keep it Local 2026"
round = "2026"
due = {DUE}
keep_until = 2027-03-31

[sender]
name = "Keep it Local team"
address = "round@council.example"
"""


@dataclass(frozen=True)
class Row:
    """A row of the list of organisations."""

    name: str
    respondent: str = "council"
    email: str = ""
    number: str = ""
    parent: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Records:
    """A collection in a folder, and short ways of writing its history.  Days are of May 2026, unless given in full."""

    folder: Path
    rows: Sequence[Row]
    readings: dict[str, list[Reading]] = field(default_factory=dict)

    @contextmanager
    def open(self) -> Iterator[Collection]:
        """The collection, opened as the commands open it."""
        with opened(Place(self.folder)) as found:
            yield found

    def id_of(self, name: str) -> int:
        """An organisation's number."""
        with self.open() as found:
            return next(each.id for each in found.store.organisations() if each.name == name)

    def mail(
        self, name: str, state: str = "sent", purpose: str = "invitation", day: int | str = 1, said: str = ""
    ) -> int:
        """A mail that went to an organisation."""
        at = moment(day)
        with self.open() as found, found.store.transaction():
            store, whose = found.store, self._of(found.store, name)
            if not store.copies(organisation=whose.id):
                store.add_copy(_copy(whose))
            serial = 1 + sum(each.purpose == purpose for each in store.mails(organisation=whose.id))
            number = store.add_mail(
                Mail(
                    id=0, organisation=whose.id, round_id="2026", purpose=Purpose(purpose), serial=serial,
                    address=whose.email, message_id=f"<{whose.id}.{purpose}.{serial}@council.example>",
                    state=MailState(state), changed_at=at, attempts=1, said=said,
                )
            )  # fmt: skip
            kind = "mail-sent" if state == "bounced" else f"mail-{state}".replace("sending", "doubtful")
            store.record(Event(kind=kind, at=at, organisation=whose.id, round_id="2026", mail=number))
            if state == "bounced":
                store.record(Event(kind="mail-bounced", at=at, organisation=whose.id, round_id="2026", mail=number))
        return number

    def came(
        self,
        name: str | None,
        state: str = "accepted",
        day: int | str = 20,
        *,
        share: str = "whole",
        reading: Reading | None = None,
        person: str = "",
        sender: str = "",
        sent: int | str | None = None,
        answered: int = 40,
        applicable: int = 40,
        errors: int = 0,
        queries: int = 0,
        round_id: str = "2026",
        arrivals: int = 1,
    ) -> int:
        """A file that came back; gives its number."""
        at = moment(day)
        with self.open() as found, found.store.transaction():
            store = found.store
            whose = self._of(store, name) if name is not None else None
            count = len(store.received())
            digest = sha256(f"{name} {count}".encode()).hexdigest()
            file = f"return {count + 1}.xlsx"
            store.add_original(digest, 1000, ".xlsx", at)
            sent_at = moment(sent) if sent is not None else ""
            sender = sender or (whose.email if whose is not None else "somebody@elsewhere.example")
            for again in range(arrivals):
                store.add_arrival(
                    Arrival(
                        sha256=digest, name=file, source="INBOX", message_id=f"<{count}.{again}@mail.example>",
                        sender=sender, date=sent_at, arrived_at=at, batch=1,
                    )
                )  # fmt: skip
            if reading is None:
                reading = next(iter(self._made_up()))
                reading = msgspec.structs.replace(reading, problems=())
            result = reading.result
            number = store.add_received(
                Received(
                    id=0, sha256=digest, organisation=whose.id if whose is not None else None, round_id=round_id,
                    state=ReturnState(state), share=Share(share),
                    reference=f"KIL-TEST-{count}", respondent=whose.respondent if whose is not None else "council",
                    version=keep_it_local().version, name=file, received_at=at, sent_at=sent_at, batch=1,
                    sender=sender, person=person, answered=answered, applicable=applicable,
                    overall=result.overall if result is not None else None, errors=errors, queries=queries,
                    digest=digest,
                ),
                reading,
                found.made_with,
            )  # fmt: skip
            whose_id = whose.id if whose is not None else None
            for kind in ("received", state):
                store.record(Event(kind=kind, at=at, organisation=whose_id, round_id=round_id, received=number))
        return number

    def query(self, code: str, *, received: int | None = None, mail: int | None = None, name: str = "") -> int:
        """A query that waits for a person."""
        with self.open() as found, found.store.transaction():
            whose = self._of(found.store, name).id if name else None
            return found.store.open_query(
                Query(
                    id=0, code=code, holds=QUERIES[code].holds, opened_at=moment(21), received=received, mail=mail,
                    organisation=whose, found="other@elsewhere.example",
                )
            )  # fmt: skip

    def waive(self, name: str, why: str = "It has closed.") -> None:
        """An organisation that need not answer."""
        with self.open() as found, found.store.transaction():
            whose = self._of(found.store, name).id
            found.store.record(
                Event(kind="waived", at=moment(10), organisation=whose, round_id="2026", by="coordinator", why=why)
            )

    def release(self, *received: int) -> None:
        """A release that is made from some returns."""
        with self.open() as found, found.store.transaction():
            store = found.store
            behind = tuple(each.sha256 for each in store.received() if each.id in received)
            store.add_release(
                PublishedRelease(
                    number=len(store.releases()) + 1, round_id="2026", made_at=moment(25), folder="releases/1",
                    inputs=behind,
                )
            )  # fmt: skip

    def _of(self, store: Store, name: str) -> Asked:
        return next(each for each in store.organisations() if each.name == name)

    def _made_up(self) -> list[Reading]:
        if "any" not in self.readings:
            made = collection(7, councils=4, communities=0, habits=NEAT)
            self.readings["any"] = [each for each in made if not each.refused]
        return self.readings["any"]


def moment(day: int | str) -> str:
    """Ten in the morning, in UTC, of a day of May, or of one given in full."""
    text = f"2026-05-{day:02}" if isinstance(day, int) else day
    return f"{text}T10:00:00+00:00"


def _copy(whose: Asked) -> Copy:
    return Copy(
        reference=f"KIL-{whose.id:04}-TEST", organisation=whose.id, round_id="2026", share=Share.WHOLE,
        framework="keep-it-local", version=keep_it_local().version, respondent=whose.respondent, name=whose.name,
        number=whose.number, made_at=moment(1),
    )  # fmt: skip


def records(folder: Path, rows: Sequence[Row], settings: str = SETTINGS) -> Records:
    """Make a collection with a list of organisations and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    place = Place(folder)
    place.settings_file.write_text(settings, encoding="utf-8")
    fields = list(dict.fromkeys(name for row in rows for name in row.profile))
    with (folder / "organisations.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("name", "respondent", "email", "org-id", "parent", *fields))
        for row in rows:
            profile = [row.profile.get(name, "") for name in fields]
            writer.writerow((row.name, row.respondent, row.email, row.number, row.parent, *profile))
    secret = sha256(b"only a test").digest()
    Store.create(place.database, secret=secret, at=moment(1), program=__version__).close()
    made = Records(folder, rows)
    if rows:
        with made.open() as found:
            found.organisations()
    return made


def copied(made: Records, folder: Path) -> Records:
    """The same collection in another folder, to be changed at will."""
    shutil.copytree(made.folder, folder)
    return replace(made, folder=folder)


def changed(reading: Reading, **facts: object) -> Reading:
    """A reading with another identity."""
    assert reading.identity is not None
    return msgspec.structs.replace(reading, identity=msgspec.structs.replace(reading.identity, **facts))
