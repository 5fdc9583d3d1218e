"""What returns say, item by item, so that several of them can be held side by side.

A :class:`Statement` is what one return says about one thing.  Zero, *not applicable*, *don't know* and *unanswered*
are four different statements, and what could not be used is a fifth: none of them is ever taken for another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from kil_xlsx.core.checking import STANDING, range_check_id
from kil_xlsx.core.framework import ChoiceList
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.names import one_line
from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, State, text_of


class Says(StrEnum):
    """What kind of thing is said."""

    ANSWERED = "answered"
    NOT_APPLICABLE = "not_applicable"
    DONT_KNOW = "dont_know"
    UNANSWERED = "unanswered"
    UNUSABLE = "unusable"
    """Something was typed that could not be taken."""
    NOT_FOUND = "not_found"
    """The row is no longer in the workbook."""


@dataclass(frozen=True)
class Asks:
    """One thing that a return may say something about: an item, a part beside it, or a cell of a table.

    ``kind`` is an :class:`~kil_xlsx.core.readings.ItemKind`, or :data:`CHECK` for what explains a check; ``shown`` is
    the item's visible code; ``choices`` is the list that it is answered from, if there is one.
    """

    key: Key
    kind: str
    shown: str
    label: str
    choices: ChoiceList | None = None
    unit: str = ""

    @cached_property
    def order(self) -> dict[str, float]:
        """The value of each scored choice by its code: what makes answers lower and higher; empty without one."""
        every = self.choices.choices if self.choices is not None else ()
        return {each.code: each.value for each in every if each.value is not None and each.state == "answered"}


@dataclass(frozen=True)
class Statement:
    """What a return says about one thing; two that are equal say the same.

    ``value`` is a number, ``code`` that of a choice, ``text`` words or an ISO date; for what could not be used, what
    was typed.
    """

    says: Says = Says.UNANSWERED
    value: float | None = None
    code: str | None = None
    text: str = ""

    @property
    def said(self) -> bool:
        """Whether anything is said at all."""
        return self.says is not Says.UNANSWERED


UNANSWERED = Statement()
"""Nothing was said."""

CHECK = "check"
"""The kind of an explanation that is given to a check."""

_BESIDE: dict[str, tuple[Part, ...]] = {
    ItemKind.PROFILE: (Part.CONFIRM,),
    ItemKind.QUESTION: (
        Part.REASON, Part.EVIDENCE, Part.STRENGTH, Part.TARGET, Part.ACTION, Part.OWNER, Part.DUE, Part.CONFIRM,
    ),
    ItemKind.FIGURE: (Part.NOTE, Part.CONFIRM),
    ItemKind.STEP: (Part.NOTE,),
    ItemKind.TABLE: (),
}  # fmt: skip
"""What may be said beside an answer.  The reason for having no figure is part of what is said about the figure."""


def asked(instrument: Instrument, *, beside: bool = True) -> Iterator[Asks]:
    """Everything that a return of an instrument may say something about, in the order of the workbook.

    :param beside: whether to give what may be said beside an answer too, such as evidence.
    """
    framework, lists = instrument.framework, instrument.choice_lists
    fixed = {
        Part.STRENGTH: lists.get(framework.evidence_strength),
        Part.CONFIRM: lists.get(framework.confirmation or ""),
    }

    def with_parts(first: Asks) -> Iterator[Asks]:
        yield first
        for part in _BESIDE[first.kind] if beside else ():
            choices = first.choices if part is Part.TARGET else fixed.get(part)
            yield Asks(Key(first.key.item, part), first.kind, first.shown, first.label, choices)

    for field in instrument.profile:
        if field.type != "derived":
            choices = lists.get(field.choices or "")
            yield from with_parts(Asks(Key(field.id), ItemKind.PROFILE, field.code, field.label, choices))
    for each in instrument.questions:
        choices = instrument.choices_of(each)
        yield from with_parts(Asks(Key(each.id), ItemKind.QUESTION, each.id, each.label, choices))
    missing = lists.get(framework.missing_figure)
    for figure in instrument.figures:
        yield from with_parts(
            Asks(Key(figure.id), ItemKind.FIGURE, figure.code, figure.label, missing, figure.unit or "")
        )
    for table in instrument.tables:
        for row in range(1, table.rows + 1):
            for column in table.columns:
                yield Asks(
                    Key(table.id, Part.ANSWER, row, column.id), ItemKind.TABLE, table.code,
                    f"{table.label}, row {row}: {column.label}", lists.get(column.choices or ""), column.unit or "",
                )  # fmt: skip
                if beside and column is table.columns[-1]:
                    key = Key(table.id, Part.CONFIRM, row)
                    yield Asks(key, ItemKind.TABLE, table.code, f"{table.label}, row {row}", fixed[Part.CONFIRM])
    for step in instrument.steps:
        steps = framework.steps
        choices = lists.get(steps.choices) if steps is not None else None
        yield from with_parts(Asks(Key(step.id), ItemKind.STEP, step.id, step.label, choices))
    if beside:
        labels = {each.id: each.message for each in instrument.checks}
        labels |= {range_check_id(each.id): each.label for each in instrument.measures}
        for check, label in (labels | dict.fromkeys(STANDING, "")).items():
            yield Asks(Key(check, Part.EXPLANATION), CHECK, check, label)


def statement(ret: Return, asks: Asks) -> Statement:
    """What a return says about one thing."""
    entry = ret.get(*asks.key)
    if asks.kind is ItemKind.FIGURE and asks.key.part == Part.ANSWER and entry.outcome is Outcome.BLANK:
        reason = ret.get(asks.key.item, Part.MISSING)  # an answer of its own: why there is no figure
        return of_entry(reason)
    return of_entry(entry)


def of_entry(entry: Entry) -> Statement:
    """What one entry says."""
    if entry.outcome is Outcome.NOT_FOUND:
        return Statement(Says.NOT_FOUND)
    if entry.outcome is Outcome.REFUSED:
        return Statement(Says.UNUSABLE, text=one_line(text_of(entry.typed)))
    if entry.outcome is Outcome.BLANK and entry.state is State.UNANSWERED:
        return UNANSWERED
    says = Says(entry.state)
    if entry.code is not None:
        return Statement(says, code=entry.code)
    if entry.text is not None:
        return Statement(says, text=one_line(entry.text)) if entry.text.strip() else UNANSWERED
    return Statement(says, value=entry.value)


def words(said: Statement, asks: Asks) -> str:
    """A statement as people read it.  Numbers are given in full, with neither unit nor separators."""
    if said.says is Says.UNUSABLE:
        return f"cannot be used: {said.text}" if said.text else "cannot be used"
    if said.code is not None:
        every = asks.choices.choices if asks.choices is not None else ()
        choice = next((each for each in every if each.code == said.code), None)
        return said.code if choice is None or asks.choices is None else display(asks.choices, choice)
    if said.says is not Says.ANSWERED:
        return _WORDS[said.says]
    return said.text or text_of(said.value) or "yes"


_WORDS = {
    Says.NOT_APPLICABLE: "not applicable",
    Says.DONT_KNOW: "don't know",
    Says.UNANSWERED: "not answered",
    Says.NOT_FOUND: "row not found",
}
