"""The parts that a parsed expression is made of.

An expression is a tree of small frozen nodes.  A node is either a *number* or a *condition* (true or false); the
parser sees to it that no node is used as the other kind, so the tree itself needs no further checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from kil_xlsx.errors import KilXlsxError


class ExpressionError(KilXlsxError):
    """An expression cannot be understood.

    ``message`` says what is wrong, ``remedy`` what to do; ``position`` is the place in the text, counted from 0.
    """

    def __init__(self, message: str, position: int, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.position = position

    def __str__(self) -> str:
        return f"At character {self.position + 1}: {super().__str__()}"


class Number(Struct, frozen=True):
    """A number as written; never negative (a minus sign is a :class:`Negate`)."""

    value: float


class Name(Struct, frozen=True):
    """The single answer or measure of that name: a number, or not available."""

    name: str


class Column(Struct, frozen=True):
    """All rows of one column of a table; found only as an argument of SUM, SUMPRODUCT and COUNT."""

    table: str
    column: str


class Negate(Struct, frozen=True):
    """Minus a number."""

    operand: Node


class Arithmetic(Struct, frozen=True):
    """Two numbers and one of ``+ - * /``."""

    operator: str
    left: Node
    right: Node


class Comparison(Struct, frozen=True):
    """A condition: two numbers and one of ``< <= > >= = <>``."""

    operator: str
    left: Node
    right: Node


class Call(Struct, frozen=True):
    """A function, its name in upper case, and its arguments."""

    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Column | Negate | Arithmetic | Comparison | Call


class Expression(Struct, frozen=True):
    """A parsed expression, made by :func:`kil_xlsx.core.expressions.parse`.

    ``text`` is what was written and ``root`` the tree.  ``names`` and ``columns`` (as table and column) list what it
    needs, each once, in the order of first use.  ``is_condition`` tells a condition from a number.
    """

    text: str
    root: Node
    names: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    is_condition: bool


class Signature(Struct, frozen=True):
    """How many arguments a function takes, and an example for messages."""

    least: int
    most: int
    example: str


#: Excel allows 255 arguments.
_MANY = 255

FUNCTIONS: dict[str, Signature] = {
    "SUM": Signature(1, 1, "SUM(table.column)"),
    "SUMPRODUCT": Signature(2, 2, "SUMPRODUCT(table.a, table.b)"),
    "COUNT": Signature(1, 1, "COUNT(table.column)"),
    "MIN": Signature(1, _MANY, "MIN(a, b)"),
    "MAX": Signature(1, _MANY, "MAX(a, b)"),
    "ABS": Signature(1, 1, "ABS(a - b)"),
    "ROUND": Signature(2, 2, "ROUND(a, 2)"),
    "IF": Signature(3, 3, "IF(a > 0, b, c)"),
    "AND": Signature(1, _MANY, "AND(a > 0, b > 0)"),
    "OR": Signature(1, _MANY, "OR(a > 0, b > 0)"),
    "NOT": Signature(1, 1, "NOT(a > 0)"),
}
#: Functions that take columns of a table; all others take single values.
AGGREGATES = frozenset({"SUM", "SUMPRODUCT", "COUNT"})
#: Functions of conditions that give a condition.
LOGICAL = frozenset({"AND", "OR", "NOT"})


def is_condition(node: Node) -> bool:
    """Whether a node is true or false rather than a number."""
    if isinstance(node, Call):
        return node.function in LOGICAL or (node.function == "IF" and is_condition(node.arguments[1]))
    return isinstance(node, Comparison)


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Negate):
        return (node.operand,)
    if isinstance(node, Arithmetic | Comparison):
        return (node.left, node.right)
    return node.arguments if isinstance(node, Call) else ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, each before its parts, from left to right as written."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(_parts(current))


def depth(node: Node) -> int:
    """How many nodes stand one inside the other at most."""
    level = [node]
    deep = 0
    while level:
        deep += 1
        level = [part for current in level for part in _parts(current)]
    return deep


def places_of(call: Call) -> int:
    """The number of decimal places in a ROUND, which the parser has found to be a whole number as written."""
    places = call.arguments[1]
    if isinstance(places, Negate) and isinstance(places.operand, Number):
        return -int(places.operand.value)
    assert isinstance(places, Number)
    return int(places.value)


def plain(value: float) -> str:
    """A number in plain digits, never in powers of ten, which a formula or a reader may take otherwise."""
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
