"""The benchmark as a workbook: a cover that says how it was made, then one table a sheet.

Every table starts at the same row with one header row, without merged cells or blank rows, so that it can be read
aloud, filtered and copied.  What is not shown carries a mark, never an empty cell.  There are no formulas.
The words of the sheets themselves are English whatever the framework's language; labels are the framework's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kil_xlsx.core.benchmark import Benchmark, Group, Item, RespondentBenchmark, Statistic
from kil_xlsx.core.branding import DEFAULT, Branding
from kil_xlsx.core.disclosure import SUPPRESSED, Figure
from kil_xlsx.core.framework import Framework
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import (
    CellRef,
    Chart,
    Column,
    Document,
    Image,
    Link,
    PrintSetup,
    Series,
    Sheet,
    Style,
    Value,
)

COVER, SECTIONS, QUESTIONS, MEASURES, GROUPS = "Cover", "Sections", "Questions", "Measures", "Groups"
"""The sheets, in order.  A sheet that would be empty is left out."""

HEADER_ROW = 3
"""The row (from 0) of every table's header; its first line is the next."""

NOT_AVAILABLE = "[x]"
"""The mark of a number that is not known."""

NOT_APPLICABLE = "[z]"
"""The mark of a number that cannot exist, such as the share of a level that a question does not offer."""

MARKS = {
    SUPPRESSED: "Held back: too few organisations, or showing it could reveal what one of them said.",
    NOT_AVAILABLE: "Not known, or known for the whole group only.",
    NOT_APPLICABLE: "Cannot apply, such as a level that the question does not offer.",
}
"""What each mark means, in the words of the cover."""

EVERYONE = "All"
"""The name of the group of all organisations of a respondent type."""

LONGEST_LABEL = 200
"""Characters of the name of a group, or of what it has in common; the JSON has the whole of a longer one."""

_DIRECTIONS = {"higher": "Higher", "lower": "Lower", "context": "Neither"}
_TITLES = {
    SECTIONS: "Scores by section",
    QUESTIONS: "Answers by question",
    MEASURES: "Measures",
    GROUPS: "Groups and how many are in them",
}
_ABOUT = {
    SECTIONS: "Median and quartiles of the scores, overall and by section. Groups held back as a whole are on Groups.",
    QUESTIONS: "Percentages are of the organisations that answered. Groups held back as a whole are on Groups.",
    MEASURES: "Each measure in its own unit. Groups held back as a whole are on Groups.",
    GROUPS: "Subgroups show only how many organisations were used.",
}
_SHARE = "0%"
_COUNT = "0"
_LEVEL = "0.00"

_CHART_WIDTH, _CHART_ROW_POINTS = 760, 24
"""Pixels: the width of a chart, and the height it takes for each of its bars."""

_POINTS_TO_PIXELS = 4 / 3


@dataclass(frozen=True)
class _Head:
    """The head of a column: its title, its width in characters, and whether numbers stand below it."""

    title: str
    width: float
    number: bool = True


@dataclass(frozen=True)
class _Number:
    """A number with its format; a mark stands where there is none."""

    value: float | str
    format: str


_Entry = Value | _Number
_Row = Sequence[_Entry]


def benchmark_document(
    benchmark: Benchmark, framework: Framework, created: datetime, branding: Branding = DEFAULT
) -> Document:
    """Lay a benchmark out as a workbook.

    :param framework: the one that the benchmark was made with, for units and the bounds of scores.
    :param created: when the benchmark was made; it stands on the cover and in the file's properties.
    :param branding: whose footer every page has and whose logo the cover has.
    """
    sheets = [
        *_sections(benchmark, framework),
        *_questions(benchmark),
        *_measures(benchmark, framework),
        *_groups(benchmark),
    ]
    cover = _cover(benchmark, created, [sheet.name for sheet in sheets])
    if branding.logo is not None:
        beside = len(cover.columns)
        logo = branding.logo
        cover.images.append(Image(logo.content, logo.description, row=0, column=beside, height=logo.height))
    for sheet in (cover, *sheets):
        _finish(sheet, benchmark, branding)
    return Document(
        sheets=[cover, *sheets],
        names=[],
        title=f"{benchmark.title}: benchmark",
        subject="Comparison of organisations",
        keywords="benchmark, median, quartiles",
        language=benchmark.language,
        created=created,
        properties={"framework": benchmark.framework, "version": benchmark.version},
        active_sheet=COVER,
    )


# Sheets


