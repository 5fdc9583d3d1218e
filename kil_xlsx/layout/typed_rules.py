"""The rules for what people type, as data: the documentation is made from them, and every example is a test.

A rule without examples is about what only the file tells (formats, formulas, errors); ``typed`` says it in words.
"""

from __future__ import annotations

from msgspec import Struct

from kil_xlsx.core.problems import CATALOGUE, Severity
from kil_xlsx.core.returns import Typed

WHERE = {
    "money": "a figure in £",
    "money-de": "a figure in € (German)",
    "money-xx": "a figure in € (a language whose habits are not known)",
    "thousands-de": "a figure in thousands of € (German)",
    "share": "a percentage from 0 % to 100 %, shown as 45%",
    "points": "a figure in % that is kept as 45",
    "hours": "a figure in hours",
    "kwh": "a figure in kWh",
    "levels": "an answer from 0 Not started to 3 Established, or a special answer",
    "target": "a target: 0 Not started to 3 Established",
    "strength": "a list without codes: None given, Described only, Document named",
    "yes-no": "a list: Yes, No, Not known",
    "consent": "a list: Yes, with our name; Yes, without it; No",
    "date": "a date",
    "date-de": "a date (German)",
    "text": "a cell for words",
}
"""The cells that examples are typed into."""

TAKEN, NOTED = "taken as it is", "taken, with a note"
_OUTCOMES = {Severity.NOTE: NOTED, Severity.QUERY: "not taken: a query", Severity.ERROR: "not taken: an error"}


class Example(Struct, frozen=True):
    """Something typed into a cell, and what is taken: a number, a choice's code, an ISO date or text, or nothing."""

    where: str
    typed: Typed
    taken: float | str | None = None


class Rule(Struct, frozen=True):
    """One rule: what people type, what happens and why, and the code of the problem that is told, if any."""

    id: str
    typed: str
    happens: str
    code: str = ""
    examples: tuple[Example, ...] = ()

    @property
    def outcome(self) -> str:
        """What becomes of the cell, in words."""
        return _OUTCOMES[CATALOGUE[self.code].severity] if self.code else TAKEN


def _all(where: str, *typed: Typed, taken: float | str | None = None) -> tuple[Example, ...]:
    return tuple(Example(where, each, taken) for each in typed)


