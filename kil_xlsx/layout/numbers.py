"""Figures written as words: which number a text stands for, if there can be only one.

What separates thousands and what begins the decimals follows the framework's language.  Whatever that leaves open is
a doubt, with the numbers that could be meant, and never a number.
"""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec import Struct

from kil_xlsx.core.figures import Unit
from kil_xlsx.layout.codec import folded
from kil_xlsx.layout.dates import read_date
from kil_xlsx.layout.typed_words import NO_VALUE, NUMBER_WORDS, tidy

LONGEST = 80
"""Characters; a longer text is prose."""

_MOST_DIGITS = 15
"""More significant digits than a spreadsheet keeps make a telephone number or a register number."""

_DECIMAL_SIGNS = {
    **dict.fromkeys(("en", "cy", "ga", "gd", "zh", "ja", "ko", "th", "he", "de-CH", "de-LI", "it-CH", "es-MX"), "."),
    **dict.fromkeys(
        (
            "de", "fr", "es", "it", "nl", "pt", "pl", "cs", "sk", "sl", "hr", "da", "sv", "nb", "nn", "no", "fi", "is",
            "et", "lv", "lt", "hu", "ro", "bg", "el", "ru", "uk", "tr", "ca",
        ),
        ",",
    ),
    **dict.fromkeys(("fr-CH", "en-ZA"), ""),
}  # fmt: skip
"""What begins the decimals, by language, or by language and country where that differs; "" where habits are mixed."""

_CURRENCIES = {
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR",
    "us$": "USD", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "chf": "CHF", "fr.": "CHF",
}  # fmt: skip
_CURRENCY = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))
_SCALES = re.compile(r"\d|tausend|thousand|million|mio|mrd|billion|\b(?:k|m|bn|tsd|per|pro|je)\b")

_TIMES = {
    **dict.fromkeys(("k", "thousand", "tsd", "tausend"), 3),
    **dict.fromkeys(("m", "mn", "mio", "million", "millions", "millionen"), 6),
    **dict.fromkeys(("bn", "billion", "mrd", "milliarden"), 9),
}
_TIME = re.compile(rf"({'|'.join(sorted(_TIMES, key=len, reverse=True))})\b\.?")
_PERCENT = re.compile(r"%|per ?cent\b|pct\b|prozent\b|v\. ?h\.")

_BEFORE = re.compile(
    r"(?:[~≈<>≥≤±]=?|(?:about|approx(?:imately)?|circa|ca?|around|roughly|nearly|almost|over|under|above|below|"
    r"more than|less than|at least|at most|up to|min|max|est|estimated?|between|from|etwa|ungefähr|rund|über|unter|"
    r"mindestens|höchstens|bis zu|fast|knapp|geschätzt|zwischen)\b\.?) ?"
)
_AFTER = re.compile(
    r" ?(?:\+|\?|ish|(?:or so|or more|or less|plus|approx(?:imately)?|circa|ca|est|estimated?|geschätzt)\b\.?|"
    r"\((?:approx|est|estimated?|ca)\.?\))$"
)
_RANGE = re.compile(r"\d[%kmbn]{0,2} ?(?:-|\.{2,3}|…|\bto\b|\bbis\b|\bor\b|\boder\b|\band\b|\bund\b) ?[£€$]?\d")

_FIGURE = re.compile(
    rf"(?P<sign>[+-])?(?:(?P<currency>{_CURRENCY}) ?)?(?P<late>[+-])?"
    r"(?P<numeral>\d[\d.,']*(?: \d[\d.,']*)*|[.,]\d+)(?P<power>e[+-]?\d{1,2}(?![\d\w]))?(?P<rest>.*)"
)
_BRACKETS = re.compile(rf"(?P<currency>{_CURRENCY})? ?\( ?(?P<inside>[^()]*?) ?\)(?P<rest>[^()]*)")


class Sense(Struct, frozen=True):
    """What a unit allows to stand beside its figures.

    ``currency`` is its code, for plain amounts; ``scaled`` says that amounts are in thousands or per something.
    ``percent`` is "fraction" where 45 % is 0.45, "points" where it is 45, else empty.  ``words`` are the names of the
    unit.
    """

    currency: str = ""
    scaled: bool = False
    percent: str = ""
    words: frozenset[str] = frozenset()