def _cover(benchmark: Benchmark, created: datetime, sheets: Iterable[str]) -> Sheet:
    sheet = Sheet(COVER, tab="tab", protect=False)
    heads = (_Head("What", 34, number=False), _Head("Details", 96, number=False))
    method = benchmark.method
    rows: list[_Row] = [
        ("Framework", f"{benchmark.framework}, version {benchmark.version}"),
        ("Rounds", ", ".join(benchmark.rounds) or "None named"),
        ("Made on", f"{created:%Y-%m-%d}"),
        ("Notice", method.notice),
        ("Files given", _Number(benchmark.files.given, _COUNT)),
        ("Files that could not be read", _Number(benchmark.files.refused, _COUNT)),
        ("Files of another questionnaire or version", _Number(benchmark.files.not_comparable, _COUNT)),
    ]
    for respondent in benchmark.respondents:
        rows.extend(_counted(respondent))
    rows += [
        ("Which returns are used", method.selection),
        ("Least number of organisations", _Number(method.least_group_size, _COUNT)),
        ("What is held back", method.suppression),
        ("Quartiles", method.quantiles),
        ("Missing answers", method.missing),
        ("Weighting", method.weighting),
        ("Comparing like with like", method.comparison),
        ("Reading the figures", "Answers are self-assessed, and those who take part may differ from those who do not."),
    ]
    rows.extend((f"The mark {mark}", meaning) for mark, meaning in MARKS.items())
    rows.extend((f"Sheet {name}", Link(CellRef(name, 0, 0), f"{_TITLES[name]}", f"Go to {name}")) for name in sheets)
    _head(sheet, benchmark.title, "Benchmark: how groups of organisations answered, and no one organisation by itself")
    _table(sheet, heads, rows)
    return sheet


def _counted(respondent: RespondentBenchmark) -> Iterator[_Row]:
    counts = respondent.groups[0].counts
    who, excluded = respondent.label, counts.excluded
    yield f"{who}: organisations invited", _count(counts.invited, NOT_AVAILABLE)
    yield f"{who}: files that could be read", _count(counts.files, NOT_AVAILABLE)
    yield f"{who}: organisations that returned", _count(counts.returned, NOT_AVAILABLE)
    yield f"{who}: organisations used", _count(counts.used, SUPPRESSED)
    yield f"{who}: files replaced by a later one", _count(counts.replaced, NOT_AVAILABLE)
    yield f"{who}: did not agree to share", _count(excluded.consent_refused if excluded else None, SUPPRESSED)
    yield f"{who}: did not say whether they agree", _count(excluded.consent_blank if excluded else None, SUPPRESSED)


def _sections(benchmark: Benchmark, framework: Framework) -> Iterator[Sheet]:
    sheet = Sheet(SECTIONS, tab="tab_output", protect=False)
    number = "0" + ("." + "0" * framework.scoring.decimals if framework.scoring.decimals else "")
    heads = (*_WHO, _Head("No.", 10, number=False), _Head("Section", 56, number=False), *_STATISTICS)
    rows: list[_Row] = []
    charts: list[tuple[RespondentBenchmark, int, list[tuple[Item, Figure]]]] = []
    for respondent, group in _shown(benchmark):
        items = {item.id: item for item in respondent.items}
        statistics = (*group.overall, *group.sections)
        if group is respondent.groups[0] and any(each.figure.shown for each in statistics):
            charts.append((respondent, len(rows), [(items[each.item], each.figure) for each in statistics]))
        for each in statistics:
            item = items[each.item]
            code = EVERYONE if item.kind == "overall" else item.id
            rows.append((respondent.label, _name(group), code, item.label, *_statistics(each.figure, number)))
    if not rows:
        return
    _head(sheet, _TITLES[SECTIONS], _ABOUT[SECTIONS])
    _table(sheet, heads, rows)
    row = HEADER_ROW + 1
    for respondent, first, figures in charts:
        height = _CHART_ROW_POINTS * len(figures) + 120
        at = HEADER_ROW + 1 + first
        sheet.charts.append(
            Chart(
                kind="bar",
                title=f"{respondent.label}: median scores",
                description=_described(respondent, figures, framework),
                series=(
                    Series(
                        name="Median",
                        categories=sheet.area(at, 3, at + len(figures) - 1, 3),
                        values=sheet.area(at, 6, at + len(figures) - 1, 6),
                    ),
                ),
                row=row,
                column=len(heads) + 1,
                width=_CHART_WIDTH,
                height=height,
                minimum=framework.scoring.minimum,
                maximum=framework.scoring.maximum,
                value_title="Median score",
            )
        )
        row = _row_below(sheet, row, height)
    yield sheet


