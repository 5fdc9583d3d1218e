"""Figures as expressions count them, and the measures worked out from them."""

from __future__ import annotations

from kil_xlsx.core.expressions import evaluate
from kil_xlsx.core.figures import Input, Measure, ReferenceValue
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.results import MeasureResult
from kil_xlsx.core.returns import Outcome, Part, Return, State
from kil_xlsx.core.rounding import PLACES, round_half_away


def reference_date(instrument: Instrument, ret: Return) -> float | None:
    """The end of the reporting period as a serial number, by which published figures are chosen."""
    field = instrument.field_with_role("period_end")
    return ret.value(field.id) if field else None


def published_value(reference: ReferenceValue, serial: float | None) -> float | None:
    """The published figure that holds on a day; none before the first, or without a day."""
    if serial is None:
        return None
    holding = [dated.value for dated in reference.values if to_serial(dated.from_.toordinal()) <= serial]
    return holding[-1] if holding else None


_EXCEL_EPOCH = 693594  # date(1899, 12, 30).toordinal()


def to_serial(ordinal: int) -> float:
    """A day as the serial number that spreadsheets use."""
    return float(ordinal - _EXCEL_EPOCH)


def counted_figures(instrument: Instrument, ret: Return) -> dict[str, float | None]:
    """What each figure counts as in expressions: the number given, else its default if that applies, else nothing."""
    day = reference_date(instrument, ret)
    counted: dict[str, float | None] = {}
    for figure in instrument.figures:
        state, value = ret.figure(figure.id)
        refused = ret.get(figure.id).outcome is Outcome.REFUSED
        if value is None and state is not State.DONT_KNOW and not refused:
            value = figure.default if isinstance(figure, Input) else published_value(figure, day)
        counted[figure.id] = value
    return counted


def table_numbers(instrument: Instrument, ret: Return) -> dict[str, list[dict[str, float | None]]]:
    """The number columns of each input table, row by row."""
    tables: dict[str, list[dict[str, float | None]]] = {}
    for table in instrument.tables:
        numbers = [column.id for column in table.columns if column.type == "number"]
        tables[table.id] = [
            {column: ret.get(table.id, Part.ANSWER, row, column).value for column in numbers}
            for row in range(1, table.rows + 1)
        ]
    return tables


def measure_result(
    instrument: Instrument,
    measure: Measure,
    figures: dict[str, float | None],
    tables: dict[str, list[dict[str, float | None]]],
) -> MeasureResult:
    def number(text: str) -> float | None:
        value = evaluate(instrument.expressions[text], figures, tables)
        return None if value is None else round_half_away(float(value), PLACES)

    value = number(measure.formula)
    if measure.needs and evaluate(instrument.expressions[measure.needs], figures, tables) is not True:
        value = None
    names = instrument.expressions[measure.formula].names
    holding = (
        basis.label
        for basis in measure.bases
        if not basis.when or evaluate(instrument.expressions[basis.when], figures, tables) is True
    )
    return MeasureResult(
        id=measure.id,
        value=value,
        workings={working.id: number(working.formula) for working in measure.workings},
        missing=tuple(name for name in names if figures[name] is None),
        in_range=None if value is None else _within(value, measure.valid_from, measure.valid_to),
        basis="" if value is None else next(holding, ""),
    )


def _within(value: float, lowest: float | None, highest: float | None) -> bool:
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)
