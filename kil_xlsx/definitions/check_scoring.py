"""Choice lists, levels and the rules of scoring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from kil_xlsx.core.framework import ChoiceList, Framework, Section
from kil_xlsx.definitions.places import KeyPath, Places
from kil_xlsx.definitions.walking import sections
from kil_xlsx.definitions.wording import did_you_mean, listed
from kil_xlsx.errors import Fault

_WILDCARDS = "*?~"


def check_choices(framework: Framework, places: Places) -> Iterator[Fault]:
    """Codes and labels can be told apart in a dropdown, and lists that are scored have something to score."""
    for index, choice_list in enumerate(framework.choice_lists):
        yield from _one_list(choice_list, ("choice_lists", index, "choices"), places)
        scored_by_default = choice_list.id == framework.default_choices
        if scored_by_default and not scored_codes(choice_list):
            yield places.fault(
                ("choice_lists", index),
                f"no choice of '{choice_list.id}' has a value, so no question could be scored",
                "Give its choices a 'value'.",
            )
        if choice_list.id == framework.evidence_strength and framework.scoring.claim and not scored_codes(choice_list):
            yield places.fault(
                ("choice_lists", index),
                f"no choice of '{choice_list.id}' has a value, so 'scoring.claim' could never apply",
                "Give its choices a 'value', or take out 'claim'.",
            )


def scored_codes(choice_list: ChoiceList) -> list[str]:
    """The codes of the choices that count in a score."""
    return [choice.code for choice in choice_list.choices if choice.value is not None and choice.state == "answered"]


def _one_list(choice_list: ChoiceList, path: KeyPath, places: Places) -> Iterator[Fault]:
    codes: set[str] = set()
    labels: set[str] = set()
    for at, choice in enumerate(choice_list.choices):
        if choice.code.casefold() in codes:
            yield places.fault(
                (*path, at, "code"),
                f"the code '{choice.code}' is already used in this list",
                "Give each choice its own code.",
            )
        if choice.label.casefold() in labels:
            yield places.fault(
                (*path, at, "label"),
                f"the label '{choice.label}' is already used in this list",
                "Capitals do not tell two labels apart; change one of them.",
            )
        codes.add(choice.code.casefold())
        labels.add(choice.label.casefold())
        wild = [sign for sign in _WILDCARDS if sign in choice.label]
        if wild:
            yield places.fault(
                (*path, at, "label"),
                f"the label has {' and '.join(wild)} in it, which a spreadsheet takes for any text",
                "Say it in words.",
            )
        if choice.label != choice.label.strip():
            yield places.fault((*path, at, "label"), "the label starts or ends with a space", "Take the space out.")


def check_levels(framework: Framework, places: Places) -> Iterator[Fault]:
    """The levels of a question are choices of its list."""
    lists = {each.id: each for each in framework.choice_lists}
    for index, question in enumerate(framework.questions):
        choice_list = lists.get(question.choices or framework.default_choices)
        if choice_list is None:
            continue  # a fault of its own
        codes = [choice.code for choice in choice_list.choices]
        for code in question.levels:
            if code not in codes:
                yield places.fault(
                    ("questions", index, "levels", code),
                    f"'{choice_list.id}' has no choice with the code '{code}'{did_you_mean(code, codes)}",
                    f"Its codes are {listed(codes)}.",
                )


def check_scoring(framework: Framework, places: Places) -> Iterator[Fault]:
    """The scale, its bands and the score rules of sections make sense."""
    scoring = framework.scoring
    if scoring.minimum >= scoring.maximum:
        yield places.fault(
            ("scoring", "maximum"),
            f"the maximum {scoring.maximum:g} is not above the minimum {scoring.minimum:g}",
            "Give the lowest and the highest score that a section can have.",
        )
    if scoring.bands and scoring.bands[0].from_ > scoring.minimum:
        yield places.fault(
            ("scoring", "bands", 0, "from"),
            f"the first band starts at {scoring.bands[0].from_:g}, above the minimum {scoring.minimum:g}",
            "Start the first band at the minimum.",
        )
    for at, (lower, upper) in enumerate(pairwise(scoring.bands), start=1):
        if upper.from_ <= lower.from_:
            yield places.fault(
                ("scoring", "bands", at, "from"),
                f"the band '{upper.label}' starts at {upper.from_:g}, "
                f"which is not above '{lower.label}' at {lower.from_:g}",
                "Put the bands in ascending order.",
            )
    labels: set[str] = set()
    for at, band in enumerate(scoring.bands):
        if band.label.casefold() in labels:
            yield places.fault(
                ("scoring", "bands", at, "label"), f"the band label '{band.label}' is already used", "Change one."
            )
        labels.add(band.label.casefold())
    yield from _groups(framework, places)


def _groups(framework: Framework, places: Places) -> Iterator[Fault]:
    """Where level means are added up, every question says which level it belongs to."""
    grouped: set[str] = set()
    for where, section in sections(framework):
        rule = section.score or framework.scoring.section
        if rule.rule != "sum_of_level_means":
            continue
        if rule.of == "sections":
            path = (*where, "score", "of") if section.score else ("scoring", "section", "of")
            yield places.fault(
                path, "'sum_of_level_means' works over questions, not over sections", "Write 'of: questions'."
            )
        grouped |= _ids_below([section])
    for at, question in enumerate(framework.questions):
        if question.section in grouped and not question.group:
            yield places.fault(
                ("questions", at),
                f"missing 'group', which the rule 'sum_of_level_means' of section '{question.section}' needs",
                "Add 'group:' with the level that the question belongs to.",
            )


def _ids_below(some: Sequence[Section]) -> set[str]:
    return {section.id for section in some}.union(*(_ids_below(section.sections) for section in some))
