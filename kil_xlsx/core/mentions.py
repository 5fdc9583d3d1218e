"""Whether a text names an organisation: what is recorded about others must not keep the name of one forgotten.

Texts are compared word by word, so that case and punctuation do not matter.  Where the words are part of what somebody
else is called, the text is taken to name that one: "The Applewick Hub" does not name "Hub" where both are known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from kil_xlsx.core.names import folded

_PART = re.compile(r"[;:()\n]")
"""What separates the facts in a field."""


class Mentions:
    """What one organisation is called: names, numbers, addresses.

    A name that is a single word, such as "Hub", is a word of the language as well.  So in a field it has to be a fact
    by itself, and in what people write it has to be written like a name.

    :param facts: what it is called.
    :param others: what all others are called.
    """

    def __init__(self, facts: Iterable[str], others: Iterable[str]) -> None:
        named = {fact: _significant(_words(fact)) for fact in facts if fact.strip()}
        elsewhere = {folded(other) for other in others if other.strip()}
        self._whole = {folded(fact) for fact in named} - elsewhere
        self._single = {words[0] for words in named.values() if _is_single(words)}
        self._several = [_casefolded(words) for words in named.values() if words and not _is_single(words)]
        wanted = [*self._several, *(_casefolded([word]) for word in self._single)]
        self._others = [
            other
            for other in {tuple(_casefolded(_significant(_words(each)))) for each in elsewhere}
            if any(_places(other, each) for each in wanted)
        ]

    def in_field(self, text: str) -> bool:
        """Whether a field names it: one that holds facts, as a program has put them together."""
        if folded(text) in self._whole:
            return True
        parts = [_significant(_words(part)) for part in _PART.split(text)]
        single = {(word.casefold(),) for word in self._single}.difference(self._others)
        return self._names(text) or any(tuple(_casefolded(part)) in single for part in parts)

    def in_words(self, text: str) -> bool:
        """Whether it is named in what a person wrote."""
        words = _words(text)
        written = self._single.union(map(str.upper, self._single))
        found = [at for at, word in enumerate(words) if word in written]
        plain = _casefolded(words)
        return self._names(text) or any(not self._is_others(plain, at, 1) for at in found)

    def _names(self, text: str) -> bool:
        words = _casefolded(_words(text))
        return any(
            not self._is_others(words, at, len(wanted)) for wanted in self._several for at in _places(words, wanted)
        )

    def _is_others(self, words: Sequence[str], at: int, length: int) -> bool:
        """Whether words are part of what somebody else is called."""
        return any(
            start <= at and at + length <= start + len(other)
            for other in self._others
            for start in _places(words, other)
        )


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text))


def _casefolded(words: Iterable[str]) -> list[str]:
    return [word.casefold() for word in words]


def _significant(words: list[str]) -> list[str]:
    """Words without an article in front."""
    return words[1:] if len(words) > 1 and words[0].casefold() == "the" else words


def _is_single(words: Sequence[str]) -> bool:
    return len(words) == 1 and not any(map(str.isdigit, words[0]))


def _places(words: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where a row of words stands in another."""
    size, row = len(wanted), list(wanted)
    return [at for at in range(len(words) - size + 1) if list(words[at : at + size]) == row] if size else []
