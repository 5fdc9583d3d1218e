"""What changed between two returns: files, or returns of a collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Received, ReturnState, Share
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import Reading, organisation_of, read_with
from kil_xlsx.core.return_diff import ReturnDiff, Side, diff
from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK
from kil_xlsx.pipeline.reading import Returned, read
from kil_xlsx.results.collection_model import ComparedSide, DiffDocument

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Asked
    from kil_xlsx.pipeline.collection.place import Collection


@dataclass(frozen=True)
class Compared:
    """Two returns and what changed from the first to the second."""

    before: ComparedSide
    after: ComparedSide
    found: ReturnDiff
    notes: tuple[str, ...] = ()

    def document(self) -> DiffDocument:
        """All of it, for programs."""
        from kil_xlsx.results.collection_json import diff_document

        return diff_document(self.found, self.before, self.after)


@dataclass(frozen=True)
class _Given:
    """One of two returns as it was read; ``received`` is its record, if it is in a collection."""

    reading: Reading
    instruments: Mapping[str, Instrument]
    received: Received | None = None

    @property
    def instrument(self) -> Instrument:
        found = read_with(self.instruments, self.reading.identity)
        if found is None or self.reading.ret is None or self.reading.result is None:
            first = next((each for each in self.reading.problems), None)
            why = f": {first.message[:1].lower()}{first.message[1:].rstrip('.')}" if first is not None else ""
            raise KilXlsxError(
                f"{self.reading.file.name} cannot be read{why}.", first.remedy if first is not None else ""
            )
        return found


def compare(
    one: str,
    other: str,
    collection: Collection | None = None,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    password: str | None = None,
) -> Compared:
    """What changed from one return to another.

    :param one: a file or, in a collection, the number of a return, such as "12" or "#12"; what there is a file of is
        taken for the file.  The same goes for ``other``.
    :raises UsageProblem: there is no such file or return, or the two are not of the same type of respondent.
    :raises KilXlsxError: one of them cannot be read.
    """
    return _compared(
        *(_given(each, collection, framework, password) for each in (one, other)), collection=collection
    )  # fmt: skip


def compare_latest(
    collection: Collection, named: str, *, last_round: bool = False, password: str | None = None
) -> Compared:
    """What changed in an organisation's return since the one before it.

    :param named: the organisation.
    :param last_round: compare with what it said in the round before this one.
    :raises UsageProblem: there are no two returns to compare.
    """
    from kil_xlsx.pipeline.collection.naming import organisation_named

    of = organisation_named(collection.store, named)
    every = [each for each in collection.store.received(organisation=of.id) if each.state is not ReturnState.REFUSED]
    mine = [each for each in every if each.round_id == collection.round_id]
    now = _last_counting(mine) or (mine[-1] if mine else None)
    if now is None:
        raise UsageProblem(f"No return of {of.name} is in this round yet.", "See 'kil-xlsx status'.")
    before = _of_last_round(every, now) if last_round else _one_before(mine, now)
    if before is None:
        raise UsageProblem(_nothing_before(of, now, last_round=last_round), "Name two returns, or two files.")
    returned = collection.returned([before, now], password=password)
    was, after = (
        _Given(reading, returned.instruments, received)
        for reading, received in zip(returned.readings, (before, now), strict=True)
    )
    return _compared(was, after, collection=collection)


def _nothing_before(of: Asked, now: Received, *, last_round: bool) -> str:
    if last_round:
        return f"No return of {of.name} from an earlier round is in this collection."
    return f"Only one return of {of.name} is in this round: number {now.id}."


def _last_counting(received: Sequence[Received]) -> Received | None:
    """The return that counts: what several agreed on first, else the last."""
    counting = [each for each in received if each.state.counts]
    agreed = [each for each in counting if each.share is Share.CONSENSUS]
    found = agreed or counting
    return found[-1] if found else None


def _one_before(mine: Sequence[Received], now: Received) -> Received | None:
    """The return that came before another: what it took the place of first, else any."""
    earlier = [each for each in mine if each.id != now.id and each.id < now.id]
    superseded = [each for each in earlier if each.state is ReturnState.SUPERSEDED]
    found = superseded or earlier
    return found[-1] if found else None


def _of_last_round(every: Sequence[Received], now: Received) -> Received | None:
    """What an organisation said in the round that was collected last before."""
    earlier = [each for each in every if each.round_id != now.round_id and each.id < now.id and each.state.counts]
    return _last_counting([each for each in earlier if each.round_id == earlier[-1].round_id]) if earlier else None


def _given(text: str, collection: Collection | None, framework: str, password: str | None) -> _Given:
    path = Path(text)
    number = text.strip().removeprefix("#")
    is_number = number.isascii() and number.isdigit() and len(number) <= 15
    if path.is_file() or not is_number:
        if path.is_dir():
            raise UsageProblem(f"{text} is a folder.", "Name two files.")
        found: Returned = read([path], framework, password=password)
        return _Given(found.readings[0], found.instruments)
    if collection is None:
        raise UsageProblem(f"There is no file {text}.", "Numbers of returns are known only inside a collection.")
    received = collection.store.one_received(int(number))
    if received is None:
        raise UsageProblem(f"There is no return {number} in this collection.", "'kil-xlsx show' has their numbers.")
    returned = collection.returned([received], password=password)
    return _Given(returned.readings[0], returned.instruments, received)


def _compared(one: _Given, other: _Given, *, collection: Collection | None) -> Compared:
    first, second = one.instrument, other.instrument
    if first.key != second.key:
        raise UsageProblem(
            f"They cannot be compared: {one.reading.file.name} is of the type {first.respondent.id}, "
            f"{other.reading.file.name} of {second.respondent.id}.",
            "Name two returns of the same type of respondent.",
        )
    today = other.instruments.get(second.respondent.id)
    sides = [
        Side(each.instrument, each.reading.ret, each.reading.result, each.reading.problems)
        for each in (one, other)
        if each.reading.ret is not None and each.reading.result is not None
    ]
    found = diff(sides[0], sides[1], today)
    names = [_described(each, collection) for each in (one, other)]
    notes = []
    if names[0].organisation and names[1].organisation and names[0].organisation != names[1].organisation:
        notes.append("The two returns are of two organisations.")
    if found.carried:
        versions = sorted({each.version for each in names} - {found.version})
        what = f"made from version {' and '.join(versions)}"
        notes.append(f"What was {what} was carried forward into {found.version}, and scored by its rules.")
    return Compared(names[0], names[1], found, tuple(notes))


def _described(given: _Given, collection: Collection | None) -> ComparedSide:
    reading, received = given.reading, given.received
    identity = reading.identity
    assert identity is not None
    name = organisation_of(identity, given.instrument, reading.ret)
    if collection is not None and received is not None and received.organisation is not None:
        of = collection.store.organisation(received.organisation)
        name = of.name if of is not None else name
    return ComparedSide(
        organisation=name,
        file=received.name if received is not None and received.name else reading.file.name,
        sha256=reading.file.sha256,
        round=identity.round_id,
        version=identity.version,
        number=received.id if received is not None else None,
        received_at=received.received_at if received is not None else "",
        state=str(received.state) if received is not None else "",
    )
