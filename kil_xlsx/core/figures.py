"""The part of a framework that is about figures: what is typed, what is worked out from it, what has to hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from kil_xlsx.core.modelling import Code, Id, Model, Name, NumberFormat, Text


class Unit(Model, frozen=True, kw_only=True):
    """A unit and how a figure in it is shown, as an Excel number format.

    ``adds_up`` marks amounts, such as pounds, whose sum over organisations means something.
    """

    id: Id
    label: str
    format: NumberFormat
    adds_up: bool = False


class InputGroup(Model, frozen=True, kw_only=True):
    """A heading under which inputs stand together on the Measures sheet."""

    id: Id
    label: Text
    plain: str = ""


class Input(Model, frozen=True, kw_only=True):
    """A figure that the respondent looks up and types.  ``default`` is used when it is left blank or cannot apply."""

    id: Name
    code: Code
    label: Text
    unit: Id
    group: Id
    respondents: tuple[Id, ...] = ()
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    default: float | None = None


class TableColumn(Model, frozen=True, kw_only=True):
    """A column of an input table."""

    id: Name
    label: Text
    type: Literal["text", "number", "choice"]
    unit: Id | None = None
    choices: Name | None = None
    minimum: float | None = None
    maximum: float | None = None
    help: str = ""


class InputTable(Model, frozen=True, kw_only=True):
    """A list that the respondent fills in row by row, such as tenants."""

    id: Name
    code: Code
    label: Text
    columns: Annotated[tuple[TableColumn, ...], Meta(min_length=1, max_length=7)]
    respondents: tuple[Id, ...] = ()
    rows: Annotated[int, Meta(ge=1, le=500)] = 25
    help: str = ""


class DatedValue(Model, frozen=True, kw_only=True):
    """A published figure and the day from which it holds."""

    from_: date = field(name="from")
    value: float
    source: Text


class ReferenceValue(Model, frozen=True, kw_only=True):
    """A published figure that measures use; chosen by the end of the reporting period, and open to being overtyped."""

    id: Name
    code: Code
    label: Text
    unit: Id
    group: Id
    respondents: tuple[Id, ...] = ()
    source: Text
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[DatedValue, ...] = ()


class Working(Model, frozen=True, kw_only=True):
    """A step of a measure that is shown beside it, such as round 2 of a multiplier."""

    id: Name
    label: Text
    unit: Id
    formula: Text


class Basis(Model, frozen=True, kw_only=True):
    """What a measure may rest on, such as a survey.  It applies while the condition ``when`` holds, or always."""

    when: Text | None = None
    label: Annotated[str, Meta(min_length=1, max_length=40)]


class Measure(Model, frozen=True, kw_only=True):
    """What is worked out from inputs, with its unit and direction.

    ``needs`` is a condition without which the figure is not shown.  ``benchmark`` says which returns it may be
    compared among.  The first of ``bases`` that applies is named beside the figure, as what it rests on; a condition
    that lacks a figure does not hold, and the last basis has none.  ``formula_words`` says the formula more shortly
    than the words that are made from it, for example by way of its workings.
    """

    id: Code
    section: Code
    label: Text
    unit: Id
    formula: Text
    respondents: tuple[Id, ...] = ()
    direction: Literal["higher", "lower", "context"] = "context"
    valid_from: float | None = None
    valid_to: float | None = None
    benchmark: Literal["all", "like_with_like", "none"] = "all"
    needs: str | None = None
    bases: tuple[Basis, ...] = ()
    workings: tuple[Working, ...] = ()
    formula_words: str = ""
    note: str = ""
    grounding: Literal["source", "partly", "draft"] = "draft"
    sources: tuple[Id, ...] = ()


class Check(Model, frozen=True, kw_only=True):
    """A rule that figures must keep.  An error must be put right; a query may be explained instead."""

    id: Code
    rule: Text
    severity: Literal["error", "query"]
    message: Text
    respondents: tuple[Id, ...] = ()
