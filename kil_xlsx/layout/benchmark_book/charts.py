"""The sheets of charts.  They draw what stands in the tables, so nothing is in them that is held back there.

A cell with a mark would be drawn as nought by some programs.  Bars of no length do no harm, but lines and spiders
would run to the middle: those are drawn only where every number is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from msgspec.structs import replace

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import CONFIDENTIAL, OVERALL, Item, Release, RespondentBenchmark
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.layout.benchmark_book.comparisons import BEFORE, NOW, scored_items
from kil_xlsx.layout.benchmark_book.frame import (
    ANSWER_CHARTS,
    ANSWERS,
    CHANGE,
    CHARTS,
    CONTENTS,
    HEADER_ROW,
    HEAT_MAP,
    MIDDLE_HALF,
    NOTES,
    SIDE_BY_SIDE,
    Key,
    TableSheet,
    one_line,
    put_head,
    short,
)
from kil_xlsx.layout.benchmark_book.tables import (
    FROM_MEDIAN,
    LEVEL_FORMAT,
    SHARE_FORMAT,
    TO_MEDIAN,
    heat_heading,
    level_heading,
    levels_of,
    score_format,
)
from kil_xlsx.layout.document import UNSEEN, Chart, Series, Sheet

TITLES = {
    CHARTS: "Charts of scores",
    ANSWER_CHARTS: "Charts of answers",
}

PRINT_SCALE = 75
"""Per cent at which a chart's width fills an upright page."""

_WIDTH = 880
_PAGE_PIXELS = 1280
_ROW_PIXELS = 20
_BAR, _PAIR, _STACK = 26, 38, 38
"""Pixels of height for each bar, each pair of bars, and each stacked bar."""

_STEPS = 9
"""Shades that the theme has for levels, from light to dark."""

_LEAST_CORNERS = 3
_LONGEST_WORDS = 4000


def sheets(release: Release, framework: Framework, tables: Mapping[str, TableSheet]) -> list[Sheet]:
    """The sheets of charts that have something to draw."""
    about = {
        CHARTS: (_of_scores(release, framework, tables), "Scores of everyone of each respondent type."),
        ANSWER_CHARTS: (_of_answers(release, tables), "How everyone of each respondent type answered, by section."),
    }
    found = []
    for name, (charts, words) in about.items():
        sheet = Sheet(name, tab="tab_output", protect=False)
        made = list(charts)
        said = [each for each in made if isinstance(each, str)]
        for at, line in enumerate(said):
            sheet.put(HEADER_ROW + at, 0, line, "plain")
        row = HEADER_ROW + len(said) + 1
        for chart in (each for each in made if isinstance(each, Chart)):
            sheet.charts.append(replace(chart, row=row))
            row += math.ceil(chart.height / _ROW_PIXELS) + 1
        if sheet.charts:
            notes = f"No table: every chart says where its numbers stand. Notes are on the sheet {NOTES}."
            put_head(sheet, TITLES[name], words, notes, CONTENTS)
            found.append(sheet)
    return found


def page_starts(sheet: Sheet) -> tuple[int, ...]:
    """The rows at which a new page begins, so that no chart is cut in two."""
    starts: list[int] = []
    top = 0
    for chart in sheet.charts:
        bottom = chart.row + math.ceil(chart.height / _ROW_PIXELS)
        if (bottom - top) * _ROW_PIXELS > _PAGE_PIXELS and chart is not sheet.charts[0]:
            top = chart.row - 1  # the gap above it, or its upper edge would stay on the page before
            starts.append(top)
    return tuple(starts)


# Scores


def _of_scores(release: Release, framework: Framework, tables: Mapping[str, TableSheet]) -> Iterator[Chart | str]:
    """The charts, and in words those that cannot be drawn."""
    if MIDDLE_HALF in tables:
        for respondent in release.respondents:
            yield from _medians(respondent, framework, tables[MIDDLE_HALF])
            yield from _boxes(respondent, framework, tables[MIDDLE_HALF])
    if HEAT_MAP in tables:
        yield from _radar(release, framework, tables[HEAT_MAP])
    if SIDE_BY_SIDE in tables:
        yield from _beside(release, tables[SIDE_BY_SIDE])
    if CHANGE in tables:
        yield from _slope(release, framework, tables[CHANGE])
        for respondent in release.respondents:
            yield from _changes(respondent, framework, tables[CHANGE])


def _score_keys(respondent: RespondentBenchmark, table: TableSheet) -> list[Key]:
    """The lines of everyone's scores."""
    return [key for key in table.rows if key[0] == respondent.id]


def _not_drawn(title: str) -> str:
    return f"Not drawn, because the numbers for it are held back: {title}."


