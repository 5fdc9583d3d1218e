"""The codebook: every item of a framework, its choices and codes, its unit, and where in the workbook it is entered.

Where things stand is told by whoever knows the workbook (:class:`Where`); this module only puts it together.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from kil_xlsx.core.framework import ChoiceList
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.core.scoring import scored_choices

SCHEMA = "kil-xlsx/codebook/1"
"""Names this format and its version."""


class Where(Struct, frozen=True, kw_only=True):
    """Where an entry is made: the sheet, the cell, and the defined name of the cell if it has one."""

    sheet: str
    cell: str
    name: str | None = None


Locate = Callable[[Key], Where | None]
"""Says where an entry is made; nothing for what is not entered."""


class CodedChoice(Struct, frozen=True, kw_only=True):
    """One choice: the code that is stored, what the dropdown shows, what it scores, and its state."""

    code: str
    label: str
    shown: str
    value: float | None
    state: str
    description: str


class CodedList(Struct, frozen=True, kw_only=True):
    """A list of choices."""

    id: str
    choices: tuple[CodedChoice, ...]


class ItemPart(Struct, frozen=True, kw_only=True):
    """Something entered beside an item, such as its evidence; for input tables, one column."""

    part: str
    label: str
    type: str
    unit: str | None
    choices: str | None
    minimum: float | None
    maximum: float | None
    where: Where | None


class CodedItem(Struct, frozen=True, kw_only=True):
    """One item.  ``id`` names it in results; ``code`` is what stands beside it in the workbook.

    ``type`` is text, long_text, org_id, org_id_list, area_code, choice, date, number, table or derived.  For an input
    table, ``where`` is the first cell of its first row and ``rows`` how many there are.  The part ``confirm`` is where
    an answer that was carried over from an earlier return is confirmed.
    """

    kind: ItemKind
    id: str
    code: str
    section: str | None
    label: str
    text: str
    type: str
    unit: str | None
    choices: str | None
    minimum: float | None
    maximum: float | None
    default: float | None
    required: bool
    rows: int | None
    where: Where | None
    parts: tuple[ItemPart, ...]


class CodedBasis(Struct, frozen=True, kw_only=True):
    """What a measure may rest on; the first whose condition ``when`` holds, or that has none, is named beside it."""

    label: str
    when: str | None


class CodedMeasure(Struct, frozen=True, kw_only=True):
    """What is worked out, and how."""

    id: str
    section: str
    label: str
    unit: str
    direction: str
    formula: str
    needs: str | None
    bases: tuple[CodedBasis, ...]


class CodedSection(Struct, frozen=True, kw_only=True):
    """A section; ``depth`` is 0 at the top."""

    id: str
    label: str
    depth: int


class CodedUnit(Struct, frozen=True, kw_only=True):
    """A unit and its number format."""

    id: str
    label: str
    format: str


class CodedRespondent(Struct, frozen=True, kw_only=True):
    """Everything one type of respondent is asked."""

    id: str
    code: str
    label: str
    sections: tuple[CodedSection, ...]
    items: tuple[CodedItem, ...]
    measures: tuple[CodedMeasure, ...]


class Codebook(Struct, frozen=True, kw_only=True):
    """The data dictionary of one framework version."""

    schema: Literal["kil-xlsx/codebook/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    framework: str
    version: str
    title: str
    language: str
    respondents: tuple[CodedRespondent, ...]
    choice_lists: tuple[CodedList, ...]
    units: tuple[CodedUnit, ...]


def codebook(instruments: Sequence[tuple[Instrument, Locate]]) -> Codebook:
    """The codebook of one or more respondent types of one framework, each with the way to find its cells."""
    framework = instruments[0][0].framework
    respondents = tuple(_respondent(instrument, locate) for instrument, locate in instruments)
    items = [item for respondent in respondents for item in respondent.items]
    used = {item.choices for item in items} | {part.choices for item in items for part in item.parts}
    units = {item.unit for item in items} | {part.unit for item in items for part in item.parts}
    units |= {measure.unit for respondent in respondents for measure in respondent.measures}
    return Codebook(
        framework=framework.id,
        version=framework.version,
        title=framework.title,
        language=framework.language,
        respondents=respondents,
        choice_lists=tuple(_list(each) for each in framework.choice_lists if each.id in used),
        units=tuple(
            CodedUnit(id=unit.id, label=unit.label, format=unit.format) for unit in framework.units if unit.id in units
        ),
    )


def codebook_json(book: Codebook) -> bytes:
    """The codebook as indented UTF-8 JSON with a final line end."""
    return msgspec.json.format(msgspec.json.encode(book), indent=2) + b"\n"


def codebook_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what :func:`codebook_json` writes."""
    schema = msgspec.json.schema(Codebook)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kil-xlsx:schema:codebook:1",
        "title": "Codebook",
        **schema,
    }


def _list(choices: ChoiceList) -> CodedList:
    return CodedList(
        id=choices.id,
        choices=tuple(
            CodedChoice(
                code=choice.code,
                label=choice.label,
                shown=display(choices, choice),
                value=choice.value,
                state=choice.state,
                description=choice.description,
            )
            for choice in choices.choices
        ),
    )