def sense_of(unit: Unit | None) -> Sense:
    """What may stand beside figures in a unit; nothing beside those without one."""
    if unit is None:
        return Sense()
    label = folded(unit.label)
    first = label.split(",")[0].strip()
    formatted = re.sub(r'"[^"]*"|\\.|_.|\*.', "", unit.format)
    signs = [_CURRENCIES[sign] for sign in re.findall(rf"(?<![a-z])(?:{_CURRENCY})(?![a-z])", first)]
    scaled = _SCALES.search(label) is not None
    percent = "fraction" if "%" in formatted else "points" if first == "%" else ""
    names = {label, first, folded(unit.id)} - {""} - _CURRENCIES.keys()
    names = {name for name in names if not _PERCENT.fullmatch(name)}
    singular = {name.removesuffix("s") for name in names if len(name) > 3}
    return Sense(signs[0] if signs and not scaled else "", scaled, percent, frozenset(names | singular))


class NumberReading(Struct, frozen=True):
    """The numbers that a text can stand for.  It is certain when there is no ``doubt``: the code of a problem."""

    values: tuple[float, ...] = ()
    doubt: str = ""


def read_number(text: str, language: str, unit: Sense) -> NumberReading:
    """What a text stands for as a figure in a framework of a language such as ``en-GB``."""
    plain = tidy(text).strip("\"'").rstrip(".;").strip() if len(text) <= LONGEST else ""
    bare = plain.strip(".,;:!*()[]")
    if plain in NO_VALUE or bare in NO_VALUE or not re.search(r"\w", tidy(text)):
        return NumberReading(doubt="number-words")
    if bare in NUMBER_WORDS:
        return NumberReading((float(NUMBER_WORDS[bare]),), "number-ambiguous")
    if not any(letter.isnumeric() for letter in text):
        return NumberReading(doubt="number-expected")
    if not plain:
        return NumberReading(doubt="number-ambiguous")
    if re.search(r"[-/.]|[^\W\d_]", plain) and read_date(plain, language).days:
        return NumberReading(doubt="number-date")
    if _BEFORE.match(plain) or _AFTER.search(plain) or _RANGE.search(plain):
        about = _AFTER.sub("", _BEFORE.sub("", plain, count=1))
        inside = _figure(about, language, unit)
        return NumberReading(() if inside.doubt else inside.values, "number-approximate")
    return _figure(plain, language, unit)


def _figure(plain: str, language: str, unit: Sense) -> NumberReading:
    """The number of a text that is nothing but a figure, with what may stand beside it."""
    brackets = _BRACKETS.fullmatch(plain)
    if brackets is not None:
        if brackets["inside"][:1] in ("", "-", "+"):
            return NumberReading(doubt="number-ambiguous")
        inside = _figure(f"{brackets['currency'] or ''}{brackets['inside']}{brackets['rest']}", language, unit)
        if any(value < 0 for value in inside.values):  # a minus after the digits too, as in (5-)
            return NumberReading(doubt="number-ambiguous")
        return NumberReading(tuple(0.0 - value for value in inside.values), inside.doubt)
    found = _FIGURE.fullmatch(plain)
    if found is None or (found["sign"] and found["late"]):
        return NumberReading(doubt="number-ambiguous")
    numeral, rest = found["numeral"], found["rest"]
    beside = _Beside.of(rest.strip(), unit, amount=numeral.endswith((".", ",")))
    numbers, certain = _numeral(numeral.rstrip(".,'") if beside.no_pence else numeral, _decimal_sign(language))
    if found["power"]:
        exponent = int(found["power"][1:])
        certain = certain and abs(exponent) <= 15 and re.fullmatch(r"\d+(?:\.\d+)?", numeral) is not None
        numbers = tuple(number.scaleb(exponent) for number in numbers)
    signs = (found["sign"] or found["late"] or "", beside.minus)
    if "-" in signs:
        numbers = tuple(-number for number in numbers)
    if signs[0] and beside.minus:
        certain = False
    scaled = tuple(number.scaleb(beside.power) for number in numbers)
    if not certain:
        return NumberReading(_floats(scaled), "number-ambiguous")
    currencies = {_CURRENCIES[sign] for sign in (found["currency"], beside.currency) if sign}
    if (
        not beside.understood
        or (currencies and currencies != {unit.currency})
        or (beside.power and not beside.power_certain(unit, language, bool(currencies)))
        or (beside.percent and (not unit.percent or beside.power))
    ):
        return NumberReading(_floats(scaled), "number-unit")
    if unit.percent == "fraction":
        if beside.percent:
            return NumberReading(_floats(tuple(number / 100 for number in scaled)))
        if abs(scaled[0]) >= 1:
            return NumberReading(_floats((scaled[0] / 100, scaled[0])), "number-percent")
    return NumberReading(_floats(scaled))


