"""What the records of a collection are read and written with: rows to structs and back, inside transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import msgspec

from kil_xlsx.core.collection import Event
from kil_xlsx.core.ledger import EVENTS
from kil_xlsx.store.connection import plain_words, transaction

Record = TypeVar("Record", bound=msgspec.Struct)


class Records:
    """A connection to the database of a collection.  Writing happens inside :meth:`transaction` only."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._db.row_factory = sqlite3.Row

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing of what is written inside."""
        return transaction(self._db, self._path)

    @property
    def version(self) -> int:
        """Another number whenever another program has changed the records."""
        row = self._one("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with plain_words(self._path):
            return self._db.execute(sql, storable(values)).fetchall()

    def _one(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        with plain_words(self._path):
            found: sqlite3.Row | None = self._db.execute(sql, storable(values)).fetchone()
            return found

    def _do(self, sql: str, values: Sequence[object] = ()) -> int:
        """Write something; gives the number of the new row, if there is one."""
        if not self._db.in_transaction:
            raise RuntimeError("writing outside a transaction")
        with plain_words(self._path):
            return self._db.execute(sql, storable(values)).lastrowid or 0

    def record(self, *events: Event) -> None:
        """Add lines to the ledger."""
        for event in events:
            if event.kind not in EVENTS:
                raise ValueError(f"the ledger knows no {event.kind}")
            self._insert("events", event, leave_out=("id",))

    def _insert(self, table: str, record: msgspec.Struct, leave_out: Sequence[str] = ()) -> int:
        values = {name: value for name, value in msgspec.structs.asdict(record).items() if name not in leave_out}
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        return self._do(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608


def storable(values: Iterable[object]) -> list[object]:
    """Values as the database takes them: halves of characters, as names of files may have, become U+FFFD."""
    return [whole_text(value) if isinstance(value, str) and not value.isascii() else value for value in values]


def whole_text(text: str) -> str:
    """A text with U+FFFD in place of halves of characters, which cannot be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
    return text


def where(**wanted: object) -> tuple[str, list[object]]:
    """A condition of columns that are to be equal to what is given; those without a value do not matter."""
    given = {name: value for name, value in wanted.items() if value is not None}
    clause = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {clause}" if clause else "", list(given.values()))


def struct(row: sqlite3.Row, kind: type[Record]) -> Record:
    """A row as the record that it is of; columns that the record does not have are left out."""
    names = kind.__struct_fields__
    return msgspec.convert({name: row[name] for name in row.keys() if name in names}, kind, strict=False)  # noqa: SIM118
