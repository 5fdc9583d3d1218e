"""The hidden sheet with published figures of peers, and the columns beside the scores that show those of one group.

Only workbooks that a benchmark was supplied for have it.  Which group an organisation is compared with follows from
what it fills in about itself, so that is worked out by formula.  Every group has the same items in the same order,
which is what lets a figure be found by counting rows.
"""

from __future__ import annotations

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import (
    PeerFigures,
    PeerGroup,
    Peers,
    Standing,
    comparable,
    compared_with,
    standing,
)
from kil_xlsx.core.release import CONFIDENTIAL, OVERALL
from kil_xlsx.core.returns import State
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.document import CellRef, Column, ConditionalFormat, RangeRef, Sheet, Style
from kil_xlsx.layout.places import NO, About, PeersSheet, Results
from kil_xlsx.layout.sheets.frame import Content, formula, listed, literal, ref, said

STYLE = "list"
_FIRST = PeersSheet.HEADER + 1
_PARTS = {
    PeersSheet.COUNT: Results.PEERS,
    PeersSheet.LOWER: Results.LOWER,
    PeersSheet.MEDIAN: Results.MEDIAN,
    PeersSheet.UPPER: Results.UPPER,
}
"""Where each part of a figure stands on the hidden sheet, and where it is shown."""

_WORDS = {Standing.BELOW: "results.below", Standing.WITHIN: "results.within", Standing.ABOVE: "results.above"}
_TONES = {Standing.BELOW: "tone_middle", Standing.WITHIN: "tone_quiet", Standing.ABOVE: "tone_good"}


def _fields(instrument: Instrument) -> tuple[str, ...]:
    """The fields of the profile that peers are found by: those with a list of answers, in the framework's order."""
    mine = {field.id for field in instrument.profile if field.choices or field.type == "derived"}
    named = [
        field
        for each in instrument.framework.benchmarking.peer_groups
        if each.respondent == instrument.respondent.id
        for field in each.fields
    ]
    return tuple(field for field in dict.fromkeys(named) if field in mine)


def _groups(content: Content, peers: Peers) -> tuple[PeerGroup, ...]:
    return comparable(peers, _fields(content.instrument))


def _items(content: Content) -> list[str]:
    """What there are figures about, in the order of the hidden sheet."""
    return [OVERALL, *(node.id for node in content.instrument.nodes)]


def _answer(content: Content, field: str) -> str:
    """The answer to a field as it stands in its cell; nothing where formulas find none."""
    asked = next(each for each in content.instrument.profile if each.id == field)
    if asked.type == "derived":
        return content.result.derived[field]
    entry = content.entry(field)
    if asked.choices is None or entry.state is State.UNANSWERED:
        return ""
    choices = offered(content.instrument.choice_lists[asked.choices])
    return next((label for label, choice in choices if choice.code == entry.code), "")


def _chosen(content: Content, groups: tuple[PeerGroup, ...]) -> int:
    """Which group the organisation is compared with, counted from 0."""
    fields = dict.fromkeys(group.field for group in groups if group.field)
    return compared_with(groups, {field: _answer(content, field) for field in fields})


def _chosen_cell(content: Content) -> CellRef:
    return CellRef(content.words("sheet.peers"), PeersSheet.CHOSEN, PeersSheet.FOUND)


