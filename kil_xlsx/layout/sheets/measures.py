"""The sheet with the figures: what is typed, input tables, and the measures worked out from them."""

from __future__ import annotations

from kil_xlsx.core.checking import figure_and_reason
from kil_xlsx.core.expressions import describe
from kil_xlsx.core.figures import Input, Measure, ReferenceValue, TableColumn
from kil_xlsx.core.returns import Key, Part, State, Touch
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import ConditionalFormat, PrintSetup, RangeRef, Rich, Run, Sheet, Style
from kil_xlsx.layout.pagination import Page, breaks, scale
from kil_xlsx.layout.places import KEY, NO, About, ListPlace, Measures, TablePlace
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    as_table,
    column_headings,
    confirm,
    fill_in,
    formula,
    given,
    header,
    intro,
    is_day,
    last_time,
    literal,
    looked_up,
    marks,
    new_sheet,
    number,
    page_header,
    ref,
    refused,
    said,
    untouched,
    unusable,
)
from kil_xlsx.layout.sheets.workings import bounds, expression, number_in_range

_WIDTHS = {
    KEY: 6.0,
    NO: NO_WIDTH,
    Measures.LABEL: 46.0,
    Measures.UNIT: 20.0,
    Measures.VALUE: 18.0,
    Measures.MISSING: 20.0,
    Measures.WHERE: 56.0,
    Measures.COUNTED: 16.0,
    Measures.NOTE: 40.0,
    Measures.LAST: 18.0,
    Measures.CONFIRM: 14.0,
    Measures.FLAG: 20.0,
}


def paint(content: Content) -> Sheet:
    """Figures by group, input tables, measures with their workings."""
    plan, words = content.plan, content.words
    name, hidden = plan.figures.sheet, () if content.carried else (Measures.LAST, Measures.CONFIRM)
    sheet = new_sheet(content, name, name, _WIDTHS, tab="tab_input", hidden=hidden)
    intro(sheet, 2, words("measures.intro"), NO, Measures.WHERE)
    _figures(content, sheet)
    for index, place in enumerate(plan.tables.values()):
        _table(content, sheet, place, index + 2)
    _measures(content, sheet, len(plan.tables) + 2)
    _formats(content, sheet)
    sheet.freeze = (2, Measures.UNIT)
    first = next(iter(plan.figures.rows.values()), plan.figures.header)
    sheet.selection = (first, Measures.VALUE)
    _printing(content, sheet)
    return sheet


def _formats(content: Content, sheet: Sheet) -> None:
    """What is to be looked at stands out, among the figures and in the tables."""
    plan = content.plan
    areas = [(plan.figures.first, plan.figures.last)]
    areas += [(place.header + 1, place.header + place.table.rows) for place in plan.tables.values()]
    for first, last in areas:
        area = RangeRef(sheet.name, first, Measures.FLAG, last, Measures.FLAG)
        something = f"LEN({sheet.ref(first, Measures.FLAG).address})>0"
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style("tone_query"), formula=something))


def _printing(content: Content, sheet: Sheet) -> None:
    """Each block starts a page; the measures' headings are repeated, the figures' stand in every group's band."""
    plan, page = content.plan, Page(landscape=True)
    last_column = Measures.FLAG if content.carried else Measures.NOTE
    per_cent = scale(sheet, page, range(NO, last_column + 1))
    blocks = {plan.measures_title, *(place.title for place in plan.tables.values())}
    rounds = {
        row
        for key, row in plan.measures.rows.items()
        if row + 1 in plan.measures.rows.values() and _has_steps(content, key, row)
    }
    figures = set(plan.figures.rows.values())
    together = {row for row in figures if row + 1 in figures}
    found = breaks(
        sheet, range(plan.measures.last + 1), per_cent, page,
        with_next={*plan.group_rows.values(), *together, *rounds}, starts_page=blocks,
    )  # fmt: skip
    sheet.printing = PrintSetup(
        landscape=True,
        repeat_first_row=plan.measures.header,
        repeat_last_row=plan.measures.header,
        scale=per_cent,
        breaks_before=found,
        header=page_header(content, plan.figures.sheet),
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, 2, NO, plan.measures.last, last_column),
    )


