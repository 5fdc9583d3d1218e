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
    Part,
    Release,
    RespondentBenchmark,
    Statistic,
)
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.layout.benchmark_book.frame import (
    ANSWERS,
    COMPLETENESS,
    EVERYONE,
    MEASURES,
    MIDDLE_HALF,
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

WHO = (Head("Group", 28, number=False), Head("Respondents", 22, number=False))
"""The first columns of every table: what one filters by."""

LEVEL_FORMAT = "0.00"
SHARE_FORMAT = "0%"
STRENGTH_FORMAT = "0.00"

_DRAWN_TO = 3
"""Decimals of lengths that charts draw: more could not be seen."""

_NO = Head("No.", 11, number=False)
_HELD_BACK = "Groups held back as a whole are on the sheet Groups only."
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


def heat_heading(item: Item) -> str:
    """What a score is called where its number and its name stand together, as in the headings of the heat map."""
    return item.label if item.kind == "overall" else f"{item.id} {item.label}"


def left_out(count: int) -> str:
    """A sentence about the lines that a table leaves out; nothing where it has them all."""
    if not count:
        return ""
    which = "1 line that is" if count == 1 else f"{count} lines that are"
    return f" {which} held back altogether {'is' if count == 1 else 'are'} left out."


_Shown = tuple[RespondentBenchmark, Group, Item, Statistic]


def shown(release: Release, *kinds: Kind, everyone: bool = True) -> tuple[list[_Shown], int]:
    """The figures of every group, in order: respondent type, group, item; and how many are left out as nothing is told.

    :param everyone: whether figures of everyone of a respondent type stay even where nothing is told.
    """
    found = [
        (respondent, group, item, statistic)
        for respondent in release.respondents
        for group in respondent.compared
        for item, statistic in respondent.statistics(group, *kinds)
    ]
    kept = [each for each in found if each[3].figure.shown or (everyone and each[1].kind == "all")]
    return kept, len(found) - len(kept)


def statistics_heads(unit: str) -> tuple[Head, ...]:
    """Headings of the numbers of a figure, with their unit."""
    return tuple(Head(PART_NAMES[part] + ("" if part == "n" or not unit else f", {unit}"), 12) for part in PARTS)


def _statistics(figure: Figure, item: Item, number_format: str) -> list[Entry]:
    return [part_of(figure, item, part, number_format) for part in PARTS]


def scores(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """Scores overall and by section."""
    form = score_format(framework)
    low, high = framework.scoring.minimum, framework.scoring.maximum
    kept, others = shown(release, "overall", "section")
    return table_sheet(
        SCORES,
        "Scores overall and by section",
        f"Scores of each group, from {low:g} to {high:g}. {_HELD_BACK}{left_out(others)}",
        notes.see("selection", "entry", "suppression", "quantiles", "missing", "left_out"),
        (*WHO, _NO, Head("Section", 46, number=False), *statistics_heads("score")),
        (
            Line(
                (
                    name_of(group), respondent.label, code_of(item), item.label,
                    *_statistics(statistic.figure, item, form),
                ),
                (respondent.id, group.id, item.id),
            )
            for respondent, group, item, statistic in kept
        ),
    )  # fmt: skip


_BOX: tuple[Part, ...] = ("lower_quartile", "median", "upper_quartile")
TO_MEDIAN, FROM_MEDIAN = "Lower quartile to median", "Median to upper quartile"
"""Headings of the lengths of the two parts of a box."""


def middle_half(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """The scores of everyone of each respondent type as boxes are drawn of them: quartiles, and how far apart they are.

    None where everyone of every respondent type is held back.
    """
    form = score_format(framework)
    lines = [
        Line(
            (
                respondent.label, heat_heading(item),
                *(part_of(statistic.figure, item, part, form) for part in _BOX),
                _apart(statistic.figure, "lower_quartile", "median", form),
                _apart(statistic.figure, "median", "upper_quartile", form),
            ),
            (respondent.id, item.id),
        )
        for respondent in release.respondents
        for item, statistic in respondent.statistics(respondent.groups[0], "overall", "section")
    ]  # fmt: skip
    return table_sheet(
        MIDDLE_HALF,
        "Median and middle half of the scores of everyone",
        "The middle half of organisations lies between the quartiles. The charts of scores draw these numbers.",
        notes.see("suppression", "quantiles"),
        (
            WHO[1],
            Head("Section", 56, number=False),
            *(Head(f"{PART_NAMES[part]}, score", 14) for part in _BOX),
            Head(TO_MEDIAN, 14),
            Head(FROM_MEDIAN, 14),
        ),
        lines,
    )


def _apart(figure: Figure, low: Part, high: Part, form: str) -> Entry:
    """How far two numbers of a figure lie apart."""
    one, other = figure.part(low), figure.part(high)
    return CONFIDENTIAL if one is None or other is None else Number(round_half_away(other - one, _DRAWN_TO), form)


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
        Head("Question", 36, number=False),
        Head("Section", 9, number=False),
        *statistics_heads("level"),
        *(Head(level_heading(label), 12) for _, label in levels),
        Head("Not applicable, organisations", 13),
        Head("Not known, organisations", 13),
        Head("Not answered, organisations", 13),
    )
    kept, others = shown(release, "question")
    about = "Levels that each group chose, in % of those that chose one."
    return table_sheet(
        ANSWERS,
        "Answers by question",
        f"{about} {_HELD_BACK}{left_out(others)} Paper has it in parts.",
        notes.see("selection", "suppression", "quantiles", "missing", "left_out"),
        heads,
        (
            Line(
                (
                    name_of(group), respondent.label, item.id, item.label, item.of or NOT_APPLICABLE,
                    *_statistics(statistic.figure, item, LEVEL_FORMAT), *_distribution(statistic.figure, item, levels),
                ),
                (respondent.id, group.id, item.id),
            )
            for respondent, group, item, statistic in kept
        ),
        frozen=len(WHO) + 2,
        parts_before=len(WHO) + 3 + len(PARTS),
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
    kept, others = shown(release, "measure", everyone=False)
    for respondent, group, item, statistic in kept:
        unit, form = unit_of(item, framework)
        direction = _DIRECTIONS[item.direction]
        entries = (name_of(group), respondent.label, item.id, item.label, unit, direction, among(statistic.among))
        lines.append(Line((*entries, *_statistics(statistic.figure, item, form))))
    heads = (
        *WHO,
        Head("No.", 13, number=False),
        Head("Measure", 36, number=False),
        Head("Unit", 15, number=False),
        Head("Which is better", 11, number=False),
        Head("Compared among", 26, number=False),
        *statistics_heads("in the unit"),
    )
    about = f"Each measure in its own unit; some are compared only among those that are like with like. {_HELD_BACK}"
    where = notes.see("selection", "suppression", "quantiles", "missing", "comparison", "left_out")
    return table_sheet(
        MEASURES, "Measures by group", about + left_out(others), where, heads, lines, frozen=len(WHO) + 2
    )


def completeness(release: Release, framework: Framework, notes: Notes) -> TableSheet | None:
    """How complete returns are, and how strong the evidence is that they name."""
    lines = []
    kept, others = shown(release, "completeness", "evidence")
    for respondent, group, item, statistic in kept:
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
    where = notes.see("entry", "suppression", "quantiles", "missing", "left_out")
    return table_sheet(COMPLETENESS, "Completeness and evidence", about + left_out(others), where, heads, lines)
