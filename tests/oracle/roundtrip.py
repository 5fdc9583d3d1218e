"""Whether a workbook that was filled in and saved by another program is read as what was typed."""

from __future__ import annotations

from collections.abc import Mapping

from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Entry, Key, Typed
from kil_xlsx.layout.codec import as_formulas_see, is_blank
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.plan import Plan


def read_back(data: bytes, plan: Plan) -> Reading:
    """Read a saved workbook."""
    from kil_xlsx.reading.form import read_form

    return read_form(data, "returned.xlsx", {plan.instrument.key: plan})


def _gist(entry: Entry) -> tuple[object, ...]:
    return (
        entry.state,
        entry.outcome,
        entry.value,
        entry.code,
        entry.text,
        None if is_blank(entry.typed) else entry.typed,
    )


def misread(reading: Reading, plan: Plan, typed: Mapping[Key, Typed]) -> list[str]:
    """Every cell to fill in that is not read as what was typed there; an untouched one must be read as blank."""
    if reading.ret is None:
        return [f"the file is refused: {reading.problems}"]
    wrong = []
    for slot in plan.slots:
        value = typed.get(slot.key)
        expected = decode(plan.instrument, slot, None if is_blank(value) else value)[0]
        found = reading.ret.entries[slot.key]
        if _gist(expected) != _gist(found):
            wrong.append(f"{slot.cell.absolute()}: typed {value!r}, read {_gist(found)}")
    return wrong


def disagreeing(reading: Reading, plan: Plan, typed: Mapping[Key, Typed]) -> list[str]:
    """Stored results that differ from those worked out on reading, unless the reader took an answer for more."""
    for key, value in typed.items():
        slot = plan.by_key[key]
        if _gist(decode(plan.instrument, slot, value)[0]) != _gist(as_formulas_see(plan.instrument, slot, value)):
            return []
    return [str(comparison) for comparison in reading.comparisons if not comparison.agrees]
