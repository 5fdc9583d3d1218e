"""The workbooks of a collection: each under a code that only the collection can make, and each on its send list."""

from __future__ import annotations

import os
from collections.abc import Collection as Numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Asked, Copy, Event, Share
from kil_xlsx.core.framework import Framework
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.own import Own
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.workbooks import Generated, Planned, Wanted, planned, write_workbooks
from kil_xlsx.results.show import some

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.pipeline.reading import Returned


@dataclass(frozen=True)
class ToMake:
    """A workbook that is to be made: for whom, what it is made from, and its line of the send list."""

    asked: Asked
    wanted: Wanted
    copy: Copy

    @property
    def last_round(self) -> str:
        """The round whose answers are filled in; empty where none are."""
        before = self.wanted.issue.previous
        return before.round if before is not None and before.typed else ""


@dataclass(frozen=True)
class PlannedCopies:
    """The workbooks of a collection that are to be made, in the order of the list.

    ``left_out`` tells what the list has that was left out of account, whether it has been told before or not.
    """

    framework: Framework
    workbooks: tuple[ToMake, ...]
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def plan_copies(
    collection: Collection,
    *,
    respondent: str | None = None,
    framework: str | None = None,
    organisations: Path | None = None,
    only: Numbers[int] | None = None,
    round_id: str | None = None,
    due: date | None = None,
    contact: str | None = None,
    previous: Path | Returned | None = None,
    answers: Path | None = None,
    benchmark: Path | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    share: Share = Share.WHOLE,
    progress: Progress = quiet,
) -> PlannedCopies:
    """Which workbooks are to be made, and with what in them.  Nothing is made or recorded but changes of the list.

    What is not given is as the settings have it.

    :param organisations: another list than the collection's; those in it become known to the collection.
    :param only: of the list, only the organisations with these numbers in the records.
    :param share: what the workbooks are for; one for what several have agreed on has a code of its own.
    :raises UsageProblem: none is to be made.
    """
    said = collection.settings.collection
    is_own = organisations is None or _is_same(organisations, collection.list_file)
    own_theme = theme is None or _is_same(theme, collection.place.path(said.theme))
    collection.check_files(own_list=is_own, own_theme=own_theme)
    synced = collection.organisations(None if is_own else organisations)
    pairs = [
        (listed, asked)
        for listed, asked in zip(synced.listed, synced.asked, strict=True)
        if only is None or asked.id in only
    ]
    if not pairs:
        raise UsageProblem(
            "There is no organisation to make a workbook for.", f"Write it into the list {collection.list_file.name}."
        )
    in_round = said.round_id if round_id is None else round_id
    plan = planned(
        framework or collection.framework_name,
        respondent=respondent,
        organisations=[listed for listed, _ in pairs],
        round_id=in_round,
        due=due or said.due,
        contact=said.contact if contact is None else contact,
        previous=previous,
        answers=answers,
        benchmark=benchmark,
        theme=theme or (collection.place.path(said.theme) if said.theme else None),
        created=created,
        key=collection.key,
        purpose="" if share is Share.WHOLE else share.value,
        is_whole_list=len(pairs) == len(synced.listed),
        progress=progress,
    )
    by_facts = {(asked.respondent, asked.name, asked.number): asked for _, asked in pairs}
    made_at = moment()
    done = []
    for wanted in plan.wanted:
        whose = wanted.organisation
        assert whose is not None
        asked = by_facts[wanted.instrument.respondent.id, whose.name, whose.id]
        copy = Copy(
            reference=wanted.reference,
            organisation=asked.id,
            round_id=wanted.issue.round_id,
            share=share,
            framework=plan.framework.id,
            version=plan.framework.version,
            respondent=asked.respondent,
            name=whose.name,
            number=whose.id,
            made_at=made_at,
        )
        done.append(ToMake(asked, wanted, copy))
    filled = _filled_in(done) if previous is not None else ()
    return PlannedCopies(plan.framework, tuple(done), (*synced.notes, *filled, *plan.notes), synced.left_out)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same place, which need not be there."""
    return os.path.realpath(one) == os.path.realpath(other)


def _filled_in(workbooks: Sequence[ToMake]) -> Iterator[str]:
    """How many workbooks have an earlier round's answers in them."""
    rounds = [each.last_round for each in workbooks if each.last_round]
    whose = f" of {', '.join(dict.fromkeys(rounds))}" if rounds else " of last time"
    yield f"Filled in with the answers{whose}: {len(rounds):,} of {some(len(workbooks), 'workbook')}."


def record_copies(collection: Collection, workbooks: Sequence[ToMake]) -> None:
    """Put workbooks on the send list, before any of them leaves; those that stand there already stay as they are.

    Runs in a transaction of its own.
    """
    with collection.store.transaction():
        for each in workbooks:
            add_copy(collection, each)


def add_copy(collection: Collection, each: ToMake) -> None:
    """Put one workbook on the send list, inside a transaction of the caller's.

    :raises UsageProblem: its code stands there for another organisation.
    """
    if collection.store.add_copy(each.copy):
        collection.store.record(
            Event(
                kind="workbook-made",
                at=each.copy.made_at,
                organisation=each.copy.organisation,
                round_id=each.copy.round_id,
            )
        )
        return
    there = collection.store.copy(each.copy.reference)
    if there is not None and there.organisation != each.copy.organisation:
        raise UsageProblem(
            f"The reference code {each.copy.reference} belongs to two organisations: numbers {there.organisation} and "
            f"{each.copy.organisation} of the collection.",
            "Give the organisations different names, or their registered numbers, in the list.",
        )


def generate(
    collection: Collection,
    out: Path | None = None,
    *,
    respondent: str | None = None,
    framework: str | None = None,
    organisations: Path | None = None,
    round_id: str | None = None,
    due: date | None = None,
    contact: str | None = None,
    previous: Path | None = None,
    answers: Path | None = None,
    benchmark: Path | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    force: bool = False,
    splice: bool = True,
    executor: str | None = None,
    progress: Progress = quiet,
) -> Generated:
    """Write the workbooks of a collection to a folder, all of them or none; see :func:`plan_copies`.

    :param previous: what came back last time; without it, what the collection has of the round before, if anything.
    """
    from kil_xlsx.pipeline.collection.enclosures import last_round

    found = plan_copies(
        collection, respondent=respondent, framework=framework, organisations=organisations, round_id=round_id,
        due=due, contact=contact, previous=previous or last_round(collection, progress),
        answers=answers, benchmark=benchmark, theme=theme,
        created=created, progress=progress,
    )  # fmt: skip
    notes = (*found.notes, *(each for each in found.left_out if each not in found.notes))
    in_round = collection.round_id if round_id is None else round_id
    own = Own(collection.place)
    done = write_workbooks(
        Planned(found.framework, tuple(each.wanted for each in found.workbooks), notes),
        out or collection.place.of_round(collection.place.workbooks, in_round),
        force=force or own,
        splice=splice,
        executor=executor,
        record=lambda: record_copies(collection, found.workbooks),
        progress=progress,
    )
    own.remember(each.path for each in done.workbooks)
    return replace(done, notes=(*done.notes, *own.told))
