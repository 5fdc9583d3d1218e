"""Saying an expression in words, for people who read a workbook or a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
_COMPARED = {
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "=": "is equal to",
    "<>": "is not equal to",
}


def describe(expression: Expression, labels: Callable[[str], str]) -> str:
    """Say an expression in words, such as ``100 × local supplier spend ÷ supplier spend``.

    :param labels: gives the words for a name, and for a column written as ``table.column``.
    """
    return _Teller(labels).tell(expression.root)


class _Teller:
    def __init__(self, labels: Callable[[str], str]) -> None:
        self._labels = labels

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
            return f"{left} {_COMPARED[node.operator]} {right}", _CONDITION
        if isinstance(node, Arithmetic):
            sign, level = _SIGNS[node.operator]
            right = self.tell(node.right, _WHOLE if isinstance(node.right, Negate) else level + 1)
            return f"{self.tell(node.left, level)} {sign} {right}", level
        return self._call(node)

    def _call(self, node: Call) -> tuple[str, int]:
        parts = node.arguments
        if node.function in AGGREGATES:
            start = "number of rows with " if node.function == "COUNT" else "sum of "
            return start + " × ".join(self.tell(part) for part in parts), _TOTAL
        if node.function == "IF":
            met, unmet = self.tell(parts[1], _CONDITION), self.tell(parts[2], _CONDITION)
            return f"{met} if {self.tell(parts[0])}, otherwise {unmet}", _LOOSE
        if node.function == "NOT":
            return f"not ({self.tell(parts[0])})", _CONDITION
        if node.function == "ROUND":
            return f"{self.tell(parts[0], _WHOLE)} rounded to {_precision(places_of(node))}", _LOOSE
        if node.function == "ABS":
            return f"{self.tell(parts[0], _WHOLE)} without any minus sign", _LOOSE
        if len(parts) == 1:
            return self._phrase(parts[0])
        if node.function in ("AND", "OR"):
            return f" {node.function.lower()} ".join(self.tell(part, _CONDITION) for part in parts), _LOOSE
        which = "smallest" if node.function == "MIN" else "largest"
        return f"the {which} of {_listed([self.tell(part, _TOTAL) for part in parts])}", _LOOSE


def _precision(places: int) -> str:
    if places < 0:
        return f"the nearest {10**-places}"
    return "a whole number" if places == 0 else f"{places} decimal place{'' if places == 1 else 's'}"


def _listed(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}"
