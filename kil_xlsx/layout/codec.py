"""Between what stands in a cell and what it means, both directions side by side.

Two readers of a cell exist.  :func:`as_formulas_see` is what the workbook's own formulas make of it; it decides every
stored formula value.  :func:`kil_xlsx.layout.decoding.decode` is what the program makes of a returned workbook: it
takes the same answers, and some more that are beyond doubt, and says what is wrong with the rest.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, timedelta

from kil_xlsx.core.figures import Unit
from kil_xlsx.core.framework import Choice, ChoiceList
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.returns import Entry, Key, Outcome, State, Typed, text_of
from kil_xlsx.layout.slots import Slot, SlotKind

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
"""Dates outside this span are taken for mistakes."""

_EPOCH = date(1899, 12, 30)


def serial(day: date) -> float:
    """A day as the serial number that spreadsheets use."""
    return float((day - _EPOCH).days)


def day_of(number: float) -> date | None:
    """The day of a serial number, if it lies in the span that is believed."""
    if not serial(FIRST_DAY) <= number < serial(LAST_DAY) + 1:
        return None
    return _EPOCH + timedelta(days=int(number))


def ordered(choice_list: ChoiceList) -> tuple[Choice, ...]:
    """Choices in the order in which lists offer them: the answers first, the special answers after them."""
    answers = [choice for choice in choice_list.choices if choice.state == "answered"]
    return (*answers, *(choice for choice in choice_list.choices if choice.state != "answered"))


def offered(choice_list: ChoiceList, *, levels_only: bool = False) -> tuple[tuple[str, Choice], ...]:
    """What a dropdown offers, with the choice that each label stands for."""
    return tuple(
        (display(choice_list, choice), choice)
        for choice in ordered(choice_list)
        if not levels_only or choice.state == "answered"
    )


def is_blank(typed: Typed) -> bool:
    """Whether a cell counts as empty: nothing, or only blanks of any kind."""
    return typed is None or (isinstance(typed, str) and not typed.strip())


def _blank_to_formulas(typed: Typed) -> bool:
    """Whether formulas take a cell for empty: their TRIM knows the plain space only."""
    return typed is None or (isinstance(typed, str) and not typed.strip(" "))


# Into a cell


def encode(instrument: Instrument, slot: Slot, entry: Entry) -> Typed:
    """What must stand in the slot's cell for an entry; what reading gives back."""
    if entry.state is State.UNANSWERED:
        return None
    if slot.kind is SlotKind.CHOICE and slot.choices:
        choice_list = instrument.choice_lists[slot.choices]
        return next(label for label, choice in offered(choice_list) if choice.code == entry.code)
    if slot.kind is SlotKind.NUMBER:
        return entry.value
    if slot.kind is SlotKind.DATE and entry.text:
        return serial(date.fromisoformat(entry.text))
    return entry.text


# Out of a cell


def _blank(key: Key, typed: Typed) -> Entry:
    return Entry(key=key, typed=typed)


def _refused(key: Key, typed: Typed) -> Entry:
    return Entry(key=key, outcome=Outcome.REFUSED, typed=typed)


def chosen(key: Key, typed: Typed, choice: Choice) -> Entry:
    """The entry of a cell that was taken for a choice."""
    return Entry(
        key=key,
        state=State(choice.state),
        outcome=Outcome.ACCEPTED,
        value=choice.value,
        code=choice.code,
        text=choice.label,
        typed=typed,
    )


def figure(key: Key, typed: Typed, value: float) -> Entry:
    """The entry of a cell that was taken for a number."""
    return Entry(key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=value, typed=typed)


def _text(key: Key, typed: Typed, text: str) -> Entry:
    return Entry(key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, text=text, typed=typed)


def in_range(slot: Slot, value: float) -> bool:
    """Whether a number is one that the slot may hold."""
    lowest = -math.inf if slot.minimum is None else slot.minimum
    highest = math.inf if slot.maximum is None else slot.maximum
    return math.isfinite(value) and lowest <= value <= highest


def as_formulas_see(instrument: Instrument, slot: Slot, typed: Typed) -> Entry:
    """The entry as the workbook's formulas take it: an exact label, a number in range, a date, or any text."""
    key = slot.key
    if _blank_to_formulas(typed):
        return _blank(key, typed)
    if slot.kind is SlotKind.CHOICE and slot.choices:
        choice = instrument.choices_by_label[slot.choices].get(typed.casefold()) if isinstance(typed, str) else None
        if choice is None or (slot.levels_only and choice.state != "answered"):
            return _refused(key, typed)
        return chosen(key, typed, choice)
    if slot.kind is SlotKind.NUMBER:
        if isinstance(typed, float | int) and not isinstance(typed, bool) and in_range(slot, typed):
            return figure(key, typed, float(typed))
        return _refused(key, typed)
    if slot.kind is SlotKind.DATE:
        day = day_of(typed) if isinstance(typed, float | int) and not isinstance(typed, bool) else None
        return dated(key, typed, day) if day else _refused(key, typed)
    return _text(key, typed, text_of(typed))


def dated(key: Key, typed: Typed, day: date) -> Entry:
    """The entry of a cell that was taken for a day."""
    return Entry(
        key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=serial(day), text=day.isoformat(), typed=typed
    )


_DASHES = re.compile(r"[‐-―−]")
_QUOTES = str.maketrans("‘’‚‛“”„", "''''\"\"\"")


def folded(text: str) -> str:
    """A text as it is compared: case, kinds of blank, dash and quote do not matter."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(_DASHES.sub("-", plain).split()).casefold()


def unit_of(instrument: Instrument, slot: Slot) -> Unit | None:
    """The unit of a slot for figures, if it has one."""
    key = slot.key
    name = instrument.units_by_figure.get((key.item, key.column if key.row else ""))
    return instrument.units.get(name) if name else None
