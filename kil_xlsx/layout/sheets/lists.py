"""The hidden sheet of lists: what dropdowns offer, what each choice is worth, lookups, published figures and bands."""

from __future__ import annotations

from kil_xlsx.core.framework import Choice
from kil_xlsx.core.scoring import prefix_lengths
from kil_xlsx.layout.codec import offered, serial
from kil_xlsx.layout.document import Column, Formula, Sheet, Value
from kil_xlsx.layout.places import ListPlace
from kil_xlsx.layout.sheets.frame import Content, looked_up, ref


def _value(content: Content, choice: Choice) -> Value:
    """What a choice counts as.  No value is a formula that gives an empty text: an empty cell would read as 0."""
    scoring = content.instrument.framework.scoring
    value = {
        "answered": choice.value,
        "not_applicable": scoring.not_applicable.counts_as,
        "dont_know": scoring.dont_know.counts_as,
    }[choice.state]
    return Formula('""', "") if value is None else float(value)


def paint(content: Content) -> Sheet:
    """Every choice list as five columns, then lookups and bands as two columns each."""
    plan, instrument = content.plan, content.instrument
    sheet = Sheet(name=content.words("sheet.lists"), state="hidden", tab="tab_help")
    sheet.put(0, 0, content.words("file.intro"), "list")
    for choice_list in instrument.framework.choice_lists:
        place = plan.lists[choice_list.id]
        sheet.put(1, place.column, choice_list.id, "list")
        sheet.columns[place.column] = Column(30)
        for index, (label, choice) in enumerate(offered(choice_list)):
            row = place.first_row + index
            sheet.put(row, place.column + ListPlace.LABELS, label, "list")
            sheet.put(row, place.column + ListPlace.CODES, choice.code, "list")
            sheet.put(row, place.column + ListPlace.VALUES, _value(content, choice), "list")
            sheet.put(row, place.column + ListPlace.STATES, choice.state, "list")
            sheet.put(row, place.column + ListPlace.REASONS, 1.0 if choice.needs_reason else 0.0, "list")
    for lookup in instrument.framework.lookups:
        lookup_place = plan.lookups[lookup.id]
        sheet.put(1, lookup_place.column, lookup.id, "list")
        for index, entry in enumerate(lookup.entries):
            key: Value = entry.prefix if entry.prefix else entry.at_least
            sheet.put(lookup_place.first_row + index, lookup_place.column, key, "list")
            sheet.put(lookup_place.first_row + index, lookup_place.column + 1, entry.label, "list")
    for reference in instrument.reference_values:
        if reference.id in plan.published:
            published = plan.published[reference.id]
            sheet.put(1, published.column, reference.id, "list")
            for index, dated in enumerate(reference.values):
                sheet.put(published.first_row + index, published.column, serial(dated.from_), "list")
                sheet.put(published.first_row + index, published.column + 1, dated.value, "list")
    sheet.put(1, plan.bands.column, "bands", "list")
    for index, band in enumerate(instrument.framework.scoring.bands):
        sheet.put(plan.bands.first_row + index, plan.bands.column, band.from_, "list")
        sheet.put(plan.bands.first_row + index, plan.bands.column + 1, band.display(), "list")
    return sheet


def label_by_prefix(content: Content, lookup_id: str, cell: str, sheet: Sheet) -> str:
    """A formula that finds the label of the longest prefix that a cell's text starts with."""
    place = content.plan.lookups[lookup_id]
    keys, labels = ref(place.keys(), sheet), ref(place.labels(), sheet)
    text = '""'
    for length in reversed(prefix_lengths(content.plan.lookup(lookup_id).entries)):
        text = looked_up(f"LEFT(TRIM({cell}),{length})", keys, labels, text)
    return text


def label_by_stretch(content: Content, lookup_id: str, cell: str, sheet: Sheet) -> str:
    """A formula that finds the label of the stretch that a number falls in."""
    place = content.plan.lookups[lookup_id]
    keys, labels = ref(place.keys(), sheet), ref(place.labels(), sheet)
    return f'IF(ISNUMBER({cell}),IFERROR(INDEX({labels},MATCH({cell},{keys},1)),""),"")'