_FIGURES = (
    Rule(
        "number",
        "A plain number",
        "A number in range is what the workbook's own formulas see.",
        examples=(Example("money", 1200.0, 1200.0), Example("share", 0.45, 0.45), *_all("points", 45.0, taken=45.0)),
    ),
    Rule(
        "number-as-text",
        "Digits in a cell formatted as text, with blanks, no-break spaces, an apostrophe before or a stop behind",
        "The number is taken.",
        "number-recognised",
        (*_all("money", "5", " 5 ", "\u00a05", "'5", "5.", "５", "+5", taken=5.0), Example("hours", "1e3", 1000.0)),
    ),
    Rule(
        "thousands",
        "Thousands separated by blanks of any kind, apostrophes, or the sign of the framework's language",
        "In English a comma separates thousands and a full stop begins the decimals, in German the other way round. "
        "Groups must have three digits.",
        "number-recognised",
        (
            *_all("money", "1,200", "1 200", "1\u00a0200", "1\u202f200", "1'200", taken=1200.0),
            Example("money", "1,234,567.89", 1234567.89),
            Example("money-de", "1.200,50", 1200.5),
            Example("money-de", "1.500", 1500.0),
            Example("money-de", "1,5", 1.5),
        ),
    ),
    Rule(
        "thousands-elsewhere",
        "Separators as another language writes them, where only one reading is possible",
        "Two kinds of separator, or repeated ones, leave no doubt; nor does a nought before the sign.",
        "number-recognised",
        (
            Example("money", "1.200,50", 1200.5),
            Example("money", "1.200.000", 1200000.0),
            Example("share", "0,45", 0.45),
            Example("money-xx", "1,234.50", 1234.5),
        ),
    ),
    Rule(
        "separator-doubtful",
        "A separator that can begin decimals or separate thousands",
        "Both numbers are named, and none is taken.",
        "number-ambiguous",
        (
            *_all("money", "1,5", "1.500", "12,50", "1234,5"),
            *_all("money-de", "1.5", "1,500"),
            *_all("money-xx", "1,5", "1.500"),
        ),
    ),
    Rule(
        "currency",
        "The currency of the figure, before or behind, as sign or code",
        "Left out.",
        "number-recognised",
        (*_all("money", "£1,200", "1200 GBP", "1,200 pounds", taken=1200.0), Example("money-de", "1.200,- €", 1200.0)),
    ),
    Rule(
        "unit",
        "The unit of the figure behind it",
        "Left out.",
        "number-recognised",
        (Example("hours", "12 hours", 12.0), Example("hours", "1 hour", 1.0), Example("kwh", "1,200 kWh", 1200.0)),
    ),
    Rule(
        "unit-other",
        "Another currency or unit, any other word, or a sign that does not belong to the unit",
        "The figure may be meant in another unit, so it is not taken.",
        "number-unit",
        (
            *_all("hours", "£12", "12 weeks", "12 %", "12 each", "12½"),
            *_all("money", "€5", "12 hours", "45 %"),
            *_all("thousands-de", "12 €", "12k"),
        ),
    ),
    Rule(
        "multiplier",
        "k, thousand, million, bn; and m for millions where the figure is money",
        "Multiplied. German: Tsd., Mio., Mrd.",
        "number-recognised",
        (
            *_all("money", "12k", "£12K", "12 thousand", taken=12000.0),
            *_all("money", "1.2m", "1.2 million", taken=1200000.0),
            Example("money-de", "12 Tsd. €", 12000.0),
        ),
    ),
    Rule(
        "multiplier-doubtful",
        "m where the figure is not money; k where the unit begins with k; bn where it is a million millions",
        "It may be the beginning of a unit.",
        "number-unit",
        (Example("hours", "12m"), Example("kwh", "12k"), Example("money-de", "2 bn")),
    ),
    Rule(
        "negative",
        "A minus of any kind, before or behind, or brackets as accounts write them",
        "A number below zero.",
        "number-recognised",
        (*_all("money", "-1,200", "−1,200", "(1,200)", "(£1,200)", "1,200-", "-£1,200", taken=-1200.0),),
    ),
    Rule(
        "percent",
        "A percent sign or word where the figure is a percentage",
        "45 % is 0.45 where cells show 0.45 as 45%, and 45 where the percentage itself is kept.",
        "number-recognised",
        (
            *_all("share", "45 %", "45%", "45 per cent", "45 percent", taken=0.45),
            Example("share", "0.45", 0.45),
            Example("points", "45 %", 45.0),
        ),
    ),
    Rule(
        "percent-doubtful",
        "A number of 1 or more without a percent sign where 0.45 is shown as 45%",
        "45 may be 45 % or 4500 %. Both are named. A number from 0 to 1 is taken as it is.",
        "number-percent",
        (*_all("share", 45.0, "45", "1"),),
    ),
    Rule(
        "estimate",
        "Estimates and ranges",
        "No single figure was given.",
        "number-approximate",
        (*_all("money", "about 12", "~12", "ca. 12", "12-15", "12 to 15", "12+", ">12", "12?", "up to 12", "12 est."),),
    ),
    Rule(
        "no-figure",
        "Words and signs for nothing where a figure belongs",
        "Never taken for zero. The reason is chosen in the column beside the figure.",
        "number-words",
        (*_all("money", "n/a", "none", "-", "TBC", "unknown", "?", "nil", "x"),),
    ),
    Rule(
        "number-in-words",
        "Numbers in words, and anything else that holds a number",
        "A person can tell what was meant; no figure is taken.",
        "number-ambiguous",
        (*_all("money", "twelve", "zero", "=5", "1,2,3", "- 5", "07700 900123", "see note 4"),),
    ),
    Rule(
        "figure-date",
        "A date where a figure belongs",
        "Spreadsheets turn 3-4 or 1/2 into dates, so nobody knows what was typed.",
        "number-date",
        (*_all("money", "31/03/2026", "2026-05-01", "12 May 26"),),
    ),
    Rule(
        "figure-words",
        "Words without any number, TRUE or FALSE where a figure belongs",
        "It cannot be a figure.",
        "number-expected",
        (*_all("money", "lots", "see accounts", True, False),),
    ),
    Rule(
        "out-of-range",
        "A number that the figure cannot be",
        "Not taken, however it is written.",
        "number-out-of-range",
        (*_all("hours", -5.0, "-5"), *_all("share", "145 %", 145.0), Example("share", -0.1)),
    ),
)