def _numbers(table: TableSheet, keys: Sequence[Key], *columns: str) -> bool:
    """Whether a number stands in every one of these cells."""
    return all(isinstance(table.value(key, column), int | float) for key in keys for column in columns)


def _some(table: TableSheet, keys: Sequence[Key], column: str) -> bool:
    return any(isinstance(table.value(key, column), int | float) for key in keys)


def _said(value: object, form: str) -> str:
    """A number as its chart shows it, or its mark."""
    if not isinstance(value, int | float):
        return str(value)
    if form.endswith("%"):
        return f"{round_half_away(value * 100, 0):.0f}%"
    decimals = len(form.partition(".")[2])
    return f"{round_half_away(value, decimals):.{decimals}f}"


def _where(table: TableSheet, keys: Sequence[Key]) -> str:
    first, last = table.rows[keys[0]] + 1, table.rows[keys[-1]] + 1
    return f"The numbers stand on the sheet {table.name}, rows {first} to {last}."


def _labels(form: str) -> str:
    """The format of numbers beside bars, which says nothing where there is no bar."""
    return f'[>0]{form};""'


def _words(text: str) -> str:
    return short(text, _LONGEST_WORDS)


def _medians(respondent: RespondentBenchmark, framework: Framework, table: TableSheet) -> Iterator[Chart | str]:
    keys, form, column = _score_keys(respondent, table), score_format(framework), "Median, score"
    title = _title(f"{respondent.label}: median scores")
    if not _some(table, keys, column):
        yield _not_drawn(title)
        return
    scoring = framework.scoring
    medians = "; ".join(f"{table.value(key, 'Section')} {_said(table.value(key, column), form)}" for key in keys)
    yield Chart(
        kind="bar",
        title=title,
        description=_words(
            f"Bar chart of the median scores of everyone of the type {respondent.label}, from {scoring.minimum:g} to "
            f"{scoring.maximum:g}. {medians}. Scores marked {CONFIDENTIAL} are held back. {_where(table, keys)}"
        ),
        series=(Series("Median", table.down(keys, "Section"), table.down(keys, column)),),
        row=0,
        column=0,
        width=_WIDTH,
        height=_BAR * len(keys) + 130,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
        value_title="Median score",
        label_format=_labels(form),
    )


def _boxes(respondent: RespondentBenchmark, framework: Framework, table: TableSheet) -> Iterator[Chart | str]:
    """A box from the lower to the upper quartile of each score, parted at the median; none where one is held back."""
    keys, form, scoring = _score_keys(respondent, table), score_format(framework), framework.scoring
    title = _title(f"{respondent.label}: the middle half of scores")
    lowest = "Lower quartile, score"
    drawn = [key for key in keys if _numbers(table, [key], lowest, TO_MEDIAN, FROM_MEDIAN)]
    if not drawn:
        yield _not_drawn(title)
        return
    if any(float(str(table.value(key, lowest))) < 0 for key in drawn):
        yield f"Not drawn: {title}. Boxes cannot begin below nought; see the sheet {table.name}."
        return
    missing = [key[1] for key in keys if key not in drawn]
    if missing:
        yield f"{title}, without those that are held back: {', '.join(missing)}."
    spans = "; ".join(
        f"{table.value(key, 'Section')} {_said(table.value(key, lowest), form)} to "
        f"{_said(table.value(key, 'Upper quartile, score'), form)}"
        for key in keys
    )
    yield Chart(
        kind="stacked_bar",
        title=title,
        description=_words(
            f"Box chart of the scores of everyone of the type {respondent.label}: a bar from the lower to the upper "
            f"quartile of each score, parted at the median. From lower to upper quartile: {spans}. "
            f"Scores marked {CONFIDENTIAL} are held back. {_where(table, keys)}"
        ),
        series=tuple(
            Series(name, table.down(keys, "Section"), table.down(keys, column), role)
            for name, column, role in (
                ("Up to the lower quartile: not drawn", lowest, UNSEEN),
                (TO_MEDIAN, TO_MEDIAN, "step_3"),
                (FROM_MEDIAN, FROM_MEDIAN, "step_7"),
            )
        ),
        row=0,
        column=0,
        width=_WIDTH,
        height=_BAR * len(keys) + 150,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
        value_title="Score",
        legend=True,
    )


