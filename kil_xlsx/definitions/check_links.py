"""Links: whatever a definition refers to must exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.walking import restricted, sections
from kil_xlsx.definitions.wording import did_you_mean, listed
from kil_xlsx.errors import Fault


def missing(
    places: Places, path: KeyPath, what: str, wanted: str | None, options: Collection[str], within: str = ""
) -> Iterator[Fault]:
    """A fault when something is referred to that does not exist; nothing is referred to by ``None``.

    ``within`` names the thing that it should be a part of, where that is not the whole framework.
    """
    if wanted is not None and wanted not in options:
        where = f" in '{within}'" if within else ""
        yield places.fault(
            path,
            f"there is no {what} '{wanted}'{where}{did_you_mean(wanted, options)}",
            f"There are: {listed(options)}.",
        )


def check_links(framework: Framework, places: Places) -> Iterator[Fault]:
    """Sections, kinds, questions, units, groups, choice lists, sources and principles that are referred to exist."""
    yield from _choice_lists(framework, places)
    yield from _guidance(framework, places)
    yield from _sections(framework, places)
    yield from _units_and_groups(framework, places)
    yield from _sources_and_principles(framework, places)


def check_respondents(framework: Framework, places: Places) -> Iterator[Fault]:
    """Respondent types that are referred to exist, and each is asked something."""
    known = [respondent.id for respondent in framework.respondents]
    for path, item in restricted(framework):
        for at, respondent in enumerate(item.respondents):
            yield from missing(places, (*path, "respondents", at), "respondent type", respondent, known)
    for at, question in enumerate(framework.questions):
        path = ("questions", at, "respondent")
        yield from missing(places, path, "respondent type", question.respondent, known)
    for at, groups in enumerate(framework.benchmarking.peer_groups):
        path = ("benchmarking", "peer_groups", at, "respondent")
        yield from missing(places, path, "respondent type", groups.respondent, known)
    asked = {question.respondent for question in framework.questions}
    for at, each in enumerate(framework.respondents):
        if each.id not in asked:
            yield places.fault(
                ("respondents", at),
                f"no question is asked of '{each.id}'",
                "Add questions for this respondent type, or take it out.",
            )


def _choice_lists(framework: Framework, places: Places) -> Iterator[Fault]:
    lists = [each.id for each in framework.choice_lists]
    uses: list[tuple[KeyPath, str | None]] = [
        (("default_choices",), framework.default_choices),
        (("evidence_strength",), framework.evidence_strength),
        (("missing_figure",), framework.missing_figure),
        (("confirmation",), framework.confirmation),
    ]
    uses += [(("questions", at, "choices"), each.choices) for at, each in enumerate(framework.questions)]
    uses += [(("profile", at, "choices"), each.choices) for at, each in enumerate(framework.profile)]
    for index, table in enumerate(framework.input_tables):
        path = ("input_tables", index, "columns")
        uses += [((*path, at, "choices"), column.choices) for at, column in enumerate(table.columns)]
    if framework.steps:
        uses.append((("steps", "choices"), framework.steps.choices))
    for where, wanted in uses:
        yield from missing(places, where, "choice list", wanted, lists)


def _sections(framework: Framework, places: Places) -> Iterator[Fault]:
    kinds = [kind.id for kind in framework.section_kinds]
    ids = []
    for where, section in sections(framework):
        ids.append(section.id)
        yield from missing(places, (*where, "kind"), "section kind", section.kind, kinds)
    for at, kind in enumerate(framework.scoring.overall.kinds):
        yield from missing(places, ("scoring", "overall", "kinds", at), "section kind", kind, kinds)
    for at, question in enumerate(framework.questions):
        yield from missing(places, ("questions", at, "section"), "section", question.section, ids)
    for at, measure in enumerate(framework.measures):
        yield from missing(places, ("measures", at, "section"), "section", measure.section, ids)


def _guidance(framework: Framework, places: Places) -> Iterator[Fault]:
    """Pages of guidance name questions that exist, each once."""
    questions = [each.id for each in framework.questions]
    for index, page in enumerate(framework.guidance):
        for at, wanted in enumerate(page.questions):
            path = ("guidance", index, "questions", at)
            yield from missing(places, path, "question", wanted, questions)
            if wanted in page.questions[:at]:
                yield places.fault(path, f"the question '{wanted}' is already listed here", "Name it once.")


def _units_and_groups(framework: Framework, places: Places) -> Iterator[Fault]:
    units = [unit.id for unit in framework.units]
    groups = [group.id for group in framework.input_groups]
    for key in ("inputs", "reference_values"):
        for at, each in enumerate(getattr(framework, key)):
            yield from missing(places, (key, at, "unit"), "unit", each.unit, units)
            yield from missing(places, (key, at, "group"), "input group", each.group, groups)
    for index, table in enumerate(framework.input_tables):
        for at, column in enumerate(table.columns):
            path = ("input_tables", index, "columns", at, "unit")
            yield from missing(places, path, "unit", column.unit, units)
    for index, measure in enumerate(framework.measures):
        yield from missing(places, ("measures", index, "unit"), "unit", measure.unit, units)
        for at, working in enumerate(measure.workings):
            yield from missing(places, ("measures", index, "workings", at, "unit"), "unit", working.unit, units)


def _sources_and_principles(framework: Framework, places: Places) -> Iterator[Fault]:
    principles = [principle.id for principle in framework.principles]
    for key in ("questions", "measures"):
        for index, each in enumerate(getattr(framework, key)):
            for at, source in enumerate(each.sources):
                yield from missing(places, (key, index, "sources", at), "source", source, framework.sources)
    for index, question in enumerate(framework.questions):
        for at, principle_id in enumerate(question.principles):
            path = ("questions", index, "principles", at)
            yield from missing(places, path, "principle", principle_id, principles)