def _described(respondent: RespondentBenchmark, figures: Sequence[tuple[Item, Figure]], framework: Framework) -> str:
    """The words that stand for a chart of medians: every number that it shows."""
    scoring = framework.scoring
    medians = "; ".join(
        f"{item.label} {SUPPRESSED if figure.median is None else f'{figure.median:.{scoring.decimals}f}'}"
        for item, figure in figures
    )
    return (
        f"Bar chart of the median scores of all organisations of the type {respondent.label}, on a scale from "
        f"{scoring.minimum:g} to {scoring.maximum:g}. {medians}. "
        f"Scores marked {SUPPRESSED} are held back and have no bar."
    )


def _questions(benchmark: Benchmark) -> Iterator[Sheet]:
    sheet = Sheet(QUESTIONS, tab="tab_output", protect=False)
    levels = list(
        dict.fromkeys(
            (level.code, level.label)
            for respondent in benchmark.respondents
            for item in respondent.items
            for level in item.levels
        )
    )
    heads = (
        *_WHO,
        _Head("No.", 12, number=False),
        _Head("Question", 52, number=False),
        *_STATISTICS,
        *(_Head(f"{label}, %", 13) for _, label in levels),
        _Head("Not applicable, organisations", 14),
        _Head("Not known yet, organisations", 14),
        _Head("Not answered, organisations", 14),
    )
    rows: list[_Row] = []
    for respondent, group in _shown(benchmark):
        items = {item.id: item for item in respondent.items}
        for each in group.questions:
            item = items[each.item]
            rows.append(
                (
                    respondent.label,
                    _name(group),
                    item.id,
                    item.label,
                    *_statistics(each.figure, _LEVEL),
                    *_distribution(each.figure, item, levels),
                )
            )
    if rows:
        _head(sheet, _TITLES[QUESTIONS], _ABOUT[QUESTIONS])
        _table(sheet, heads, rows)
        yield sheet


def _distribution(figure: Figure, item: Item, levels: Iterable[tuple[str, str]]) -> Iterator[_Entry]:
    """Shares of the levels, in the order of the columns, then how many gave no usable answer and why."""
    shares = {level.code: level.share for level in figure.levels or ()}
    offered = {(level.code, level.label) for level in item.levels}
    for level in levels:
        if level not in offered:
            yield NOT_APPLICABLE
        else:
            yield _Number(shares[level[0]], _SHARE) if figure.shown else SUPPRESSED
    aside = figure.aside
    for count in (aside.not_applicable, aside.dont_know, aside.unanswered) if aside else (None, None, None):
        yield _count(count, SUPPRESSED)


def _measures(benchmark: Benchmark, framework: Framework) -> Iterator[Sheet]:
    sheet = Sheet(MEASURES, tab="tab_output", protect=False)
    units = {unit.id: unit for unit in framework.units}
    heads = (
        *_WHO,
        _Head("Compared among", 26, number=False),
        _Head("No.", 12, number=False),
        _Head("Measure", 44, number=False),
        _Head("Unit", 16, number=False),
        _Head("Which is better", 12, number=False),
        *_STATISTICS,
    )
    rows: list[_Row] = []
    for respondent, group in _shown(benchmark):
        items = {item.id: item for item in respondent.items}
        for each in group.measures:
            item = items[each.item]
            unit = units.get(item.unit)
            rows.append(
                (
                    respondent.label,
                    _name(group),
                    _among(each),
                    item.id,
                    item.label,
                    (unit.label if unit else "") or NOT_APPLICABLE,
                    _DIRECTIONS[item.direction],
                    *_statistics(each.figure, unit.format if unit else "General"),
                )
            )
    if rows:
        _head(sheet, _TITLES[MEASURES], _ABOUT[MEASURES])
        _table(sheet, heads, rows)
        yield sheet


def _among(statistic: Statistic) -> str:
    return "; ".join(map(_short, statistic.among)) or "Everyone in the group"


def _groups(benchmark: Benchmark) -> Iterator[Sheet]:
    sheet = Sheet(GROUPS, tab="tab_output", protect=False)
    heads = (
        _Head("Respondents", 26, number=False),
        _Head("Grouped by", 30, number=False),
        _Head("Group", 44, number=False),
        _Head("Organisations invited", 15),
        _Head("Organisations that returned", 15),
        _Head("Organisations used", 15),
    )
    rows = [
        (
            respondent.label,
            group.field_label or "Respondent type",
            _short(group.value) or EVERYONE,
            _count(group.counts.invited, NOT_AVAILABLE),
            _count(group.counts.returned, NOT_AVAILABLE),
            _count(group.counts.used, SUPPRESSED),
        )
        for respondent in benchmark.respondents
        for group in respondent.groups
    ]
    _head(sheet, _TITLES[GROUPS], _ABOUT[GROUPS])
    _table(sheet, heads, rows)
    yield sheet