def _respondent(instrument: Instrument, locate: Locate) -> CodedRespondent:
    respondent = instrument.respondent
    return CodedRespondent(
        id=respondent.id,
        code=respondent.code,
        label=respondent.label,
        sections=tuple(
            CodedSection(id=node.id, label=node.section.label, depth=node.depth) for node in instrument.nodes
        ),
        items=tuple(_items(instrument, locate)),
        measures=tuple(
            CodedMeasure(
                id=measure.id,
                section=measure.section,
                label=measure.label,
                unit=measure.unit,
                direction=measure.direction,
                formula=measure.formula,
                needs=measure.needs,
                bases=tuple(CodedBasis(label=basis.label, when=basis.when) for basis in measure.bases),
            )
            for measure in instrument.measures
        ),
    )


def _part(
    locate: Locate, item: str, part: Part, label: str, type_: str = "text", choices: str | None = None
) -> ItemPart:
    return ItemPart(
        part=part.value, label=label, type=type_, unit=None, choices=choices, minimum=None, maximum=None,
        where=locate(Key(item, part)),
    )  # fmt: skip


def _item(
    kind: ItemKind,
    identifier: str,
    code: str,
    label: str,
    type_: str,
    where: Where | None,
    *,
    text: str = "",
    section: str | None = None,
    unit: str | None = None,
    choices: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    default: float | None = None,
    required: bool = False,
    rows: int | None = None,
    parts: tuple[ItemPart, ...] = (),
) -> CodedItem:
    return CodedItem(
        kind=kind, id=identifier, code=code, section=section, label=label, text=text, type=type_, unit=unit,
        choices=choices, minimum=minimum, maximum=maximum, default=default, required=required, rows=rows, where=where,
        parts=parts,
    )  # fmt: skip


def _items(instrument: Instrument, locate: Locate) -> Iterator[CodedItem]:
    framework = instrument.framework

    def confirmed(item: str, row: int = 0) -> tuple[ItemPart, ...]:
        """Where an answer that was carried over is confirmed, in frameworks that offer a way to."""
        if framework.confirmation is None:
            return ()
        part = _part(locate, item, Part.CONFIRM, "Still right?", "choice", framework.confirmation)
        return (msgspec.structs.replace(part, where=locate(Key(item, Part.CONFIRM, row))),)

    for field in instrument.profile:
        yield _item(
            ItemKind.PROFILE, field.id, field.code, field.label, field.type, locate(Key(field.id)),
            text=field.help, choices=field.choices, required=field.required,
            parts=() if field.type == "derived" else confirmed(field.id),
        )  # fmt: skip
    for question in instrument.questions:
        choices = instrument.choices_of(question)
        parts = [
            _part(locate, question.id, Part.REASON, "Reason"),
            _part(locate, question.id, Part.EVIDENCE, "Evidence"),
            _part(locate, question.id, Part.STRENGTH, "Strength of evidence", "choice", framework.evidence_strength),
        ]
        if scored_choices(choices):
            parts.append(_part(locate, question.id, Part.TARGET, "Target", "choice", choices.id))
        parts += [
            _part(locate, question.id, Part.ACTION, "Action"),
            _part(locate, question.id, Part.OWNER, "Owner"),
            _part(locate, question.id, Part.DUE, "By when", "date"),
            *confirmed(question.id),
        ]
        yield _item(
            ItemKind.QUESTION, question.id, question.id, question.label, "choice", locate(Key(question.id)),
            text=question.text, section=question.section, choices=choices.id, required=True, parts=tuple(parts),
        )  # fmt: skip
    for figure in instrument.figures:
        yield _item(
            ItemKind.FIGURE, figure.id, figure.code, figure.label, "number", locate(Key(figure.id)),
            text=figure.help, unit=figure.unit, minimum=figure.minimum, maximum=figure.maximum,
            default=getattr(figure, "default", None),
            parts=(
                _part(locate, figure.id, Part.MISSING, "Why there is no figure", "choice", framework.missing_figure),
                _part(locate, figure.id, Part.NOTE, "Note"),
                *confirmed(figure.id),
            ),
        )  # fmt: skip
    for table in instrument.tables:
        columns = tuple(
            ItemPart(
                part=column.id, label=column.label, type=column.type, unit=column.unit, choices=column.choices,
                minimum=column.minimum, maximum=column.maximum,
                where=locate(Key(table.id, Part.ANSWER, 1, column.id)),
            )
            for column in table.columns
        )  # fmt: skip
        yield _item(
            ItemKind.TABLE, table.id, table.code, table.label, "table", columns[0].where,
            text=table.help, rows=table.rows, parts=(*columns, *confirmed(table.id, 1)),
        )  # fmt: skip
    for step in instrument.steps:
        yield _item(
            ItemKind.STEP, step.id, step.id, step.label, "choice", locate(Key(step.id)), text=step.text,
            choices=framework.steps.choices if framework.steps else None,
            parts=(_part(locate, step.id, Part.NOTE, "Note"),),
        )  # fmt: skip