def _has_steps(content: Content, key: str, row: int) -> bool:
    """Whether the row after this one is a step of the same measure."""
    after = next(other for other, place in content.plan.measures.rows.items() if place == row + 1)
    return after.startswith(f"{key.split('.')[0]}.")


def _title(sheet: Sheet, row: int, words: str) -> None:
    sheet.put(row, NO, words, "heading")
    for column in range(NO + 1, Measures.NOTE + 1):
        sheet.put(row, column, None, "heading")
    sheet.row_heights[row] = 26


def _figures(content: Content, sheet: Sheet) -> None:
    plan, words = content.plan, content.words
    _title(sheet, plan.figures_title, words("measures.inputs"))
    last, confirmed = column_headings(content)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        Measures.LABEL: words("measures.figure"),
        Measures.UNIT: words("measures.unit"),
        Measures.VALUE: words("measures.value"),
        Measures.MISSING: words("measures.missing"),
        Measures.WHERE: words("measures.where"),
        Measures.COUNTED: words("measures.counted"),
        Measures.NOTE: words("measures.note"),
        Measures.LAST: last,
        Measures.CONFIRM: confirmed,
        Measures.FLAG: words("assessment.flag"),
    }
    header(sheet, plan.figures.header, headings)
    for group in content.instrument.input_groups:
        row = plan.group_rows[group.id]
        sheet.put(row, NO, None, "section")
        title = Rich((Run(group.label, "strong"), Run(f"\n{group.plain}", "quiet")))
        sheet.put(row, Measures.LABEL, title if group.plain else group.label, "group" if group.plain else "section")
        for column in range(Measures.UNIT, Measures.FLAG + 1):
            sheet.put(row, column, headings[column], "section_heading")
        words_of_group = title.text if group.plain else group.label
        sheet.row_heights[row] = text_fit.height((words_of_group, _WIDTHS[Measures.LABEL]), least=24)
    for figure in content.instrument.figures:
        _figure(content, sheet, figure)


def _figure(content: Content, sheet: Sheet, figure: Input | ReferenceValue) -> None:
    plan, words = content.plan, content.words
    row = plan.figures.rows[figure.id]
    unit = content.instrument.units[figure.unit]
    marks(sheet, row, figure.code)
    sheet.put(row, Measures.LABEL, figure.label, "label")
    sheet.put(row, Measures.UNIT, unit.label or None, "unit")
    for slot in plan.by_item[figure.id]:
        if slot.key.part != Part.CONFIRM:
            fill_in(content, sheet, slot, unit.format if slot.key.part == Part.ANSWER else None)
    confirm(content, sheet, figure.id)
    last_time(content, sheet, plan.by_key[Key(figure.id)], Measures.LAST, unit.format)
    formula(sheet, row, Measures.FLAG, *_flag(content, sheet, figure), "status")
    help_text = figure.help
    if isinstance(figure, ReferenceValue):
        source = figure.source.rstrip(".")
        help_text = f"{words('measures.published', source=source)} {help_text}".strip()
    sheet.put(row, Measures.WHERE, help_text or None, "help")
    formula(
        sheet, row, Measures.COUNTED, _counted(content, sheet, figure), content.result.figures[figure.id],
        Style("output_number", unit.format),
    )  # fmt: skip
    sheet.row_heights[row] = text_fit.height(
        (figure.label, _WIDTHS[Measures.LABEL], 1.08), (help_text, _WIDTHS[Measures.WHERE], 0.92),
        (unit.label, _WIDTHS[Measures.UNIT]), (content.ret.text(figure.id, "note"), _WIDTHS[Measures.NOTE]), least=20,
    )  # fmt: skip