# Rows and cells

_WHO = (_Head("Respondents", 24, number=False), _Head("Group", 46, number=False))
_STATISTICS = (
    _Head("Organisations", 14),
    _Head("Lower quartile", 13),
    _Head("Median", 11),
    _Head("Upper quartile", 13),
)


def _shown(benchmark: Benchmark) -> Iterator[tuple[RespondentBenchmark, Group]]:
    """The group of all of each respondent type, and the subgroups that are not held back as a whole."""
    for respondent in benchmark.respondents:
        for at, group in enumerate(respondent.groups):
            if at == 0 or not group.suppressed:
                yield respondent, group


def _name(group: Group) -> str:
    return f"{group.field_label}: {_short(group.value)}" if group.field else EVERYONE


def _short(label: str) -> str:
    """An answer as it stands on a sheet, where a free text may fill a cell by itself."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"


def _count(value: int | None, mark: str) -> _Entry:
    return mark if value is None else _Number(value, _COUNT)


def _statistics(figure: Figure, number: str) -> Iterator[_Entry]:
    """How many, lower quartile, median and upper quartile; the order of ``_STATISTICS``."""
    yield _count(figure.n, SUPPRESSED)
    for value in (figure.lower_quartile, figure.median, figure.upper_quartile):
        if value is None:
            yield NOT_APPLICABLE if figure.shown else SUPPRESSED
        else:
            yield _Number(value, number)


def _head(sheet: Sheet, title: str, about: str) -> None:
    sheet.put(0, 0, title, "title")
    sheet.put(1, 0, about, "subtitle")
    sheet.row_heights |= {0: 32.0, 1: 20.0}


def _table(sheet: Sheet, heads: Sequence[_Head], rows: Iterable[_Row]) -> None:
    """Put a table under its header, with widths, and heights that let every line of wrapped text be read."""
    for column, head in enumerate(heads):
        sheet.put(HEADER_ROW, column, head.title, "header" if head.number else "header_left")
        sheet.columns[column] = Column(head.width)
    sheet.row_heights[HEADER_ROW] = text_fit.height(*((head.title, head.width, 1.0) for head in heads))
    for row, entries in enumerate(rows, start=HEADER_ROW + 1):
        texts: list[tuple[str, float]] = []
        for column, (head, entry) in enumerate(zip(heads, entries, strict=True)):
            _put(sheet, row, column, head, entry)
            if isinstance(entry, str):
                texts.append((entry, head.width))
        sheet.row_heights[row] = text_fit.height(*texts)
    sheet.freeze = (HEADER_ROW + 1, 0)


def _put(sheet: Sheet, row: int, column: int, head: _Head, entry: _Entry) -> None:
    if isinstance(entry, _Number):
        role = "output_number" if head.number else "output"
        sheet.put(row, column, entry.value, Style(role, entry.format))
    elif isinstance(entry, Link):
        sheet.put(row, column, entry, "link")
    elif head.number:
        sheet.put(row, column, entry, "output_number")
    else:
        sheet.put(row, column, entry, "label" if column == 0 and sheet.name == COVER else "text")


def _row_below(sheet: Sheet, row: int, pixels: int) -> int:
    """The first row below something of that height (in pixels) that begins at ``row``, and one more."""
    left = float(pixels)
    while left > 0:
        left -= sheet.row_heights.get(row, text_fit.LINE_POINTS) * _POINTS_TO_PIXELS
        row += 1
    return row + 1


def _finish(sheet: Sheet, benchmark: Benchmark, branding: Branding) -> None:
    """Print setup: one page wide, the header repeated, and what the sheet belongs to in the footer."""
    # The font's code keeps a number at the beginning of the words from being taken for a size.
    small = '&9&"-,Regular"'
    own = f"{small}{branding.footer.replace('&', '&&')}\n" if branding.footer else ""
    title = f"{benchmark.title}, {benchmark.version}"[: 40 if own else 100].replace("&", "&&")
    sheet.printing = PrintSetup(
        landscape=sheet.name != COVER,
        one_page=sheet.name == COVER,
        repeat_first_row=HEADER_ROW,
        repeat_last_row=HEADER_ROW,
        footer=f"&L{own}{small}{title} &C&9&A&R&9&P / &N",
    )