def paint(content: Content, peers: Peers) -> Sheet:
    """Every group's figures, the groups by what is answered to which field, and the group compared with."""
    groups, items = _groups(content, peers), _items(content)
    sheet = Sheet(name=content.words("sheet.peers"), state="hidden", tab="tab_help")
    sheet.columns = {PeersSheet.GROUP: Column(40), PeersSheet.VALUE: Column(34), PeersSheet.LABEL: Column(40)}
    sheet.put(0, 0, content.words("file.intro"), STYLE)
    names = {
        PeersSheet.NUMBER: "number", PeersSheet.GROUP: "group", PeersSheet.ITEM: "item", PeersSheet.COUNT: "count",
        PeersSheet.LOWER: "lower", PeersSheet.MEDIAN: "median", PeersSheet.UPPER: "upper",
        PeersSheet.FIELD: "field", PeersSheet.VALUE: "answer", PeersSheet.LABEL: "label",
        PeersSheet.WHAT: "what", PeersSheet.FOUND: "found",
    }  # fmt: skip
    for column, name in names.items():
        sheet.put(PeersSheet.HEADER, column, f"kil:{name}", STYLE)
    row = _FIRST
    for at, group in enumerate(groups):
        sheet.put(_FIRST + at, PeersSheet.FIELD, group.field or "-", STYLE)
        sheet.put(_FIRST + at, PeersSheet.VALUE, group.value or "-", STYLE)
        sheet.put(_FIRST + at, PeersSheet.LABEL, group.label, STYLE)
        for item in items:
            sheet.put(row, PeersSheet.NUMBER, float(at + 1), STYLE)
            sheet.put(row, PeersSheet.GROUP, group.label, STYLE)
            sheet.put(row, PeersSheet.ITEM, item, STYLE)
            for column in _PARTS:
                sheet.put(row, column, _part(group.figures.get(item), column), STYLE)
            row += 1
    _find_group(content, sheet, groups, peers.date)
    return sheet


def _part(figures: PeerFigures | None, column: int) -> str | float:
    """A part of a figure, or the mark of one that is held back."""
    if figures is None:
        return CONFIDENTIAL
    parts = {
        PeersSheet.COUNT: figures.count if figures.median is not None else None,
        PeersSheet.LOWER: figures.lower,
        PeersSheet.MEDIAN: figures.median,
        PeersSheet.UPPER: figures.upper,
    }
    part = parts[column]
    return CONFIDENTIAL if part is None else float(part)


def _find_group(content: Content, sheet: Sheet, groups: tuple[PeerGroup, ...], date: str) -> None:
    """For each field the number of the group that its answer belongs to, and the first of them that is found."""
    sheet.put(PeersSheet.DATE, PeersSheet.WHAT, "date", STYLE)
    sheet.put(PeersSheet.DATE, PeersSheet.FOUND, date, STYLE)
    found: list[str] = []
    for at, field in enumerate(dict.fromkeys(group.field for group in groups if group.field)):
        row = PeersSheet.FIRST_FIELD + at
        rows = [number for number, group in enumerate(groups) if group.field == field]  # they stand together
        labels = ref(sheet.area(_FIRST + rows[0], PeersSheet.VALUE, _FIRST + rows[-1], PeersSheet.VALUE), sheet)
        cell = ref(content.plan.about.cell(field, About.ANSWER), sheet)
        mine = compared_with(groups, {field: _answer(content, field)})
        sheet.put(row, PeersSheet.WHAT, field, STYLE)
        text = f"IF({listed(cell, labels)},MATCH({cell},{labels},0)+{rows[0]},0)"
        formula(sheet, row, PeersSheet.FOUND, text, float(mine + 1 if mine else 0), STYLE)
        found.append(ref(sheet.ref(row, PeersSheet.FOUND), sheet))
    chosen = "1"
    for cell in reversed(found):
        chosen = f"IF({cell}>0,{cell},{chosen})"
    sheet.put(PeersSheet.CHOSEN, PeersSheet.WHAT, "chosen", STYLE)
    formula(sheet, PeersSheet.CHOSEN, PeersSheet.FOUND, chosen, float(_chosen(content, groups) + 1), STYLE)


def _place(content: Content, item: str, column: int, groups: int) -> tuple[RangeRef, str]:
    """Where one part of the figures of all groups stands, and the row of an item in it for the group compared with."""
    items = _items(content)
    name = content.words("sheet.peers")
    area = RangeRef(name, _FIRST, column, _FIRST + groups * len(items) - 1, column)
    chosen = _chosen_cell(content).absolute()
    return area, f"({chosen}-1)*{len(items)}+{items.index(item) + 1}"