def _flag(content: Content, sheet: Sheet, figure: Input | ReferenceValue) -> tuple[str, str]:
    """What is to be looked at in a figure's row, and what it is now."""
    plan, words = content.plan, content.words
    wrong, both, look = words("flag.unusable"), words("flag.both"), words("flag.carried")

    def working(column: int) -> str:
        return ref(plan.figure_workings.cell(figure.id, column), sheet)

    text = (
        f"IF({unusable(content, sheet, figure.code)},{literal(wrong)},"
        f"IF({working(Plan.FIGURE_BOTH)}=1,{literal(both)},"
        f'IF({untouched(content, sheet, figure.id)},{literal(look)},"")))'
    )
    if refused(content, plan.row_slots[figure.code]):
        return text, wrong
    if figure_and_reason(content.ret, figure.id):
        return text, both
    return text, look if content.ret.touch(figure.id) is Touch.UNTOUCHED else ""


def _counted(content: Content, sheet: Sheet, figure: Input | ReferenceValue) -> str:
    """The number a figure counts as: the one typed, else its default or the published one, unless nobody knows."""
    plan = content.plan
    cell = ref(plan.figures.cell(figure.id, Measures.VALUE), sheet)
    otherwise = '""'
    if isinstance(figure, Input) and figure.default is not None:
        otherwise = number(figure.default)
    elif isinstance(figure, ReferenceValue) and figure.id in plan.published:
        field = content.instrument.field_with_role("period_end")
        place = plan.published[figure.id]
        if field is not None:
            day = ref(plan.about.cell(field.id, About.ANSWER), sheet)
            slot = plan.by_key[Key(field.id)]
            keys, values = ref(place.keys(), sheet), ref(place.labels(), sheet)
            found = f'IFERROR(INDEX({values},MATCH({day},{keys},1)),"")'
            otherwise = f'IF({is_day(day, slot)},{found},"")'
    if otherwise != '""':
        reason = ref(plan.figures.cell(figure.id, Measures.MISSING), sheet)
        missing = plan.lists[content.instrument.framework.missing_figure]
        states, labels = ref(missing.area(ListPlace.STATES), sheet), ref(missing.area(ListPlace.LABELS), sheet)
        unknown = f'{looked_up(reason, labels, states)}="{State.DONT_KNOW}"'
        otherwise = f'IF({given(cell)},"",IF({unknown},"",{otherwise}))'
    return f'IFERROR({number_in_range(cell, figure.minimum, figure.maximum, otherwise)},"")'


def _table(content: Content, sheet: Sheet, place: TablePlace, section_number: int) -> None:
    table, words = place.table, content.words
    _title(sheet, place.title, f"{section_number}. {table.label}")
    columns = {Measures.TABLE + index: column for index, column in enumerate(table.columns)}
    headings = {NO: words("column.no")}
    for index, column in columns.items():
        headings[index] = column.label
    headings[Measures.CONFIRM] = words("carried.confirm")
    headings[Measures.FLAG] = words("assessment.flag")
    header(sheet, place.header, headings)
    sheet.row_heights[place.header] = text_fit.height(
        *((heading, _WIDTHS[index], 0.95) for index, heading in headings.items() if index != NO), least=34
    )
    for row in range(1, table.rows + 1):
        marks(sheet, place.header + row, place.row_code(row))
        texts = []
        for column in table.columns:
            slot = content.plan.by_key[Key(table.id, Part.ANSWER, row, column.id)]
            fill_in(content, sheet, slot, _format(content, column))
            texts.append((content.ret.get(table.id, "answer", row, column.id).text or "", _WIDTHS[slot.cell.column]))
        confirm(content, sheet, table.id, row)
        formula(sheet, place.header + row, Measures.FLAG, *_row_flag(content, sheet, place, row), "status")
        sheet.row_heights[place.header + row] = text_fit.height(*texts, least=20)
    as_table(sheet, f"table_{table.id}", place.header, place.header + table.rows, NO, max(columns))


