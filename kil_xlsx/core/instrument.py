"""The instrument: what one type of respondent is sent, with everything looked up once.

An :class:`Instrument` is a :class:`~kil_xlsx.core.framework.Framework` seen by one respondent type: only its
sections, questions, inputs, measures and checks, each in order, with expressions parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from kil_xlsx.core.figures import Check, Input, InputGroup, InputTable, Measure, ReferenceValue, Unit
from kil_xlsx.core.framework import (
    Choice,
    ChoiceList,
    Framework,
    GuidancePage,
    Lookup,
    ProfileField,
    Question,
    RespondentType,
    ScoreRule,
    Section,
    Step,
)

if TYPE_CHECKING:
    from kil_xlsx.core.expressions import Expression


class _ForRespondents(Protocol):
    @property
    def respondents(self) -> tuple[str, ...]: ...


_T = TypeVar("_T", bound=_ForRespondents)


_LATER = {"formula_words": ""}
"""Fields of the definition's classes that came after workbooks had been sent out, with what they hold when they say
nothing.  Then they are left out of fingerprints, so that a field that a definition does not use changes none."""


def _without_later(content: Any) -> Any:
    if isinstance(content, list | tuple):
        return [_without_later(each) for each in content]
    if isinstance(content, dict):
        return {
            key: _without_later(value)
            for key, value in content.items()
            if not (key in _LATER and value == _LATER[key])
        }  # fmt: skip
    return content


class SectionNode(Struct, frozen=True, dict=True):
    """A section of an instrument with its depth (0 at the top), its questions and its subsections.

    ``own`` are the questions asked directly in it, ``questions`` those of its subsections too, in order.
    """

    section: Section
    depth: int
    own: tuple[Question, ...]
    children: tuple[SectionNode, ...]

    @property
    def id(self) -> str:
        return self.section.id

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return self.own + tuple(question for child in self.children for question in child.questions)

    def walk(self) -> Iterator[SectionNode]:
        """The node itself and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class Instrument(Struct, frozen=True, dict=True, weakref=True):
    """One framework version as one respondent type sees it.

    ``known_fingerprint`` is its fingerprint where that is known already.  For an archived version it has to be: the
    classes of the definition have changed since it was sent out, so it can no longer be worked out.
    """

    framework: Framework
    respondent: RespondentType
    known_fingerprint: str = ""

    def _mine(self, items: Iterable[_T]) -> tuple[_T, ...]:
        return tuple(item for item in items if not item.respondents or self.respondent.id in item.respondents)

    @property
    def key(self) -> str:
        """The name it is loaded by, such as ``keep-it-local/council``."""
        return f"{self.framework.id}/{self.respondent.id}"

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of the SHA-256 of the whole framework's content and the respondent type.

        The map for earlier versions is left out: it says nothing about this one, and may be put right later.
        """
        if self.known_fingerprint:
            return self.known_fingerprint
        import hashlib  # takes longer to load than the rest of this module

        content = msgspec.to_builtins(self.framework, order="deterministic")
        del content["carry_forward"]
        content = msgspec.json.encode(_without_later(content))
        return hashlib.sha256(content + self.respondent.id.encode()).hexdigest()[:16]

    @cached_property
    def tree(self) -> tuple[SectionNode, ...]:
        """The top sections that have questions or measures for this respondent type."""
        by_section: dict[str, list[Question]] = {}
        for question in self.framework.questions:
            if question.respondent == self.respondent.id:
                by_section.setdefault(question.section, []).append(question)

        def node(section: Section, depth: int) -> SectionNode:
            children = tuple(node(child, depth + 1) for child in section.sections)
            own = tuple(by_section.get(section.id, ()))
            return SectionNode(section, depth, own, tuple(child for child in children if child.questions))

        nodes = (node(section, 0) for section in self.framework.sections)
        return tuple(top for top in nodes if top.questions)

    @cached_property
    def nodes(self) -> tuple[SectionNode, ...]:
        """Every section of the tree, parents first."""
        return tuple(node for top in self.tree for node in top.walk())

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Questions in the order in which they are asked."""
        return tuple(question for top in self.tree for question in top.questions)

    @cached_property
    def question_ids(self) -> frozenset[str]:
        return frozenset(question.id for question in self.questions)

    @cached_property
    def profile(self) -> tuple[ProfileField, ...]:
        return self._mine(self.framework.profile)

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        return self._mine(self.framework.inputs)

    @cached_property
    def reference_values(self) -> tuple[ReferenceValue, ...]:
        return self._mine(self.framework.reference_values)

    @cached_property
    def figures(self) -> tuple[Input | ReferenceValue, ...]:
        """Inputs and reference values, by group, in the order in which they stand on the Measures sheet."""
        everything: tuple[Input | ReferenceValue, ...] = (*self.inputs, *self.reference_values)
        return tuple(
            figure for group in self.framework.input_groups for figure in everything if figure.group == group.id
        )

    @cached_property
    def input_groups(self) -> tuple[InputGroup, ...]:
        used = {figure.group for figure in self.figures}
        return tuple(group for group in self.framework.input_groups if group.id in used)

    @cached_property
    def tables(self) -> tuple[InputTable, ...]:
        return self._mine(self.framework.input_tables)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        return self._mine(self.framework.measures)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        return self._mine(self.framework.checks)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self._mine(self.framework.steps.steps) if self.framework.steps else ()

    @cached_property
    def guidance(self) -> tuple[GuidancePage, ...]:
        return self._mine(self.framework.guidance)

    @cached_property
    def choice_lists(self) -> dict[str, ChoiceList]:
        return {choice_list.id: choice_list for choice_list in self.framework.choice_lists}

    @cached_property
    def choices_by_label(self) -> dict[str, dict[str, Choice]]:
        """By choice list what each label of its dropdown stands for, letters in either case alike; answers first."""
        found: dict[str, dict[str, Choice]] = {}
        for each in self.framework.choice_lists:
            found[each.id] = {}
            for choice in sorted(each.choices, key=lambda choice: choice.state != "answered"):
                found[each.id].setdefault(display(each, choice).casefold(), choice)
        return found

    @cached_property
    def units_by_figure(self) -> dict[tuple[str, str], str | None]:
        """The unit of each figure, and of each column of the tables: by the item's and the column's id."""
        columns = {(table.id, column.id): column.unit for table in self.tables for column in table.columns}
        return {**columns, **{(figure.id, ""): figure.unit for figure in self.figures}}

    @cached_property
    def lookups(self) -> dict[str, Lookup]:
        return {lookup.id: lookup for lookup in self.framework.lookups}

    @cached_property
    def units(self) -> dict[str, Unit]:
        return {unit.id: unit for unit in self.framework.units}

    @cached_property
    def expressions(self) -> dict[str, Expression]:
        """Every parsed expression by its text."""
        from kil_xlsx.core.expressions import parse  # where nothing is worked out, it is not needed

        texts = [check.rule for check in self.checks]
        for measure in self.measures:
            texts.append(measure.formula)
            texts.extend(working.formula for working in measure.workings)
            texts.extend(basis.when for basis in measure.bases if basis.when)
            if measure.needs:
                texts.append(measure.needs)
        return {text: parse(text) for text in texts}

    def choices_of(self, question: Question) -> ChoiceList:
        """The choice list that a question is answered from."""
        return self.choice_lists[question.choices or self.framework.default_choices]

    def rule_of(self, node: SectionNode) -> ScoreRule:
        """The score rule of a section: its own, or the framework's."""
        return node.section.score or self.framework.scoring.section

    def field_with_role(self, role: str) -> ProfileField | None:
        """The profile field that plays a role, such as ``consent``; none where the framework has none."""
        return next((field for field in self.profile if field.role == role), None)


