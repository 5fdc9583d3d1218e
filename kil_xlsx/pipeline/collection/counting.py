"""The returns of a collection that count now, as the rest of the program takes returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Received, ReturnState, Share
from kil_xlsx.core.readings import Reading
from kil_xlsx.errors import StoreError, UsageProblem
from kil_xlsx.pipeline.collection.judging import counts_unlisted
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.reading import Returned, read
from kil_xlsx.pipeline.versions import earlier, instruments_of

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection


def counting(collection: Collection, round_id: str | None = None) -> list[Received]:
    """The returns that stand for their organisations in a round, in the order in which they came in.

    Views of single people do not; what several have agreed on does.  Those of organisations that are no longer on the
    list do not either, unless a person has decided that they count all the same.
    """
    found = collection.store.received(round_id=collection.round_id if round_id is None else round_id)
    out = unlisted(collection, found)
    return [each for each in found if each.state.counts and each.share is not Share.VIEW and each.id not in out]


def unlisted(collection: Collection, received: Iterable[Received]) -> frozenset[int]:
    """The numbers of returns that do not count, as their organisation is no longer on the list."""
    listed = {each.id for each in collection.store.organisations(listed_only=True)}
    found = [each for each in received if each.organisation is not None and each.organisation not in listed]
    if not found:
        return frozenset()
    queries = collection.store.queries(open_only=False)
    return frozenset(each.id for each in found if not counts_unlisted(each, queries))


def returned(
    collection: Collection,
    received: Sequence[Received] | None = None,
    *,
    password: str | None = None,
    executor: str | None = None,
    progress: Progress = quiet,
) -> Returned:
    """What returns of the collection say, as :func:`kil_xlsx.pipeline.read` gives it.

    What was read by another version of the program, or of the questionnaire, is read again from the originals.

    :param received: which; without it, those that count in this round.
    :param executor: where those are read, see :func:`kil_xlsx.pipeline.executing.executor`; here unless given.
    :raises UsageProblem: there are none.
    :raises StoreError: an original that has to be read again is not there.
    """
    which = counting(collection) if received is None else list(received)
    if not which:
        now = f" in the round {collection.round_id}" if collection.round_id else ""
        waiting = len(collection.store.received(round_id=collection.round_id, state=ReturnState.HELD))
        remedy = "Take in what came back with 'kil-xlsx import' or 'kil-xlsx fetch', or name files or folders."
        if waiting:
            remedy = f"{remedy} Waiting for a decision: {waiting:,}; see 'kil-xlsx status'."
        raise UsageProblem(f"No return of this collection counts{now} yet.", " ".join((remedy, *_left_out(collection))))
    files = tuple(_original(collection, each) for each in which)
    readings = [collection.store.reading(each.id, collection.made_with) for each in which]
    missing = [at for at, reading in enumerate(readings) if reading is None]
    if missing:
        absent = [files[at] for at in missing if not files[at].is_file()]
        if absent:
            raise StoreError(
                f"An original that has to be read again is not there: {absent[0]}.",
                "Put it back from a copy of the collection's folder.",
            )
        again = read(
            [files[at] for at in missing], collection.framework_name, password=password, executor=executor,
            progress=progress,
        )  # fmt: skip
        for at, reading in zip(missing, again.readings, strict=True):
            named = replace(reading.file, name=which[at].name or reading.file.name)
            readings[at] = fresh = replace(reading, file=named)
            if not collection.read_only and not fresh.refused:  # such as a locked file without its password
                with collection.store.transaction():
                    collection.store.replace_reading(which[at].id, fresh, collection.made_with)
    notes = _left_out(collection) if received is None else ()
    whole = [_whose(collection, each, reading) for each, reading in zip(which, readings, strict=True) if reading]
    before = earlier(collection.framework_name, collection.instruments)
    instruments = instruments_of(collection.instruments, before, whole)
    return Returned(
        collection.framework, instruments, tuple(whole), files=files, of_collection=True, notes=tuple(notes)
    )


def _left_out(collection: Collection) -> list[str]:
    """Which organisations are left out: people have not agreed yet, or they are no longer on the list."""
    from kil_xlsx.definitions.wording import listed

    found = [each for each in collection.store.received(round_id=collection.round_id) if each.state.counts]
    out = unlisted(collection, found)
    agreed = {each.organisation for each in found if each.share is not Share.VIEW}
    waiting = [each for each in found if each.share is Share.VIEW and each.organisation not in agreed]
    kinds = (
        (
            "Left out until their people have agreed on one answer (kil-xlsx consensus)",
            [each for each in waiting if each.id not in out],
        ),
        (
            "Left out, as they are no longer on the list of organisations (put them back on it, and they count)",
            [each for each in found if each.id in out],
        ),
    )
    told = []
    for words, returns in kinds:
        numbers = dict.fromkeys(each.organisation for each in returns)
        asked = [collection.store.organisation(each) for each in numbers if each is not None]
        if asked:
            told.append(f"{words}: {listed([each.name for each in asked if each is not None])}.")
    return told


def _original(collection: Collection, received: Received) -> Path:
    suffix = collection.store.suffix_of(received.sha256) or ""
    return collection.originals.path(received.sha256, suffix)


def _whose(collection: Collection, received: Received, reading: Reading) -> Reading:
    """A reading under the name of the organisation that it was decided to be of.

    Where the workbook itself was made for another one, what it says of whose it is would otherwise be believed.
    """
    identity, ret = reading.identity, reading.ret
    if identity is None or ret is None or received.organisation is None:
        return reading
    copy = collection.store.copy(identity.reference)
    is_theirs = copy is not None and copy.organisation == received.organisation
    if copy is not None and is_theirs and copy.round_id == received.round_id:
        return reading
    own = collection.store.organisation(received.organisation)
    assert own is not None
    copies = collection.store.copies(organisation=received.organisation, round_id=received.round_id)
    now = next((each.reference for each in copies if each.share is Share.WHOLE), "")
    identity = replace(
        identity, organisation=own.name, organisation_id=own.number, reference=now, round_id=received.round_id
    )
    if is_theirs:
        return replace(reading, identity=identity)
    instrument = next((each for each in collection.instruments if each.respondent.id == identity.respondent), None)
    fields = instrument.profile if instrument is not None else ()
    claims = {one.id for one in fields if one.role == "organisation" or one.type in ("org_id", "org_id_list")}
    entries = {key: entry for key, entry in ret.entries.items() if key.item not in claims}
    return replace(reading, identity=identity, ret=replace(ret, entries=entries))
