"""Between what stands in a cell and what it means, both directions side by side.

Two readers of a cell exist.  :func:`as_formulas_see` is what the workbook's own formulas make of it; it decides every
stored formula value.  :func:`decode` is what the program makes of a returned workbook: it takes the same answers, and
some more that are beyond doubt, and says what is wrong with the rest.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, timedelta

from kil_xlsx.core.framework import Choice, ChoiceList
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, State, Typed, text_of
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
    """What must stand in the slot's cell for an entry; the inverse of :func:`decode`."""
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


def _chosen(key: Key, typed: Typed, choice: Choice) -> Entry:
    return Entry(
        key=key,
        state=State(choice.state),
        outcome=Outcome.ACCEPTED,
        value=choice.value,
        code=choice.code,
        text=choice.label,
        typed=typed,
    )


def _number(key: Key, typed: Typed, value: float) -> Entry:
    return Entry(key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=value, typed=typed)


def _text(key: Key, typed: Typed, text: str) -> Entry:
    return Entry(key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, text=text, typed=typed)


def _in_range(slot: Slot, value: float) -> bool:
    lowest = -math.inf if slot.minimum is None else slot.minimum
    highest = math.inf if slot.maximum is None else slot.maximum
    return math.isfinite(value) and lowest <= value <= highest


def as_formulas_see(instrument: Instrument, slot: Slot, typed: Typed) -> Entry:
    """The entry as the workbook's formulas take it: an exact label, a number in range, a date, or any text."""
    key = slot.key
    if _blank_to_formulas(typed):
        return _blank(key, typed)
    if slot.kind is SlotKind.CHOICE and slot.choices:
        if isinstance(typed, str):
            for label, choice in offered(instrument.choice_lists[slot.choices], levels_only=slot.levels_only):
                if label.casefold() == typed.casefold():
                    return _chosen(key, typed, choice)
        return _refused(key, typed)
    if slot.kind is SlotKind.NUMBER:
        if isinstance(typed, float | int) and not isinstance(typed, bool) and _in_range(slot, typed):
            return _number(key, typed, float(typed))
        return _refused(key, typed)
    if slot.kind is SlotKind.DATE:
        day = day_of(typed) if isinstance(typed, float | int) and not isinstance(typed, bool) else None
        return _dated(key, typed, day) if day else _refused(key, typed)
    return _text(key, typed, text_of(typed))


def _dated(key: Key, typed: Typed, day: date) -> Entry:
    return Entry(
        key=key, state=State.ANSWERED, outcome=Outcome.ACCEPTED, value=serial(day), text=day.isoformat(), typed=typed
    )


_DASHES = re.compile(r"[‐-―−]")
_QUOTES = str.maketrans("‘’‚‛“”„", "''''\"\"\"")


def folded(text: str) -> str:
    """A text as it is compared: case, kinds of blank, dash and quote do not matter."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(_DASHES.sub("-", plain).split()).casefold()


def decode(instrument: Instrument, slot: Slot, typed: Typed) -> tuple[Entry, list[Problem]]:
    """The entry that a returned cell gives, and what is wrong with it; the caller adds sheet and cell."""
    if is_blank(typed):
        return _blank(slot.key, typed), []
    entry = as_formulas_see(instrument, slot, typed)
    if entry.outcome is not Outcome.REFUSED:
        return entry, _text_problems(instrument, slot, entry)
    if slot.kind is SlotKind.CHOICE and slot.choices:
        return _decode_choice(instrument, slot, typed)
    shown = text_of(typed)
    if slot.kind is SlotKind.DATE:
        return entry, [problem("date-expected", item=slot.code, found=shown, expected="a date such as 31 March 2026")]
    if isinstance(typed, float | int) and not isinstance(typed, bool):
        return entry, [problem("number-out-of-range", item=slot.code, found=shown, expected=range_words(slot))]
    return entry, [problem("number-expected", item=slot.code, found=shown, expected="a number")]


def _decode_choice(instrument: Instrument, slot: Slot, typed: Typed) -> tuple[Entry, list[Problem]]:
    """An answer that is not word for word one of those offered, but can only mean one of them."""
    choices = offered(instrument.choice_lists[slot.choices or ""], levels_only=slot.levels_only)
    wanted = folded(text_of(typed))
    names = [(label, choice, {folded(name) for name in _names_of(label, choice)}) for label, choice in choices]
    meant = [(label, choice) for label, choice, known in names if wanted in known]
    if len(meant) == 1:
        label, choice = meant[0]
        note = problem("choice-recognised", item=slot.code, found=text_of(typed), expected=label)
        return _chosen(slot.key, typed, choice), [note]
    expected = "one of: " + "; ".join(label for label, _ in choices)
    return _refused(slot.key, typed), [
        problem("choice-unknown", item=slot.code, found=text_of(typed), expected=expected)
    ]


def _names_of(label: str, choice: Choice) -> tuple[str, ...]:
    """The ways in which people write a choice: as offered, words alone, code alone, both with a sign between."""
    both = (f"{choice.code} - {choice.label}", f"{choice.code}: {choice.label}", f"{choice.code}. {choice.label}")
    return (label, choice.label, choice.code, *both)


def range_words(slot: Slot) -> str:
    """The range of a number slot in words."""
    if slot.minimum is not None and slot.maximum is not None:
        return f"a number from {text_of(slot.minimum)} to {text_of(slot.maximum)}"
    if slot.minimum is not None:
        return f"a number of {text_of(slot.minimum)} or more"
    if slot.maximum is not None:
        return f"a number of {text_of(slot.maximum)} or less"
    return "a number"


def _text_problems(instrument: Instrument, slot: Slot, entry: Entry) -> list[Problem]:
    """Identifiers and area codes are taken as typed; one that fits no register is asked about."""
    field = next((field for field in instrument.profile if field.id == slot.key.item), None)
    if field is None or slot.key.part != Part.ANSWER or entry.state is not State.ANSWERED or not entry.text:
        return []
    text = entry.text.strip()
    if field.type == "area_code" and field.pattern and not re.fullmatch(field.pattern, text.upper()):
        return [problem("area-code-unknown", item=slot.code, found=text, expected=field.help or field.pattern)]
    if field.type in ("org_id", "org_id_list"):
        parts = re.split(r"[,;\s]+", text) if field.type == "org_id_list" else [text]
        unknown = [part for part in parts if part and not known_identifier(instrument, part)]
        if unknown:
            return [
                problem("identifier-unknown", item=slot.code, found=", ".join(unknown), expected=_example(instrument))
            ]
    return []


def _example(instrument: Instrument) -> str:
    """An identifier as the framework's first register writes it."""
    scheme = next((scheme for scheme in instrument.framework.id_schemes if scheme.examples), None)
    return f"such as {scheme.prefix}-{scheme.examples[0]} ({scheme.register})" if scheme else "a registered number"


def known_identifier(instrument: Instrument, text: str) -> bool:
    """Whether an identifier such as GB-COH-09506232 has the form of a register that the framework knows."""
    for scheme in instrument.framework.id_schemes:
        if text.upper().startswith(scheme.prefix + "-"):
            return re.fullmatch(scheme.pattern, text[len(scheme.prefix) + 1 :].upper()) is not None
    return False