def display(choice_list: ChoiceList, choice: Choice) -> str:
    """A choice as the dropdown offers it: "3 Established", or the label alone; special answers never show a code."""
    if choice_list.show_code and choice.state == "answered":
        return f"{choice.code} {choice.label}"
    return choice.label


class Published(Struct, frozen=True):
    """A published version of a framework; ``fingerprints`` are by respondent type, those that it was sent out with."""

    framework: Framework
    fingerprints: dict[str, str]

    def instruments(self) -> tuple[Instrument, ...]:
        """What each type of respondent was sent, with the fingerprint that it was sent with."""
        return tuple(
            Instrument(self.framework, each, self.fingerprints[each.id])
            for each in self.framework.respondents
            if each.id in self.fingerprints
        )


class Definition(Struct, frozen=True):
    """A framework as it is now, and its published versions, oldest first.

    ``fingerprints`` are those of what respondents are sent now, by respondent type, as far as they are known.
    """

    framework: Framework
    published: tuple[Published, ...] = ()
    fingerprints: dict[str, str] = {}

    def instruments(self) -> tuple[Instrument, ...]:
        """What each type of respondent is sent."""
        whole, known = self.framework, self.fingerprints
        return tuple(Instrument(whole, each, known.get(each.id, "")) for each in whole.respondents)

    def earlier(self) -> dict[str, Instrument]:
        """What was sent out in earlier versions, by ``framework/respondent/version``."""
        return {
            f"{each.key}/{version.framework.version}": each
            for version in self.published
            if version.framework.version != self.framework.version
            for each in version.instruments()
        }


def instrument(framework: Framework, respondent: str) -> Instrument:
    """The instrument of one respondent type, named by its id, code or alias.  KeyError when there is none."""
    wanted = respondent.casefold()
    for candidate in framework.respondents:
        names = {candidate.id, candidate.code, candidate.label, *candidate.aliases}
        if wanted in {name.casefold() for name in names}:
            return Instrument(framework, candidate)
    raise KeyError(respondent)