def _radar(release: Release, framework: Framework, table: TableSheet) -> Iterator[Chart | str]:
    """One for all respondent types, of the sections that every one of them has a score for."""
    keys = [(each.id, each.groups[0].id) for each in release.respondents]
    keys = [key for key in keys if key in table.rows]
    sections = [heat_heading(item) for item in scored_items(release).values() if item.kind == "section"]
    headings = [each for each in sections if _numbers(table, keys, each)]
    if len(sections) < _LEAST_CORNERS:
        return
    title = _title("Median scores by section")
    columns = [table.columns[each] for each in headings]
    # Something held back between them would be drawn: a series takes its numbers from neighbouring cells.
    if not keys or len(columns) < _LEAST_CORNERS or columns[-1] - columns[0] >= len(columns):
        yield _not_drawn(title)
        return
    first, last = columns[0], columns[-1]
    labels = {respondent.id: respondent.label for respondent in release.respondents}
    form, scoring = score_format(framework), framework.scoring
    said = " ".join(
        f"{labels[key[0]]}: "
        + "; ".join(f"{heading} {_said(table.value(key, heading), form)}" for heading in headings)
        + "."
        for key in keys
    )
    yield Chart(
        kind="radar",
        title=title,
        description=_words(
            f"Radar chart of the median scores of everyone by section, one line for each respondent type, from "
            f"{scoring.minimum:g} in the middle to {scoring.maximum:g}. {said} {_where(table, keys)}"
        ),
        series=tuple(
            Series(
                one_line(labels[key[0]], 60),
                table.sheet.area(HEADER_ROW, first, HEADER_ROW, last),
                table.sheet.area(table.rows[key], first, table.rows[key], last),
                f"series_{at % 4 + 1}",
            )
            for at, key in enumerate(keys)
        ),
        row=0,
        column=0,
        width=_WIDTH,
        height=560,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
        legend=True,
    )


def _beside(release: Release, table: TableSheet) -> Iterator[Chart | str]:
    keys = [key for key in table.rows if key[0] == "all"]
    columns = {
        respondent.label: f"{one_line(respondent.label)}: mean level"
        for respondent in release.respondents
        if f"{one_line(respondent.label)}: mean level" in table.columns
    }
    title = _title(f"Matching questions: {' and '.join(columns)}")
    if not keys or not table.consecutive(keys) or not all(_some(table, keys, each) for each in columns.values()):
        yield _not_drawn(title)
        return
    values = [level.value for each in release.respondents for item in each.items for level in item.levels]
    said = "; ".join(
        f"{table.value(key, 'Topic')} "
        + " and ".join(_said(table.value(key, column), LEVEL_FORMAT) for column in columns.values())
        for key in keys
    )
    yield Chart(
        kind="bar",
        title=title,
        description=_words(
            f"Bar chart of mean levels of everyone, topic by topic, for {' and '.join(columns)}, in this order. "
            f"{said}. {_where(table, keys)}"
        ),
        series=tuple(
            Series(one_line(label, 60), table.down(keys, "Topic"), table.down(keys, column), f"series_{at % 4 + 1}")
            for at, (label, column) in enumerate(columns.items())
        ),
        row=0,
        column=0,
        width=_WIDTH,
        height=_PAIR * len(keys) + 150,
        minimum=min((each for each in values if each is not None), default=None),
        maximum=max((each for each in values if each is not None), default=None),
        value_title="Mean level",
        legend=True,
        label_format=_labels(LEVEL_FORMAT),
    )


def _slope(release: Release, framework: Framework, table: TableSheet) -> Iterator[Chart | str]:
    columns = (f"Median {BEFORE}", f"Median {NOW}")
    respondents = {(each.id, each.groups[0].id, OVERALL): each for each in release.respondents}
    keys = [key for key in respondents if key in table.rows and _numbers(table, [key], *columns)]
    if not keys:
        yield _not_drawn("Overall score before and now")
        return
    roles = {key: f"series_{at % 4 + 1}" for at, key in enumerate(keys)}
    # The highest first: its numbers stand above its line, and those of the next below.
    keys.sort(key=lambda key: -float(str(table.value(key, columns[1]))))
    first, last = (table.columns[each] for each in columns)
    form, scoring = score_format(framework), framework.scoring
    said = "; ".join(
        f"{respondents[key].label} from {_said(table.value(key, columns[0]), form)} to "
        f"{_said(table.value(key, columns[1]), form)}"
        for key in keys
    )
    yield Chart(
        kind="line",
        title=_title("Overall score before and now"),
        description=_words(
            f"Line chart of the median overall score of everyone in the earlier release and in this one, one line for "
            f"each respondent type: {said}. {_where(table, list(roles))}"
        ),
        series=tuple(
            Series(
                one_line(respondents[key].label, 60),
                table.sheet.area(HEADER_ROW, first, HEADER_ROW, last),
                table.sheet.area(table.rows[key], first, table.rows[key], last),
                roles[key],
            )
            for key in keys
        ),
        row=0,
        column=0,
        width=_WIDTH,
        height=320,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
        value_title="Median score",
        legend=True,
        label_format=form,
    )


