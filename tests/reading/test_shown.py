"""Figures that people see as something else than the number that is stored are asked about."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pytest

from kil_xlsx.core.returns import Key, Outcome
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.form import read_form
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

PLAN = Plan(load_instrument("keep-it-local/community"))
BLANK = write(compose(PLAN, Issue(datetime(2026, 1, 1))), default_theme())
MONEY, SHARE = "supplier_spend", "staff_respend_rate"


@pytest.mark.parametrize(
    ("item", "value", "shown", "code"),
    [
        (MONEY, 0.3125, "h:mm", "number-unit"),
        (MONEY, 2083.5, "[h]:mm", "number-unit"),
        (MONEY, 0.45, "0%", "number-percent"),
        (MONEY, 5.0, "[$€-2]\\ #,##0.00", "number-unit"),
        (MONEY, 5.0, '"€"#,##0', "number-unit"),
        (MONEY, 5.0, "[$£-809]#,##0.00", None),
        (MONEY, 5.0, '#,##0 "h: hours"', None),
        (MONEY, 5.0, "General", None),
        (MONEY, -0.0, "#,##0_);[Red]\\(#,##0\\)", None),
        (SHARE, 0.45, "0%", None),
        (SHARE, 0.45, "0.0", None),
    ],
)
def test_a_figure_shown_as_something_else(item: str, value: float, shown: str, code: str | None) -> None:
    """A time, a percentage or another currency in a cell for something else is a query, and no figure is taken."""
    slot = PLAN.by_key[Key(item)]
    book = openpyxl.load_workbook(io.BytesIO(BLANK))
    cell = book[slot.cell.sheet].cell(slot.cell.row + 1, slot.cell.column + 1)
    cell.value, cell.number_format = value, shown
    saved = io.BytesIO()
    book.save(saved)
    reading = read_form(saved.getvalue(), "a.xlsx", {PLAN.instrument.key: PLAN})
    assert reading.ret is not None
    entry = reading.ret.get(item)
    told = [each.code for each in reading.problems if each.item == slot.code]
    assert entry.typed == value
    assert entry.outcome is (Outcome.ACCEPTED if code is None else Outcome.REFUSED)
    assert (code in told) if code else not told