def _floats(numbers: tuple[Decimal, ...]) -> tuple[float, ...]:
    return tuple(float(number) + 0.0 for number in numbers)


class _Beside(Struct, frozen=True):
    """What stands after the digits: ``times`` a thousand or more, a percent sign, a currency, a minus, the unit."""

    times: str = ""
    percent: bool = False
    currency: str = ""
    minus: str = ""
    no_pence: bool = False
    understood: bool = True

    @classmethod
    def of(cls, rest: str, unit: Sense, *, amount: bool) -> _Beside:
        """``amount`` says that the digits end with a stop or comma, as in 1200,- for an amount without pence."""
        no_pence = amount and rest.startswith("-")
        if no_pence:
            rest = rest.lstrip("-").strip()
        times, percent, currency, minus = "", False, "", ""
        while rest and folded(rest) not in unit.words:
            if not times and (found := _TIME.match(rest)):
                times = found[1]
            elif not percent and (found := _PERCENT.match(rest)):
                percent = True
            elif not currency and (found := re.match(rf"({_CURRENCY})(?![^\W\d_])", rest)):
                currency = found[1]
            elif rest == "-" and not no_pence:
                minus, rest = "-", ""
                break
            else:
                return cls(times, percent, currency, minus, no_pence, understood=False)
            rest = rest[found.end() :].strip()
        percent = percent or "%" in rest
        understood = not no_pence or bool(unit.currency)
        return cls(times, percent, currency, minus, no_pence, understood)

    @property
    def power(self) -> int:
        return _TIMES.get(self.times, 0)

    def power_certain(self, unit: Sense, language: str, has_currency: bool) -> bool:
        """Whether the letter or word for thousands or more can mean nothing else here."""
        if unit.scaled or (self.times in ("bn", "billion") and language.split("-")[0] != "en"):
            return False
        if self.times == "m":
            return bool(unit.currency)
        return self.times != "k" or has_currency or not any(word.startswith("k") for word in unit.words)


def _decimal_sign(language: str) -> str:
    """What begins the decimals in a language; "" where that is not known."""
    parts = language.split("-")
    country = f"{parts[0]}-{parts[-1]}"
    return _DECIMAL_SIGNS.get(country, _DECIMAL_SIGNS.get(parts[0], ""))


def _numeral(text: str, decimal: str) -> tuple[tuple[Decimal, ...], bool]:
    """The numbers that digits with separators can be, and whether the first of them is certain."""
    if sum(letter.isdigit() for letter in text.lstrip("0., '")) > _MOST_DIGITS:
        return (), False
    readings: dict[Decimal, bool] = {}
    """Each number with whether the language writes it so."""
    for point in ".,":
        for thousands in ("", "." if point == "," else ",", " ", "'"):
            whole = rf"\d{{1,3}}(?:\{thousands}\d{{3}})+" if thousands else r"\d*"
            found = re.fullmatch(rf"({whole})(?:\{point}(\d+))?", text)
            if found is None or not (found[1] or found[2]):
                continue
            number = Decimal(f"{re.sub(r'[^0-9]', '', found[1]) or '0'}.{found[2] or '0'}")
            if thousands and found[1].startswith("0"):
                continue  # 0,500 is no group of thousands
            own = point == decimal or (found[2] is None and thousands not in (".", ","))
            readings[number] = readings.get(number, False) or own
    numbers = tuple(sorted(readings))
    signs = [letter for letter in text if letter in ".,"]
    if not readings:
        return (), False
    if len(numbers) == 1:
        if not signs or readings[numbers[0]]:
            return numbers, True
        return _only_elsewhere(text, signs, numbers[0])
    own_numbers = [number for number in numbers if readings[number]]
    # 1,500 is 1500 where a comma separates thousands; 1.500 there may be 1.5 or a habit from elsewhere.
    if len(own_numbers) == 1 and decimal and decimal not in signs:
        return (own_numbers[0],), True
    return numbers, False


def _only_elsewhere(text: str, signs: list[str], number: Decimal) -> tuple[tuple[Decimal, ...], bool]:
    """A number that this language would write otherwise: certain only where no slip of the hand explains it."""
    decimals = len(text.rpartition(signs[-1])[2])
    if len(signs) > 1 or (re.search(r"[ ']", text) and decimals != 3):
        return (number,), True
    if re.match(r"0?[.,]", text):
        return (number,), True
    digits = Decimal(re.sub(r"[^0-9]", "", text))
    return tuple(sorted({number, digits})), False
