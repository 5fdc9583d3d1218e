"""Formulas that a file stores once for several cells, spelled out for each of them."""

from __future__ import annotations

import re

from kil_xlsx.layout.a1 import MAX_COLUMNS, MAX_ROWS, column_index, column_name

# Text, quoted sheet names and structured references come first so that nothing inside them is taken for a cell.
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"'
    r"|'(?:[^']|'')*'"
    r"|\[(?:[^\[\]]|\[[^\]]*\])*\]"
    r"|(?<![\w.$\\])(?P<cc>\$?)(?P<c>[A-Za-z]{1,3})(?P<rr>\$?)(?P<r>[1-9][0-9]{0,6})(?![\w.(!\[])"
    r"|(?<![\w.$\\])(?P<aa>\$?)(?P<a>[A-Za-z]{1,3}):(?P<bb>\$?)(?P<b>[A-Za-z]{1,3})(?![\w.(!$])"
    r"|(?<![\w.$\\])(?P<mm>\$?)(?P<m>[1-9][0-9]{0,6}):(?P<nn>\$?)(?P<n>[1-9][0-9]{0,6})(?![\w.(!])"
    r"|[\w.\\]+"
)


def shift(formula: str, rows: int, cols: int) -> str:
    """The formula as it reads ``rows`` further down and ``cols`` further right.

    References without a dollar sign move; what would leave the sheet wraps round, as it does in Excel.
    """

    def column(dollar: str, letters: str) -> str:
        if dollar or not cols:
            return dollar + letters
        return column_name((column_index(letters) + cols) % MAX_COLUMNS)

    def row(dollar: str, digits: str) -> str:
        if dollar or not rows:
            return dollar + digits
        return str((int(digits) - 1 + rows) % MAX_ROWS + 1)

    def move(match: re.Match[str]) -> str:
        found = match.groupdict()
        try:
            if found["c"]:
                if int(found["r"]) > MAX_ROWS:
                    return match[0]
                return column(found["cc"], found["c"]) + row(found["rr"], found["r"])
            if found["a"]:
                return f"{column(found['aa'], found['a'])}:{column(found['bb'], found['b'])}"
            if found["m"]:
                return f"{row(found['mm'], found['m'])}:{row(found['nn'], found['n'])}"
        except ValueError:  # letters beyond the last column: a name, not a cell
            pass
        return match[0]

    return _TOKEN.sub(move, formula)
