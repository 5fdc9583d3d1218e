"""What is shown of a codebook, as tables."""

from __future__ import annotations

from collections.abc import Mapping

from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.returns import Part
from kil_xlsx.results.codebook import Codebook, CodedItem, CodedRespondent
from kil_xlsx.results.show import NOTHING, Shown, Table, number, plain


def codebook_tables(book: Codebook) -> tuple[Table, ...]:
    """Everything that is entered, by respondent type, then the choice lists."""
    units = {unit.id: unit.label for unit in book.units}
    tables = [_coded(respondent, kind, title, units) for respondent in book.respondents for kind, title in _KINDS]
    tables = [table for table in tables if table.rows]
    choices = [
        (
            each.id if at == 0 else "", choice.code, plain(choice.shown, 80),
            number(choice.value, 2).removesuffix(".00"), choice.state.replace("_", " "),
        )
        for each in book.choice_lists
        for at, choice in enumerate(each.choices)
    ]  # fmt: skip
    headings = ("Choices", "Code", "Shown as", "Scores", "State")
    tables.append(Table("Choices", headings, tuple(choices), numbers=("Scores",), whole=("Choices", "Code")))
    return tuple(tables)


_KINDS = (
    (ItemKind.PROFILE, "about the organisation"),
    (ItemKind.QUESTION, "questions"),
    (ItemKind.FIGURE, "figures"),
    (ItemKind.TABLE, "tables"),
    (ItemKind.STEP, "steps"),
)


def _coded(respondent: CodedRespondent, kind: ItemKind, title: str, units: Mapping[str, str]) -> Table:
    rows: list[tuple[Shown | str, ...]] = []
    for item in respondent.items:
        if item.kind is not kind:
            continue
        rows.append(_coded_row(item, units))
        if kind is ItemKind.TABLE:
            rows.extend(
                ("", f"  {part.part}", plain(part.label, 80), units.get(part.unit or "", part.choices or part.type),
                 f"{part.where.sheet}!{part.where.cell}" if part.where else NOTHING, "")
                for part in item.parts
            )  # fmt: skip
    headings = ("No.", "Id", "What", "Unit or choices", "Where", "Defined name")
    return Table(f"{plain(respondent.label, 40)}: {title}", headings, tuple(rows), whole=("No.", "Where"))


def _coded_row(item: CodedItem, units: Mapping[str, str]) -> tuple[Shown | str, ...]:
    entered = "worked out" if item.type == "derived" else item.type.replace("_", " ")
    unit = units.get(item.unit or "", item.choices or entered)
    where = f"{item.where.sheet}!{item.where.cell}" if item.where else Shown(NOTHING, "quiet")
    name = item.where.name if item.where else None
    return item.code, item.id, plain(item.label, 80), unit, where, name or ""


def parts_in_words(book: Codebook) -> str:
    """Which columns beside an answer can be filled in, for the foot of the codebook."""
    parts = {part.part for each in book.respondents for item in each.items for part in item.parts}
    return ", ".join(each.value for each in Part if each.value in parts and each is not Part.ANSWER)
