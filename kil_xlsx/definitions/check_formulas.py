"""Formulas and rules: they can be read, and everyone they apply to is asked for the figures in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kil_xlsx.core.expressions import Expression, ExpressionError, parse
from kil_xlsx.core.figures import Input, ReferenceValue, TableColumn
from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.check_links import missing
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.walking import ForRespondents, audience
from kil_xlsx.definitions.wording import listed
from kil_xlsx.errors import Fault


@dataclass(frozen=True)
class _Formula:
    """An expression in the definition, what it must give, and the measure or check that it belongs to."""

    path: KeyPath
    text: str
    condition: bool
    owner: ForRespondents


def check_formulas(framework: Framework, places: Places) -> Iterator[Fault]:
    """Every expression parses, is a number or a condition as it should be, and names what exists for its audience."""
    figures: tuple[Input | ReferenceValue, ...] = (*framework.inputs, *framework.reference_values)
    names = {figure.id: audience(framework, figure) for figure in figures}
    tables = {table.id: audience(framework, table) for table in framework.input_tables}
    columns = {table.id: {column.id: column for column in table.columns} for table in framework.input_tables}
    for formula in _formulas(framework):
        try:
            expression = parse(formula.text)
        except ExpressionError as error:
            message = f"cannot be read at character {error.position + 1}: {error.message}"
            yield places.fault(formula.path, message, error.remedy)
            continue
        if expression.is_condition and not formula.condition:
            yield places.fault(
                formula.path, "gives true or false, where a number is needed", "Write IF(condition, 1, 0), or a number."
            )
        if formula.condition and not expression.is_condition:
            yield places.fault(
                formula.path, "gives a number, where a condition is needed", "Compare it with something, such as a > 0."
            )
        readers = audience(framework, formula.owner)
        yield from _names(formula, expression, readers, names, columns, places)
        yield from _columns(formula, expression, readers, tables, columns, places)


def _formulas(framework: Framework) -> Iterator[_Formula]:
    for index, measure in enumerate(framework.measures):
        path: KeyPath = ("measures", index)
        yield _Formula((*path, "formula"), measure.formula, False, measure)
        if measure.needs is not None:
            yield _Formula((*path, "needs"), measure.needs, True, measure)
        for at, basis in enumerate(measure.bases):
            if basis.when is not None:
                yield _Formula((*path, "bases", at, "when"), basis.when, True, measure)
        for at, working in enumerate(measure.workings):
            yield _Formula((*path, "workings", at, "formula"), working.formula, False, measure)
    for index, check in enumerate(framework.checks):
        yield _Formula(("checks", index, "rule"), check.rule, True, check)


def _names(
    formula: _Formula,
    expression: Expression,
    readers: tuple[str, ...],
    names: dict[str, tuple[str, ...]],
    columns: dict[str, dict[str, TableColumn]],
    places: Places,
) -> Iterator[Fault]:
    for name in expression.names:
        if name in columns:
            yield places.fault(
                formula.path,
                f"'{name}' is a whole table",
                f"Name a column of it, such as SUM({name}.{next(iter(columns[name]))}).",
            )
        elif name not in names:
            yield from missing(places, formula.path, "input or reference value", name, names)
        else:
            yield from _not_asked(formula, f"'{name}'", readers, names[name], places)


def _columns(
    formula: _Formula,
    expression: Expression,
    readers: tuple[str, ...],
    tables: dict[str, tuple[str, ...]],
    columns: dict[str, dict[str, TableColumn]],
    places: Places,
) -> Iterator[Fault]:
    for table, name in expression.columns:
        if table not in columns:
            yield from missing(places, formula.path, "table", table, columns)
            continue
        column = columns[table].get(name)
        if column is None:
            yield from missing(places, formula.path, "column", name, columns[table], table)
        elif column.type != "number":
            numbers = [each.id for each in columns[table].values() if each.type == "number"]
            yield places.fault(
                formula.path,
                f"the column '{table}.{name}' holds {'choices' if column.type == 'choice' else 'text'}, not numbers",
                f"Columns of '{table}' with numbers: {listed(numbers)}.",
            )
        if column is not None:
            yield from _not_asked(formula, f"the table '{table}'", readers, tables[table], places)


def _not_asked(
    formula: _Formula, what: str, readers: tuple[str, ...], asked: tuple[str, ...], places: Places
) -> Iterator[Fault]:
    lacking = [reader for reader in readers if reader not in asked]
    if lacking:
        yield places.fault(
            formula.path,
            f"{what} is not asked of {listed(lacking)}, to whom this applies",
            "Ask them for it, or name only the others in 'respondents' here.",
        )