_CHOICES = (
    Rule(
        "choice",
        "An answer as the list offers it, in any letter case",
        "What the workbook's own formulas see.",
        examples=(
            *_all("levels", "3 Established", "3 ESTABLISHED", taken="3"),
            Example("levels", "Not known yet", "DK"),
        ),
    ),
    Rule(
        "choice-loose",
        "The same with other blanks, dashes, quotes, or stops and brackets around it",
        "Taken for the answer it names.",
        "choice-recognised",
        (*_all("levels", "3  Established", " 3\u00a0Established ", "“3 Established”", "3 Established.", taken="3"),),
    ),
    Rule(
        "choice-part",
        "The code alone, the words alone, or both with a sign between",
        "Taken where one answer is named and the list shows the code.",
        "choice-recognised",
        (
            *_all("levels", "3", 3.0, "3.0", "Established", "3 - Established", "3 – Established", taken="3"),
            *_all("levels", "3: Established", "3) Established", "level 3", "Established (3)", taken="3"),
            Example("strength", "Described  only", "1"),
        ),
    ),
    Rule(
        "choice-hidden-code",
        "A code that the list does not show",
        "It may be the code or the place in the list, so it is not taken.",
        "choice-ambiguous",
        (*_all("strength", 1.0, "2"),),
    ),
    Rule(
        "special",
        "Words that can mean one special answer only, where the list offers one",
        "n/a and the like for what does not apply; don't know, dk, unknown for what is not known.",
        "choice-recognised",
        (
            *_all("levels", "n/a", "N.A.", "na", "not applicable.", taken="NA"),
            *_all("levels", "don’t know", "dk", "Unknown", "not known", taken="DK"),
            Example("yes-no", "don't know", "DK"),
        ),
    ),
    Rule(
        "no-answer",
        "Words and signs for nothing that fit more than one special answer",
        "Nobody can tell whether it does not apply, is not known, or is still to come.",
        "choice-ambiguous",
        (*_all("levels", "?", "-", "TBC", "none", "not sure"),),
    ),
    Rule(
        "yes-no",
        "TRUE, FALSE, y, n, true, false",
        "Taken where exactly one answer is called yes or no, and no other begins so. 1 and 0 are not taken for them.",
        "choice-recognised",
        (*_all("yes-no", True, "y", "TRUE", taken="yes"), *_all("yes-no", False, "n", taken="no")),
    ),
    Rule(
        "yes-no-doubtful",
        "The same where two answers begin with yes",
        "Both are named.",
        "choice-ambiguous",
        (*_all("consent", True, "yes"),),
    ),
    Rule(
        "two-choices",
        "Two answers at once, or a number between two",
        "Both are named, and none is taken.",
        "choice-ambiguous",
        (*_all("levels", "2/3", "2-3", "2 or 3", 2.5, "2 Established", "Developing to Established"),),
    ),
    Rule(
        "did-you-mean",
        "An answer cut short, misspelt, or with a mark of doubt",
        "The answer that it is like is named, and not taken.",
        "choice-did-you-mean",
        (*_all("levels", "Estab", "3 Est", "Etsablished", "3?", "3*", "3 Established?"),),
    ),
    Rule(
        "choice-date",
        "A date where an answer belongs",
        "Spreadsheets turn 3-4 into a date.",
        "choice-date",
        (*_all("levels", "2026-05-01", "03/04/2026"),),
    ),
    Rule(
        "choice-unknown",
        "Anything else: an answer of another list, a special answer for a target, TRUE among levels",
        "It is none of those offered.",
        "choice-unknown",
        (
            *_all("levels", "Described only", "maybe", "4", 4.0, -1.0, True, "#N/A"),
            *_all("target", "Not applicable", "n/a"),
            Example("yes-no", 1.0),
        ),
    ),
)

