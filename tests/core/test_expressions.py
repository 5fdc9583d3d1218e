"""The expression language: reading, refusing, working out and saying in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.core.expressions import Expression, ExpressionError, describe, evaluate, parse, to_excel, to_text

Rows = list[dict[str, float | None]]
ROWS: Rows = [{"a": 1.0, "b": 10.0}, {"a": 2.0, "b": None}, {"a": None, "b": 30.0}, {"a": 4.0, "b": 40.0}]
BLANK: Rows = [{"a": None}, {}]
NONE: Rows = []

# ---------------------------------------------------------------------------------------------- reading


def test_names_and_columns_come_in_order_of_first_use() -> None:
    """What an expression needs is listed once each, in the order in which it is written."""
    read = parse("IF(b > a, SUM(t.q), b) + sumproduct(t.p, t.q) * c_1")
    assert read.names == ("b", "a", "c_1")
    assert read.columns == (("t", "q"), ("t", "p"))
    assert not read.is_condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a", False),
        ("a < 1", True),
        ("(a = 1)", True),
        ("not(a > 1)", True),
        ("IF(a > 1, 2, 3)", False),
        ("IF(a > 1, a < 3, a < 0)", True),
        ("min + sum", False),
    ],
)
def test_a_condition_is_told_from_a_number(text: str, condition: bool) -> None:
    """Comparisons, AND, OR, NOT and an IF of conditions are conditions; names may be called like functions."""
    assert parse(text).is_condition is condition


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a - b - c", "a - b - c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a / (b * c)", "a / (b * c)"),
        ("-(a + b)", "-(a + b)"),
        ("-a * b", "-a * b"),
        ("-(a * b)", "-(a * b)"),
        ("a - -b", "a - -b"),
        ("((a + b)) * 2.50", "(a + b) * 2.5"),
        ("(a + b) < (c * 2)", "a + b < c * 2"),
        ("0.000001 * a", "0.000001 * a"),
    ],
)
def test_brackets_are_kept_where_they_matter(text: str, grouped: str) -> None:
    """The tree follows the usual precedence, and brackets that change nothing are dropped."""
    assert to_text(parse(text).root) == grouped


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("= a", 0, "Leave out the '='"),
        ("SUMM(t.a)", 0, "Did you mean SUM?"),
        ("1 + rond(a, 2)", 4, "Did you mean ROUND?"),
        ("average(t.a)", 0, "SUM(table.column) / COUNT(table.column)"),
        ("xyzzy(a)", 0, "The functions are SUM"),
        ("ABS(a, b)", 0, "ABS takes 1 argument, not 2"),
        ("IF(a > 1, 2)", 0, "IF takes 3 arguments, not 2"),
        ("MIN()", 0, "at least 1 argument, not 0"),
        ("SUM()", 0, "SUM takes 1 argument, not 0"),
        ("SUM(a)", 4, "works on a column"),
        ("SUM(t.a + 1)", 8, "Something is missing before '+'"),
        ("SUMPRODUCT(t.a, u.b)", 16, "columns of one table"),
        ("t.a + 1", 0, "Use it inside a function, such as SUM(t.a)"),
        ("a $ b", 2, "Unexpected '$'"),
        ("a ^ 2", 2, "multiply with *"),
        ("a × b", 2, "Write * for times"),
        ("50%", 2, "as a number"),
        ("a == b", 2, "Write = for equals"),
        ("a != b", 2, "Write <>"),
        ("a b", 2, "Something is missing before 'b'"),
        ("a > 1 and b > 1", 6, "Write AND(a > 0, b > 0)"),
        ("(a + b", 0, "not closed"),
        ("SUM(t.a", 3, "not closed"),
        ("a + b)", 5, "without a '('"),
        ("a +", 3, "stops too early"),
        ("SUM(", 4, "stops too early"),
        ("a * / b", 4, "missing before '/'"),
        ("+a", 0, "Leave out the plus sign"),
        ("1,5 * a", 1, "decimals with a point"),
        ("2a", 0, "runs into 'a'"),
        ("1.", 0, "runs into '.'"),
        (".5", 0, "decimal as 0.5"),
        ("a.b.c", 3, "table.column"),
        ("Spend / 2", 0, "Did you mean spend?"),
        ("1234567890123456", 0, "too long"),
        ("a < b < c", 6, "AND(a < b, b < c)"),
        ("(a < b) < c", 0, "needs a number here, not a condition"),
        ("1 + (a < b)", 4, "needs a number here, not a condition"),
        ("-(a < b)", 1, "needs a number here, not a condition"),
        ("ABS(a < b)", 4, "needs a number here, not a condition"),
        ("AND(a > 1, b)", 11, "needs a condition here, not a number"),
        ("IF(a, 1, 2)", 3, "needs a condition here, not a number"),
        ("IF(a > 1, a > 2, 3)", 17, "Make both of the same kind"),
        ("ROUND(a, b)", 9, "whole number of decimal places"),
        ("ROUND(a, 1.5)", 9, "whole number of decimal places"),
        ("(" * 40 + "a" + ")" * 40, 30, "nested"),
        ("+".join(["a"] * 800), 1500, "too long"),
        ("+".join(["a"] * 151), 0, "more than 150 steps"),
        ("-" * 400 + "a", 0, "more than 150 steps"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place_and_a_remedy(text: str, position: int, words: str) -> None:
    """Every refusal names the place, says what is wrong and says what to do."""
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert words in str(refused.value)
    assert refused.value.position == position
    assert refused.value.message.endswith(".")
    assert refused.value.remedy.endswith((".", "?"))


@settings(derandomize=True, max_examples=400)
@given(st.text(alphabet="ab.12 +-*/()<>=,!SUMIF\n", max_size=25) | st.text(max_size=10))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text, however odd, makes the parser fail in any other way."""
    try:
        read = parse(text)
    except ExpressionError as refused:
        place: int | None = refused.position
    else:
        place = None
        assert parse(to_text(read.root)).root == read.root
    assert place is None or 0 <= place <= len(text)