def _row_flag(content: Content, sheet: Sheet, place: TablePlace, row: int) -> tuple[str, str]:
    """What is to be looked at in a row of a table, and what it is now."""
    wrong, look, code = content.words("flag.unusable"), content.words("flag.carried"), place.row_code(row)
    text = (
        f"IF({unusable(content, sheet, code)},{literal(wrong)},"
        f'IF({untouched(content, sheet, place.table.id, row)},{literal(look)},""))'
    )
    if refused(content, content.plan.row_slots[code]):
        return text, wrong
    return text, look if content.ret.touch(place.table.id, row) is Touch.UNTOUCHED else ""


def _format(content: Content, column: TableColumn) -> str | None:
    return content.instrument.units[column.unit].format if column.unit else None


def range_words(content: Content, measure: Measure) -> str:
    """The usual range of a measure in words; empty where it has none."""
    words = content.words
    low, high = measure.valid_from, measure.valid_to
    if low is not None and high is not None:
        return words("measures.between", low=_plain(low), high=_plain(high))
    return words("measures.from", low=_plain(low)) if low is not None else ""


def _plain(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def _measures(content: Content, sheet: Sheet, section_number: int) -> None:
    plan, words = content.plan, content.words
    _title(sheet, plan.measures_title, words("measures.results", number=section_number))
    headings = {
        NO: words("column.no"),
        Measures.LABEL: words("measures.measure"),
        Measures.UNIT: words("measures.unit"),
        Measures.VALUE: words("measures.result"),
        Measures.MISSING: words("measures.state"),
        Measures.WHERE: words("measures.formula"),
        Measures.COUNTED: words("measures.range"),
        Measures.NOTE: words("measures.about"),
    }
    header(sheet, plan.measures.header, headings)
    for measure in content.instrument.measures:
        _measure(content, sheet, measure)


def figure_label(content: Content, name: str) -> str:
    """The words for a name of an expression: a figure's label, or a table column's."""
    if "." in name:
        table_id, column_id = name.split(".", 1)
        table = content.plan.tables[table_id].table
        return next(column.label for column in table.columns if column.id == column_id)
    return next(figure.label for figure in content.instrument.figures if figure.id == name)


def _measure(content: Content, sheet: Sheet, measure: Measure) -> None:
    plan, words = content.plan, content.words
    row = plan.measures.rows[measure.id]
    result = content.result.measures[measure.id]
    unit = content.instrument.units[measure.unit]
    sheet.put(row, NO, measure.id, "code")
    sheet.put(row, Measures.LABEL, measure.label, "label")
    sheet.put(row, Measures.UNIT, unit.label or None, "unit")
    text = expression(content, sheet, measure.formula)
    rounded = f'IFERROR(ROUND({text},6),"")'
    if measure.needs:
        rounded = f'IF({expression(content, sheet, measure.needs)}=TRUE,{rounded},"")'
    formula(sheet, row, Measures.VALUE, rounded, result.value, Style("result_number", unit.format))
    cell = ref(plan.measures.cell(measure.id, Measures.VALUE), sheet)
    formula(sheet, row, Measures.MISSING, *_reading(content, sheet, measure, cell), "output")
    in_words = measure.formula_words or describe(
        content.instrument.expressions[measure.formula], lambda name: figure_label(content, name), words.of_formula
    )
    sheet.put(row, Measures.WHERE, in_words, "help")
    sheet.put(row, Measures.COUNTED, range_words(content, measure) or None, "help")
    sheet.put(row, Measures.NOTE, measure.note or None, "help")
    sheet.row_heights[row] = text_fit.height(
        (measure.label, _WIDTHS[Measures.LABEL], 1.08), (in_words, _WIDTHS[Measures.WHERE], 0.92),
        (measure.note, _WIDTHS[Measures.NOTE], 0.92), (_longest_reading(content, measure), _WIDTHS[Measures.MISSING]),
        (unit.label, _WIDTHS[Measures.UNIT]),
    )  # fmt: skip
    area = RangeRef(sheet.name, row, Measures.MISSING, row, Measures.MISSING)
    if measure.valid_from is not None or measure.valid_to is not None:
        within = bounds(cell, measure.valid_from, measure.valid_to)
        outside = f"IF(ISNUMBER({cell}),NOT({within}),FALSE)"
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style("tone_query"), formula=outside))
    for working in measure.workings:
        step_row = plan.measures.rows[Plan.working_key(measure, working.id)]
        step_unit = content.instrument.units[working.unit]
        sheet.put(step_row, NO, None, "code")
        sheet.put(step_row, Measures.LABEL, working.label, "step")
        sheet.put(step_row, Measures.UNIT, step_unit.label or None, "unit")
        step = f'IFERROR(ROUND({expression(content, sheet, working.formula)},6),"")'
        formula(
            sheet, step_row, Measures.VALUE, step, result.workings[working.id], Style("output_number", step_unit.format)
        )
        sheet.put(step_row, Measures.MISSING, None, "help")
        told = describe(
            content.instrument.expressions[working.formula], lambda name: figure_label(content, name), words.of_formula
        )
        sheet.put(step_row, Measures.WHERE, told, "help")
        sheet.put(step_row, Measures.COUNTED, None, "help")
        sheet.put(step_row, Measures.NOTE, None, "help")
        sheet.row_heights[step_row] = text_fit.height(
            (working.label, _WIDTHS[Measures.LABEL] - 3), (told, _WIDTHS[Measures.WHERE], 0.92)
        )


