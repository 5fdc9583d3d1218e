"""The marked copy of a mangled workbook: the same answers, and nothing wrong once what is marked has been filled in."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import openpyxl
from manglings import base
from manglings.base import Made, accepted

from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import SlotKind
from kil_xlsx.pipeline.mark import marked_copy
from kil_xlsx.reading.cells import read_workbook

CREATED = datetime(2026, 1, 1)
_DAY_ZERO = datetime(1899, 12, 30)


def copied(made: Made, reading: Reading) -> bytes:
    """The marked copy of a workbook that could be read."""
    workbook = read_workbook(made.data, password=made.password)
    return marked_copy(base.plan(), reading, workbook, Issue(CREATED)).data


def filled(copy: bytes, made: Made) -> bytes:
    """The copy with everything put in that was typed at first and was not accepted, as the respondent would."""
    there = accepted(base.read(copy))
    wanted: dict[Key, Typed] = {**base.typed(), **made.typed}
    book = openpyxl.load_workbook(io.BytesIO(copy))
    for key, value in base.typed().items():
        if key in there or key not in wanted:
            continue
        slot = base.plan().by_key[key]
        cell = book[slot.cell.sheet].cell(slot.cell.row + 1, slot.cell.column + 1)
        if slot.kind is SlotKind.DATE and isinstance(value, float):
            cell.value = _DAY_ZERO + timedelta(days=value)
        else:
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
