"""Which organisation of the records a row of a list is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kil_xlsx.core.collection import Asked
from kil_xlsx.core.names import folded


def matched(rows: Sequence[Asked], known: Iterable[Asked], *, whole: bool = True) -> list[Asked | None]:
    """For each row of a list the organisation that it is; nothing where it is a new one.

    One is the same if name and number are; else if its name is, whatever its number has become; else if its number is.
    The name comes first, as a list has each name once for a respondent type and it is by their names that people and
    workbooks call them: where numbers were put into the wrong rows, what one has sent must not become another's.

    A name alone does not join two that have different numbers where the list or the records have it several times, or
    where the list is one of some organisations only (``whole`` is not set), which may well be others of that name.
    """
    finding = _Finding(rows, known, whole=whole)
    for match in (finding.same, finding.named, finding.numbered):
        for at, row in enumerate(rows):
            if finding.found[at] is None:
                finding.take(at, match(row))
    return finding.found


class _Finding:
    def __init__(self, rows: Sequence[Asked], known: Iterable[Asked], *, whole: bool) -> None:
        self.found: list[Asked | None] = [None] * len(rows)
        self._taken: set[int] = set()
        self._whole = whole
        # Those that stand in the list as it was come first.
        ordered = sorted(known, key=lambda each: not each.listed)
        self._by_name = _gathered((_name(each), each) for each in ordered)
        self._by_number = _gathered((_number(each), each) for each in ordered if each.number)
        self._names = _gathered((_name(each), each) for each in rows)

    def take(self, at: int, organisation: Asked | None) -> None:
        if organisation is not None:
            self.found[at] = organisation
            self._taken.add(organisation.id)

    def same(self, row: Asked) -> Asked | None:
        return next((each for each in self._named(row) if _number(each) == _number(row)), None)

    def named(self, row: Asked) -> Asked | None:
        named = list(self._named(row))
        without = [each for each in named if not (each.number and row.number)]
        if without:
            return without[0]
        listed = [each for each in named if each.listed] or named
        alone = len(listed) == 1 and len(self._names[_name(row)]) == 1
        contradicted = any(each.id != listed[0].id for each in self._numbered(row)) if listed else False
        return listed[0] if alone and (self._whole or contradicted) else None

    def numbered(self, row: Asked) -> Asked | None:
        return next(self._numbered(row), None)

    def _named(self, row: Asked) -> Iterator[Asked]:
        return (each for each in self._by_name.get(_name(row), ()) if each.id not in self._taken)

    def _numbered(self, row: Asked) -> Iterator[Asked]:
        found = self._by_number.get(_number(row), ()) if row.number else ()
        return (each for each in found if each.id not in self._taken)


def _gathered(pairs: Iterable[tuple[tuple[str, str], Asked]]) -> dict[tuple[str, str], list[Asked]]:
    found: dict[tuple[str, str], list[Asked]] = {}
    for key, each in pairs:
        found.setdefault(key, []).append(each)
    return found


def _name(asked: Asked) -> tuple[str, str]:
    return asked.respondent, folded(asked.name)


def _number(asked: Asked) -> tuple[str, str]:
    return asked.respondent, folded(asked.number)
