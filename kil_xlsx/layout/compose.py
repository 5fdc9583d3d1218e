"""From a plan and what stands in its cells to the whole workbook, every formula with its value."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from kil_xlsx.core.returns import Key, Return, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.layout.codec import as_formulas_see
from kil_xlsx.layout.document import DefinedName, Document
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets import (
    about,
    action_plan,
    assessment,
    checks,
    file_info,
    guidance,
    lists,
    measures,
    peers,
    results,
    start,
    steps,
    to_fix,
    workings,
)
from kil_xlsx.layout.sheets import (
    carried as carried_over,
)
from kil_xlsx.layout.sheets.frame import Content, Issue
from kil_xlsx.layout.stamp import FILE_NAME, REFERENCE_NAME, Organisation, Stamp, stamp


def seen_by_formulas(plan: Plan, typed: Mapping[Key, Typed], carried: Mapping[Key, Typed] | None = None) -> Return:
    """The return that the workbook's formulas make of what is typed in its cells.

    KeyError when something is typed where the plan has no cell to fill in.
    """
    entries = (as_formulas_see(plan.instrument, plan.by_key[key], value) for key, value in typed.items())
    return Return.of(entries, carried)


def _carried(plan: Plan, issue: Issue) -> dict[Key, Typed]:
    """What an earlier return puts into this workbook's cells, in the order of the cells."""
    if issue.previous is None:
        return {}
    before = issue.previous.typed
    return {slot.key: before[slot.key] for slot in plan.carried_slots if slot.key in before}


def compose(plan: Plan, issue: Issue, typed: Mapping[Key, Typed] | None = None) -> Document:
    """The workbook of one organisation, or a blank one, with whatever is typed in already."""
    return document_of(content_of(plan, issue, typed))


def content_of(plan: Plan, issue: Issue, typed: Mapping[Key, Typed] | None = None) -> Content:
    """What the sheets of a workbook are painted from."""
    carried = _carried(plan, issue)
    known = {**carried, **profile_of(plan, issue.organisation), **(typed or {})}
    ret = seen_by_formulas(plan, known, carried)
    made = stamp(plan.instrument, issue.round_id, issue.organisation)
    if issue.reference:
        made = structs.replace(made, reference=issue.reference)
    return Content(plan, issue, made, known, ret, score(plan.instrument, ret))


def document_of(content: Content) -> Document:
    """The workbook that is painted from a content."""
    plan, issue, made = content.plan, content.issue, content.stamp
    sheets = [start.paint(content)]
    if issue.marking is not None:
        sheets.append(to_fix.paint(content, issue.marking))
    sheets += [about.paint(content), assessment.paint(content)]
    if content.instrument.figures:
        sheets.append(measures.paint(content))
    sheets += [checks.paint(content), results.paint(content), action_plan.paint(content)]
    if content.instrument.steps:
        sheets.append(steps.paint(content))
    sheets.append(guidance.paint(content))
    sheets += [lists.paint(content), workings.paint(content)]
    if content.carried:
        sheets.append(carried_over.paint(content))
    if issue.peers is not None:
        sheets.append(peers.paint(content, issue.peers))
    sheets.append(file_info.paint(content))
    if issue.marking is not None:
        to_fix.annotate(issue.marking, sheets)
    framework = plan.instrument.framework
    name = made.organisation or plan.instrument.respondent.label
    return Document(
        sheets=sheets,
        names=_names(plan, made),
        title=f"{framework.title}: {name}",
        subject=f"{framework.id} {framework.version} {plan.instrument.respondent.id}",
        keywords=made.reference,
        language=framework.language,
        created=issue.created,
        properties={f"kil.{key}": value for key, value in made.facts().items() if value},
        active_sheet=plan.start.sheet,
    )


def profile_of(plan: Plan, organisation: Organisation | None) -> dict[Key, Typed]:
    """What is known about the organisation beforehand, as it is typed into its cells."""
    if organisation is None:
        return {}
    known: dict[Key, Typed] = {}
    for field_id, value in organisation.profile:
        key = Key(field_id)
        if key in plan.by_key and value:
            known[key] = value
    return known


def _names(plan: Plan, made: Stamp) -> list[DefinedName]:
    """A name for the main cell of every row, and constants that say which file this is."""
    names = [DefinedName(slot.name, slot.cell) for slot in plan.slots if slot.name]
    facts = made.facts()
    constant = "|".join(facts[key] for key in ("framework", "version", "fingerprint", "layout", "respondent"))
    return [*names, DefinedName(REFERENCE_NAME, made.reference), DefinedName(FILE_NAME, constant)]