def test_the_longest_formulas_can_be_worked_out() -> None:
    """The limits on length keep every accepted tree shallow enough for all that is done with it."""
    for text in ("+".join(["a"] * 150), "-" * 149 + "a", "(" * 30 + "a" + ")" * 30, "+".join(["IF(a = 1, 1, 0)"] * 75)):
        read = parse(text)
        assert evaluate(read, {"a": 1.0}, {}) in (150, -1, 1, 75)
        assert to_excel(read, str, str.__add__)
        assert describe(read, str)
        assert to_text(read.root)


# ---------------------------------------------------------------------------------------------- working out


def _value(text: str, **names: float | None) -> float | bool | None:
    return evaluate(parse(text), names, {"t": ROWS, "none": NONE, "blank": BLANK})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("100 * 3 / 4", 75.0),
        ("2 - 3 - 4", -5.0),
        ("-2 * -3", 6.0),
        ("ROUND(0.7 * 0.35, 2)", 0.25),
        ("ROUND(1250, -2)", 1300.0),
        ("MIN(3, 1, 2) + MAX(3, 1, 2) + ABS(-5)", 9.0),
        ("SUM(t.a)", 7.0),
        ("SUM(t.b)", 80.0),
        ("COUNT(t.a)", 3.0),
        ("SUMPRODUCT(t.a, t.b)", 170.0),
        ("SUMPRODUCT(t.a, t.a)", 21.0),
        ("SUM(none.a)", None),
        ("SUM(blank.a)", None),
        ("SUM(t.missing)", None),
        ("SUMPRODUCT(t.a, t.missing)", None),
        ("COUNT(none.a)", 0.0),
        ("COUNT(blank.a)", 0.0),
        ("IF(1 > 2, SUM(none.a), 5)", None),
        ("IF(1 > 2, 1 / 0, 5)", 5.0),
        ("IF(1 < 2, 1 / 0, 5)", None),
        ("IF(1 / 0 > 1, 4, 5)", None),
        ("1 / 0 > 2", None),
        ("AND(1 > 2, 1 / 0 > 2)", None),
        ("OR(1 < 2, 1 / 0 > 2)", None),
        ("AND(1 < 2, 2 < 3, 3 < 3)", False),
        ("OR(1 > 2, 3 > 2)", True),
        ("NOT(1 > 2)", True),
        ("IF(1 > 2, 1 > 0, 1 < 0)", False),
        ("0.7 * 0.8 + 0.3 * 0.8 >= 0.8", True),
        ("0.1 + 0.2 = 0.3", True),
        ("0.1 + 0.2 <> 0.3", False),
        ("1 < 1.0000001", False),
        ("1 <= 0.9999999", True),
        ("1.000001 > 1", True),
    ],
)
def test_values(text: str, value: float | bool | None) -> None:
    """Each rule of the language, by an example worked out by hand."""
    found = _value(text)
    assert found == (value if value is None else pytest.approx(value))
    assert isinstance(found, bool) == isinstance(value, bool)


