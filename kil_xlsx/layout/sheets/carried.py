"""The hidden sheet with what was carried over from an earlier return.  Only workbooks filled in beforehand have it."""

from __future__ import annotations

from kil_xlsx.core.returns import Key, Part, Touch, same
from kil_xlsx.layout.document import CellRef, Column, RangeRef, Sheet
from kil_xlsx.layout.places import Carried, ListPlace
from kil_xlsx.layout.sheets.frame import Content, formula, link_address, listed, ref
from kil_xlsx.layout.slots import key_words

STYLE = "list"


def paint(content: Content) -> Sheet:
    """One row per cell that was filled in beforehand: what stood in it, and whether it holds something else now."""
    sheet = Sheet(name=content.words("sheet.carried"), state="hidden", tab="tab_help")
    sheet.columns = {Carried.KEY: Column(34), Carried.CODE: Column(14), Carried.VALUE: Column(40)}
    sheet.put(0, Carried.KEY, content.words("file.intro"), STYLE)
    for column, name in enumerate(("key", "code", "value", "changed", "untouched", "address")):
        sheet.put(Carried.HEADER, column, f"kil:{name}", STYLE)
    for index, (key, before) in enumerate(content.ret.carried.items()):
        row = Carried.HEADER + 1 + index
        slot = content.plan.by_key[key]
        sheet.put(row, Carried.KEY, key_words(key), STYLE)
        sheet.put(row, Carried.CODE, slot.code, STYLE)
        sheet.put(row, Carried.VALUE, before, STYLE)
        sheet.put(row, Carried.ADDRESS, link_address(slot.cell), STYLE)
        cell, value = ref(slot.cell, sheet), ref(CellRef(sheet.name, row, Carried.VALUE), sheet)
        changed = not same(content.typed.get(key), before)
        text = f'IF(IFERROR({cell}&""={value}&"",FALSE),0,1)'
        formula(sheet, row, Carried.CHANGED, text, float(changed), STYLE)
        if content.carried_places[key.item, key.row] == row:
            _untouched(content, sheet, key, row)
    return sheet


def _untouched(content: Content, sheet: Sheet, key: Key, row: int) -> None:
    """Whether the item that begins in this row is neither confirmed nor changed."""
    count = len(content.ret.carried_items[key.item, key.row])
    changed = ref(RangeRef(sheet.name, row, Carried.CHANGED, row + count - 1, Carried.CHANGED), sheet)
    confirmation = content.plan.by_key.get(Key(key.item, Part.CONFIRM, key.row))
    confirmed = "FALSE"
    if confirmation is not None and confirmation.choices:
        labels = content.plan.lists[confirmation.choices].area(ListPlace.LABELS)
        confirmed = listed(ref(confirmation.cell, sheet), ref(labels, sheet))
    value = float(content.ret.touch(key.item, key.row) is Touch.UNTOUCHED)
    formula(sheet, row, Carried.UNTOUCHED, f"IF(SUM({changed})>0,0,IF({confirmed},0,1))", value, STYLE)


def count_of_untouched(content: Content, sheet: Sheet) -> str:
    """The formula that counts what was carried over and is neither confirmed nor changed."""
    if not content.carried:
        return "0"
    return f"SUM({ref(column(content, Carried.UNTOUCHED), sheet)})"


def column(content: Content, which: int) -> RangeRef:
    """A column of the sheet, without its heading."""
    last = Carried.HEADER + len(content.ret.carried)
    return RangeRef(content.words("sheet.carried"), Carried.HEADER + 1, which, last, which)
