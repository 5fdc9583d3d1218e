"""The tables of figures: scores, answers, measures, completeness and evidence, one line for each group and item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import (
    CONFIDENTIAL,
    NOT_APPLICABLE,
    OVERALL,
    PART_NAMES,
    PARTS,
    Figure,
    Group,
    Item,
    Kind,
    Release,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.layout.benchmark_book.frame import (
    ANSWERS,
    COMPLETENESS,
    EVERYONE,
    MEASURES,
    SCORES,
    Entry,
    Head,
    Line,
    Number,
    TableSheet,
    among,
    count,
    name_of,
    part_of,
    table_sheet,
)
from kil_xlsx.layout.benchmark_book.notes import Notes

WHO = (Head("Group", 34, number=False), Head("Respondents", 23, number=False))
"""The first columns of every table: what one filters by."""

LEVEL_FORMAT = "0.00"
SHARE_FORMAT = "0%"
STRENGTH_FORMAT = "0.00"

_NO = Head("No.", 11, number=False)
_HELD_BACK = "Groups held back as a whole are listed on the sheet Groups only."
_DIRECTIONS = {"higher": "Higher", "lower": "Lower", "context": "Neither"}


def score_format(framework: Framework) -> str:
    """The number format of scores."""
    return "0" + ("." + "0" * framework.scoring.decimals if framework.scoring.decimals else "")


def unit_of(item: Item, framework: Framework) -> tuple[str, str]:
    """The unit of an item in words, and the number format of figures in it."""
    bounds = "" if item.minimum is None or item.maximum is None else f", {item.minimum:g} to {item.maximum:g}"
    if item.kind in ("overall", "section"):
        return f"score{bounds}", score_format(framework)
    if item.kind == "question":
        return f"level{bounds}", LEVEL_FORMAT
    if item.kind == "completeness":
        return "% of questions", SHARE_FORMAT
    if item.kind == "evidence":
        return f"strength{bounds}", STRENGTH_FORMAT
    unit = next((each for each in framework.units if each.id == item.unit), None)
    return (unit.label or NOT_APPLICABLE, unit.format) if unit else (NOT_APPLICABLE, "General")


def code_of(item: Item) -> str:
    """The number of an item as people know it from the questionnaire."""
    if item.kind in ("completeness", "evidence"):
        return EVERYONE if item.of == OVERALL else item.of
    return EVERYONE if item.id == OVERALL else item.id


def shown(release: Release, *kinds: Kind) -> Iterator[tuple[RespondentBenchmark, Group, Item, Statistic]]:
    """The figures of every group, in order: respondent type, group, item."""
    for respondent in release.respondents:
        for group in respondent.compared:
            for item, statistic in respondent.statistics(group, *kinds):
                yield respondent, group, item, statistic


def statistics_heads(unit: str) -> tuple[Head, ...]:
    """Headings of the numbers of a figure, with their unit."""
    return tuple(Head(PART_NAMES[part] + ("" if part == "n" or not unit else f", {unit}"), 12) for part in PARTS)


def _statistics(figure: Figure, item: Item, number_format: str) -> list[Entry]:
    return [part_of(figure, item, part, number_format) for part in PARTS]


def scores(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """Scores overall and by section."""
    form = score_format(framework)
    low, high = framework.scoring.minimum, framework.scoring.maximum
    return table_sheet(
        SCORES,
        "Scores overall and by section",
        f"Scores of each group, from {low:g} to {high:g}. {_HELD_BACK}",
        notes.see("selection", "entry", "suppression", "quantiles", "missing"),
        (*WHO, _NO, Head("Section", 46, number=False), *statistics_heads("score")),
        (
            Line(
                (
                    name_of(group), respondent.label, code_of(item), item.label,
                    *_statistics(statistic.figure, item, form),
                ),
                (respondent.id, group.id, item.id),
            )
            for respondent, group, item, statistic in shown(release, "overall", "section")
        ),
    )  # fmt: skip


def levels_of(items: Sequence[Item]) -> list[tuple[str, str]]:
    """Every level, as code and label, that some questions offer, in the order of their columns."""
    return list(dict.fromkeys((level.code, level.label) for item in items for level in item.levels))


def level_heading(label: str) -> str:
    """The heading of the share of a level."""
    return f"{label}, % of answers"


def answers(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """Answers question by question: numbers, shares of the levels, and how many gave no usable answer."""
    levels = levels_of([item for respondent in release.respondents for item in respondent.items])
    heads = (
        *WHO,
        _NO,
        Head("Question", 42, number=False),
        Head("Section", 9, number=False),
        *statistics_heads("level"),
        *(Head(level_heading(label), 12) for _, label in levels),
        Head("Not applicable, organisations", 13),
        Head("Not known, organisations", 13),
        Head("Not answered, organisations", 13),
    )
    return table_sheet(
        ANSWERS,
        "Answers by question",
        f"Levels that each group chose. Percentages are of the organisations that chose one. {_HELD_BACK}",
        notes.see("selection", "suppression", "quantiles", "missing"),
        heads,
        (
            Line(
                (
                    name_of(group), respondent.label, item.id, item.label, item.of or NOT_APPLICABLE,
                    *_statistics(statistic.figure, item, LEVEL_FORMAT), *_distribution(statistic.figure, item, levels),
                ),
                (respondent.id, group.id, item.id),
            )
            for respondent, group, item, statistic in shown(release, "question")
        ),
    )  # fmt: skip


def _distribution(figure: Figure, item: Item, levels: Sequence[tuple[str, str]]) -> Iterator[Entry]:
    """Shares of the levels, in the order of the columns, then how many gave no usable answer and why."""
    shares = {level.code: level.share for level in figure.levels or ()}
    offered = {(level.code, level.label) for level in item.levels}
    for level in levels:
        if level not in offered:
            yield NOT_APPLICABLE
        else:
            yield Number(shares[level[0]], SHARE_FORMAT) if level[0] in shares else CONFIDENTIAL
    aside = figure.aside
    for number in (aside.not_applicable, aside.dont_know, aside.unanswered) if aside else (None, None, None):
        yield count(number, CONFIDENTIAL)


def measures(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """Measures, each in its own unit, some of them only among returns that are like with like."""
    lines = []
    for respondent, group, item, statistic in shown(release, "measure"):
        unit, form = unit_of(item, framework)
        direction = _DIRECTIONS[item.direction]
        entries = (name_of(group), respondent.label, item.id, item.label, unit, direction, among(statistic.among))
        lines.append(Line((*entries, *_statistics(statistic.figure, item, form))))
    heads = (
        *WHO,
        Head("No.", 13, number=False),
        Head("Measure", 40, number=False),
        Head("Unit", 15, number=False),
        Head("Which is better", 11, number=False),
        Head("Compared among", 26, number=False),
        *statistics_heads("in the unit"),
    )
    about = f"Each measure in its own unit; some are compared only among those that are like with like. {_HELD_BACK}"
    where = notes.see("selection", "suppression", "quantiles", "missing", "comparison")
    return table_sheet(MEASURES, "Measures by group", about, where, heads, lines)


def completeness(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """How complete returns are, and how strong the evidence is that they name."""
    lines = []
    for respondent, group, item, statistic in shown(release, "completeness", "evidence"):
        unit, form = unit_of(item, framework)
        what = "Completeness" if item.kind == "completeness" else "Evidence"
        entries = (name_of(group), respondent.label, what, code_of(item), item.label, unit)
        lines.append(Line((*entries, *_statistics(statistic.figure, item, form))))
    heads = (
        *WHO,
        Head("What", 14, number=False),
        _NO,
        Head("Section", 46, number=False),
        Head("Unit", 17, number=False),
        *statistics_heads("in the unit"),
    )
    about = (
        "Completeness is the share of the questions that apply which were answered; evidence is how strong it is, "
        "by the organisations' own account."
    )
    where = notes.see("entry", "suppression", "quantiles", "missing")
    return table_sheet(COMPLETENESS, "Completeness and evidence", about, where, heads, lines)
