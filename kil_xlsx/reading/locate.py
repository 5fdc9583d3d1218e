"""Where each item of a plan is in a returned workbook.

What the respondent could see beside an answer outranks everything hidden: the code in the "No." column, then the
wording of the row.  Hidden keys, input titles, defined names and the place where the row was sent out only confirm, or
help where nothing visible is left; they can be wrong together, as after sorting the visible columns.  Where two marks
name different items and what is visible does not settle it, the answer is not taken.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kil_xlsx.core.checking import STANDING
from kil_xlsx.core.problems import Problem, Severity, problem
from kil_xlsx.core.returns import Key, Outcome, text_of
from kil_xlsx.layout.places import NO
from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.anchors import Anchor, Columns, Found, Item, Located, Spot, items_of
from kil_xlsx.reading.displaced import displaced
from kil_xlsx.reading.known import once_per_plan
from kil_xlsx.reading.model import CellKind, WorkbookData
from kil_xlsx.reading.sheetindex import BookIndex, SheetIndex, address, fold

__all__ = ["Anchor", "Item", "Located", "Location", "Spot", "items_of", "locate"]


class Location(Struct, frozen=True):
    """Where everything is."""

    items: tuple[Located, ...]  # as items_of() gives the items
    problems: tuple[Problem, ...]
    index: BookIndex
    earlier_layout: bool = False
    """Whether places differ because the workbook was made by an earlier version of the program."""

    def by_key(self) -> dict[Key, Located]:
        """The item of every slot."""
        return {slot.key: located for located in self.items for slot in located.item.slots}


def locate(plan: Plan, workbook: WorkbookData, *, earlier_layout: bool = False) -> Location:
    """Find every slot of a plan.

    :param earlier_layout: the workbook was laid out in another way than the plan: its places say nothing.
    """
    return _Search(plan, BookIndex(plan, workbook), earlier_layout=earlier_layout).location()


_MOST_REMEMBERED, _LONGEST_REMEMBERED = 2_500, 2_000


class _Wordings:
    """The words of the rows of one sheet of a plan, and whose they are."""

    def __init__(self) -> None:
        self.codes: dict[str, set[str]] = {}
        self.known: dict[str, frozenset[str]] = {}
        """What :meth:`named` gave for the texts met so far: nearly all are the same in every workbook."""

    def named(self, text: str) -> frozenset[str]:
        """The folded codes of the items that have one of these lines as their words."""
        found = frozenset(code for line in text.split("\n") for code in self.codes.get(fold(line), ()))
        if len(text) <= _LONGEST_REMEMBERED:
            if len(self.known) > _MOST_REMEMBERED:
                self.known.clear()
            self.known[text] = found
        return found


class _Rows:
    """The rows of a plan as they are looked for, by the names of their sheets; codes and headings are folded."""

    def __init__(self, plan: Plan) -> None:
        self.items = items_of(plan)
        self.by_code: dict[tuple[str, str], Item] = {(item.sheet, item.folded_code): item for item in self.items}
        self.codes: dict[str, dict[str, str]] = {}
        self.worded: dict[str, _Wordings] = {}
        self.headings: dict[str, set[str]] = {}
        self.taken: dict[_Taken, Located] = {}
        """What was made of rows that nothing speaks against: nearly all are the same in every return."""
        for item in self.items:
            self.codes.setdefault(item.sheet, {})[item.folded_code] = item.code
            known = self.worded.setdefault(item.sheet, _Wordings())
            for wording in item.wordings:
                known.codes.setdefault(wording, set()).add(item.folded_code)
            self.headings.setdefault(item.sheet, set()).update(heading for heading, _ in item.columns)


_rows_of = once_per_plan(_Rows)

_Worded = dict[int, list[tuple[int, frozenset[str]]]]
"""By row, the columns of the texts that are the words of items, and the folded codes of those items."""

_Taken = tuple[str, int, str, int, Columns, frozenset[Anchor]]
"""Where an item was sent out, and the sheet, row, columns and marks of the row that it was found in."""

_MOST_TAKEN, _LONGEST_NAME = 2_000, 100


class _Search:
    def __init__(self, plan: Plan, book: BookIndex, *, earlier_layout: bool = False) -> None:
        self.plan = plan
        self.earlier_layout = earlier_layout
        self.book = book
        rows = _rows_of(plan)
        self.items, self.by_code, self.codes = rows.items, rows.by_code, rows.codes
        self.worded, self.headings, self.taken = rows.worded, rows.headings, rows.taken
        self.judged: dict[tuple[str, str, int], Found] = {}
        self.placed: dict[tuple[str, int, str, int], Columns] = {}
        self.worded_rows: dict[tuple[str, str], _Worded] = {}

    def location(self) -> Location:
        located = [self._locate(item) for item in self.items]
        problems: list[Problem] = []
        gone = set()
        for sheet in self.codes:
            mine = [one for one in located if one.item.sheet == sheet]
            if self.book.sheet(sheet) is None:
                names = sorted({one.sheet for one in mine if one.outcome is None})
                if names:
                    problems.append(problem("sheet-renamed", sheet=names[0], found=", ".join(names), expected=sheet))
                elif all(one.outcome is Outcome.NOT_FOUND for one in mine):
                    gone.add(sheet)
                    problems.append(problem("sheet-not-found", sheet=sheet, found="no such sheet", expected=sheet))
            problems += _missing_columns(mine)
        if gone:  # said once for the sheet instead of once for each item
            located = [
                Located(one.item, one.outcome, one.sheet, None, {}) if one.item.sheet in gone else one
                for one in located
            ]
        located = displaced(self.book, located)
        problems += [found for one in located for found in one.problems]
        return Location(tuple(located), tuple(problems), self.book, self.earlier_layout)

    # One item

    def _locate(self, item: Item) -> Located:
        shown = [self._judge(item, index, row) for index, row in self._rows_by_code(item)]
        fitting = [found for found in shown if not found.other]
        if len(fitting) > 1:
            return self._choose(item, fitting)
        if fitting:
            return self._take_plain(item, fitting[0])
        if shown:
            return self._contradicts(item, shown[0], shown[0].other, shown[0].other_place)
        return self._locate_without_code(item)

    def _rows_by_code(self, item: Item) -> list[tuple[SheetIndex, int]]:
        """The rows that show an item's code: on its own sheet, and on sheets with the same column to fill in."""
        rows: dict[tuple[str, int], SheetIndex] = {}
        for index, row, column in self.book.codes.get(item.folded_code, ()):
            if index.folded_name == item.folded_sheet:
                if column in (index.code_column(row), index.usual_code_column):
                    rows[index.name, row] = index
            elif index.visible:
                header = index.header_for(row, item.heading)
                if header is not None and header.number == column and header is index.header_above(row):
                    rows[index.name, row] = index
        return [(index, row) for (_, row), index in rows.items()]

    def _locate_without_code(self, item: Item) -> Located:
        """Nothing visible names the item: its hidden key, its wording and its input title are left."""
        code = item.folded_code
        for index in self._sheets(item):
            rows = [row for row, _ in index.keys.get(code, ())]
            rows = rows or self._rows_by_wording(item, index) or index.rows_by_title.get(code, [])
            candidates = [self._judge(item, index, row) for row in dict.fromkeys(rows)]
            free: list[Found] = []
            for found in candidates:
                other = self._claimed(item, index, found.row)
                if other is None:
                    free.append(found)
                elif not self._is_right(item, other, index, found.row):
                    named = self.codes[item.sheet].get(other, other)
                    return self._contradicts(item, found, named, address(found.row, index.code_column(found.row)))
            fitting = [found for found in free if not found.other]
            if len(fitting) > 1:
                return self._choose(item, fitting)
            if fitting:
                code_cell = address(fitting[0].row, index.code_column(fitting[0].row))
                marks = ", ".join(sorted(fitting[0].agreed))
                note = problem(
                    "item-code-missing",
                    sheet=index.name,
                    cell=code_cell,
                    item=item.code,
                    found=f"recognised by: {marks}",
                    expected=item.code,
                )
                said = Anchor.CODE in fitting[0].agreed  # on a sheet with more rows of headings than one
                return self._take(item, fitting[0], repeated=False, note=None if said else note)
            if free:
                return self._contradicts(item, free[0], free[0].other, free[0].other_place)
        return self._not_found(item)

    def _sheets(self, item: Item) -> list[SheetIndex]:
        """Where rows without their code are looked for: the item's own sheet, or else any with its heading."""
        own = self.book.sheet(item.sheet)
        if own is not None:
            return [own]
        heading = item.heading
        return [
            index
            for index in self.book.sheets
            if index.visible and any(heading in header.columns for header in index.headers)
        ]

    def _rows_by_wording(self, item: Item, index: SheetIndex) -> list[int]:
        if not item.wordings:
            return []
        code, heading = item.folded_code, item.heading
        rows = []
        for row in self._worded_rows(item.sheet, index):
            if index.header_for(row, heading) is None and index.headers:
                continue
            if code in self._worded(item.sheet, index, row, self._columns(item, index, row)):
                rows.append(row)
        return sorted(rows)

    def _claimed(self, item: Item, index: SheetIndex, row: int) -> str | None:
        """The code of another item that a row shows."""
        shown = index.code_of(row)
        return shown if shown is not None and shown != item.folded_code else None

    def _is_right(self, item: Item, other: str, index: SheetIndex, row: int) -> bool:
        """Whether a row really is the other item's whose code it shows, so that this one's mark is astray."""
        owner = self.by_code.get((item.sheet, other))
        return owner is not None and not self._judge(owner, index, row).other

    # One row

    def _judge(self, item: Item, index: SheetIndex, row: int) -> Found:
        """What the marks of a row say about it being an item's."""
        cached = self.judged.get((item.code, index.name, row))
        if cached is None:
            cached = self.judged[item.code, index.name, row] = self._look(item, index, row)
        return cached

    def _look(self, item: Item, index: SheetIndex, row: int) -> Found:
        code = item.folded_code
        columns = self._columns(item, index, row)
        agreed: set[Anchor] = set()
        differed: set[Anchor] = set()
        if index.code_of(row) == code:
            agreed.add(Anchor.CODE)
        other = place = ""
        worded = self._worded(item.sheet, index, row, columns)
        if worded:
            (agreed if code in worded else differed).add(Anchor.WORDING)
        codes = self.codes[item.sheet]
        keys = {key: at for key, at in index.keys_in_row.get(row, {}).items() if key in codes}
        if keys:
            (agreed if code in keys else differed).add(Anchor.KEY)
        if Anchor.WORDING in differed:
            other, place = min(worded), index.name
        elif Anchor.KEY in differed and Anchor.WORDING not in agreed and not self._same_table(item, keys):
            other, at = min(keys.items())
            place = address(row, at)
        column = columns[item.main_at]
        if column is not None:
            self._confirm(item, index, row, column, agreed, differed)
        return Found(item, index, row, columns, frozenset(agreed), frozenset(differed), codes.get(other, other), place)

    def _same_table(self, item: Item, keys: Iterable[str]) -> bool:
        """Whether all keys are rows of the item's own table, which may stand in any order."""
        owners = [self.by_code[item.sheet, key].main.key for key in keys]
        return item.main.key.row > 0 and all(owner.item == item.main.key.item for owner in owners)

    def _confirm(
        self, item: Item, index: SheetIndex, row: int, column: int, agreed: set[Anchor], differed: set[Anchor]
    ) -> None:
        """The marks that only confirm: heading, input title, defined name, position."""
        header = index.header_for(row, item.heading)
        if header is not None and column in header.columns[item.heading]:
            agreed.add(Anchor.HEADING)
        title = index.title_at(row, column)
        if title is not None:
            (agreed if title == item.folded_code else differed).add(Anchor.TITLE)
        here = (index.folded_name, row, column)
        if item.name is not None:
            target = self.book.names.get(item.name)
            if target is not None:
                (agreed if target == here else differed).add(Anchor.NAME)
        if not self.earlier_layout:
            (agreed if item.planned == here else differed).add(Anchor.POSITION)

    def _worded(self, sheet: str, index: SheetIndex, row: int, excluded: Columns) -> frozenset[str]:
        """The items whose wording a row has, outside the cells to fill in."""
        named: frozenset[str] = frozenset()
        for column, found in self._worded_rows(sheet, index).get(row, ()):
            if column not in excluded:
                named = named | found if named else found
        return named

    def _worded_rows(self, sheet: str, index: SheetIndex) -> _Worded:
        """Where the words of a planned sheet's items stand on a sheet."""
        rows = self.worded_rows.get((sheet, index.name))
        if rows is None:
            rows = self.worded_rows[sheet, index.name] = {}
            wordings = self.worded[sheet]
            known = wordings.known
            for row, column, text, _ in index.sheet.texts:
                found = known[text] if text in known else wordings.named(text)
                if found:
                    rows.setdefault(row, []).append((column, found))
        return rows

    def _columns(self, item: Item, index: SheetIndex, row: int) -> Columns:
        """The column of each slot: by its heading, else where it was, as far from the codes as then.

        A slot is left out when its heading is gone and another heading stands where it was.
        """
        place = index.name, index.headers_above(row), item.sheet, id(item.columns)
        if place not in self.placed:  # nearly all rows below the same headings have the same slots
            self.placed[place] = self._place(item, index, row)
        return self.placed[place]

    def _place(self, item: Item, index: SheetIndex, row: int) -> Columns:
        columns: list[int | None] = []
        for heading, planned in item.columns:
            headed = index.header_for(row, heading)
            there = headed.columns[heading] if headed is not None else ()
            columns.append(planned if planned in there else there[0] if there else None)
        taken = {column for column in columns if column is not None}
        header = index.header_above(row)
        if header is not None:
            taken |= {
                column
                for said, there in header.columns.items()
                if said in self.headings[item.sheet]
                for column in there
            }
        shift = index.code_column(row) - NO
        for at, (_, planned) in enumerate(item.columns):
            if columns[at] is None and planned + shift not in taken and planned + shift >= 0:
                columns[at] = planned + shift
        return tuple(columns)

    # Verdicts

    def _take_plain(self, item: Item, found: Found) -> Located:
        """The same as :meth:`_take` for the only row with an item's code, which mostly nothing speaks against."""
        in_place = found.placed[item.main_at] is not None
        worded = Anchor.WORDING in found.agreed or item.optional or not item.wordings
        if found.differed or not in_place or not worded or len(found.index.name) > _LONGEST_NAME:
            return self._take(item, found, repeated=False)
        place = item.sheet, item.row, found.index.name, found.row, found.placed, found.agreed
        taken = self.taken.get(place)
        if taken is None:
            if len(self.taken) >= _MOST_TAKEN:
                self.taken.clear()
            taken = self.taken[place] = self._take(item, found, repeated=False)
        return taken

    def _take(self, item: Item, found: Found, *, repeated: bool, note: Problem | None = None) -> Located:
        cells = {key: Spot((found.index.name, found.row, column)) for key, column in found.columns.items()}
        main = cells.get(item.main.key)
        if main is None and not item.optional:
            return Located(item, Outcome.NOT_FOUND, found.index.name, found.row, cells, found.agreed, found.differed)
        notes = [note] if note else []
        code_cell = address(found.row, found.index.code_column(found.row))
        if repeated:
            notes.append(
                problem(
                    "item-repeated",
                    sheet=found.index.name,
                    cell=code_cell,
                    item=item.code,
                    found="more than one row",
                    expected="one row",
                )
            )
        elif Anchor.KEY in found.differed and not notes:
            keys = ", ".join(sorted(found.index.keys_in_row.get(found.row, {})))
            notes.append(
                problem(
                    "item-marker-differs",
                    sheet=found.index.name,
                    cell=code_cell,
                    item=item.code,
                    found=keys.upper(),
                    expected=item.code,
                )
            )
        elif Anchor.WORDING not in found.agreed and not notes and self._reworded(item, found):
            notes.append(
                problem(
                    "item-wording-differs", sheet=found.index.name, cell=code_cell, item=item.code,
                    found=self._reworded(item, found), expected=item.main.label,
                )
            )  # fmt: skip
        elif Anchor.NAME in found.differed and Anchor.POSITION in found.agreed and not notes:
            notes.append(self._name_astray(item, found, main))
        elif Anchor.POSITION in found.differed and not notes:
            planned = item.main.cell
            here = f"{main.address} of “{found.index.name}”" if main else ""
            if self.book.sheet(planned.sheet) is not None or (main and main[1:] != (planned.row, planned.column)):
                notes.append(
                    problem(
                        "item-moved", sheet=found.index.name, cell=main.address if main else code_cell, item=item.code,
                        found=here, expected=f"{planned.address} of “{planned.sheet}”",
                    )
                )  # fmt: skip
        return Located(item, None, found.index.name, found.row, cells, found.agreed, found.differed, tuple(notes))

    @staticmethod
    def _reworded(item: Item, found: Found) -> str:
        """The words beside the code of a row that shows its code and other words than it should."""
        cell = found.index.cell(found.row, found.index.code_column(found.row) + 1)
        if item.optional or not item.wordings or Anchor.CODE not in found.agreed or cell is None:
            return ""
        is_text = cell.kind is CellKind.TEXT and cell.formula is None
        return text_of(cell.value).strip() if is_text else ""

    def _name_astray(self, item: Item, found: Found, main: Spot | None) -> Problem:
        """The row stands where it was sent out, and only its defined name points elsewhere."""
        sheet, row, column = self.book.names[item.name or ""]
        index = self.book.sheet(sheet)
        there = f"“{index.name if index else sheet}”!{address(row, column)}"
        return problem(
            "item-marker-differs", sheet=found.index.name, cell=main.address if main else "", item=item.code,
            found=f"the defined name points to {there}", expected=main.address if main else item.code,
        )  # fmt: skip

    def _choose(self, item: Item, fitting: list[Found]) -> Located:
        """Several rows show the item: take it if at most one answer was given, whichever row it stands in."""
        filled = [found for found in fitting if found.answers]
        best = max(filled or fitting, key=lambda found: (Anchor.NAME in found.agreed, len(found.agreed)))
        if all(found.answers == best.answers for found in filled):
            return self._take(item, best, repeated=True)
        places = ", ".join(found.place for found in filled)
        cell = address(best.row, best.index.code_column(best.row))
        wrong = problem(
            "item-twice", sheet=best.index.name, cell=cell, item=item.code, found=places, expected="one row"
        )
        return Located(item, Outcome.REFUSED, best.index.name, best.row, {}, best.agreed, best.differed, (wrong,))

    def _contradicts(self, item: Item, found: Found, other: str, place: str) -> Located:
        cell = address(found.row, found.index.code_column(found.row))
        marks = ", ".join(sorted(found.agreed - {Anchor.HEADING, Anchor.POSITION})) or "nothing"
        told = f"{item.code} by {marks}; {other} in " + (
            place if place != found.index.name else "the wording of the row"
        )
        wrong = problem(
            "item-contradiction", sheet=found.index.name, cell=cell, item=item.code, found=told, expected=item.code
        )
        return Located(item, Outcome.REFUSED, found.index.name, found.row, {}, found.agreed, found.differed, (wrong,))

    def _not_found(self, item: Item) -> Located:
        planned = item.main.cell
        if self.earlier_layout and item.main.key.item in STANDING:  # a check that workbooks did not have yet
            return Located(item, Outcome.NOT_FOUND, planned.sheet, None, {})
        gone = problem(
            "item-not-found", sheet=planned.sheet, item=item.code, found="no row with this code",
            expected=item.code, severity=Severity.NOTE if item.optional else None,
        )  # fmt: skip
        return Located(item, Outcome.NOT_FOUND, planned.sheet, None, {}, problems=(gone,))


def _missing_columns(located: list[Located]) -> list[Problem]:
    """Columns that are gone, each said once for its sheet."""
    problems: dict[tuple[str, str], Problem] = {}
    for one in located:
        if one.row is None or one.outcome is Outcome.REFUSED or len(one.cells) == len(one.item.slots):
            continue
        for slot in one.item.slots:
            if slot.key not in one.cells and (one.sheet, slot.heading) not in problems:
                problems[one.sheet, slot.heading] = problem(
                    "column-not-found", sheet=one.sheet, cell=address(one.row, slot.cell.column), item=one.item.code,
                    found="no column with this heading", expected=slot.heading,
                )  # fmt: skip
    return list(problems.values())