def shown(content: Content, sheet: Sheet, row: int, item: str, score: float | None, score_format: str) -> None:
    """The peers' figures beside a score, and in words where it stands among them."""
    peers = content.issue.peers
    if peers is None:
        return
    groups = _groups(content, peers)
    figures = groups[_chosen(content, groups)].figures.get(item)
    for column, target in _PARTS.items():
        area, place = _place(content, item, column, len(groups))
        style = Style("output_center", "0" if column == PeersSheet.COUNT else score_format)
        formula(sheet, row, target, f"INDEX({ref(area, sheet)},{place})", _part(figures, column), style)
    mine, lower, upper = (
        ref(CellRef(sheet.name, row, column), sheet) for column in (Results.SCORE, Results.LOWER, Results.UPPER)
    )
    below, within, above = (literal(content.words(_WORDS[each])) for each in Standing)
    decimals = content.instrument.framework.scoring.decimals
    rounded, least, most = (f"ROUND({cell},{decimals})" for cell in (mine, lower, upper))
    compared = f"IF({rounded}<{least},{below},IF({rounded}>{most},{above},{within}))"
    where = standing(score, figures, decimals)
    text = f'IF(AND(ISNUMBER({mine}),ISNUMBER({lower}),ISNUMBER({upper})),{compared},"")'
    formula(sheet, row, Results.STANDING, text, content.words(_WORDS[where]) if where else "", "output")


def median(content: Content, peers: Peers, item: str) -> float | None:
    """The median of the group that the organisation is compared with; none where it is not published."""
    groups = _groups(content, peers)
    figures = groups[_chosen(content, groups)].figures.get(item)
    return figures.median if figures else None


def blank(sheet: Sheet, row: int) -> None:
    """A row without anything to compare."""
    for column in _PARTS.values():
        sheet.put(row, column, None, "output_center")
    sheet.put(row, Results.STANDING, None, "output")


def compared_line(content: Content, sheet: Sheet, last: int) -> None:
    """With whom the organisation is compared, how many they are, and how old the benchmark is."""
    peers = content.issue.peers
    if peers is None:
        return
    plan, words, groups = content.plan, content.words, _groups(content, peers)
    name, group = words("sheet.peers"), groups[_chosen(content, groups)]
    labels = RangeRef(name, _FIRST, PeersSheet.LABEL, _FIRST + len(groups) - 1, PeersSheet.LABEL)
    label = f"INDEX({ref(labels, sheet)},{_chosen_cell(content).absolute()})"
    count = ref(CellRef(sheet.name, plan.overall_row, Results.PEERS), sheet)
    date = CellRef(name, PeersSheet.DATE, PeersSheet.FOUND).absolute()
    known = said(content, "results.compared", group=label, count=count, date=date)
    hidden = said(content, "results.compared_hidden", group=label, date=date)
    number = _part(group.figures.get(OVERALL), PeersSheet.COUNT)
    value = words("results.compared_hidden", group=group.label, date=peers.date)
    if isinstance(number, float):
        value = words("results.compared", group=group.label, count=f"{number:.0f}", date=peers.date)
    formula(sheet, plan.compared_row, NO, f"IF(ISNUMBER({count}),{known},{hidden})", value, "intro")
    sheet.spread(plan.compared_row, NO, last)
    sheet.row_heights[plan.compared_row] = 30


def tones(content: Content, sheet: Sheet) -> None:
    """Each standing in its tone, beside the words that say the same."""
    if content.issue.peers is None:
        return
    first = content.plan.results.first
    area = sheet.area(first, Results.STANDING, content.plan.overall_row, Results.STANDING)
    cell = ref(sheet.ref(first, Results.STANDING), sheet).replace("$", "")
    for where in Standing:
        condition = f"{cell}={literal(content.words(_WORDS[where]))}"
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style(_TONES[where]), formula=condition))


def longest_standing(content: Content) -> str:
    """The longest of the words for where a score stands."""
    return max((content.words(key) for key in _WORDS.values()), key=len)
