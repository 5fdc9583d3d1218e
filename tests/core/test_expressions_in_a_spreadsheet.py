"""Expressions written as formulas give the same results in a spreadsheet engine as they give here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kil_xlsx.core.expression_tree import Arithmetic, Call, Column, Comparison, Name, Negate, Node, Number, walk
from kil_xlsx.core.expressions import Expression, evaluate, parse, to_excel, to_text

ironcalc = pytest.importorskip("ironcalc")
xlsxwriter = pytest.importorskip("xlsxwriter")

# ---------------------------------------------------------------------------------------------- any tree at all

_names = st.sampled_from(["x", "y", "z_2"]).map(Name)
_columns = st.sampled_from(["a", "b"]).map(lambda column: Column("t", column))
_numbers_written = st.integers(0, 4000).map(lambda k: Number(k / 8 if k % 3 else k / 100))
_places = st.integers(-2, 4).map(lambda n: Number(float(n)) if n >= 0 else Negate(Number(float(-n))))
_aggregates = st.one_of(
    st.builds(lambda c: Call("SUM", (c,)), _columns),
    st.builds(lambda c: Call("COUNT", (c,)), _columns),
    st.builds(lambda c, d: Call("SUMPRODUCT", (c, d)), _columns, _columns),
)


def _conditions_of(numbers: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    simple = st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), numbers, numbers)
    return st.one_of(
        simple,
        st.builds(lambda c: Call("NOT", (c,)), simple),
        st.builds(
            lambda f, c: Call(f, tuple(c)), st.sampled_from(["AND", "OR"]), st.lists(simple, min_size=1, max_size=3)
        ),
        st.builds(lambda c, a, b: Call("IF", (c, a, b)), simple, simple, simple),
    )


def _larger(numbers: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*/"), numbers, numbers),
        st.builds(Negate, numbers),
        st.builds(
            lambda f, n: Call(f, tuple(n)), st.sampled_from(["MIN", "MAX"]), st.lists(numbers, min_size=1, max_size=3)
        ),
        st.builds(lambda n: Call("ABS", (n,)), numbers),
        st.builds(lambda n, p: Call("ROUND", (n, p)), numbers, _places),
        st.builds(lambda c, a, b: Call("IF", (c, a, b)), _conditions_of(numbers), numbers, numbers),
    )


numbers = st.recursive(st.one_of(_numbers_written, _names, _aggregates), _larger, max_leaves=10)
#: Small enough to stay within the limits on length.
trees = st.one_of(numbers, _conditions_of(numbers)).filter(lambda tree: sum(1 for _ in walk(tree)) <= 80)


@settings(derandomize=True, max_examples=300)
@given(trees)
def test_any_tree_is_read_back_as_it_was_written(tree: Node) -> None:
    """Text made from a tree parses to that same tree, and the brackets are no more than needed to do so."""
    text = to_text(tree)
    read = parse(text)
    assert read.root == tree
    assert read.text == text
    assert set(read.names) == {node.name for node in walk(tree) if isinstance(node, Name)}


# ---------------------------------------------------------------------------------------------- an independent engine

Cell = float | str | None
NAMES = ("x", "y", "z_2")
COLUMNS = ("a", "b")
TABLE_ROWS = 3
#: Each set of answers has a block of rows of its own on the sheet.
BLOCK = TABLE_ROWS + 1
RESULT_COLUMN = 8


@dataclass(frozen=True)
class Answers:
    """One set of answers: the names in order, and the rows of table ``t``.  Text and ``None`` are not available."""

    names: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def value(self, expression: Expression) -> float | bool | None:
        """What the expression gives here."""
        names = {name: _number(cell) for name, cell in zip(NAMES, self.names, strict=True)}
        rows = [{column: _number(cell) for column, cell in zip(COLUMNS, row, strict=True)} for row in self.rows]
        return evaluate(expression, names, {"t": rows})


def _number(cell: Cell) -> float | None:
    return None if isinstance(cell, str) else cell


def _formula(expression: Expression, top: int) -> str:
    """The formula for the answers whose block starts at row ``top`` (from 0)."""
    return to_excel(
        expression,
        lambda name: f"${'ABC'[NAMES.index(name)]}${top + 1}",
        lambda table, column: (
            f"${'EF'[COLUMNS.index(column)]}${top + 1}:${'EF'[COLUMNS.index(column)]}${top + TABLE_ROWS}"
        ),
    )


def _engine_values(path: Path, cases: Sequence[tuple[str, Answers]]) -> list[object]:
    """What the engine makes of each formula, written to a real workbook with its answers."""
    workbook = xlsxwriter.Workbook(str(path))
    sheet = workbook.add_worksheet("Sheet")
    for number, (formula, answers) in enumerate(cases):
        top = number * BLOCK
        for column, cell in enumerate(answers.names):
            if cell is None:
                sheet.write_formula(top, column, '=""', None, "")  # an answer that is missing shows as ""
            else:
                sheet.write(top, column, cell)
        for down, row in enumerate(answers.rows):
            for across, cell in enumerate(row):
                if cell is not None:
                    sheet.write(top + down, 4 + across, cell)
        sheet.write_formula(top, RESULT_COLUMN - 1, "=" + formula, None, "not worked out")
    workbook.close()
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    return [model.get_cell_value(0, number * BLOCK + 1, RESULT_COLUMN) for number in range(len(cases))]


def _same(here: float | bool | None, there: object) -> bool:
    if here is None:
        return there == ""
    if isinstance(here, bool):
        return there is here
    return isinstance(there, float) and there == pytest.approx(here, rel=1e-9, abs=1e-9)


_cells = st.integers(-80, 800).map(lambda k: k / 8)
_answers = st.builds(
    Answers,
    st.tuples(*[st.one_of(_cells, _cells, _cells, st.integers(0, 100).map(lambda k: k / 100), st.none())] * len(NAMES)),
    st.tuples(*[st.tuples(*[st.one_of(_cells, _cells, st.none(), st.just("n/a"))] * len(COLUMNS))] * TABLE_ROWS),
)


def _may_stop_early(tree: Node) -> bool:
    """Whether an AND or OR holds a division: IronCalc skips parts after the first that decides, Excel does not."""
    joined = (node for node in walk(tree) if isinstance(node, Call) and node.function in ("AND", "OR"))
    return any(isinstance(part, Arithmetic) and part.operator == "/" for node in joined for part in walk(node))


@settings(
    derandomize=True, max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(trees, st.lists(_answers, min_size=4, max_size=4))
def test_the_engine_agrees_with_the_value_here(tmp_path: Path, tree: Node, several: list[Answers]) -> None:
    """Any expression on any answers, with blanks and text among them, gives the same in a workbook as here."""
    expression = parse(to_text(tree))
    cases = [(_formula(expression, number * BLOCK), answers) for number, answers in enumerate(several)]
    for (formula, answers), there in zip(cases, _engine_values(tmp_path / "oracle.xlsx", cases), strict=True):
        here = answers.value(expression)
        if not (here is None and _may_stop_early(tree)):
            assert _same(here, there), (formula, answers, here, there)


ALL = Answers((2.0, 4.0, 0.5), ((1.0, 10.0), (2.0, 20.0), (3.0, 30.0)))
NO_NAME = Answers((2.0, None, 0.5), ALL.rows)
NO_NUMBER = Answers(ALL.names, ((None, 1.0), ("n/a", 2.0), (None, 3.0)))
NO_PAIR = Answers(ALL.names, ((1.0, None), ("n/a", 20.0), (None, None)))
NEARLY = Answers((0.8, 0.8000001, 0.0), ALL.rows)


@pytest.mark.parametrize(
    ("text", "wrong", "answers"),
    [
        ("x - (y - z_2)", "$A$1-$B$1-$C$1", ALL),
        ("x < y", "ROUND($A$1,6)>ROUND($B$1,6)", ALL),
        ("x < y", "$A$1<$B$1", NEARLY),
        ("ROUND(x * 0.2225, 2)", "ROUNDDOWN($A$1*0.2225,2)", ALL),
        ("x / (x - x)", "$A$1/($A$1-$A$1)", ALL),
        ("IF(x > 0, x, y)", 'IFERROR(IF($A$1>0,$A$1,$B$1),"")', NO_NAME),
        ("SUM(t.b)", 'IFERROR(SUM($E$1:$E$3),"")', ALL),
        ("SUM(t.a)", 'IFERROR(SUM($E$1:$E$3),"")', NO_NUMBER),
        (
            "SUMPRODUCT(t.a, t.b)",
            'IF(OR(COUNT($E$1:$E$3)=0,COUNT($F$1:$F$3)=0),"",SUMPRODUCT($E$1:$E$3,$F$1:$F$3))',
            NO_PAIR,
        ),
    ],
)
def test_the_engine_would_show_a_wrong_formula(tmp_path: Path, text: str, wrong: str, answers: Answers) -> None:
    """The comparison can fail: with each planted fault the engine differs from the value here."""
    expression = parse(text)
    here = answers.value(expression)
    right = _formula(expression, 0)
    assert _same(here, _engine_values(tmp_path / "right.xlsx", [(right, answers)])[0])
    assert not _same(here, _engine_values(tmp_path / "wrong.xlsx", [(wrong, answers)])[0])


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("1 + 2", 'IFERROR(1+2,"")'),
        ("100 * x / y", 'IF(COUNT(<x>,<y>)<2,"",IFERROR(100*<x>/<y>,""))'),
        ("x * x", 'IF(COUNT(<x>)<1,"",IFERROR(<x>*<x>,""))'),
        ("x >= 0.8", 'IF(COUNT(<x>)<1,"",IFERROR(ROUND(<x>,6)>=ROUND(0.8,6),""))'),
        ("x > -1", 'IF(COUNT(<x>)<1,"",IFERROR(ROUND(<x>,6)>-1,""))'),
        ("SUM(t.a)", 'IF(COUNT(<t.a>)=0,"",IFERROR(SUM(<t.a>),""))'),
        ("count(t.a)", 'IFERROR(COUNT(<t.a>),"")'),
        (
            "x * SUMPRODUCT(t.a, t.b)",
            'IF(OR(COUNT(<x>)<1,COUNTIFS(<t.a>,">=-1E+300",<t.b>,">=-1E+300")=0),"",'
            'IFERROR(<x>*SUMPRODUCT(<t.a>,<t.b>),""))',
        ),
        ("x - (y - 1) - -y", 'IF(COUNT(<x>,<y>)<2,"",IFERROR(<x>-(<y>-1)--<y>,""))'),
        ("if(not(x = 1), -(x + y), 0)", 'IF(COUNT(<x>,<y>)<2,"",IFERROR(IF(NOT(ROUND(<x>,6)=1),-(<x>+<y>),0),""))'),
        ("0.000001 * x", 'IF(COUNT(<x>)<1,"",IFERROR(0.000001*<x>,""))'),
    ],
)
def test_the_formula_as_written(text: str, formula: str) -> None:
    """Formulas are guarded against missing answers and have no more brackets than they need."""
    assert to_excel(parse(text), "<{}>".format, "<{}.{}>".format) == formula


def test_two_names_in_one_cell_are_counted_once() -> None:
    """The guard counts distinct cells, or one answer under two names would never be complete."""
    assert to_excel(parse("x + y"), lambda _: "A1", "{}{}".format) == 'IF(COUNT(A1)<1,"",IFERROR(A1+A1,""))'
