"""Answers that were typed rather than chosen: which of those offered a text names, if it can be only one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from kil_xlsx.core.framework import Choice, ChoiceList
from kil_xlsx.layout.codec import folded
from kil_xlsx.layout.dates import read_date
from kil_xlsx.layout.typed_words import DONT_KNOW, LEVEL_WORDS, NO, NOT_APPLICABLE, UNSURE, YES, tidy

Offered = tuple[str, Choice]
"""A choice with its label as the list shows it."""

LONGEST = 200
"""Characters; a longer text is prose."""

_LEAST_BEGINNING = 3
_LIKENESS = 0.8
_BETWEEN = re.compile(r" ?(?:[/,;&+|]|-| or | and | to | oder | und | bis ) ?")
_WHOLE = re.compile(r"(\d+)[.,]0{1,2}")
_HALVES = re.compile(r"(\d+)[.,]\d{1,2}")


class ChoiceReading(Struct, frozen=True):
    """The choices that a text may name, and the code of the problem; only ``choice-recognised`` is an answer."""

    code: str
    meant: tuple[Offered, ...] = ()


def read_choice(choice_list: ChoiceList, offered: Sequence[Offered], others: Iterable[str], text: str) -> ChoiceReading:
    """What a text names among the choices offered.

    :param others: labels that are not offered here: one of them is a mistake, not a slip of the hand.
    """
    if len(text) > LONGEST:
        return ChoiceReading("choice-unknown")
    return _Matcher(choice_list, offered, frozenset(folded(label) for label in others)).read(text)


class _Matcher:
    """The names of the choices of one list."""

    def __init__(self, choice_list: ChoiceList, offered: Sequence[Offered], others: frozenset[str]) -> None:
        self.offered = offered
        self.shown = choice_list.show_code
        self.others = others
        self.names = {label: frozenset(self._names(label, choice)) for label, choice in offered}
        self.labels = {label: (folded(label), folded(choice.label)) for label, choice in offered}

    def read(self, text: str) -> ChoiceReading:
        """The first rule that applies decides."""
        wanted = folded(text)
        for meant in (self._named(wanted), self._hidden(wanted), self._special(wanted), self._yes_or_no(wanted)):
            if meant is not None:
                return meant
        two = self._two(wanted)
        if two:
            return ChoiceReading("choice-ambiguous", two)
        if read_date(text, "").days:
            return ChoiceReading("choice-date")
        if wanted in UNSURE or _bare(wanted) in UNSURE or not re.search(r"\w", wanted):
            special = tuple(one for one in self.offered if one[1].state != "answered")
            return ChoiceReading("choice-ambiguous", special)
        if wanted in self.others:
            return ChoiceReading("choice-unknown")
        near = self._near(wanted)
        return ChoiceReading("choice-did-you-mean", near) if near else ChoiceReading("choice-unknown")

    def _names(self, label: str, choice: Choice) -> Iterator[str]:
        """The ways in which people write a choice: as offered, words alone, code alone, both with a sign between.

        A code of one letter or digit that the list does not show may as well be a place in the list.
        """
        code, words = folded(choice.code), folded(choice.label)
        yield from (folded(label), words)
        if self._seen(choice):
            yield code
            yield from (f"{name} {code}" for name in LEVEL_WORDS if self.shown)
        if not self.shown:
            return
        for sign in (" ", " - ", "-", ": ", ":", ". ", ".", ") ", ", ", " = ", "="):
            yield f"{code}{sign}{words}"
        for sign in (" ", " - ", ": ", ", ", " = "):
            yield f"{words}{sign}{code}"
        yield from (f"({code}) {words}", f"{words} ({code})")
        yield from (f"{name} {code}{sign}{words}" for name in LEVEL_WORDS for sign in (" ", " - ", ": ", ", "))

    def _seen(self, choice: Choice) -> bool:
        """Whether a respondent who writes the code can only mean the choice itself."""
        return (self.shown and choice.state == "answered") or len(choice.code) > 1

    def _called(self, name: str) -> tuple[Offered, ...]:
        return tuple(one for one in self.offered if name in self.names[one[0]])

    def _named(self, wanted: str) -> ChoiceReading | None:
        """Named as it is, or but for blanks, quotes and stops around it, or for the decimals of a whole number."""
        for name in (wanted, _bare(wanted), _WHOLE.sub(r"\1", _bare(wanted))):
            found = self._called(name)
            if found:
                found = tuple(one for one in self.offered if one in found or folded(one[1].code) == name)
                return ChoiceReading("choice-recognised" if len(found) == 1 else "choice-ambiguous", found)
        return None

    def _hidden(self, wanted: str) -> ChoiceReading | None:
        """A code that is not shown: it may be the code, or a place in the list."""
        code = _WHOLE.sub(r"\1", _bare(wanted))
        found = tuple(one for one in self.offered if folded(one[1].code) == code)
        if not found:
            return None
        if code.isdecimal() and 1 <= int(code) <= len(self.offered):
            found = tuple(one for one in self.offered if one in found or one is self.offered[int(code) - 1])
        return ChoiceReading("choice-ambiguous" if len(found) > 1 else "choice-did-you-mean", found)

    def _special(self, wanted: str) -> ChoiceReading | None:
        """Words that can mean one special answer only, where exactly one is offered."""
        for words, state in ((NOT_APPLICABLE, "not_applicable"), (DONT_KNOW, "dont_know")):
            if wanted in words or _bare(wanted) in words:
                found = tuple(one for one in self.offered if one[1].state == state)
                if found:
                    return ChoiceReading("choice-recognised" if len(found) == 1 else "choice-ambiguous", found)
        return None

    def _yes_or_no(self, wanted: str) -> ChoiceReading | None:
        """TRUE, yes or y, where exactly one choice is called yes, and no other begins so."""
        for words in (YES, NO):
            if _bare(wanted) not in words:
                continue
            full = {word for word in words if len(word) > 1}
            called = [one for one in self.offered if full & {folded(one[1].code), folded(one[1].label)}]
            begun = [one for one in self.offered if re.split(r"\W", folded(one[1].label))[0] in full]
            found = tuple(dict.fromkeys((*called, *begun)))
            if found:
                alone = "choice-recognised" if called else "choice-did-you-mean"
                return ChoiceReading(alone if len(found) == 1 else "choice-ambiguous", found)
        return None

    def _two(self, wanted: str) -> tuple[Offered, ...]:
        """Two or more choices named at once: "2/3", "2 or 3", 2.5, or the code of one with the words of another."""
        halves = _HALVES.fullmatch(wanted)
        if halves is not None:
            return self._between(int(halves[1]))
        parts = [part for part in _BETWEEN.split(wanted) if part]
        if len(parts) < 2:
            code, _, words = wanted.partition(" ")
            parts = [code, words]
        found = [self._called(part) for part in parts]
        meant = tuple(dict.fromkeys(one for each in found for one in each))
        return meant if all(found) and len(meant) > 1 else ()

    def _between(self, below: int) -> tuple[Offered, ...]:
        """The choices whose codes are a whole number and the next, if the list shows both."""
        found = tuple(one for code in (below, below + 1) for one in self.offered if one[1].code == str(code))
        return found if self.shown and len(found) == 2 else ()

    def _near(self, wanted: str) -> tuple[Offered, ...]:
        """Choices that a text may have been meant for: one that begins so, or is spelt nearly so."""
        plain = tidy(wanted).strip(" .,;:!?*'\"()[]")
        found = self._called(plain)
        if not found and len(plain) >= _LEAST_BEGINNING:
            found = tuple(one for one in self.offered if any(name.startswith(plain) for name in self.labels[one[0]]))
        if not found:
            close = difflib.get_close_matches(
                plain, {name for names in self.labels.values() for name in names}, n=3, cutoff=_LIKENESS
            )
            found = tuple(one for one in self.offered if set(close) & set(self.labels[one[0]]))
        return found


def _bare(wanted: str) -> str:
    """A folded text without a bullet before it and without quotes, brackets and stops around it."""
    return re.sub(r"^[-•*] ", "", wanted).lstrip(" '\"([").rstrip(" .,;:!'\")]")
