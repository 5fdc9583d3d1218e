"""Several people of one organisation: how far their views are apart, and the workbook in which they agree on one.

What all of them say is filled in.  Where they differ the cell is blank, and what each of them said stands beside it, so
that nobody's answer silently becomes everybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace as with_

from kil_xlsx.core.collection import Asked, Received, Share
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.returns import Key, Outcome, Part, Return, Typed
from kil_xlsx.core.spread import Spread, apart, spread
from kil_xlsx.core.statements import Asks, Says, asked, statement, words
from kil_xlsx.errors import UsageProblem
from kil_xlsx.layout.codec import encode, is_blank
from kil_xlsx.layout.marking import Mark, Marking, Spot, Until
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.pipeline.collection.workbooks import ToMake, plan_copies, record_copies
from kil_xlsx.pipeline.outputs import write_file
from kil_xlsx.pipeline.prefill import fits
from kil_xlsx.pipeline.versions import to_compare

if TYPE_CHECKING:
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.slots import Slot
    from kil_xlsx.pipeline.collection.place import Collection

FEWEST = 2
"""Views that there have to be."""

_LONGEST_SAID = 200
_LONGEST_NOTE = 900
_NOT_ASKED = frozenset((Part.CONFIRM,))
"""Parts that only workbooks have which were filled in beforehand with what an earlier return said."""


@dataclass(frozen=True)
class Compared:
    """What the people of an organisation said, in the order in which their views came in.

    ``labels`` tell the views apart, as far as the people have said their roles.  ``agreed_return`` is the number of the
    return in which they have agreed, if it is there.
    """

    organisation: Asked
    instrument: Instrument
    views: tuple[Received, ...]
    returns: tuple[Return, ...]
    labels: tuple[str, ...]
    agreed_return: int | None = None

    @cached_property
    def everything(self) -> tuple[Spread, ...]:
        """What they are asked to agree on, in the order of the workbook, with what each of them says.

        What the list of organisations says already stands in the workbook, whatever they have made of it.
        """
        known = self.organisation.profile
        return tuple(
            each
            for each in spread(self.instrument, self.returns)
            if each.key.part not in _NOT_ASKED and (each.key.row or each.key.item not in known)
        )

    @property
    def differing(self) -> tuple[Spread, ...]:
        """What they do not agree on, those furthest apart first; what nobody can use comes last."""
        return (*apart(self.everything), *(each for each in self.everything if _useless(each)))

    @property
    def agreed(self) -> int:
        """How many answers all of them gave alike."""
        return sum(each.agreed and each.said and not _useless(each) for each in self.everything)

    def words(self, each: Spread, position: int) -> str:
        """What one of them says, as people read it."""
        return words(each.by(position), each.asks)


def _useless(each: Spread) -> bool:
    """Whether all say the same, and it is nothing that a workbook could be filled in with."""
    return each.agreed and each.by(0).says in (Says.UNUSABLE, Says.NOT_FOUND)


@dataclass(frozen=True)
class Written:
    """The workbook that was written, and how far the views are apart."""

    path: Path
    compared: Compared
    copy: ToMake
    notes: tuple[str, ...] = ()


def compare(collection: Collection, organisation: Asked, views: Sequence[Received] | None = None) -> Compared:
    """What several people of an organisation said.

    :param views: which returns; without it, the views that stand in this round.
    :raises UsageProblem: there are not several.
    """
    theirs = collection.store.received(organisation=organisation.id, round_id=collection.round_id)
    counting = [each for each in theirs if each.state.counts]
    agreed = [each.id for each in counting if each.share is Share.CONSENSUS]
    if views is None:
        views = [each for each in counting if each.share is Share.VIEW]
    if len(views) < FEWEST:
        count = "no views" if not views else "one view only"
        raise UsageProblem(
            f"Of {organisation.name} there are {count} in this round, so there is nothing to agree on.",
            "Two returns become views when a query about a second person is decided with 'both' (kil-xlsx resolve).",
        )
    returned = collection.returned(list(views))
    forward = to_compare(returned.readings, returned.framework, returned.instruments)
    kept = [(view, each.ret) for view, each in zip(views, forward.readings, strict=True) if each.ret is not None]
    instrument = next(each for each in collection.instruments if each.respondent.id == organisation.respondent)
    return Compared(
        organisation,
        instrument,
        tuple(view for view, _ in kept),
        tuple(ret for _, ret in kept),
        tuple(_label(view, at) for at, (view, _) in enumerate(kept, 1)),
        agreed[-1] if agreed else None,
    )


def _label(view: Received, number: int) -> str:
    who = " ".join(view.person.split())
    return f"View {number} ({who[:60]})" if who else f"View {number}"


def consensus_workbook(
    collection: Collection,
    organisation: Asked,
    views: Sequence[Received] | None = None,
    *,
    created: datetime | None = None,
) -> ToMake:
    """The workbook in which the people of an organisation agree, ready to be made; it is not on the send list yet.

    :param views: their returns; without it, the views that stand in this round.
    :raises UsageProblem: there are not several views, or the organisation no longer stands on the list.
    """
    return _made(collection, compare(collection, organisation, views), created)


def write_consensus(
    collection: Collection, organisation: Asked, out: Path | None = None, *, force: bool = False
) -> Written:
    """Put the workbook on the send list and write it.

    :param out: where; without it, in the collection's folder of workbooks.
    :raises OutputError: it is there already, and ``force`` is not set.
    """
    compared = compare(collection, organisation)
    made = _made(collection, compared, None)
    of_round = collection.place.of_round(collection.place.workbooks, collection.round_id)
    path = out or of_round / made.wanted.file_name
    if path.suffix.casefold() != ".xlsx":
        raise UsageProblem(f"The workbook cannot be called {path.name}.", "Give --out a name that ends in .xlsx.")
    from kil_xlsx.pipeline.outputs import Outputs

    with Outputs([path], force=force):
        pass  # said before anything is recorded
    data = made.wanted.data()
    record_copies(collection, [made])
    write_file(path, data, force=force)
    there = compared.agreed_return
    notes = () if there is None else (f"They have agreed already (return {there}).",)
    return Written(path, compared, made, notes)


def _made(collection: Collection, compared: Compared, created: datetime | None) -> ToMake:
    only = {compared.organisation.id}
    planned = plan_copies(collection, only=only, share=Share.CONSENSUS, created=created)
    made = planned.workbooks[0]
    filler = _Filler(made.wanted.plan, compared, dict(made.wanted.issue.organisation.profile))  # type: ignore[union-attr]
    typed, marking = filler.filled()
    issue: Issue = with_(made.wanted.issue, marking=marking)
    return replace(made, wanted=made.wanted._replace(issue=issue, typed={**made.wanted.typed, **typed}))


class _Filler:
    """Fills in what all views have in common, and marks what they have not."""

    def __init__(self, plan: Plan, compared: Compared, known: dict[str, str]) -> None:
        """:param known: what stands in the workbook beforehand, by profile field."""
        self.plan = plan
        self.words = plan.words
        self.found = compared
        self.known = known

    def filled(self) -> tuple[dict[Key, Typed], Marking]:
        typed: dict[Key, Typed] = {}
        marks: list[Mark] = []
        notes = {}
        for asks in asked(self.plan.instrument):
            slot = self.plan.by_key.get(asks.key)
            if slot is None or asks.key.part in _NOT_ASKED or (asks.key.item in self.known and not asks.key.row):
                continue
            value = self._in_common(asks)
            if value is not _DIFFERS:
                typed.update(value)
                continue
            said = self._said(asks)
            main = asks.key.part == Part.ANSWER
            heading = self.words("agree.note") if main else self.words("agree.beside")
            kind = self.words("checks.query")
            notes[slot.cell] = _short("\n".join((f"{kind}: {heading}", *said)), _LONGEST_NOTE)
            if main:
                marks.append(self._mark(asks, slot, said))
        marks.sort(key=lambda mark: (self._order(mark.sheet), mark.spots[0].cell.row, mark.spots[0].cell.column))
        return typed, Marking(tuple(marks), notes=notes, about="agree")

    def _in_common(self, asks: Asks) -> Any:
        """What all of them typed, by cell; nothing where all left it blank; or that they differ."""
        said = {statement(each, asks) for each in self.found.returns}
        if len(said) > 1:
            return _DIFFERS
        only = said.pop()
        if not only.said:
            return {}
        if only.says in (Says.UNUSABLE, Says.NOT_FOUND):
            return _DIFFERS
        keys = [asks.key]
        if asks.kind is ItemKind.FIGURE and asks.key.part == Part.ANSWER:
            keys.append(Key(asks.key.item, Part.MISSING))
        cells = {key: self._typed(key) for key in keys if key in self.plan.by_key}
        if any(isinstance(value, str) and not fits(value) for value in cells.values()):
            return _DIFFERS
        return {key: value for key, value in cells.items() if not is_blank(value)}

    def _typed(self, key: Key) -> Typed:
        """An entry of the first view as the workbook has it."""
        entry = self.found.returns[0].get(*key)
        if entry.outcome is not Outcome.ACCEPTED:
            return None
        try:
            return encode(self.plan.instrument, self.plan.by_key[key], entry)
        except (ValueError, StopIteration):
            return entry.typed

    def _said(self, asks: Asks) -> list[str]:
        return [
            self.words("agree.by", who=label, said=_short(words(statement(ret, asks), asks), _LONGEST_SAID))
            for label, ret in zip(self.found.labels, self.found.returns, strict=True)
        ]

    def _mark(self, asks: Asks, slot: Slot, said: Iterable[str]) -> Mark:
        role = next((each.role for each in self.plan.instrument.profile if each.id == asks.key.item), None)
        do = "agree.do_who" if role == "completed_by" else "agree.do_choice" if slot.choices else "agree.do_other"
        spot = Spot(slot.cell, slot.key, Until.GIVEN)
        return Mark(Severity.QUERY, asks.shown, slot.cell.sheet, asks.label, "\n".join(said), self.words(do), (spot,))

    def _order(self, sheet: str) -> int:
        names = list(dict.fromkeys(slot.cell.sheet for slot in self.plan.slots))
        return names.index(sheet)


_DIFFERS = object()


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
