"""The records of a collection: one method for each thing that is remembered or asked for.

Writing happens inside :meth:`Store.transaction`, so that a state and the line of the ledger that tells of it are
recorded together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kil_xlsx.core.collection import Event, PublishedRelease
from kil_xlsx.errors import StoreError
from kil_xlsx.store.asked import AskedRecords
from kil_xlsx.store.came import CameRecords
from kil_xlsx.store.connection import backups, bring_up_to_date, check_version, connect, connect_in_memory, plain_words
from kil_xlsx.store.records import struct, where
from kil_xlsx.store.sent import SentRecords

_SECRET, _PENDING = "secret", "to remove"
_BATCH, _OPEN_BATCH = "batch", "batch under way"
_TOLD_OF_LIST = "told of list"
_WRITTEN = "written "


class Store(AskedRecords, SentRecords, CameRecords):
    """The database of a collection.  A context manager: at its end the connection is closed."""

    @classmethod
    def create(cls, path: Path, *, secret: bytes, at: str, program: str) -> Store:
        """A new database.  StoreError if there is one that is finished; one that a killed run left is completed."""
        with suppress(OSError):  # what is wrong with the place is said by connect
            path.touch(mode=0o600)
        connection = connect(path, create=True)
        try:
            bring_up_to_date(connection, path, at, program, create=True)
            store = cls(connection, path)
            with store.transaction():
                if store._fact(_SECRET) is not None:
                    raise StoreError(f"There is a collection already: {path}.", "Use it, or name another folder.")
                store._set_fact(_SECRET, secret)
                store.record(Event(kind="collection-made", at=at))
        except BaseException:
            connection.close()
            raise
        return store

    @classmethod
    def open(cls, path: Path, *, at: str = "", program: str = "", read_only: bool = False) -> Store:
        """Open a database, and bring its schema up to date unless it is only read.

        :raises StoreError: it is not there, is damaged, or is of a newer version of the program.
        """
        connection = connect(path, read_only=read_only)
        try:
            if not read_only:
                bring_up_to_date(connection, path, at, program)
            check_version(connection, path)
            store = cls(connection, path)
            if store._fact(_SECRET) is None:
                raise StoreError(f"{path} was not finished.", "Run 'kil-xlsx init' in the folder again.")
        except BaseException:
            connection.close()
            raise
        return store

    def rehearsal(self) -> Store:
        """A copy of all records in memory, in which anything may be tried out; nothing of it is kept."""
        connection = connect_in_memory()
        with plain_words(self._path):
            self._db.backup(connection)
        return Store(connection, self._path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    # Facts of the collection as a whole

    def _fact(self, name: str) -> Any:
        row = self._one("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else row[0]

    def _set_fact(self, name: str, value: object) -> None:
        self._do("INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    @property
    def secret(self) -> bytes:
        """What reference codes are made with."""
        return bytes(self._fact(_SECRET))

    def next_batch(self) -> int:
        """The number of a run of import or fetch: a new one, or that of a run that was stopped before its end.

        Which of two files came later is told by these numbers where nothing else tells it, and that a run was stopped
        between the two says nothing.
        """
        stopped = self._fact(_OPEN_BATCH)
        if stopped is not None:
            return int(stopped)
        number = int(self._fact(_BATCH) or 0) + 1
        self._set_fact(_BATCH, number)
        self._set_fact(_OPEN_BATCH, number)
        return number

    @property
    def batch_under_way(self) -> bool:
        """Whether a run has not come to its end, or was stopped before it."""
        return self._fact(_OPEN_BATCH) is not None

    def end_batch(self) -> None:
        """Put down that a run has come to its end."""
        self._do("DELETE FROM facts WHERE name = ?", (_OPEN_BATCH,))

    @property
    def told_of_list(self) -> str:
        """A mark of what was last told of the list of organisations; empty where nothing was."""
        return str(self._fact(_TOLD_OF_LIST) or "")

    def set_told_of_list(self, mark: str) -> None:
        """Note down what was told of the list."""
        self._set_fact(_TOLD_OF_LIST, mark)

    def add_written(self, digests: Iterable[str]) -> None:
        """Note down the hashes of files as the program wrote them, so that it can tell them from changed ones."""
        for each in digests:
            self._set_fact(f"{_WRITTEN}{each}", 1)

    def written(self) -> frozenset[str]:
        """The hashes of files as the program wrote them."""
        rows = self._all("SELECT name FROM facts WHERE name > ? AND name < ?", (_WRITTEN, f"{_WRITTEN}~"))
        return frozenset(row[0].removeprefix(_WRITTEN) for row in rows)

    def pending(self) -> bytes | None:
        """What a run that forgets noted down as still to be removed; nothing where all is done."""
        found = self._fact(_PENDING)
        return None if found is None else bytes(found)

    def set_pending(self, what: bytes | None) -> None:
        """Note down what is still to be removed, or that all is done."""
        if what is None:
            self._do("DELETE FROM facts WHERE name = ?", (_PENDING,))
        else:
            self._set_fact(_PENDING, what)

    def events(self, *, organisation: int | None = None, round_id: str | None = None) -> list[Event]:
        """The ledger, or the part of it that is of an organisation or a round, in the order of time."""
        clause, values = where(organisation=organisation, round_id=round_id)
        return [struct(row, Event) for row in self._all(f"SELECT * FROM events{clause} ORDER BY id", values)]  # noqa: S608

    def waived(self, round_id: str) -> dict[int, Event]:
        """The organisations that need not answer in a round, with the line of the ledger that says so."""
        found: dict[int, Event] = {}
        rows = self._all(
            "SELECT * FROM events WHERE round_id = ? AND kind IN ('waived', 'waiver-ended') ORDER BY id", (round_id,)
        )
        for event in (struct(row, Event) for row in rows):
            if event.kind == "waived" and event.organisation is not None:
                found[event.organisation] = event
            elif event.kind == "waiver-ended" and event.organisation is not None:
                found.pop(event.organisation, None)
        return found

    # Releases

    def add_release(self, release: PublishedRelease) -> None:
        """Record a benchmark release and the files behind it."""
        self._do(
            "INSERT INTO releases VALUES (?, ?, ?, ?)",
            (release.number, release.round_id, release.made_at, release.folder),
        )
        for sha256 in release.inputs:
            self._do("INSERT INTO release_inputs VALUES (?, ?)", (release.number, sha256))

    def releases(self) -> list[PublishedRelease]:
        """All of them, the first first."""
        inputs: dict[int, list[str]] = {}
        for row in self._all("SELECT release, sha256 FROM release_inputs ORDER BY release, sha256"):
            inputs.setdefault(row[0], []).append(row[1])
        return [
            PublishedRelease(
                number=row["number"],
                round_id=row["round_id"],
                made_at=row["made_at"],
                folder=row["folder"],
                inputs=tuple(inputs.get(row["number"], ())),
            )
            for row in self._all("SELECT * FROM releases ORDER BY number")
        ]

    def backups(self) -> list[Path]:
        """The copies that were made of the database before its schema was changed."""
        return backups(self._path)

    # Checking

    def faults(self) -> list[str]:
        """What is wrong with the database; nothing when it is sound."""
        found = [row[0] for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"row {row[1]} of {row[0]} points nowhere" for row in self._all("PRAGMA foreign_key_check")]
        return found
