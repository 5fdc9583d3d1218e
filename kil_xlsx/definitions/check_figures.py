"""Inputs, tables, published figures and worked examples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kil_xlsx.core.figures import InputTable, Measure
from kil_xlsx.core.framework import Framework, TestCase
from kil_xlsx.definitions.check_links import missing
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.errors import Fault


def check_figures(framework: Framework, places: Places) -> Iterator[Fault]:
    """Limits are the right way round, defaults keep them, and choice columns have choices."""
    for at, each in enumerate(framework.inputs):
        yield from _limits(("inputs", at), each.minimum, each.maximum, places)
        if each.default is not None and not _within(each.default, each.minimum, each.maximum):
            yield places.fault(
                ("inputs", at, "default"), f"the default {each.default:g} is outside the limits", "Change one of them."
            )
    for at, table in enumerate(framework.input_tables):
        yield from _columns(table, ("input_tables", at, "columns"), places)
    for at, measure in enumerate(framework.measures):
        yield from _limits(("measures", at), measure.valid_from, measure.valid_to, places, "valid_from", "valid_to")
        yield from _bases(measure, ("measures", at, "bases"), places)
    for at, reference in enumerate(framework.reference_values):
        yield from _limits(("reference_values", at), reference.minimum, reference.maximum, places)
        last: date | None = None
        for number, dated in enumerate(reference.values):
            where = ("reference_values", at, "values", number, "from")
            if dated.from_ == last:
                yield places.fault(where, f"there are two values from {last.isoformat()}", "Keep one of the two.")
            elif last is not None and dated.from_ < last:
                yield places.fault(
                    where, f"the value stands after one from {last.isoformat()}", "Put the oldest first."
                )
            last = dated.from_


def _within(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _limits(
    path: KeyPath,
    lower: float | None,
    upper: float | None,
    places: Places,
    lower_key: str = "minimum",
    upper_key: str = "maximum",
) -> Iterator[Fault]:
    if lower is not None and upper is not None and lower >= upper:
        yield places.fault(
            (*path, upper_key), f"'{upper_key}' {upper:g} is not above '{lower_key}' {lower:g}", "Change one of them."
        )


def _bases(measure: Measure, path: KeyPath, places: Places) -> Iterator[Fault]:
    """Some basis always applies, and every one can be reached."""
    labels: set[str] = set()
    for at, basis in enumerate(measure.bases):
        last = at == len(measure.bases) - 1
        if last and basis.when is not None:
            yield places.fault(
                (*path, at, "when"),
                "the last basis has a condition, so a figure could rest on nothing",
                "Take out 'when', or add a basis without it.",
            )
        elif not last and basis.when is None:
            yield places.fault(
                (*path, at), "this basis always applies, so those after it never do", "Add 'when', or put it last."
            )
        if basis.label.casefold() in labels:
            yield places.fault((*path, at, "label"), f"the label '{basis.label}' is already used", "Change one.")
        labels.add(basis.label.casefold())


def _columns(table: InputTable, path: KeyPath, places: Places) -> Iterator[Fault]:
    for at, column in enumerate(table.columns):
        yield from _limits((*path, at), column.minimum, column.maximum, places)
        if column.type == "choice" and column.choices is None:
            yield places.fault(
                (*path, at), "missing 'choices', which a column of type 'choice' needs", "Name a choice list."
            )
        if column.type != "choice" and column.choices is not None:
            yield places.fault(
                (*path, at, "choices"),
                f"a column of type '{column.type}' has no choices",
                "Take it out, or use 'type: choice'.",
            )


def check_test_cases(framework: Framework, places: Places) -> Iterator[Fault]:
    """Worked examples name measures, figures, tables and columns that exist."""
    for at, case in enumerate(framework.test_cases):
        yield from _case(framework, case, ("test_cases", at), places)


def _case(framework: Framework, case: TestCase, path: KeyPath, places: Places) -> Iterator[Fault]:
    measures = {measure.id: measure for measure in framework.measures}
    if case.measure is None and not case.values:
        yield places.fault(path, "has neither 'measure' nor 'values'", "Say what is worked out, or give the values.")
    yield from missing(places, (*path, "measure"), "measure", case.measure, measures)
    figures = [*(each.id for each in framework.inputs), *(each.id for each in framework.reference_values)]
    for name in case.inputs:
        yield from missing(places, (*path, "inputs", name), "input or reference value", name, figures)
    tables = {table.id: [column.id for column in table.columns] for table in framework.input_tables}
    for table, rows in case.tables.items():
        yield from missing(places, (*path, "tables", table), "table", table, tables)
        for number, row in enumerate(rows if table in tables else ()):
            for column in row:
                where = (*path, "tables", table, number, column)
                yield from missing(places, where, "column", column, tables[table], table)
    if case.measure in measures:
        workings = [working.id for working in measures[case.measure].workings]
        for name in case.workings:
            yield from missing(places, (*path, "workings", name), "working", name, workings, case.measure)
        bases = [basis.label for basis in measures[case.measure].bases]
        yield from missing(places, (*path, "expect_basis"), "basis", case.expect_basis, bases, case.measure)
    elif case.measure is None and case.expect_basis is not None:
        yield places.fault((*path, "expect_basis"), "a plain mean rests on nothing else", "Take it out.")