_DATES = (
    Rule(
        "date",
        "A date of the spreadsheet, with or without a time, from 1990 to 2099",
        "The day is taken.",
        examples=(*_all("date", 46112.0, 46112.75, taken="2026-03-31"),),
    ),
    Rule(
        "date-text",
        "A date as text with one reading: year first, the month in words, or a day above 12",
        "English and German months, weekdays and times of day are understood.",
        "date-recognised",
        (
            *_all("date", "2026-03-31", "2026-03-31 14:30", "31/03/2026", "31.3.26", "31-Mar-26", taken="2026-03-31"),
            *_all("date", "31 March 2026", "March 31, 2026", "Tue 31st March 2026", taken="2026-03-31"),
            *_all("date", "31. März 2026", "03/31/2026", "20260331", 20260331.0, taken="2026-03-31"),
            Example("date", "03/03/2026", "2026-03-03"),
            Example("date-de", "4.3.2026", "2026-03-04"),
        ),
    ),
    Rule(
        "date-doubtful",
        "A date as text with more readings: day or month first, which century, a weekday that does not fit",
        "The days are named, and none is taken. In German a date with full stops has the day first.",
        "date-ambiguous",
        (
            *_all("date", "04/03/2026", "4.3.2026", "31-03-26", "31 March 95", "Monday 31 March 2026", "46112"),
            Example("date-de", "04/03/2026"),
        ),
    ),
    Rule(
        "date-part",
        "A year, a month, a quarter, or a day without its year",
        "No day is made up.",
        "date-incomplete",
        (*_all("date", "2026", 2026.0, "March 2026", "03/2026", "2025/26", "31 March"),),
    ),
    Rule(
        "no-date",
        "Words and signs for nothing where a date belongs",
        "No date is taken.",
        "date-words",
        (*_all("date", "n/a", "none", "-", "TBC", "ongoing"),),
    ),
    Rule(
        "not-a-date",
        "A day that is not in the calendar or not from 1990 to 2099, and anything else",
        "It cannot be a date.",
        "date-expected",
        (*_all("date", "31/04/2026", "31 June 2026", "31/03/1926", 0.0, -5.0, 80000.0, "next year", True),),
    ),
)

_TEXTS = (
    Rule(
        "text",
        "Words of any kind, also what looks like a formula, a number or nothing",
        "Kept letter by letter. A number or TRUE is kept as it looks.",
        examples=(
            Example("text", "=1+1", "=1+1"),
            Example("text", "n/a", "n/a"),
            Example("text", " 007 ", " 007 "),
            Example("text", "#REF!", "#REF!"),
            Example("text", 12.0, "12"),
            Example("text", True, "TRUE"),
        ),
    ),
)

_ANYWHERE = (
    Rule(
        "blank",
        "Nothing, or blanks of any kind only",
        "Not filled in.",
        examples=tuple(Example(where, "\u00a0 ") for where in ("money", "levels", "date", "text")),
    ),
    Rule(
        "error-value",
        "An error value of the spreadsheet: #REF!, #N/A, #DIV/0!",
        "Never taken for a blank. The cell is named.",
        "cell-error",
    ),
    Rule(
        "formula",
        "A formula, such as =300+200",
        "The value that it showed is read by the rules above; TRUE() is simply TRUE.",
        "cell-formula",
    ),
    Rule(
        "formula-never-worked-out",
        "A formula that was saved without its value",
        "Nobody knows what it showed.",
        "formula-without-value",
    ),
    Rule("date-1904", "Dates of a workbook that counts from 1904", "Taken for the days that people saw."),
    Rule(
        "date-in-figure",
        "A number that is shown as a day from 1990 to 2099, in a cell for a figure",
        "Read as the date that people saw.",
        "number-date",
    ),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "Figures": _FIGURES,
    "Answers from a list": _CHOICES,
    "Dates": _DATES,
    "Words": _TEXTS,
    "Any cell": _ANYWHERE,
}
"""Every rule, by the kind of cell."""
