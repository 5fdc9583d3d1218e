"""Words and signs that people type instead of what was asked for, as plain data, and how a text is made comparable.

English and German words are known.  No word of one means something else in the other here, so both are always taken.
"""

from __future__ import annotations

import unicodedata

_DASHES = "‐‑‒–—―−﹘﹣－"
_SINGLE, _DOUBLE = "‘’‚‛´`ʼ′＇", "“”„‟«»″＂"
_INVISIBLE = "\u200b\u2060\ufeff\u00ad\u200e\u200f"
_SIGNS = {
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_SINGLE, "'"),
    **dict.fromkeys(_DOUBLE, '"'),
    **dict.fromkeys(_INVISIBLE, ""),
}
_FULL_WIDTH = range(0xFF01, 0xFF5F)


def tidy(text: str) -> str:
    """A text in small letters, each digit as 0 to 9, one kind of blank, dash and quote; nothing else is changed.

    Raised digits and fractions such as ² and ½ stay as they are: made plain, "5²" would become 52.
    """
    return " ".join("".join(_plain(letter) for letter in text).split()).casefold()


def _plain(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    if letter.isspace():
        return " "
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return chr(ord(letter) - 0xFEE0) if ord(letter) in _FULL_WIDTH else letter


NO_VALUE = frozenset(
    (
        "n/a", "n.a.", "n.a", "n. a.", "na", "n/k", "nk", "dk", "d/k", "nil", "none", "nothing", "null", "unknown",
        "not known", "not available", "not applicable", "not sure", "not yet", "don't know", "dont know", "do not know",
        "tbc", "tbd", "tba", "to be confirmed", "to follow", "pending", "ongoing", "as above", "see above", "no data",
        "no figure", "missing", "blank", "empty", "x", "xx", "xxx", "k.a.", "k.a", "k. a.", "keine angabe", "entfällt",
        "keine", "keiner", "keins", "offen", "unbekannt", "nicht bekannt", "weiss nicht", "trifft nicht zu", "folgt",
    )
)  # fmt: skip
"""Words that say that there is nothing to enter, without saying why beyond doubt.  None of them is zero."""

NOT_APPLICABLE = frozenset(
    (
        "n/a", "na", "n.a", "n.a.", "n. a.", "not applicable", "does not apply", "doesn't apply", "nicht zutreffend",
        "trifft nicht zu", "entfällt",
    )
)  # fmt: skip
"""What can only mean that a question does not apply."""

DONT_KNOW = frozenset(
    (
        "dk", "d/k", "don't know", "dont know", "do not know", "we don't know", "unknown", "not known",
        "not known yet", "not yet known", "weiss nicht", "wissen wir nicht", "unbekannt", "nicht bekannt",
    )
)  # fmt: skip
"""What can only mean that nobody knows the answer."""

UNSURE = frozenset(
    ("?", "-", "--", "tbc", "tbd", "tba", "none", "nil", "not sure", "unsure", "pending", "offen", "nothing", "blank")
)
"""What says that there is no answer yet, without saying which special answer is meant."""

YES = frozenset(("yes", "y", "true", "ja", "j", "wahr"))
NO = frozenset(("no", "n", "false", "nein", "falsch"))

LEVEL_WORDS = ("level", "score", "answer", "option", "stufe", "wert", "antwort")
"""Words that people put before the code of an answer."""

NUMBER_WORDS = {
    word: number
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for number, word in enumerate(words.split())
    if word != "null"  # what a database writes for nothing at all
} | {"ein": 1, "eine": 1, "a dozen": 12, "dozen": 12}

MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jän febr mär apr mai jun jul aug sept okt nov dez",
        "jänner feber mrz apr mai jun jul aug sept okt nov dez",
    )
    for number, name in enumerate(names.split(), 1)
} | {"maerz": 3, "sept": 9}

WEEKDAYS = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mon tue wed thu fri sat sun",
        "mon tues wed thurs fri sat sun",
        "mon tue wed thur fri sat sun",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "mo di mi do fr sa so",
    )
    for number, name in enumerate(names.split())
}
