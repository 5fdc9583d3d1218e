"""Going through the parts of a framework together with their paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from kil_xlsx.core.framework import Framework, Section
from kil_xlsx.definitions.places import KeyPath


class ForRespondents(Protocol):
    """Something for some of the respondent types, or for all when none is named."""

    @property
    def respondents(self) -> tuple[str, ...]: ...


def sections(framework: Framework) -> Iterator[tuple[KeyPath, Section]]:
    """Every section of the tree with its path, parents first."""

    def walk(items: Sequence[Section], path: KeyPath) -> Iterator[tuple[KeyPath, Section]]:
        for index, section in enumerate(items):
            here = (*path, index)
            yield here, section
            yield from walk(section.sections, (*here, "sections"))

    return walk(framework.sections, ("sections",))


def restricted(framework: Framework) -> Iterator[tuple[KeyPath, ForRespondents]]:
    """Everything that may be for some respondent types only, with its path."""
    kinds: tuple[tuple[KeyPath, Sequence[ForRespondents]], ...] = (
        (("profile",), framework.profile),
        (("inputs",), framework.inputs),
        (("input_tables",), framework.input_tables),
        (("reference_values",), framework.reference_values),
        (("measures",), framework.measures),
        (("checks",), framework.checks),
        (("steps", "steps"), framework.steps.steps if framework.steps else ()),
        (("guidance",), framework.guidance),
    )
    for path, items in kinds:
        for index, item in enumerate(items):
            yield (*path, index), item


def audience(framework: Framework, item: ForRespondents) -> tuple[str, ...]:
    """The ids of the respondent types that something is for, in the framework's order."""
    everyone = tuple(respondent.id for respondent in framework.respondents)
    return tuple(each for each in everyone if each in item.respondents) if item.respondents else everyone