def _reading_words(content: Content, measure: Measure) -> tuple[str, str, str]:
    """What may be said of a measure with a value: that it is worked out, within its usual range, or outside it.

    Words of their own follow the name of what it rests on.
    """
    words = content.words
    if measure.bases:
        worked_out = words("measures.based_worked_out")
        return worked_out, words("measures.based_in_range"), words("measures.based_out_of_range")
    return words("measures.worked_out"), words("measures.in_range"), words("measures.out_of_range")


def _longest_reading(content: Content, measure: Measure) -> str:
    """The longest that may stand beside a measure, so that its row is high enough for all of it."""
    said_of_it = max(_reading_words(content, measure), key=len)
    bases = [content.words("measures.based", basis=basis.label, reading=said_of_it) for basis in measure.bases]
    return max(bases, key=len, default=said_of_it)


def _reading(content: Content, sheet: Sheet, measure: Measure, cell: str) -> tuple[str, str]:
    """What is said beside a measure: not available, within or outside its usual range, and what it rests on."""
    words = content.words
    result = content.result.measures[measure.id]
    missing = words("word.not_available")
    worked_out, inside, outside = _reading_words(content, measure)
    reading, value = literal(worked_out), worked_out
    if measure.valid_from is not None or measure.valid_to is not None:
        condition = bounds(cell, measure.valid_from, measure.valid_to)
        reading = f"IF({condition},{literal(inside)},{literal(outside)})"
        value = inside if result.in_range else outside
    if measure.bases:
        reading = said(content, "measures.based", basis=_basis(content, sheet, measure), reading=reading)
        value = words("measures.based", basis=result.basis, reading=value)
    text = f"IF(ISNUMBER({cell}),{reading},{literal(missing)})"
    return text, missing if result.value is None else value


def _basis(content: Content, sheet: Sheet, measure: Measure) -> str:
    """A formula for what a measure rests on: the first basis whose condition holds.  The last has no condition."""
    text = '""'
    for basis in reversed(measure.bases):
        name = literal(basis.label)
        text = f"IF({expression(content, sheet, basis.when)}=TRUE,{name},{text})" if basis.when else name
    return text
