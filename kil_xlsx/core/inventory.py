"""Everything in a framework that has an id which must never be used again, and which of its traits matter.

Two versions of a framework are compared thing by thing.  A trait that is not known to be harmless is taken to change
what an answer means, so a trait added to the model later is judged severely until somebody says otherwise here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct, structs

from kil_xlsx.core.figures import Input, ReferenceValue
from kil_xlsx.core.framework import ChoiceList, Framework, Section

QUESTION, PROFILE, FIGURE, TABLE, COLUMN = "question", "profile field", "figure", "table", "column"
MEASURE, CHECK, STEP, SECTION = "measure", "check", "step", "section"

ANSWERED = frozenset((QUESTION, PROFILE, FIGURE, TABLE, COLUMN, STEP))
"""Kinds of things that respondents enter something for."""


class Thing(Struct, frozen=True):
    """One thing with an id.

    ``kind`` is what it is, for a question with the respondent type; two things of different kinds are never the same.
    ``type`` is how it is answered (choice, number, date, text; derived or empty for what is not entered) and
    ``choices`` the list it is answered from.  ``parent`` is the section a section lies in, or the table of a column.
    """

    ref: str
    family: str
    kind: str
    node: Struct
    type: str = ""
    choices: str = ""
    parent: str = ""

    @property
    def label(self) -> str:
        """What people know it by; empty where it has no label."""
        return str(getattr(self.node, "label", ""))


@lru_cache(maxsize=16)
def _of(framework: _ById) -> Mapping[str, Thing]:
    return {thing.ref: thing for thing in _things(framework.framework)}


class _ById:
    """A framework as a key of the cache: the same object, not an equal one, which would take long to find out."""

    __slots__ = ("framework",)

    def __init__(self, framework: Framework) -> None:
        self.framework = framework

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.framework is other.framework

    def __hash__(self) -> int:
        return id(self.framework)


def inventory(framework: Framework) -> Mapping[str, Thing]:
    """Everything with an id of its own in one framework, by that id (columns as ``table.column``)."""
    return _of(_ById(framework))


def _things(framework: Framework) -> Iterator[Thing]:
    types = {"choice": "choice", "date": "date", "derived": "derived"}
    for field in framework.profile:
        yield Thing(field.id, PROFILE, PROFILE, field, types.get(field.type, "text"), field.choices or "")
    for question in framework.questions:
        kind = f"{QUESTION} for {question.respondent}"
        yield Thing(question.id, QUESTION, kind, question, "choice", question.choices or framework.default_choices)
    figures: tuple[Input | ReferenceValue, ...] = (*framework.inputs, *framework.reference_values)
    for figure in figures:
        yield Thing(figure.id, FIGURE, FIGURE, figure, "number")
    for table in framework.input_tables:
        yield Thing(table.id, TABLE, TABLE, table)
        for column in table.columns:
            ref = f"{table.id}.{column.id}"
            yield Thing(ref, COLUMN, COLUMN, column, column.type, column.choices or "", table.id)
    for measure in framework.measures:
        yield Thing(measure.id, MEASURE, MEASURE, measure)
    for check in framework.checks:
        yield Thing(check.id, CHECK, CHECK, check)
    if framework.steps:
        for step in framework.steps.steps:
            yield Thing(step.id, STEP, STEP, step, "choice", framework.steps.choices)
    yield from _sections(framework.sections, "")


def _sections(sections: tuple[Section, ...], parent: str) -> Iterator[Thing]:
    for section in sections:
        yield Thing(section.id, SECTION, SECTION, section, parent=parent)
        yield from _sections(section.sections, section.id)


def lists(framework: Framework) -> Mapping[str, ChoiceList]:
    """The choice lists of a framework by id."""
    return {each.id: each for each in framework.choice_lists}


HARMLESS: Mapping[str, frozenset[str]] = {
    QUESTION: frozenset(
        ("help", "evidence", "not_applicable_when", "theme", "grounding", "sources", "principles", "id", "respondent")
    ),
    PROFILE: frozenset(("id", "code", "required", "help", "role", "pattern")),
    FIGURE: frozenset(("id", "code", "group", "help", "source")),
    TABLE: frozenset(("id", "code", "help")),
    COLUMN: frozenset(("id", "help")),
    MEASURE: frozenset(
        (
            "id",
            "valid_from",
            "valid_to",
            "bases",
            "workings",
            "formula_words",
            "note",
            "grounding",
            "sources",
            "benchmark",
        )
    ),
    CHECK: frozenset(("id", "rule", "severity", "message")),
    STEP: frozenset(("id", "label", "text")),
    SECTION: frozenset(("id", "label", "plain")),
}
"""Traits that may change without changing what is asked, answered or worked out."""

APART = frozenset(("respondents", "choices", "type", "columns", "sections", "minimum", "maximum", "rows", "values"))
"""Traits that are compared in ways of their own."""


def changed_traits(old: Thing, new: Thing) -> tuple[str, ...]:
    """The traits of a thing that differ and change its meaning."""
    harmless = HARMLESS[new.family]
    before, after = structs.asdict(old.node), structs.asdict(new.node)
    names = dict.fromkeys((*before, *after))
    found = [
        name
        for name in names
        if name not in harmless and name not in APART and _plain(before.get(name)) != _plain(after.get(name))
    ]
    return tuple(found + (["section"] if new.family == SECTION and old.parent != new.parent else []))


def harmless_traits(old: Thing, new: Thing) -> tuple[str, ...]:
    """The traits of a thing that differ without changing its meaning."""
    before, after = structs.asdict(old.node), structs.asdict(new.node)
    names = sorted(HARMLESS[new.family] - {"id", "respondent"})
    return tuple(name for name in names if _plain(before.get(name)) != _plain(after.get(name)))


def _plain(value: object) -> object:
    """A trait as it is compared: line breaks and blanks in texts, and in formulas all blanks, do not matter."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


_BLANKS = re.compile(r"\s+")


def scale(choice_list: ChoiceList | None) -> tuple[object, ...]:
    """What the answers of a list mean, for comparing lists; ids, order of display and codes shown do not matter."""
    if choice_list is None:
        return ()
    return tuple(
        sorted(
            (each.code, _BLANKS.sub(" ", each.label), str(each.value), each.state, _BLANKS.sub(" ", each.description))
            for each in choice_list.choices
        )
    )