def _changes(respondent: RespondentBenchmark, framework: Framework, table: TableSheet) -> Iterator[Chart | str]:
    group, kinds = respondent.groups[0].id, ("overall", "section")
    items = [each.item for each in respondent.changes if each.group == group]
    keys = [(respondent.id, group, name) for name in items if respondent.item(name).kind in kinds]
    columns = {BEFORE: f"Median {BEFORE}", NOW: f"Median {NOW}"}
    title = _title(f"{respondent.label}: median scores before and now")
    if not keys:
        return
    if not table.consecutive(keys) or not all(_some(table, keys, each) for each in columns.values()):
        yield _not_drawn(title)
        return
    form, scoring = score_format(framework), framework.scoring
    said = "; ".join(
        f"{table.value(key, 'Item')} from {_said(table.value(key, columns[BEFORE]), form)} to "
        f"{_said(table.value(key, columns[NOW]), form)}"
        for key in keys
    )
    yield Chart(
        kind="bar",
        title=title,
        description=_words(
            f"Bar chart of the median scores of everyone of the type {respondent.label} in the earlier release and in "
            f"this one. {said}. Scores marked {CONFIDENTIAL} are held back. {_where(table, keys)}"
        ),
        series=tuple(
            Series(name.capitalize(), table.down(keys, "Item"), table.down(keys, column), role)
            for (name, column), role in zip(columns.items(), ("series_2", "series_1"), strict=True)
        ),
        row=0,
        column=0,
        width=_WIDTH,
        height=_PAIR * len(keys) + 150,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
        value_title="Median score",
        legend=True,
        label_format=_labels(form),
    )


# Answers


def _of_answers(release: Release, tables: Mapping[str, TableSheet]) -> Iterator[Chart | str]:
    table = tables.get(ANSWERS)
    if table is None:
        return
    columns = levels_of([item for respondent in release.respondents for item in respondent.items])
    for respondent in release.respondents:
        labels = {item.id: item.label for item in respondent.items if item.kind == "section"}
        group = respondent.groups[0]
        asked = [item for item, _ in respondent.statistics(group, "question")]
        left_out: list[str] = []
        for section, together in groupby(asked, key=lambda item: item.of):
            items = list(together)
            keys = [(respondent.id, group.id, item.id) for item in items]
            levels = [level for level in columns if any(level in _offered(item) for item in items)]
            shown = [key for key in keys if any(_some(table, [key], level_heading(label)) for _, label in levels)]
            if table.consecutive(keys) and shown and len(levels) <= _STEPS:
                heading = f"{respondent.label}: {section} {labels.get(section, '')}".rstrip()
                yield _stack(heading, table, keys, [level_heading(label) for _, label in levels])
            elif levels and not shown:
                left_out.append(section)
        if left_out:
            yield _not_drawn(f"{respondent.label}, {', '.join(left_out)}")


def _offered(item: Item) -> set[tuple[str, str]]:
    return {(level.code, level.label) for level in item.levels}


def _stack(heading: str, table: TableSheet, keys: Sequence[Key], columns: Sequence[str]) -> Chart:
    """One bar for each question, parted by how many chose which level."""
    steps = len(columns) - 1
    return Chart(
        kind="stacked_bar",
        title=_title(heading),
        description=_words(
            f"Stacked bar chart, one bar for each question, of the percentages of everyone that chose each level, the "
            f"lowest first. {' '.join(_most(table, key, columns) for key in keys)} {_where(table, keys)}"
        ),
        series=tuple(
            Series(
                one_line(column.removesuffix(level_heading("")), 60),
                table.down(keys, "Question"),
                table.down(keys, column),
                f"step_{1 + round(at * (_STEPS - 1) / steps) if steps else _STEPS}",
            )
            for at, column in enumerate(columns)
        ),
        row=0,
        column=0,
        width=_WIDTH,
        height=_STACK * len(keys) + 130,
        minimum=0.0,
        maximum=1.0,
        major_unit=0.2,
        legend=True,
        label_format='[>=0.06]0%;""',
        value_format=SHARE_FORMAT,
    )


def _most(table: TableSheet, key: Key, columns: Sequence[str]) -> str:
    """What most chose in answer to a question, in words."""
    shares = {column: table.value(key, column) for column in columns}
    given = {column: share for column, share in shares.items() if isinstance(share, int | float)}
    question = table.value(key, "Question")
    if not given:
        return f"{question}: held back."
    most = max(given.values())
    names = " and ".join(name.removesuffix(level_heading("")) for name, share in given.items() if share == most)
    return f"{question}: most often {names}, {_said(most, '0%')}."


def _title(words: str) -> str:
    return one_line(words, 120)
