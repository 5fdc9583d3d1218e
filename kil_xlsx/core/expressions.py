"""One small language for measures and checks, that gives both a spreadsheet formula and its value here.

Write numbers, names, ``table.column``, ``+ - * /``, brackets, one comparison, and the functions SUM, SUMPRODUCT,
COUNT, MIN, MAX, ABS, ROUND, IF, AND, OR and NOT.  :func:`parse` reads it; :func:`evaluate` works it out;
:func:`to_excel` writes it as a formula that gives the same result in the workbook; :func:`describe` says it in words.

What both the value and the formula keep to:

* A blank is not zero.  If a single value is missing, or no row of a table can be summed, there is no result, even
  where the missing part stands in a branch of IF that is not taken.  COUNT of no rows is 0.
* SUM and COUNT skip rows with a blank in the column, SUMPRODUCT rows with a blank in either column.
* Dividing by zero gives no result, unless it happens in a branch of IF that is not taken.
* The two sides of a comparison are rounded to 6 decimals first, since ``0.7*0.8 + 0.3*0.8`` misses 0.8 in the last
  bit and spreadsheets differ in what they make of that.

One difference cannot be helped: dividing by a difference that is zero but for the last bit (``1 / (0.1 + 0.2 - 0.3)``)
gives a huge number in some spreadsheets and an error in others.  A check such as ``d > 0`` in an IF prevents it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from kil_xlsx.core.expression_parser import parse
from kil_xlsx.core.expression_tree import (
    AGGREGATES,
    Arithmetic,
    Call,
    Column,
    Comparison,
    Expression,
    ExpressionError,
    Name,
    Negate,
    Node,
    Number,
    places_of,
    plain,
    walk,
)
from kil_xlsx.core.expression_words import describe
from kil_xlsx.core.rounding import round_half_away

__all__ = [
    "ANY_NUMBER",
    "COMPARED_TO",
    "Expression",
    "ExpressionError",
    "describe",
    "evaluate",
    "parse",
    "to_excel",
    "to_text",
]

#: Comparisons are made on values rounded to this many decimals.
COMPARED_TO = 6

Row = Mapping[str, float | None]

# ---------------------------------------------------------------------------------------------------- value


class _NotAvailable(Exception):
    """Raised inside this module where a value cannot be had."""


def evaluate(
    expression: Expression, names: Mapping[str, float | None], tables: Mapping[str, Sequence[Row]]
) -> float | bool | None:
    """Work out an expression.

    :param names: every name in the expression, with its number, or ``None`` for not available.  Booleans, infinities
        and not-a-number count as not available.
    :param tables: every table in the expression, as rows; a column that a row lacks is blank.
    :returns: a number, or ``True`` or ``False`` for a condition, or ``None`` when there is no result.
    :raises KeyError: a name or table is not in the mappings at all.
    """
    working = _Evaluation({name: _usable(names[name]) for name in expression.names}, tables)
    try:
        working.check_available(expression.root)
        if expression.is_condition:
            return working.condition(expression.root)
        return working.number(expression.root)
    except _NotAvailable:
        return None


def _usable(value: float | None) -> float | None:
    if value is None or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise _NotAvailable
    return value + 0.0  # a spreadsheet has no negative zero


class _Evaluation:
    def __init__(self, names: Mapping[str, float | None], tables: Mapping[str, Sequence[Row]]) -> None:
        self._names = names
        self._tables = tables

    def check_available(self, root: Node) -> None:
        """Refuse at once if anything is missing anywhere, as the guard of the formula does."""
        if None in self._names.values():
            raise _NotAvailable
        for node in walk(root):
            if isinstance(node, Call) and node.function in AGGREGATES:
                rows = self._rows(node)
                if not rows and node.function != "COUNT":
                    raise _NotAvailable

    def _rows(self, call: Call) -> list[list[float]]:
        """For each row with a number in every column that the call names: those numbers."""
        found: list[list[float]] = []
        columns = [column for column in call.arguments if isinstance(column, Column)]
        for row in self._tables[columns[0].table]:
            numbers = [number for column in columns if (number := _usable(row.get(column.column))) is not None]
            if len(numbers) == len(columns):
                found.append(numbers)
        return found

    def condition(self, node: Node) -> bool:
        if isinstance(node, Comparison):
            left = round_half_away(self.number(node.left), COMPARED_TO)
            right = round_half_away(self.number(node.right), COMPARED_TO)
            return {
                "<": left < right,
                "<=": left <= right,
                ">": left > right,
                ">=": left >= right,
                "=": left == right,
                "<>": left != right,
            }[node.operator]
        assert isinstance(node, Call)
        if node.function == "IF":
            return self.condition(node.arguments[1 if self.condition(node.arguments[0]) else 2])
        # All parts are worked out before they are joined: a spreadsheet does not stop at the first that decides.
        parts = [self.condition(argument) for argument in node.arguments]
        if node.function == "NOT":
            return not parts[0]
        return all(parts) if node.function == "AND" else any(parts)

    def number(self, node: Node) -> float:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            value = self._names[node.name]
            assert value is not None
            return value + 0.0
        if isinstance(node, Negate):
            return -self.number(node.operand) + 0.0
        if isinstance(node, Arithmetic):
            left, right = self.number(node.left), self.number(node.right)
            if node.operator == "/":
                if right == 0:
                    raise _NotAvailable
                return _finite(left / right)
            return _finite(
                left + right if node.operator == "+" else left - right if node.operator == "-" else left * right
            )
        assert isinstance(node, Call)
        return self._call(node)

    def _call(self, node: Call) -> float:
        if node.function in AGGREGATES:
            rows = self._rows(node)
            if node.function == "COUNT":
                return float(len(rows))
            try:
                return _finite(math.fsum(_finite(math.prod(row)) for row in rows))
            except OverflowError:
                raise _NotAvailable from None
        if node.function == "IF":
            return self.number(node.arguments[1 if self.condition(node.arguments[0]) else 2])
        if node.function == "ROUND":
            return round_half_away(self.number(node.arguments[0]), places_of(node))
        numbers = [self.number(argument) for argument in node.arguments]
        if node.function == "ABS":
            return abs(numbers[0])
        return min(numbers) if node.function == "MIN" else max(numbers)


# ---------------------------------------------------------------------------------------------------- formula

_ATOM = 5
_LEVELS = {"+": 2, "-": 2, "*": 3, "/": 3}
_NEGATE_LEVEL = 4
_COMPARE_LEVEL = 1
#: A numeric criterion that every number meets: COUNTIFS then counts the rows that hold numbers.
ANY_NUMBER = '">=-1E+300"'


class _Writer:
    """Writes a tree with as few brackets as keep its shape."""

    def __init__(
        self, names: Callable[[str], str], columns: Callable[[str, str], str], *, for_excel: bool, gap: str = ""
    ) -> None:
        self._names = names
        self._columns = columns
        self._for_excel = for_excel
        self._gap = gap

    def write(self, node: Node, least: int = 0) -> str:
        """The text of a node, in brackets if it binds more loosely than ``least``."""
        if isinstance(node, Arithmetic):
            level = _LEVELS[node.operator]
            left, right = self.write(node.left, level), self.write(node.right, level + 1)
        elif isinstance(node, Comparison):
            level = _COMPARE_LEVEL
            left, right = self._compared(node.left), self._compared(node.right)
        elif isinstance(node, Negate):
            return self._bracket("-" + self.write(node.operand, _NEGATE_LEVEL), _NEGATE_LEVEL, least)
        else:
            return self._item(node)
        return self._bracket(f"{left}{self._gap}{node.operator}{self._gap}{right}", level, least)

    def _item(self, node: Number | Name | Column | Call) -> str:
        if isinstance(node, Number):
            return plain(node.value)
        if isinstance(node, Name):
            return self._names(node.name)
        if isinstance(node, Column):
            return self._columns(node.table, node.column)
        separator = f",{self._gap}"
        return f"{node.function}({separator.join(self.write(argument) for argument in node.arguments)})"

    def _compared(self, node: Node) -> str:
        written = node.operand if isinstance(node, Negate) else node
        if not self._for_excel or (isinstance(written, Number) and written.value.is_integer()):
            return self.write(node, _COMPARE_LEVEL + 1)  # a whole number is round already
        return f"ROUND({self.write(node)},{COMPARED_TO})"

    @staticmethod
    def _bracket(text: str, level: int, least: int) -> str:
        return f"({text})" if level < least else text


def to_text(node: Node) -> str:
    """Write a tree in the expression language, with as few brackets as keep its shape; ``parse`` reads it back."""
    return _Writer(str, lambda table, column: f"{table}.{column}", for_excel=False, gap=" ").write(node)


def to_excel(expression: Expression, names: Callable[[str], str], columns: Callable[[str, str], str]) -> str:
    """Write an expression as a spreadsheet formula, without the leading ``=``.

    The formula gives a number, or TRUE or FALSE for a condition, or ``""`` where :func:`evaluate` gives ``None``.
    It uses functions of Excel 2010 only, that LibreOffice and Google Sheets share.  Its length grows with the
    references; whoever places it must see that it stays within Excel's 8,192 characters.

    :param names: gives the reference of the cell that holds the value of a name: a number, or blank or text when
        there is none.
    :param columns: gives the range that holds a column, from table and column; ranges of one table are equally long.
    """
    body = f'IFERROR({_Writer(names, columns, for_excel=True).write(expression.root)},"")'
    guards = _guards(expression, names, columns)
    if not guards:
        return body
    missing = guards[0] if len(guards) == 1 else f"OR({','.join(guards)})"
    return f'IF({missing},"",{body})'


def _guards(expression: Expression, names: Callable[[str], str], columns: Callable[[str, str], str]) -> list[str]:
    """The conditions, in a formula, under which there is no result."""
    guards: list[str] = []
    cells = list(dict.fromkeys(names(name) for name in expression.names))
    if cells:
        guards.append(f"COUNT({','.join(cells)})<{len(cells)}")
    for node in walk(expression.root):
        if not isinstance(node, Call) or node.function not in ("SUM", "SUMPRODUCT"):
            continue
        ranges = [columns(part.table, part.column) for part in node.arguments if isinstance(part, Column)]
        if len(ranges) == 1:
            guard = f"COUNT({ranges[0]})=0"
        else:
            criteria = ",".join(f"{one_range},{ANY_NUMBER}" for one_range in ranges)
            guard = f"COUNTIFS({criteria})=0"
        if guard not in guards:
            guards.append(guard)
    return guards
