"""Whether a collection is sound: its database, its originals, what was read from them, and its ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from kil_xlsx.core.collection import MailState, Received, ReturnState
from kil_xlsx.core.ledger import fold
from kil_xlsx.core.precedence import clashes
from kil_xlsx.errors import StoreError
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.pipeline.collection.place import Collection

SAMPLE = 20
"""Returns that are read again, unless all are to be."""

_AT_ONCE = 100
"""Returns that are read again together, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Checked:
    """What a check found.  ``wrong`` lists what is to be put right; nothing in it is an answer.

    ``compared`` counts returns that were read again, ``locked`` those that could not be for want of a password, and
    ``outdated`` those that were read by another version, and will be read anew when they are needed.
    """

    wrong: tuple[str, ...]
    originals: int
    returns: int
    mails: int
    events: int
    compared: int
    locked: int = 0
    outdated: int = 0
    notes: tuple[str, ...] = ()


def check(
    collection: Collection,
    *,
    again: int | None = SAMPLE,
    password: str | None = None,
    progress: Progress = quiet,
) -> Checked:
    """Hold everything that a collection has against everything else.  Nothing is changed.

    :param again: how many returns to read again and hold against what is on record; without a number, all of them.
    :param password: what locked files are opened with, in memory only.
    :raises StoreError: the database cannot be read at all.
    """
    store = collection.store
    wrong = [f"Database: {fault}" for fault in store.faults()]
    missing: set[str] = set()
    wrong += _originals(collection, missing)
    wrong += _ledger(collection)
    returns = store.received()
    wrong += _standing(collection, returns)
    chosen = [each for each in _sample(returns, again) if each.sha256 not in missing]
    readings = _Readings(collection, password, progress)
    wrong += readings.compare(chosen)
    notes = []
    if store.pending() is not None:
        notes.append("Files of somebody who was forgotten are still to be removed: close them where they are open.")
    return Checked(
        tuple(wrong), len(store.originals()), len(returns), len(store.mails()), len(store.events()),
        readings.compared, readings.locked, readings.outdated, tuple(notes),
    )  # fmt: skip


def _originals(collection: Collection, missing: set[str]) -> Iterator[str]:
    """Whether every original is there as it came, and nothing else is.  ``missing`` gets those that cannot be used."""
    store, originals = collection.store, collection.originals
    known: set[Path] = set()
    for sha256 in store.originals():
        suffix = store.suffix_of(sha256) or ""
        known.add(originals.path(sha256, suffix))
        try:
            originals.get(sha256, suffix)
        except StoreError as error:
            missing.add(sha256)
            yield str(error)
    expected = {each.sha256 for each in store.expected()}
    for sha256, path in originals.all():
        if path in known:
            continue
        if sha256 in expected:
            yield f"{path} is not in the records: a run was stopped over it; the next 'kil-xlsx import' takes it in."
        else:
            yield (
                f"{path} is not in the records, and nothing says how it came: import the mail or the file that it came "
                "with once more or, if that is gone, a copy of it from another folder; otherwise remove it."
            )


def _ledger(collection: Collection) -> Iterator[str]:
    """Whether the present state of everything is what the ledger says."""
    store = collection.store
    told = fold(store.events())
    for received in store.received():
        if received.id in told.forgotten_returns:
            yield f"Return #{received.id} is there, although the ledger says that it was forgotten."
        elif told.returns.get(received.id) is not received.state:
            says = told.returns.get(received.id, "nothing")
            yield f"Return #{received.id} is {received.state}, but the ledger says {says}."
        elif told.owners.get(received.id) != received.organisation:
            yield (
                f"Return #{received.id} is {_whose(received.organisation)}, but the ledger says that it is "
                f"{_whose(told.owners.get(received.id))}."
            )
    there = {each.id for each in store.received()}
    for number in sorted(told.returns.keys() - there - told.forgotten_returns):
        yield f"Return #{number} is in the ledger, but not in the records."
    for mail in store.mails():
        if mail.state is not MailState.SENDING and told.mails.get(mail.id) is not mail.state:
            yield f"Mail #{mail.id} is {mail.state}, but the ledger says {told.mails.get(mail.id, 'nothing')}."
    for query in store.queries(open_only=False):
        if told.queries.get(query.id) is not (not query.closed_at):
            says = {True: "open", False: "closed", None: "nothing"}[told.queries.get(query.id)]
            yield f"Query {query.id} is {'closed' if query.closed_at else 'open'}, but the ledger says {says}."


def _whose(organisation: int | None) -> str:
    return "nobody's" if organisation is None else f"organisation #{organisation}'s"


def _standing(collection: Collection, returns: Sequence[Received]) -> Iterator[str]:
    """Whether one return stands for each organisation at most, and whatever waits is waited for by somebody."""
    of: dict[tuple[int, str], list[Received]] = {}
    asked = {each.received for each in collection.store.queries()}
    for each in returns:
        if each.organisation is not None:
            of.setdefault((each.organisation, each.round_id), []).append(each)
        if each.state is ReturnState.HELD and each.id not in asked:
            yield f"Return #{each.id} waits for a decision, but nothing is asked about it."
    for theirs in of.values():
        yield from clashes(theirs)


def _sample(returns: Sequence[Received], most: int | None) -> list[Received]:
    """Some returns from the first to the last, the same ones every time."""
    if most is None or len(returns) <= most:
        return list(returns)
    step = (len(returns) - 1) / max(most - 1, 1)
    return [returns[round(at * step)] for at in range(most)]


class _Readings:
    """Reads returns again, and compares."""

    def __init__(self, collection: Collection, password: str | None, progress: Progress) -> None:
        self._collection, self._password, self._progress = collection, password, progress
        self.compared = self.locked = self.outdated = 0

    def compare(self, chosen: Sequence[Received]) -> Iterator[str]:
        for start in range(0, len(chosen), _AT_ONCE):
            self._progress(start, len(chosen), "")
            yield from self._some(chosen[start : start + _AT_ONCE])
        self._progress(len(chosen), len(chosen), "")

    def _some(self, chosen: Sequence[Received]) -> Iterator[str]:
        from kil_xlsx.pipeline.reading import read

        store, collection = self._collection.store, self._collection
        kept: list[tuple[Received, Reading]] = []
        for each in chosen:
            stored = store.reading(each.id, collection.made_with)
            if stored is None:
                self.outdated += 1
            else:
                kept.append((each, stored))
        if not kept:
            return
        files = [collection.originals.path(each.sha256, store.suffix_of(each.sha256) or "") for each, _ in kept]
        again = read(files, collection.framework_name, password=self._password)
        for (each, stored), fresh in zip(kept, again.readings, strict=True):
            if _codes(fresh) == {"file-password"} != _codes(stored):
                self.locked += 1
                continue
            self.compared += 1
            if _said(stored) != _said(fresh):
                yield f"Return #{each.id}: what was read from it is not what its original says."
            elif not store.rows_agree(each.id, stored):
                yield f"Return #{each.id}: its rows in the table of answers are not what was read from it."


def _codes(reading: Reading) -> set[str]:
    return {each.code for each in reading.problems}


def _said(reading: Reading) -> bytes:
    """A reading without the name of its file, which is another one among the originals."""
    unnamed = replace(reading, file=replace(reading.file, name=""))
    return msgspec.msgpack.encode(unnamed)
