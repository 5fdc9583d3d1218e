"""Days written as words: which days a text can mean.

Certain is what has only one reading: the year first, the month in words, or a number above 12 that cannot be a month.
"04/03/2026" has two, for a workbook filled in on both sides of the Atlantic tells nobody which was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from kil_xlsx.layout.codec import FIRST_DAY, LAST_DAY
from kil_xlsx.layout.typed_words import MONTHS, WEEKDAYS, tidy

LONGEST = 60
"""Characters; a longer text is no date."""

_DAY_FIRST_WITH_STOPS = frozenset(("de", "da", "nb", "nn", "no", "fi", "pl", "cs", "sk", "ru", "tr", "et", "lv"))
"""Languages in which 4.3.2026, with full stops, can only be 4 March."""

_TIME = re.compile(
    r"[t ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:z|uhr|gmt|utc|[+-]\d{2}:?\d{2}))?$"
)
_NUMBERS = re.compile(r"(\d{1,4})([-/.]) ?(\d{1,2})\2 ?(\d{1,4})")
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?[ /.\-]*(?:of )?([^\W\d_]+)\.?[ /,.\-]*(\d{4}|'?\d{2})")
_MONTH_DAY_YEAR = re.compile(r"([^\W\d_]+)\.?[ /.\-]*(\d{1,2})(?:st|nd|rd|th)?(?:, ?| |-|/)(\d{4})")
_YEAR_MONTH_DAY = re.compile(r"(\d{4})[ /.\-]*([^\W\d_]+)\.?[ /.\-]*(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PERIOD = re.compile(
    r"(?:fy|q[1-4]|h[12]|[^\W\d_]+\.?)?[ /\-]*(?:\d{4}|\d{1,2}[-/.]\d{4}|\d{4}[-/]\d{2,4}|'\d{2})(?:[ /\-]*q[1-4])?"
    r"|\d{1,2}(?:st|nd|rd|th|\.)? ?[^\W\d_]+|[^\W\d_]+ \d{1,2}"
)


class DateReading(Struct, frozen=True):
    """The days that a text can mean, in order; one is certain unless ``partial``, and none is no date at all.

    ``partial`` is a period, a day that a text does not spell out in full, or one that is not on the weekday it names.
    """

    days: tuple[date, ...] = ()
    partial: bool = False


def read_date(text: str, language: str) -> DateReading:
    """What a text means as a date in a framework of a language such as ``en-GB``.  Days not believed are left out."""
    if len(text) > LONGEST:
        return DateReading()
    plain, weekday = _day_alone(text)
    read = _read(plain, language)
    if weekday is None or not read.days:
        return read
    days = tuple(day for day in read.days if day.weekday() == weekday)
    return DateReading(days or read.days, partial=not days)


def _read(plain: str, language: str) -> DateReading:
    for pattern, order in ((_DAY_MONTH_YEAR, "dmy"), (_MONTH_DAY_YEAR, "mdy"), (_YEAR_MONTH_DAY, "ymd")):
        found = pattern.fullmatch(plain)
        if found is not None:
            parts = dict(zip(order, found.groups(), strict=True))
            if parts["m"] in MONTHS:
                return DateReading(_days(parts["d"], str(MONTHS[parts["m"]]), parts["y"].lstrip("'")))
    if (found := _NUMBERS.fullmatch(plain)) is not None:
        return _of_numbers(found[1], found[3], found[4], found[2], language)
    if (found := _COMPACT.fullmatch(plain)) is not None:
        return DateReading(_days(found[3], found[2], found[1]))
    return DateReading(partial=_is_period(plain))


def _day_alone(text: str) -> tuple[str, int | None]:
    """The text of a day without its time and quotes, and the weekday that it names."""
    words = _TIME.sub("", tidy(text).strip("'\"")).replace(",", ", ").split()
    weekday = None
    for place in (0, -1):
        if words and words[place].strip(".,()") in WEEKDAYS:
            weekday = WEEKDAYS[words.pop(place).strip(".,()")]
    return " ".join(words).replace(" ,", ",").strip(" ,;").removesuffix("."), weekday


def _is_period(plain: str) -> bool:
    """Whether a text names a year, a month or a quarter, or a day without its year."""
    if _PERIOD.fullmatch(plain) is None:
        return False
    words = re.findall(r"[^\W\d_]+", plain)
    return all(word in MONTHS or word in ("fy", "q", "h", "st", "nd", "rd", "th") for word in words)


def _of_numbers(first: str, second: str, third: str, sign: str, language: str) -> DateReading:
    if len(first) == 4:
        return DateReading(_days(third, second, first) if len(third) <= 2 else ())
    if len(first) > 2 or len(third) not in (2, 4):
        return DateReading()
    found = [*_days(first, second, third)]
    if not (sign == "." and language.split("-")[0] in _DAY_FIRST_WITH_STOPS):
        found += _days(second, first, third)
    if sign == "-" and len(third) == 2:
        found += _days(third, second, first)
    return DateReading(tuple(dict.fromkeys(found)))


def _days(day: str, month: str, year: str) -> tuple[date, ...]:
    """The days, in the span that is believed, of numbers as text; a year of two digits may be of two centuries."""
    return tuple(one for one in _in_years(int(day), int(month), year) if FIRST_DAY <= one <= LAST_DAY)


def _in_years(day: int, month: int, year: str) -> Iterator[date]:
    for full in (int(year),) if len(year) == 4 else (2000 + int(year), 1900 + int(year)):
        try:
            yield date(full, month, day)
        except ValueError:
            continue
