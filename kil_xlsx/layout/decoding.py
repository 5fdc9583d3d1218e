"""What a cell of a returned workbook means.

What the workbook's own formulas take is taken silently; everything else is for :mod:`kil_xlsx.layout.interpreting`.
"""

from __future__ import annotations

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Problem
from kil_xlsx.core.returns import Entry, Outcome, Typed
from kil_xlsx.layout.codec import as_formulas_see, is_blank
from kil_xlsx.layout.identifiers import identifier_problems
from kil_xlsx.layout.slots import Slot


def decode(instrument: Instrument, slot: Slot, typed: Typed) -> tuple[Entry, list[Problem]]:
    """The entry that a returned cell gives, and what is wrong with it; the caller adds sheet and cell."""
    if is_blank(typed):
        return Entry(key=slot.key, typed=typed), []
    entry = as_formulas_see(instrument, slot, typed)
    if entry.outcome is not Outcome.REFUSED:
        return entry, identifier_problems(instrument, slot, entry)
    from kil_xlsx.layout.interpreting import interpret  # few workbooks need it, and it takes long to load

    return interpret(instrument, slot, typed, entry)
