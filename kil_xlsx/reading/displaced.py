"""Cells that were moved away from the row they belong to: cut and pasted, or sorted without the rest of their row.

A cell that is cut takes its input title and its defined name along, so these tell where it went.  The visible code
still decides which row is whose; but a cell that demonstrably came from another row is no answer to the question that
it now stands beside.  A cell that was copied leaves its own marks behind and is what its writer wanted to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.returns import Key
from kil_xlsx.layout.codec import is_blank
from kil_xlsx.layout.slots import Slot
from kil_xlsx.reading.anchors import Anchor, Located, Spot
from kil_xlsx.reading.sheetindex import BookIndex, SheetIndex, address, fold

_Cell = tuple[str, int, int]
"""Folded name of a sheet, row, column."""


class _Astray(Struct, frozen=True):
    """A cell that carries the marks of another row; ``cut`` if that row has lost them."""

    key: Key
    spot: Spot
    owner: Located
    cut: bool

    @property
    def offset(self) -> int:
        return self.spot[1] - (self.owner.row or 0)


def displaced(book: BookIndex, located: list[Located]) -> list[Located]:
    """What was located, with the cells that came from elsewhere refused and those that went elsewhere asked about."""
    search = _Search(book, located)
    return [search.judged(one) for one in located]


class _Search:
    def __init__(self, book: BookIndex, located: list[Located]) -> None:
        self.book = book
        self.sheets: dict[str, SheetIndex] = {index.name: index for index in book.sheets}
        self.owners: dict[str, list[Located]] = defaultdict(list)
        self.cut_to: dict[_Cell, Located] = {}
        for one in located:
            if one.outcome is None:
                self.owners[one.item.folded_code].append(one)
        for one in located:
            target = self._name_went(one)
            if target is not None:
                self.cut_to[target] = one
        self.astray: dict[str, list[_Astray]] = {
            one.item.code: self._astray(one) for one in located if one.outcome is None
        }
        self.shifted = self._shifted()

    def _name_went(self, one: Located) -> _Cell | None:
        """Where an item's defined name went while its row stayed in place, so that its cell must have been cut.

        Where rows were moved by a program that leaves the names behind, the row is not in its place.
        """
        if one.outcome is not None or Anchor.NAME not in one.differed:
            return None
        main = one.cells.get(one.item.main.key)
        if main is None:
            return None
        if Anchor.POSITION not in one.agreed or one.item.folded_code in self._titles(main):
            return None
        return self.book.names.get(one.item.name or "")

    def _titles(self, spot: Spot) -> AbstractSet[str]:
        return self.sheets[spot.sheet].titles_over(spot[1], spot[2])

    def _all_titled(self, one: Located) -> bool:
        """Whether all cells of an item that was found have its title, as they nearly always do."""
        return self.sheets[one.sheet].has_title(one.places, one.item.folded_code)

    def _astray(self, one: Located) -> list[_Astray]:
        if not self.cut_to and self._all_titled(one):
            return []
        found = []
        code = one.item.folded_code
        for slot in one.item.slots:
            spot = one.cells.get(slot.key)
            if spot is None:
                continue
            by_name = self.cut_to.get((fold(spot.sheet), spot[1], spot[2])) if self.cut_to else None
            if by_name is not None and (by_name is not one or slot is not one.item.main):
                found.append(_Astray(slot.key, spot, by_name, cut=True))
                continue
            titles = self._titles(spot)
            if code in titles:
                continue
            for title in sorted(titles):
                owner = self._owner(title, slot)
                if owner is not None and not self._sent_out_there(owner, spot):
                    found.append(_Astray(slot.key, spot, owner, cut=not self._keeps_title(owner, slot)))
                    break
        return found

    def _owner(self, title: str, slot: Slot) -> Located | None:
        """The item that a title belongs to: on the slot's sheet if there is one."""
        owners = self.owners.get(title, [])
        return next((one for one in owners if one.item.sheet == slot.cell.sheet), owners[0] if owners else None)

    @staticmethod
    def _sent_out_there(owner: Located, spot: Spot) -> bool:
        """Whether the title simply stayed where it was sent out while rows were moved over it."""
        return any(
            (slot.cell.row, slot.cell.column) == spot[1:] and fold(slot.cell.sheet) == fold(spot.sheet)
            for slot in owner.item.slots
        )

    def _keeps_title(self, owner: Located, slot: Slot) -> bool:
        """Whether the owner's cell in the same column still has its title, so that this one is a copy."""
        same = next(
            (spot for key, spot in owner.cells.items() if (key.part, key.column) == (slot.key.part, slot.key.column)),
            owner.cells.get(owner.item.main.key),
        )
        return same is not None and owner.item.folded_code in self._titles(same)

    def _shifted(self) -> set[Key]:
        """Copies that are the first row of a block pasted over itself a little further on.

        The second row of such a block has the marks of the first row's place, which are gone from there.
        """
        copies = {each.key: each for found in self.astray.values() for each in found if not each.cut}
        shifted = set()
        for found in self.astray.values():
            for each in found:
                if not each.cut:
                    continue
                for key in each.owner.cells:
                    first = copies.get(key)
                    if first is not None and first.spot[2] == each.spot[2] and first.offset == each.offset:
                        shifted.add(key)
        return shifted

    # What is said

    def judged(self, one: Located) -> Located:
        """One item after the search."""
        if one.outcome is not None or (not self.astray[one.item.code] and self._all_titled(one)):
            return one
        refused: dict[Key, Problem] = {}
        copied: list[Problem] = []
        for each in self.astray[one.item.code]:
            cell = self.sheets[each.spot.sheet].cell(each.spot[1], each.spot[2])
            if cell is None or is_blank(cell.value):
                continue
            told = f"the marks of {each.owner.item.code} ({each.owner.sheet}, row {(each.owner.row or 0) + 1})"
            if each.cut or each.key in self.shifted:
                refused[each.key] = self._problem("answer-displaced", one, each.spot, told)
            else:
                copied.append(self._problem("answer-pasted", one, each.spot, told))
        asked = self._went(one)
        problems = [*one.problems, *refused.values(), *copied]
        if asked is not None:
            problems = [each for each in problems if each.code != "item-marker-differs"] + [asked]
        elif refused:
            problems = [each for each in problems if each.code != "item-marker-differs"]
        elif not copied:
            return one
        return replace(one, problems=tuple(problems), refused=frozenset(refused))

    @staticmethod
    def _problem(code: str, one: Located, spot: Spot, told: str) -> Problem:
        return problem(
            code, sheet=spot.sheet, cell=spot.address, item=one.item.code, found=told, expected=one.item.code
        )

    def _went(self, one: Located) -> Problem | None:
        """A question about a blank main cell whose marks lead to a cell that holds something."""
        main = one.cells.get(one.item.main.key)
        if main is None:
            return None
        here = self.sheets[main.sheet].cell(main[1], main[2])
        if (here is not None and not is_blank(here.value)) or one.item.folded_code in self._titles(main):
            return None
        for index, row, column in self._marked(one):
            there = index.cell(row, column)
            if there is not None and not is_blank(there.value) and (index.name, row, column) != tuple(main):
                place = f"{address(row, column)} of “{index.name}”"
                return self._problem("answer-moved", one, main, f"nothing here; its marks are at {place}")
        return None

    def _marked(self, one: Located) -> list[tuple[SheetIndex, int, int]]:
        """The cells to which an item's name and its titles lead, outside its own cells and where it was sent out."""
        places: list[tuple[SheetIndex, int, int]] = []
        target = self._name_went(one)
        index = self.book.sheet(target[0]) if target else None
        if index is not None and target is not None:
            places.append((index, target[1], target[2]))
        own = {tuple(spot) for spot in one.cells.values()}
        for index in self.book.sheets:
            for row in index.rows_by_title.get(one.item.folded_code, []):
                for first, last, title in index.titles[row]:
                    spot = Spot((index.name, row, first))
                    mine = title == one.item.folded_code and first == last and tuple(spot) not in own
                    if mine and not self._sent_out_there(one, spot):
                        places.append((index, row, first))
        return places
