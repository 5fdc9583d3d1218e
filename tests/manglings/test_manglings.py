"""What can happen to a workbook: each mangling has the outcome that the table states, and none is silently wrong."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from manglings import base
from manglings.base import MAKERS, Made, Missing, Row, accepted, codes, same, table, wrongly_accepted
from manglings.marked import copied, filled

from kil_xlsx.core.readings import Reading

for _module in ("office", "programs", "library", "locked"):
    import_module(f"manglings.{_module}")

OF_OPENPYXL = frozenset(("score-not-stored",))
"""What is said of any workbook in which openpyxl has filled something in: it stores no results."""

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore:.*extension is not supported"),
    pytest.mark.xdist_group("manglings"),
]


def test_the_table_lists_every_mangling_once() -> None:
    """Each line of the table has its maker and each maker its line; there are at least sixty."""
    names = [row.name for row in table()]
    assert len(names) == len(set(names)) >= 60
    assert set(names) == set(MAKERS)
    assert all(row.done.endswith(".") and row.outcome.endswith(".") for row in table())


@pytest.mark.parametrize("row", table(), ids=lambda row: row.name)
def test_mangling(row: Row, tmp_path: Path) -> None:
    """What was accepted is what was typed; what was lost and what is said about it is what the table says."""
    try:
        made = MAKERS[row.name](tmp_path)
    except Missing as missing:
        if base.required():
            pytest.fail(f"{missing}, and it is required here")
        pytest.skip(str(missing))
    reading = base.read(made.data, made.name, made.password)
    assert wrongly_accepted(reading, made) == []
    before = set(accepted(base.untouched()))
    lost = before - set(accepted(reading))
    assert lost == set(made.lost) & before
    assert bool(lost) == row.lost
    assert codes(reading) == set(row.new)
    if reading.ret is not None and reading.identity is not None:
        _check_marked_copy(made, reading)


def _check_marked_copy(made: Made, reading: Reading) -> None:
    """The marked copy has the same accepted answers, and no new problem once what was lost is filled in."""
    copy = copied(made, reading)
    again = base.read(copy)
    assert {key: found for key, found in accepted(again).items() if not same(found, accepted(reading).get(key))} == {}
    assert set(accepted(again)) == set(accepted(reading))
    whole = base.read(filled(copy, made))
    assert wrongly_accepted(whole, made) == []
    assert set(accepted(base.untouched())) <= set(accepted(whole))
    assert not codes(whole) - OF_OPENPYXL


def test_the_untouched_workbook_is_accepted_in_full() -> None:
    """What the manglings are measured against: everything that was typed is accepted."""
    assert set(accepted(base.untouched())) == set(base.typed())
