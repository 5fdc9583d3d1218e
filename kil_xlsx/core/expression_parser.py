"""Reading an expression: from text to a tree, with messages for whoever wrote the text.

::

    expression  = sum [("<" | "<=" | ">" | ">=" | "=" | "<>") sum]
    sum         = product {("+" | "-") product}
    product     = signed {("*" | "/") signed}
    signed      = "-" signed | item
    item        = number | name | function "(" arguments ")" | "(" expression ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from msgspec import Struct

from kil_xlsx.core.expression_tree import (
    AGGREGATES,
    FUNCTIONS,
    LOGICAL,
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
    depth,
    is_condition,
    walk,
)

#: Excel nests functions 64 deep; a level here may cost two there (the function, and ROUND around a comparison).
_MOST_NESTING = 30
#: Keeps formulas within reach of Excel's 8,192 characters.
_MOST_TOKENS = 1500
#: Keeps trees shallow enough to walk by recursion: as many terms as this can be added up in a row.
_MOST_STEPS = 150
#: A spreadsheet keeps no more significant digits than this.
_MOST_DIGITS = 15
#: Rounding further than this either way is a slip of the pen.
_MOST_PLACES = 9

_TOKEN = re.compile(
    r"\s*(?:(?P<wrong>==|!=|=>|=<|&&|\|\||\*\*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)?)"
    r"|(?P<sign><=|>=|<>|[-+*/<>=(),]))"
)
_WHOLE_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "<>"})

_INSTEAD = {
    "==": "Write = for equals.",
    "!=": "Write <> for 'is not equal to'.",
    "=>": "Write >= for 'at least'.",
    "=<": "Write <= for 'at most'.",
    "&&": "Write AND(first condition, second condition).",
    "||": "Write OR(first condition, second condition).",
    "**": "There are no powers here; multiply with * instead.",
    "^": "There are no powers here; multiply with * instead.",
    "%": "Write a percentage as a number, such as 0.5, or divide by 100.",
    "×": "Write * for times.",
    "÷": "Write / for divided by.",
    "−": "Write the ordinary minus sign -.",
    "–": "Write the ordinary minus sign -.",
    "≤": "Write <= for 'at most'.",
    "≥": "Write >= for 'at least'.",
    "≠": "Write <> for 'is not equal to'.",
    "!": "Write NOT(condition).",
    "&": "Write AND(first condition, second condition).",
    "|": "Write OR(first condition, second condition).",
    '"': "Text cannot be used here; use numbers and names only.",
    "'": "Text cannot be used here; use numbers and names only.",
    ";": "Separate arguments with a comma.",
    "[": "Use round brackets ( ).",
    "]": "Use round brackets ( ).",
    "{": "Use round brackets ( ).",
    "}": "Use round brackets ( ).",
    ".": "Write a column as table.column and a decimal as 0.5.",
    "_": "A name starts with a lower-case letter.",
}
_ANYTHING_ELSE = "Use numbers, names, + - * / ( ), comparisons and functions only."
_NO_SUCH_FUNCTION = {
    "AVERAGE": "Divide instead: SUM(table.column) / COUNT(table.column).",
    "MEAN": "Divide instead: SUM(table.column) / COUNT(table.column).",
    "COUNTA": "Did you mean COUNT? It counts rows that hold a number.",
}


class _Token(Struct, frozen=True):
    kind: str  # number, word, sign or end
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(f"Unexpected {text[at]!r}.", at, _INSTEAD.get(text[at], _ANYTHING_ELSE))
        kind, word, start = match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
        if kind == "wrong":
            raise ExpressionError(f"Unexpected {word!r}.", start, _INSTEAD[word])
        at = match.end()
        if kind == "number":
            _check_number(word, start, text[at : at + 1])
        found.append(_Token(kind, word, start))
        if len(found) > _MOST_TOKENS:
            raise ExpressionError("The formula is too long.", start, "Split it into two or more measures.")
    return [*found, _Token("end", "", end)]


def _check_number(digits: str, start: int, following: str) -> None:
    if following.isalpha() or following in ("_", "."):
        raise ExpressionError(
            f"The number {digits} runs into {following!r}.",
            start,
            "Write numbers as 123 or 1.5, and * between a number and a name.",
        )
    if len(digits.replace(".", "").lstrip("0")) > _MOST_DIGITS:
        raise ExpressionError(
            f"The number {digits} is too long.", start, f"A spreadsheet keeps {_MOST_DIGITS} digits; shorten it."
        )


class _Parser:
    def __init__(self, text: str) -> None:
        self._waiting = _tokens(text)
        self._index = 0
        self._nesting = 0

    @property
    def _next(self) -> _Token:
        return self._waiting[self._index]

    def _take(self) -> _Token:
        token = self._next
        self._index += 1
        return token

    def _sees(self, sign: str) -> bool:
        return self._next.kind == "sign" and self._next.text == sign

    def whole(self) -> Node:
        if self._next.kind == "end":
            raise ExpressionError("The formula is empty.", 0, "Write a formula such as 100 * part / whole.")
        if self._sees("="):
            raise ExpressionError("A formula does not start with '='.", self._next.position, "Leave out the '='.")
        root = self._expression()
        if self._next.kind != "end":
            self._refuse_rest()
        if depth(root) > _MOST_STEPS:
            raise ExpressionError(
                f"The formula has more than {_MOST_STEPS} steps in a row.", 0, "Split it into two or more measures."
            )
        return root

    def _refuse_rest(self) -> NoReturn:
        token = self._next
        if token.text == ")":
            raise ExpressionError("There is a ')' without a '(' before it.", token.position, "Take it out.")
        if token.text == ",":
            raise ExpressionError(
                "Unexpected ','.",
                token.position,
                "Write decimals with a point (0.5) and large numbers without commas (1000).",
            )
        if token.text.upper() in LOGICAL:
            name = token.text.upper()
            raise ExpressionError(
                f"{name} does not stand between conditions.", token.position, f"Write {FUNCTIONS[name].example}."
            )
        raise ExpressionError(
            f"Something is missing before '{token.text}'.",
            token.position,
            "Write + - * / or a comparison between two values.",
        )

    def _expression(self) -> Node:
        start = self._next.position
        left = self._sum()
        if not (self._next.kind == "sign" and self._next.text in _COMPARISONS):
            return left
        sign = self._take()
        self._want_number(left, start, sign.text)
        start = self._next.position
        right = self._sum()
        self._want_number(right, start, sign.text)
        if self._next.kind == "sign" and self._next.text in _COMPARISONS:
            raise ExpressionError(
                "Comparisons cannot be chained.", self._next.position, "Write AND(a < b, b < c) in place of a < b < c."
            )
        return Comparison(sign.text, left, right)

    def _sum(self) -> Node:
        start = self._next.position
        left = self._product()
        while self._sees("+") or self._sees("-"):
            left = self._pair(left, start, self._product)
        return left

    def _product(self) -> Node:
        start = self._next.position
        left = self._signed()
        while self._sees("*") or self._sees("/"):
            left = self._pair(left, start, self._signed)
        return left

    def _pair(self, left: Node, start: int, operand: Callable[[], Node]) -> Node:
        sign = self._take()
        self._want_number(left, start, sign.text)
        start = self._next.position
        right = operand()
        self._want_number(right, start, sign.text)
        return Arithmetic(sign.text, left, right)

    def _signed(self) -> Node:
        signs = 0
        while self._sees("-"):
            self._take()
            signs += 1
        start = self._next.position
        signed = self._item()
        if signs:
            self._want_number(signed, start, "-")
        for _ in range(signs):
            signed = Negate(signed)
        return signed

    def _item(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "word":
            if self._sees("("):
                return self._call(token)
            name = self._checked_name(token)
            if "." in name:
                raise ExpressionError(
                    f"{name} is a whole column of a table, not a single value.",
                    token.position,
                    f"Use it inside a function, such as SUM({name}).",
                )
            return Name(name)
        if token.text == "(":
            self._enter(token)
            inside = self._expression()
            self._leave(token)
            return inside
        if token.kind == "end":
            raise ExpressionError("The formula stops too early.", token.position, "Write a value at the end.")
        remedy = "Leave out the plus sign." if token.text == "+" else "Write a number, a name or a function there."
        raise ExpressionError(f"A value is missing before '{token.text}'.", token.position, remedy)

    def _enter(self, opening: _Token) -> None:
        self._nesting += 1
        if self._nesting > _MOST_NESTING:
            raise ExpressionError(
                f"Brackets are nested more than {_MOST_NESTING} deep.", opening.position, "Split the formula in two."
            )

    def _leave(self, opening: _Token) -> None:
        if self._next.kind == "end":
            raise ExpressionError("This bracket is not closed.", opening.position, "Add a ')'.")
        if not self._sees(")"):
            self._refuse_rest()
        self._take()
        self._nesting -= 1

    @staticmethod
    def _checked_name(token: _Token) -> str:
        if not _WHOLE_NAME.fullmatch(token.text):
            raise ExpressionError(
                f"{token.text} is not a name: names are in lower case.",
                token.position,
                f"Did you mean {token.text.lower()}?",
            )
        return token.text

    def _call(self, word: _Token) -> Node:
        function = word.text.upper()
        if function not in FUNCTIONS:
            import difflib

            close = difflib.get_close_matches(function, FUNCTIONS, n=1)
            remedy = f"Did you mean {close[0]}?" if close else f"The functions are {', '.join(FUNCTIONS)}."
            raise ExpressionError(
                f"There is no function {word.text}.", word.position, _NO_SUCH_FUNCTION.get(function, remedy)
            )
        opening = self._take()
        self._enter(opening)
        arguments: list[Node] = []
        starts: list[int] = []
        while not (self._sees(")") and not arguments):
            starts.append(self._next.position)
            arguments.append(self._column(function) if function in AGGREGATES else self._expression())
            if not self._sees(","):
                break
            self._take()
        self._leave(opening)
        self._check_call(word, function, arguments, starts)
        return Call(function, tuple(arguments))

    def _column(self, function: str) -> Node:
        token = self._next
        if token.kind == "end":
            return self._item()  # refused there
        if token.kind != "word" or "." not in token.text:
            raise ExpressionError(
                f"{function} works on a column of a table, not on '{token.text}'.",
                token.position,
                f"Write {FUNCTIONS[function].example}; add single values with +.",
            )
        table, _, column = self._checked_name(self._take()).partition(".")
        return Column(table, column)

    def _check_call(self, word: _Token, function: str, arguments: list[Node], starts: list[int]) -> None:
        signature = FUNCTIONS[function]
        if not signature.least <= len(arguments) <= signature.most:
            least = f"at least {signature.least}" if signature.most > signature.least else str(signature.least)
            plural = "argument" if least.endswith("1") else "arguments"
            raise ExpressionError(
                f"{function} takes {least} {plural}, not {len(arguments)}.",
                word.position,
                f"Write it as {signature.example}.",
            )
        for index, (argument, start) in enumerate(zip(arguments, starts, strict=True)):
            if function in LOGICAL or (function == "IF" and index == 0):
                if not is_condition(argument):
                    raise ExpressionError(
                        f"{function} needs a condition here, not a number.", start, "Compare it, such as a > 0."
                    )
            elif function not in AGGREGATES and function != "IF":
                self._want_number(argument, start, function)
        if function == "IF" and is_condition(arguments[1]) != is_condition(arguments[2]):
            raise ExpressionError(
                "One result of IF is a number and the other a condition.", starts[2], "Make both of the same kind."
            )
        if function == "ROUND":
            self._check_places(arguments[1], starts[1])
        tables = {argument.table for argument in arguments if isinstance(argument, Column)}
        if len(tables) > 1:
            raise ExpressionError(
                f"{function} needs columns of one table.", starts[1], "Multiply columns of the same table only."
            )

    @staticmethod
    def _check_places(places: Node, start: int) -> None:
        written = places.operand if isinstance(places, Negate) else places
        if not (isinstance(written, Number) and written.value.is_integer() and written.value <= _MOST_PLACES):
            raise ExpressionError(
                f"ROUND needs a whole number of decimal places, from -{_MOST_PLACES} to {_MOST_PLACES}.",
                start,
                "Write it as a number, such as ROUND(a, 2).",
            )

    @staticmethod
    def _want_number(node: Node, start: int, user: str) -> None:
        if is_condition(node):
            raise ExpressionError(
                f"{user!r} needs a number here, not a condition (true or false).",
                start,
                "Turn it into a number with IF(condition, 1, 0), or join conditions with AND or OR.",
            )


def parse(text: str) -> Expression:
    """Read an expression.

    :param text: for instance ``100 * local_spend / spend``; function names in any case.
    :returns: the parsed expression, found sound: known functions, right arguments, numbers and conditions not mixed.
        Whether its names and columns exist is for the caller to check.
    :raises ExpressionError: with the place, what is wrong and what to do.
    """
    root = _Parser(text).whole()
    nodes = list(walk(root))
    names = dict.fromkeys(node.name for node in nodes if isinstance(node, Name))
    columns = dict.fromkeys((node.table, node.column) for node in nodes if isinstance(node, Column))
    return Expression(text, root, tuple(names), tuple(columns), is_condition(root))