def test_a_missing_name_leaves_no_result_even_in_a_branch_not_taken() -> None:
    """A blank is not zero, wherever it stands."""
    assert _value("a + b", a=1.0, b=None) is None
    assert _value("IF(a > 0, a, b)", a=1.0, b=None) is None
    assert _value("IF(a > 0, a, b)", a=1.0, b=2.0) == 1


@pytest.mark.parametrize("odd", [math.nan, math.inf, True])
def test_what_is_not_a_number_counts_as_not_available(odd: float) -> None:
    """Infinity, not-a-number and booleans are no answers, alone or in a table."""
    assert _value("a * 0", a=odd) is None
    rows: Rows = [{"a": odd}, {"a": 1.0}]
    assert evaluate(parse("COUNT(t.a)"), {}, {"t": rows}) == 1


@pytest.mark.parametrize("text", ["a * a", "a + a", "a / (1 / a)", "SUM(t.a)", "SUMPRODUCT(t.a, t.a)", "1 / (a * a)"])
def test_numbers_beyond_reach_give_no_result(text: str) -> None:
    """An overflow anywhere on the way gives no result, not infinity."""
    rows = [{"a": 1.7e308}, {"a": 1.7e308}]
    assert evaluate(parse(text), {"a": 1.7e308}, {"t": rows}) is None


def test_a_name_or_table_that_was_not_given_is_an_error_of_the_caller() -> None:
    """Forgetting to pass an answer is not the same as its being blank."""
    with pytest.raises(KeyError):
        evaluate(parse("a"), {}, {})
    with pytest.raises(KeyError):
        evaluate(parse("SUM(t.a)"), {}, {})


def test_zero_is_never_negative() -> None:
    """Minus zero is shown as plain zero in a spreadsheet, and so it is here."""
    for text in ("-a", "a * -1", "a / -1", "ROUND(-0.2, 0)", "a"):
        value = evaluate(parse(text), {"a": -0.0 if text == "a" else 0.0}, {})
        assert isinstance(value, float)
        assert math.copysign(1, value) == 1


# ---------------------------------------------------------------------------------------------- in words

LABELS = {"a": "supplier spend", "b": "local supplier spend", "c": "target", "t.a": "price", "t.b": "amount"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("100 * b / a", "100 × local supplier spend ÷ supplier spend"),
        ("100 * (b - c) / a", "100 × (local supplier spend − target) ÷ supplier spend"),
        ("-c - -a", "−target − (−supplier spend)"),
        ("SUM(t.a)", "sum of price"),
        ("SUMPRODUCT(t.a, t.b)", "sum of price × amount"),
        ("SUMPRODUCT(t.a, t.b) / SUM(t.b)", "(sum of price × amount) ÷ (sum of amount)"),
        ("SUM(t.a) >= c", "sum of price is at least target"),
        ("COUNT(t.a)", "number of rows with price"),
        ("MIN(a, b, 100)", "the smallest of supplier spend, local supplier spend and 100"),
        ("2 * MAX(a, b)", "2 × (the largest of supplier spend and local supplier spend)"),
        ("MAX(c)", "target"),
        ("ROUND(a / b, 1)", "(supplier spend ÷ local supplier spend) rounded to 1 decimal place"),
        ("ROUND(c, 0)", "target rounded to a whole number"),
        ("ROUND(c, -2)", "target rounded to the nearest 100"),
        ("ABS(a - b)", "(supplier spend − local supplier spend) without any minus sign"),
        ("IF(a > c, 1, 0)", "1 if supplier spend is more than target, otherwise 0"),
        ("AND(a < c, NOT(b = 0))", "supplier spend is less than target and not (local supplier spend is equal to 0)"),
        (
            "OR(AND(a > 1, b > 1), c <> 0)",
            "(supplier spend is more than 1 and local supplier spend is more than 1) or target is not equal to 0",
        ),
    ],
)
def test_words(text: str, words: str) -> None:
    """An expression is said in words that leave no doubt about what belongs together."""
    assert describe(parse(text), LABELS.__getitem__) == words


def test_an_expression_is_frozen_and_can_be_compared() -> None:
    """Two readings of one text are equal, so that definitions can be compared."""
    assert parse("a+1") == parse("a+1")
    assert isinstance(parse("a"), Expression)
    with pytest.raises(AttributeError):
        parse("a").text = "b"  # type: ignore[misc]
