"""Who is asked, and who has been forgotten."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from kil_xlsx.core.collection import Asked
from kil_xlsx.store.connection import plain_words
from kil_xlsx.store.records import Records

_QUERY_WORDS = ("found", "expected", "why")


@dataclass(frozen=True)
class ListChanges:
    """What a list of organisations changed: names of those that are new, different, gone, or had been forgotten."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()


class AskedRecords(Records):
    """The organisations of a collection."""

    def organisations(self, *, listed_only: bool = False) -> list[Asked]:
        """All that are not forgotten, in the order in which they became known."""
        where = " AND listed" if listed_only else ""
        rows = self._all(f"SELECT * FROM organisations WHERE forgotten_at = ''{where} ORDER BY id")  # noqa: S608
        return [_asked(row) for row in rows]

    def organisation(self, number: int) -> Asked | None:
        """One of them, forgotten ones too."""
        row = self._one("SELECT * FROM organisations WHERE id = ?", (number,))
        return None if row is None else _asked(row)

    def sync_organisations(
        self, listed: Iterable[Asked], digests: Sequence[Collection[str]] = (), *, keep_others: bool = False
    ) -> ListChanges:
        """Make the organisations those of a list.  One is the same if its number is, or its name and not its number.

        Those that the list no longer has stay, as not listed.

        :param listed: as the list has them; their ``id`` does not matter.
        :param digests: for each of ``listed``, what :meth:`forget` may have been given when it was forgotten (see
            :mod:`kil_xlsx.core.tombstones`); such are left out.
        :param keep_others: the list is of some of them only, so that those it does not have stay as they are.
        """
        gone_for_good = {row[0] for row in self._all("SELECT digest FROM forgotten_names")}
        known = self.organisations()
        by_number = {(each.respondent, each.number.upper()): each for each in known if each.number}
        by_name: dict[tuple[str, str], list[Asked]] = {}
        for each in known:
            by_name.setdefault((each.respondent, _folded(each.name)), []).append(each)
        added, changed, forgotten = [], [], []
        matched: set[int] = set()
        for at, new in enumerate(listed):
            if digests and not gone_for_good.isdisjoint(digests[at]):
                forgotten.append(new.name)
                continue
            old = by_number.get((new.respondent, new.number.upper())) if new.number else None
            if old is None or old.id in matched:
                same = [
                    each
                    for each in by_name.get((new.respondent, _folded(new.name)), [])
                    if each.id not in matched and not (each.number and new.number)
                ]
                old = same[0] if same else None
            values = (
                new.respondent, new.name, new.number, new.email, new.parent,
                json.dumps(dict(new.profile), ensure_ascii=False, sort_keys=True),
            )  # fmt: skip
            if old is None:
                number = self._do(
                    "INSERT INTO organisations (respondent, name, number, email, parent, profile) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    values,
                )
                matched.add(number)
                added.append(new.name)
                continue
            matched.add(old.id)
            if msgspec.structs.replace(new, id=old.id, listed=True) != old:
                self._do(
                    "UPDATE organisations SET respondent = ?, name = ?, number = ?, email = ?, parent = ?, "
                    "profile = ?, listed = 1 WHERE id = ?",
                    (*values, old.id),
                )
                changed.append(new.name)
        gone = [each for each in known if each.listed and each.id not in matched and not keep_others]
        for each in gone:
            self._do("UPDATE organisations SET listed = 0 WHERE id = ?", (each.id,))
        return ListChanges(tuple(added), tuple(changed), tuple(each.name for each in gone), tuple(forgotten))

    def forget(self, organisation: int, at: str, *, digests: Sequence[str] = ()) -> tuple[str, ...]:
        """Remove all that an organisation sent and all that is known of it, and give the hashes of its files.

        Its number stays as a tombstone, with the hashes of its files, so that releases they were part of can be
        explained and the same file does not come in again unnoticed.  The lines of the ledger stay without words.
        Where queries about others name it, or others' returns came from its address, that is emptied as well.

        :param digests: by which a list that still has it is recognised; see :mod:`kil_xlsx.core.tombstones`.
        """
        asked = self.organisation(organisation)
        if asked is None or asked.forgotten_at:
            return ()
        self._do(
            "UPDATE organisations SET name = '', number = '', email = '', parent = '', profile = '{}', listed = 0, "
            "forgotten_at = ? WHERE id = ?",
            (at, organisation),
        )
        returns = [row[0] for row in self._all("SELECT id FROM received WHERE organisation = ?", (organisation,))]
        files = [file for each in returns for file in self.forget_return(each, at)]
        self._do(
            "DELETE FROM queries WHERE organisation = ?1 OR mail IN (SELECT id FROM mails WHERE organisation = ?1)",
            (organisation,),
        )
        self._do("DELETE FROM mails WHERE organisation = ?", (organisation,))
        self._do("UPDATE copies SET name = '', number = '' WHERE organisation = ?", (organisation,))
        self._do("UPDATE events SET why = '' WHERE organisation = ? AND why <> ''", (organisation,))
        files += self._forget_address(asked.email, organisation, at)
        self._forget_words((asked.name, asked.number, asked.email))
        for each in digests:
            self._do("INSERT INTO forgotten_names VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (each, organisation, at))
        return tuple(files)

    def forget_return(self, number: int, at: str) -> tuple[str, ...]:
        """Remove one return and what was recorded about it, and give the hash of its file."""
        row = self._one("SELECT sha256, organisation FROM received WHERE id = ?", (number,))
        if row is None:
            return ()
        self._do("INSERT INTO forgotten_returns VALUES (?, ?, ?)", (number, row["organisation"], at))
        self._do("UPDATE events SET why = '' WHERE received = ? AND why <> ''", (number,))
        self._do("DELETE FROM queries WHERE received = ?", (number,))
        self._do("DELETE FROM received WHERE id = ?", (number,))
        self.forget_file(row["sha256"], row["organisation"], at)
        return (row["sha256"],)

    def forget_file(self, sha256: str, organisation: int | None, at: str) -> None:
        """Remove an original that is no return (any more) from the records; only its hash stays."""
        self._do("DELETE FROM arrivals WHERE sha256 = ?", (sha256,))
        self._do("DELETE FROM originals WHERE sha256 = ?", (sha256,))
        self._do("INSERT INTO forgotten_files VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (sha256, organisation, at))

    def loose_files(self, sender: str | None = None) -> list[str]:
        """The hashes of originals that are no returns: all of them, or those that came from one address alone."""
        rows = self._all(
            "SELECT o.sha256, min(lower(a.sender)), max(lower(a.sender)) FROM originals o "
            "LEFT JOIN arrivals a USING (sha256) WHERE o.sha256 NOT IN (SELECT sha256 FROM received) "
            "GROUP BY o.sha256 ORDER BY o.sha256"
        )
        return [row[0] for row in rows if sender is None or row[1] == row[2] == sender.lower()]

    def _forget_address(self, email: str, organisation: int, at: str) -> list[str]:
        """What came from an address that is of nobody else; gives the hashes of files that were removed."""
        shared = self._one("SELECT 1 FROM organisations WHERE lower(email) = lower(?) AND email <> ''", (email,))
        if not email or shared is not None:
            return []
        files = self.loose_files(email)
        for each in files:
            self.forget_file(each, organisation, at)
        for table in ("arrivals", "received"):
            self._do(f"UPDATE {table} SET sender = '' WHERE lower(sender) = lower(?)", (email,))  # noqa: S608
        return files

    def _forget_words(self, facts: Iterable[str]) -> None:
        """Empty what queries about others say where it names one of the facts."""
        wanted = [_folded(each) for each in facts if each.strip()]
        for row in self._all("SELECT id, found, expected, why FROM queries"):
            kept = ["" if any(each in _folded(row[name]) for each in wanted) else row[name] for name in _QUERY_WORDS]
            if kept != [row[name] for name in _QUERY_WORDS]:
                self._do("UPDATE queries SET found = ?, expected = ?, why = ? WHERE id = ?", (*kept, row["id"]))

    def forgotten(self, sha256: str) -> tuple[int | None, str] | None:
        """The tombstone of a file: the organisation's number, if it was known, and when it was forgotten."""
        row = self._one("SELECT organisation, at FROM forgotten_files WHERE sha256 = ?", (sha256,))
        return None if row is None else (row[0], row[1])

    def forgotten_files(self) -> list[str]:
        """The hashes of all files that have been removed."""
        return [row[0] for row in self._all("SELECT sha256 FROM forgotten_files ORDER BY sha256")]

    def tidy(self) -> None:
        """Write the database anew without what was removed from it."""
        with plain_words(self._path):
            self._db.execute("VACUUM")


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _asked(row: sqlite3.Row) -> Asked:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row is no mapping
    return msgspec.convert({**values, "profile": json.loads(row["profile"])}, Asked, strict=False)
