"""Saying an expression in words, for people who read a workbook or a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kil_xlsx.core.expression_tree import (
    AGGREGATES,
    Arithmetic,
    Call,
    Column,
    Comparison,
    Expression,
    Name,
    Negate,
    Node,
    Number,
    places_of,
    plain,
)

# How tightly a phrase holds together; a looser phrase inside a tighter one goes in brackets.
_LOOSE, _CONDITION, _TOTAL, _SUM, _PRODUCT, _SIGNED, _WHOLE = range(7)

_SIGNS = {"+": ("+", _SUM), "-": ("−", _SUM), "*": ("×", _PRODUCT), "/": ("÷", _PRODUCT)}
_COMPARED = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least", "=": "equal", "<>": "not_equal"}

PHRASES = {
    "less": "{left} is less than {right}",
    "at_most": "{left} is at most {right}",
    "more": "{left} is more than {right}",
    "at_least": "{left} is at least {right}",
    "equal": "{left} is equal to {right}",
    "not_equal": "{left} is not equal to {right}",
    "count": "number of rows with {parts}",
    "sum": "sum of {parts}",
    "if": "{met} if {condition}, otherwise {unmet}",
    "not": "not ({part})",
    "round_whole": "{part} rounded to a whole number",
    "round_place": "{part} rounded to 1 decimal place",
    "round_places": "{part} rounded to {places} decimal places",
    "round_nearest": "{part} rounded to the nearest {nearest}",
    "abs": "{part} without any minus sign",
    "and": "{left} and {right}",
    "or": "{left} or {right}",
    "min": "the smallest of {parts}",
    "max": "the largest of {parts}",
}
"""What formulas are said with, in English."""


class Phrase(Protocol):
    """Gives the words for a key of :data:`PHRASES`, its placeholders filled in."""

    def __call__(self, key: str, /, **parts: str) -> str: ...


def english(key: str, /, **parts: str) -> str:
    """The English words."""
    return PHRASES[key].format(**parts)


def describe(expression: Expression, labels: Callable[[str], str], phrase: Phrase = english) -> str:
    """Say an expression in words, such as ``100 × local supplier spend ÷ supplier spend``.

    :param labels: gives the words for a name, and for a column written as ``table.column``.
    :param phrase: says it in another language.
    """
    return _Teller(labels, phrase).tell(expression.root)


class _Teller:
    def __init__(self, labels: Callable[[str], str], phrase: Phrase) -> None:
        self._labels = labels
        self._say = phrase

    def tell(self, node: Node, least: int = _LOOSE) -> str:
        """The words for a node, in brackets if they hold together more loosely than ``least``."""
        words, level = self._phrase(node)
        return f"({words})" if level < least else words

    def _phrase(self, node: Node) -> tuple[str, int]:
        if isinstance(node, Number):
            return plain(node.value), _WHOLE
        if isinstance(node, Name):
            return self._labels(node.name), _WHOLE
        if isinstance(node, Column):
            return self._labels(f"{node.table}.{node.column}"), _WHOLE
        if isinstance(node, Negate):
            return f"−{self.tell(node.operand, _WHOLE)}", _SIGNED
        if isinstance(node, Comparison):
            left, right = self.tell(node.left, _TOTAL), self.tell(node.right, _TOTAL)
            return self._say(_COMPARED[node.operator], left=left, right=right), _CONDITION
        if isinstance(node, Arithmetic):
            sign, level = _SIGNS[node.operator]
            right = self.tell(node.right, _WHOLE if isinstance(node.right, Negate) else level + 1)
            return f"{self.tell(node.left, level)} {sign} {right}", level
        return self._call(node)

    def _call(self, node: Call) -> tuple[str, int]:
        parts = node.arguments
        if node.function in AGGREGATES:
            key = "count" if node.function == "COUNT" else "sum"
            return self._say(key, parts=" × ".join(self.tell(part) for part in parts)), _TOTAL
        if node.function == "IF":
            met, unmet = self.tell(parts[1], _CONDITION), self.tell(parts[2], _CONDITION)
            return self._say("if", met=met, condition=self.tell(parts[0]), unmet=unmet), _LOOSE
        if node.function == "NOT":
            return self._say("not", part=self.tell(parts[0])), _CONDITION
        if node.function == "ROUND":
            return self._rounded(self.tell(parts[0], _WHOLE), places_of(node)), _LOOSE
        if node.function == "ABS":
            return self._say("abs", part=self.tell(parts[0], _WHOLE)), _LOOSE
        if len(parts) == 1:
            return self._phrase(parts[0])
        if node.function in ("AND", "OR"):
            return self._joined(node.function.lower(), [self.tell(part, _CONDITION) for part in parts]), _LOOSE
        items = [self.tell(part, _TOTAL) for part in parts]
        listed = self._say("and", left=", ".join(items[:-1]), right=items[-1])
        return self._say(node.function.lower(), parts=listed), _LOOSE

    def _joined(self, key: str, items: Sequence[str]) -> str:
        joined = items[0]
        for item in items[1:]:
            joined = self._say(key, left=joined, right=item)
        return joined

    def _rounded(self, part: str, places: int) -> str:
        if places < 0:
            return self._say("round_nearest", part=part, nearest=str(10**-places))
        if places == 0:
            return self._say("round_whole", part=part)
        return (
            self._say("round_place", part=part)
            if places == 1
            else self._say("round_places", part=part, places=str(places))
        )
