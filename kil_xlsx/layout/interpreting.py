"""What was typed in words of people's own, read as tolerantly as can be without guessing.

Here comes only what the workbook's own formulas do not take.  What can mean one thing only is taken with a note that
says what was typed and what it was taken for.  Anything else is not taken: a query where a person could tell what was
meant, an error where nobody could.  :data:`kil_xlsx.layout.typed_rules.RULES` states every rule with examples.
"""

from __future__ import annotations

from kil_xlsx.core.figures import Unit
from kil_xlsx.core.framework import Choice
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.returns import Entry, Typed, text_of
from kil_xlsx.layout.choosing import read_choice
from kil_xlsx.layout.codec import (
    FIRST_DAY,
    LAST_DAY,
    chosen,
    dated,
    day_of,
    figure,
    in_range,
    offered,
    unit_of,
)
from kil_xlsx.layout.dates import DateReading, read_date
from kil_xlsx.layout.numbers import read_number, sense_of
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.typed_words import NO_VALUE, tidy

_A_DATE = "a date such as 31 March 2026"
_MOST_NAMED = 4
_SERIAL_DIGITS = 5


def interpret(instrument: Instrument, slot: Slot, typed: Typed, refused: Entry) -> tuple[Entry, list[Problem]]:
    """The entry of something typed that the workbook's formulas do not take, and what is to be said of it.

    :param refused: the entry if it is not taken here either.
    """
    if slot.kind is SlotKind.CHOICE and slot.choices:
        return _choice(instrument, slot, typed, refused)
    if slot.kind is SlotKind.DATE:
        return _date(instrument, slot, typed, refused)
    return _number(instrument, slot, typed, refused)


def _choice(instrument: Instrument, slot: Slot, typed: Typed, refused: Entry) -> tuple[Entry, list[Problem]]:
    """An answer that is not word for word one of those offered."""
    choice_list = instrument.choice_lists[slot.choices or ""]
    choices = offered(choice_list, levels_only=slot.levels_only)
    everything = [name for each in instrument.choice_lists.values() for pair in offered(each) for name in _said(*pair)]
    others = set(everything) - {name for pair in choices for name in _said(*pair)}
    read = read_choice(choice_list, choices, others, text_of(typed))
    labels = [label for label, _ in read.meant] or [label for label, _ in choices]
    if read.code == "choice-recognised":
        return chosen(slot.key, typed, read.meant[0][1]), [_told(slot, read.code, typed, labels[0])]
    expected = _or(labels) if read.meant else "one of: " + "; ".join(labels)
    return refused, [_told(slot, read.code, typed, expected)]


def _said(label: str, choice: Choice) -> tuple[str, str]:
    return label, choice.label


def _number(instrument: Instrument, slot: Slot, typed: Typed, refused: Entry) -> tuple[Entry, list[Problem]]:
    """A figure that is not simply a number in range."""
    of = unit_of(instrument, slot)
    unit = sense_of(of)
    if isinstance(typed, bool) or typed is None:
        return refused, [_told(slot, "number-expected", typed, "a number")]
    if isinstance(typed, float | int):
        if unit.percent == "fraction" and typed > 1 and in_range(slot, typed / 100):
            return refused, [_told(slot, "number-percent", typed, _or(_numbers((typed / 100, typed), unit.percent)))]
        return refused, [_told(slot, "number-out-of-range", typed, range_words(slot))]
    read = read_number(typed, instrument.framework.language, unit)
    if read.doubt:
        meanings = [] if read.doubt == "number-unit" else _numbers(read.values, unit.percent)
        return refused, [_told(slot, read.doubt, typed, _or(meanings) or _should_be(slot, read.doubt, of))]
    (value,) = read.values
    if not in_range(slot, value):
        return refused, [_told(slot, "number-out-of-range", typed, range_words(slot))]
    return figure(slot.key, typed, value), [
        _told(slot, "number-recognised", typed, _numbers((value,), unit.percent)[0])
    ]


def _should_be(slot: Slot, doubt: str, unit: Unit | None) -> str:
    """What would be taken, where no meaning can be named."""
    if doubt == "number-unit" and unit is not None and unit.label:
        return f"a plain number ({unit.label})"
    if doubt == "number-words":
        return "a number, or nothing" if slot.key.row else "a number, or a reason for having none beside it"
    return "a number" if doubt == "number-expected" else "a plain number such as 1200 or 12.5"


def _numbers(values: tuple[float, ...], percent: str) -> list[str]:
    """Numbers as messages name them."""
    if percent == "fraction":
        return [f"{text_of(value)} ({text_of(round(value * 100, 9))} %)" for value in values]
    return [text_of(value) for value in values]


def _date(instrument: Instrument, slot: Slot, typed: Typed, refused: Entry) -> tuple[Entry, list[Problem]]:
    """A date that is not simply a day in the span that is believed."""
    if isinstance(typed, bool) or typed is None:
        return refused, [_told(slot, "date-expected", typed, _A_DATE)]
    text = text_of(typed)
    read = read_date(text, instrument.framework.language)
    if len(read.days) == 1 and not read.partial:
        day = read.days[0]
        return dated(slot.key, typed, day), [_told(slot, "date-recognised", typed, day.isoformat())]
    code, expected = _date_doubt(text, read, is_text=isinstance(typed, str))
    return refused, [_told(slot, code, typed, expected)]


def _date_doubt(text: str, read: DateReading, *, is_text: bool) -> tuple[str, str]:
    """Why no day was taken, and what would be one."""
    plain = tidy(text).strip(".'\"()")
    serial_day = day_of(float(plain)) if is_text and plain.isdecimal() and len(plain) == _SERIAL_DIGITS else None
    days = (serial_day,) if serial_day else read.days
    if days:
        return "date-ambiguous", _or([day.isoformat() for day in days])
    if read.partial:
        return "date-incomplete", _A_DATE
    if plain in NO_VALUE or not any(letter.isalnum() for letter in plain):
        return "date-words", _A_DATE
    return "date-expected", f"{_A_DATE}, from {FIRST_DAY.year} to {LAST_DAY.year}"


# Words of messages


def _told(slot: Slot, code: str, typed: Typed, expected: str) -> Problem:
    return problem(code, item=slot.code, found=text_of(typed), expected=expected)


def _or(names: list[str]) -> str:
    """Several meanings as one phrase."""
    rest = [] if len(names) <= _MOST_NAMED else ["another"]
    return " or ".join(list(dict.fromkeys(names))[:_MOST_NAMED] + rest)


def range_words(slot: Slot) -> str:
    """The range of a number slot in words."""
    if slot.minimum is not None and slot.maximum is not None:
        return f"a number from {text_of(slot.minimum)} to {text_of(slot.maximum)}"
    if slot.minimum is not None:
        return f"a number of {text_of(slot.minimum)} or more"
    if slot.maximum is not None:
        return f"a number of {text_of(slot.maximum)} or less"
    return "a number"
