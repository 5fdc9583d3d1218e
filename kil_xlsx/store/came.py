"""What came in: files, how they came, what was read from them, and what a person has to decide about them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kil_xlsx.core.collection import Arrival, Expected, Query, Received, ReturnState, Share
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Entry, Outcome, Part
from kil_xlsx.store.connection import plain_words
from kil_xlsx.store.records import Records, storable, struct, where, whole_text

_RECEIVED = (
    "sha256", "organisation", "round_id", "state", "share", "reference", "respondent", "version", "name", "received_at",
    "sent_at", "batch", "sender", "person", "answered", "applicable", "overall", "errors", "queries", "digest",
)  # fmt: skip


class CameRecords(Records):
    """The returns of a collection, and the queries about them."""

    def expect(self, expected: Expected) -> None:
        """Put down how a file came that is about to be kept, in place of what was put down of it before."""
        self.no_longer_expect(expected.sha256)
        self._insert("expected", expected)

    def no_longer_expect(self, sha256: str) -> None:
        """Put down that a file has been recorded, or has not been kept."""
        self._do("DELETE FROM expected WHERE sha256 = ?", (sha256,))

    def expected(self, *, sha256: str | None = None) -> list[Expected]:
        """How files came that were about to be kept, in that order: those that runs were stopped over."""
        clause, values = where(sha256=sha256)
        rows = self._all(f"SELECT * FROM expected{clause} ORDER BY id", values)  # noqa: S608 - names of our own
        return [struct(row, Expected) for row in rows]

    def add_original(self, sha256: str, size: int, suffix: str, at: str) -> None:
        """Record that a file is among the originals; nothing happens if it is recorded already."""
        self._do("INSERT INTO originals VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (sha256, size, suffix, at))

    def suffix_of(self, sha256: str) -> str | None:
        """The suffix under which an original is kept; nothing where it is not recorded."""
        row = self._one("SELECT suffix FROM originals WHERE sha256 = ?", (sha256,))
        return None if row is None else str(row[0])

    def originals(self) -> list[str]:
        """The hashes of all originals that are recorded."""
        return [row[0] for row in self._all("SELECT sha256 FROM originals ORDER BY sha256")]

    def add_arrival(self, arrival: Arrival) -> bool:
        """Record how a file came; whether that is new.  The same name in the same mail, or folder, is the same."""
        known = self._one(
            "SELECT 1 FROM arrivals WHERE sha256 = ? AND message_id = ? AND name = ?",
            (arrival.sha256, arrival.message_id, arrival.name),
        )
        if known is None:
            self._insert("arrivals", arrival)
        return known is None

    def arrivals(self, sha256: str) -> list[Arrival]:
        """The ways in which a file came, the first first."""
        rows = self._all("SELECT * FROM arrivals WHERE sha256 = ? ORDER BY id", (sha256,))
        return [struct(row, Arrival) for row in rows]

    def add_received(self, received: Received, reading: Reading, made_with: str) -> int:
        """Record a file that was taken for a return, with all that was read from it; gives its number.

        :param made_with: names the program and questionnaires that it was read with; see :meth:`reading`.
        """
        values = msgspec.structs.asdict(received)
        marks = ", ".join("?" * len(_RECEIVED))
        number = self._do(
            f"INSERT INTO received ({', '.join(_RECEIVED)}) VALUES ({marks})",  # noqa: S608 - names of our own
            [values[name] for name in _RECEIVED],
        )
        self._put_reading(number, reading, made_with)
        return number

    def replace_reading(self, number: int, reading: Reading, made_with: str) -> None:
        """Put what was read from a return anew in place of what was read before."""
        for table in ("readings", "entries", "section_scores", "problems"):
            self._do(f"DELETE FROM {table} WHERE received = ?", (number,))  # noqa: S608 - names of our own
        self._put_reading(number, reading, made_with)

    def receive_anew(self, number: int, received: Received, reading: Reading, made_with: str) -> None:
        """Record a file that could not be read before as it is read now; all that was recorded of it is replaced."""
        values = msgspec.structs.asdict(received)
        names = [name for name in _RECEIVED if name != "sha256"]
        self._do(
            f"UPDATE received SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",  # noqa: S608 - as above
            [*(values[name] for name in names), number],
        )
        self.replace_reading(number, reading, made_with)

    def typed_texts(self, items: Sequence[str]) -> list[tuple[int, int, str]]:
        """Returns that count or are held, with their organisations and what they say in any of some profile fields."""
        marks = ", ".join("?" * len(items))
        rows = self._all(
            "SELECT r.id, r.organisation, e.text FROM entries e JOIN received r ON r.id = e.received "  # noqa: S608
            "WHERE r.organisation IS NOT NULL AND r.state IN ('accepted', 'accepted-with-queries', 'held') "
            f"AND e.part = 'answer' AND e.text <> '' AND e.item IN ({marks}) ORDER BY r.id",
            list(items),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def _put_reading(self, number: int, reading: Reading, made_with: str) -> None:
        content = zlib.compress(_packed(reading), 1)
        self._do("INSERT INTO readings VALUES (?, ?, ?)", (number, made_with, content))
        sections = reading.result.sections if reading.result is not None else {}
        with plain_words(self._path):
            self._db.executemany(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(number, reading)
            )
            self._db.executemany(
                "INSERT INTO section_scores VALUES (?, ?, ?, ?)",
                ((number, section, of.score, of.band) for section, of in sections.items()),
            )
            self._db.executemany(
                "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    storable((
                        number, at, each.code, each.severity, each.message, each.remedy, each.sheet, each.cell,
                        each.item, each.found, each.expected,
                    ))
                    for at, each in enumerate(reading.problems, 1)
                ),
            )  # fmt: skip

    def reading(self, number: int, made_with: str) -> Reading | None:
        """What was read from a return; nothing where it was read by another version, and has to be read again."""
        row = self._one("SELECT made_with, content FROM readings WHERE received = ?", (number,))
        if row is None or row[0] != made_with:
            return None
        return msgspec.msgpack.decode(zlib.decompress(row[1]), type=Reading)

    def rows_agree(self, number: int, reading: Reading) -> bool:
        """Whether the rows of a return, one for each entry, are those of a reading."""
        found = sorted(map(repr, map(tuple, self._all("SELECT * FROM entries WHERE received = ?", (number,)))))
        return found == sorted(repr(tuple(map(_as_stored, row))) for row in _rows(number, reading))

    def received(
        self,
        *,
        organisation: int | None = None,
        round_id: str | None = None,
        state: ReturnState | None = None,
        sha256: str | None = None,
    ) -> list[Received]:
        """Files that were taken for returns, in the order in which they came in."""
        clause, values = where(organisation=organisation, round_id=round_id, state=state, sha256=sha256)
        rows = self._all(f"SELECT * FROM received{clause} ORDER BY id", values)  # noqa: S608
        return [struct(row, Received) for row in rows]

    def one_received(self, number: int) -> Received | None:
        """One of them by its number."""
        row = self._one("SELECT * FROM received WHERE id = ?", (number,))
        return None if row is None else struct(row, Received)

    def set_received(
        self,
        number: int,
        state: ReturnState,
        *,
        share: Share | None = None,
        organisation: int | None = None,
        round_id: str | None = None,
    ) -> None:
        """Record what became of a return, and whose it is if that was decided."""
        self._do(
            "UPDATE received SET state = ?, share = coalesce(?, share), organisation = coalesce(?, organisation), "
            "round_id = coalesce(?, round_id) WHERE id = ?",
            (state, share, organisation, round_id, number),
        )

    def set_owner(self, number: int, organisation: int | None, round_id: str) -> None:
        """Record whose a return is, and of which round, if that is known; what is open about it goes with it."""
        self._do("UPDATE received SET organisation = ?, round_id = ? WHERE id = ?", (organisation, round_id, number))
        self._do("UPDATE queries SET organisation = ? WHERE received = ? AND closed_at = ''", (organisation, number))

    def set_arrival(self, number: int, received_at: str, sent_at: str, batch: int, sender: str) -> None:
        """Record when and from where a return came that has come again."""
        self._do(
            "UPDATE received SET received_at = ?, sent_at = ?, batch = ?, sender = ? WHERE id = ?",
            (received_at, sent_at, batch, sender, number),
        )

    def open_query(self, query: Query) -> int:
        """Record a query; gives its number."""
        return self._insert("queries", query, leave_out=("id",))

    def close_query(self, number: int, at: str, decision: str, by: str, why: str) -> None:
        """Record what was decided, by which role, and why."""
        self._do(
            "UPDATE queries SET closed_at = ?, decision = ?, by = ?, why = ? WHERE id = ?",
            (at, decision, by, why, number),
        )

    def reopen_query(self, number: int) -> None:
        """Record that a decision was taken back."""
        self._do("UPDATE queries SET closed_at = '', decision = '', by = '', why = '' WHERE id = ?", (number,))

    def queries(
        self, *, open_only: bool = True, organisation: int | None = None, received: int | None = None
    ) -> list[Query]:
        """Queries in the order in which they arose."""
        clause, values = where(organisation=organisation, received=received, closed_at="" if open_only else None)
        rows = self._all(f"SELECT * FROM queries{clause} ORDER BY id", values)  # noqa: S608
        return [struct(row, Query) for row in rows]

    def query(self, number: int) -> Query | None:
        """One of them."""
        row = self._one("SELECT * FROM queries WHERE id = ?", (number,))
        return None if row is None else struct(row, Query)


def _rows(number: int, reading: Reading) -> Iterator[list[object]]:
    """The rows of the table of entries that a reading makes."""
    for each in reading.ret.entries.values() if reading.ret is not None else ():
        if _says_something(each):
            place = (each.place.sheet, each.place.cell) if each.place is not None else (None, None)
            yield storable((
                number, *each.key, each.state, each.outcome, each.value, each.code, each.text, each.typed, *place,
            ))  # fmt: skip


def _as_stored(value: object) -> object:
    """A value as it comes back: plain texts, numbers for yes and no, nothing for what is no number."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return int(value)
    return None if value != value else value


def _packed(reading: Reading) -> bytes:
    try:
        return msgspec.msgpack.encode(reading)
    except UnicodeEncodeError:  # half a character, in the name of the file or from somewhere else
        return msgspec.msgpack.encode(_whole(msgspec.to_builtins(reading)))


def _whole(value: Any) -> Any:
    """Builtin values with all texts whole."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_whole, value))
    return value


def _says_something(entry: Entry) -> bool:
    """Whether an entry has a row: each item has one, blank or not; notes and rows of tables only if filled in."""
    return entry.outcome is not Outcome.BLANK or (entry.key.part == Part.ANSWER and entry.key.row == 0)
