"""Who is asked, and who has been forgotten."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from kil_xlsx.core.collection import Asked
from kil_xlsx.core.mentions import Mentions
from kil_xlsx.core.names import folded
from kil_xlsx.core.same import matched
from kil_xlsx.store.connection import plain_words
from kil_xlsx.store.records import Records

_QUERY_WORDS = ("found", "expected", "why")


@dataclass(frozen=True)
class ListChanges:
    """What a list of organisations changed: names of those that are new, different, gone, or had been forgotten.

    ``renumbered`` are those of the different ones that now have another registered number.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    renumbered: tuple[str, ...] = ()


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
        """Make the organisations those of a list, see :func:`kil_xlsx.core.same.matched` for which is which.

        Those that the list no longer has stay, as not listed.

        :param listed: as the list has them; their ``id`` does not matter.
        :param digests: for each of ``listed``, what :meth:`forget` may have been given when it was forgotten (see
            :mod:`kil_xlsx.core.tombstones`); such are left out.
        :param keep_others: the list is of some of them only, so that those it does not have stay as they are.
        """
        gone_for_good = {row[0] for row in self._all("SELECT digest FROM forgotten_names")}
        rows, forgotten = [], []
        for at, new in enumerate(listed):
            if digests and not gone_for_good.isdisjoint(digests[at]):
                forgotten.append(new.name)
            else:
                rows.append(new)
        known = self.organisations()
        added, changed, renumbered = [], [], []
        kept: set[int] = set()
        for new, old in zip(rows, matched(rows, known, whole=not keep_others), strict=True):
            values = (
                new.respondent, new.name, new.number, new.email, new.parent,
                json.dumps(dict(new.profile), ensure_ascii=False, sort_keys=True),
            )  # fmt: skip
            if old is None:
                self._do(
                    "INSERT INTO organisations (respondent, name, number, email, parent, profile) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    values,
                )
                added.append(new.name)
                continue
            kept.add(old.id)
            if msgspec.structs.replace(new, id=old.id, listed=True) != old:
                self._do(
                    "UPDATE organisations SET respondent = ?, name = ?, number = ?, email = ?, parent = ?, "
                    "profile = ?, listed = 1 WHERE id = ?",
                    (*values, old.id),
                )
                changed.append(new.name)
            if old.number and new.number and folded(old.number) != folded(new.number):
                renumbered.append(new.name)
        gone = [each for each in known if each.listed and each.id not in kept and not keep_others]
        for each in gone:
            self._do("UPDATE organisations SET listed = 0 WHERE id = ?", (each.id,))
        return ListChanges(
            tuple(added), tuple(changed), tuple(each.name for each in gone), tuple(forgotten), tuple(renumbered)
        )

    def forget(self, organisation: int, at: str, *, digests: Sequence[str] = ()) -> tuple[str, ...]:
        """Remove all that an organisation sent and all that is known of it, and give the hashes of its files.

        Its number stays as a tombstone, with the hashes of its files, so that releases they were part of can be
        explained and the same file does not come in again unnoticed.  The lines of the ledger stay without words.
        Where queries about others or their lines of the ledger name it, or others' returns came from its address, that
        is emptied as well.

        :param digests: by which a list that still has it is recognised; see :mod:`kil_xlsx.core.tombstones`.
        """
        asked = self.organisation(organisation)
        if asked is None or asked.forgotten_at:
            return ()
        mentions = self.mentions(asked)
        self._do(
            "UPDATE organisations SET name = '', number = '', email = '', parent = '', profile = '{}', listed = 0, "
            "forgotten_at = ? WHERE id = ?",
            (at, organisation),
        )
        returns = [row[0] for row in self._all("SELECT id FROM received WHERE organisation = ?", (organisation,))]
        files = [file for each in returns for file in self.forget_return(each, at)]
        self._do(  # returns that were taken for its at first, and are others' or nobody's
            "UPDATE queries SET organisation = (SELECT organisation FROM received WHERE id = queries.received) "
            "WHERE organisation = ? AND received IS NOT NULL",
            (organisation,),
        )
        self._do(
            "DELETE FROM queries WHERE organisation = ?1 OR mail IN (SELECT id FROM mails WHERE organisation = ?1)",
            (organisation,),
        )
        self._do("DELETE FROM mails WHERE organisation = ?", (organisation,))
        self._do("UPDATE copies SET name = '', number = '' WHERE organisation = ?", (organisation,))
        self._do("UPDATE events SET why = '' WHERE organisation = ? AND why <> ''", (organisation,))
        files += self._forget_address(asked.email, organisation, at)
        self._forget_words(mentions)
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
        self._do("DELETE FROM expected WHERE sha256 = ?", (sha256,))
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

    def nobodys_from(self, asked: Asked) -> list[int]:
        """The numbers of returns of nobody that came from an organisation's address alone, if it is of nobody else."""
        if not asked.email or self._is_shared(asked.email, asked.id):
            return []
        rows = self._all(
            "SELECT id FROM received WHERE organisation IS NULL AND lower(sender) = lower(?1) AND NOT EXISTS "
            "(SELECT 1 FROM arrivals WHERE sha256 = received.sha256 AND lower(sender) NOT IN ('', lower(?1))) "
            "ORDER BY id",
            (asked.email,),
        )
        return [row[0] for row in rows]

    def mentions(self, asked: Asked) -> Mentions:
        """What an organisation is or was called, apart from all others."""
        facts, others = {asked.name, asked.number, asked.email}, set[str]()
        for row in self._all("SELECT organisation, name, number FROM copies"):
            (facts if row[0] == asked.id else others).update((row[1], row[2]))
        for each in self.organisations():
            if each.id != asked.id:
                others.update((each.name, each.number, each.email))
        return Mentions(facts, others)

    def _is_shared(self, email: str, organisation: int) -> bool:
        """Whether an address is of another organisation too."""
        sql = "SELECT 1 FROM organisations WHERE lower(email) = lower(?) AND id <> ?"
        return self._one(sql, (email, organisation)) is not None

    def _forget_address(self, email: str, organisation: int, at: str) -> list[str]:
        """What came from an address that is of nobody else; gives the hashes of files that were removed."""
        if not email or self._is_shared(email, organisation):
            return []
        files = self.loose_files(email)
        for row in self._all(  # a run was stopped over them, before it put down that they had come
            "SELECT sha256 FROM expected WHERE lower(?) IN (lower(sender), lower(inner_sender))", (email,)
        ):
            self._do("DELETE FROM expected WHERE sha256 = ?", (row[0],))
            if self._one("SELECT 1 FROM originals WHERE sha256 = ?", (row[0],)) is None:
                files.append(row[0])
        for each in files:
            self.forget_file(each, organisation, at)
        for table in ("arrivals", "received"):
            self._do(f"UPDATE {table} SET sender = '' WHERE lower(sender) = lower(?)", (email,))  # noqa: S608
        return files

    def _forget_words(self, mentions: Mentions) -> None:
        """Empty what queries about others and their lines of the ledger say where it names an organisation."""
        for row in self._all("SELECT id, found, expected, why FROM queries"):
            words = [row[name] for name in _QUERY_WORDS]
            named = [mentions.in_field(words[0]), mentions.in_field(words[1]), mentions.in_words(words[2])]
            if any(named):
                kept = ["" if each else text for each, text in zip(named, words, strict=True)]
                self._do("UPDATE queries SET found = ?, expected = ?, why = ? WHERE id = ?", (*kept, row["id"]))
        for row in self._all("SELECT id, why FROM events WHERE why <> ''"):
            if mentions.in_words(row["why"]):
                self._do("INSERT INTO forgetting VALUES (?)", (row["id"],))
        self._do("UPDATE events SET why = '' WHERE id IN (SELECT event FROM forgetting)")
        self._do("DELETE FROM forgetting")

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


def _asked(row: sqlite3.Row) -> Asked:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row is no mapping
    return msgspec.convert({**values, "profile": json.loads(row["profile"])}, Asked, strict=False)
