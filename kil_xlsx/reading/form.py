"""From the bytes of a returned workbook to what it says and everything wrong with it.

:func:`read_form` is the way in.  It never raises for what a file holds: a file that cannot be read gives a reading
with a problem and no result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.readings import Account, FileInfo, Identity, ItemKind, Reading
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Place, Return, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.errors import FileRefused
from kil_xlsx.layout.codec import FIRST_DAY, LAST_DAY, as_formulas_see, unit_of
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.stamp import EARLIER_LAYOUTS, LAYOUT_VERSION
from kil_xlsx.reading.anchors import slots_of_items
from kil_xlsx.reading.carried import doubts, read_carried
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.consequences import consequences
from kil_xlsx.reading.identity import identify
from kil_xlsx.reading.kinds import FileKind, sniffed
from kil_xlsx.reading.locate import Located, Location, locate
from kil_xlsx.reading.model import Cell, CellKind, WorkbookData, from_serial, is_date_format
from kil_xlsx.reading.plans import plan_for, reference_prefixes
from kil_xlsx.reading.stored import compare
from kil_xlsx.reading.strangers import strangers, unreadable_texts

DAYS_1904 = 1462
"""Days between the beginnings of the two calendars that workbooks count from."""

_QUOTED = re.compile(r'"[^"]*"|\\.|_.')
_TIME = re.compile(r"\[[hms]+\]|h+:|:m|:s", re.IGNORECASE)
_CURRENCY = re.compile(r"[£€¥]")
"""In number formats: what is only shown, what makes a number a time, and signs of money."""

_BOOLEAN_FORMULA = re.compile(r"\s*(?:TRUE|FALSE)\(\s*\)\s*", re.IGNORECASE)
_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)


def read_form(
    data: bytes, name: str, plans: Mapping[str, Plan], *, sha256: str | None = None, password: str | None = None
) -> Reading:
    """Read one returned workbook.

    :param data: the whole file.
    :param name: its name; folders are left out.
    :param plans: the workbooks that may come back, by ``framework/respondent``, and those of earlier versions
        (:class:`~kil_xlsx.reading.plans.Plans`).
    :param sha256: the hash of ``data``, when it is already known.
    :param password: what a locked file is opened with; it is not kept anywhere.
    """
    known = sniffed(data)
    info = FileInfo(
        name=_FOLDERS.sub("", name),
        sha256=sha256 or _sha256(data),
        size=len(data),
        kind=str(known.kind),
        application="",
    )
    try:
        workbook = read_workbook(data, password=password, known=known)
    except FileRefused as refusal:
        return Reading(info, (problem(refusal.code, found=refusal.found),))
    info = replace(info, kind=str(workbook.kind), application=workbook.application)
    return read_cells(workbook, info, plans)


def _sha256(data: bytes) -> str:
    import hashlib  # takes long to load, and whoever reads many files has done it already

    return hashlib.sha256(data).hexdigest()


def read_cells(workbook: WorkbookData, info: FileInfo, plans: Mapping[str, Plan]) -> Reading:
    """As :func:`read_form`, from cells that have been read already."""
    problems = [problem("file-macros", found="macros")] if workbook.has_macros else []
    identity, doubts = identify(workbook, reference_prefixes(plans), plans)
    problems += doubts
    if identity is None:
        return Reading(info, tuple(problems))
    plan = plan_for(plans, identity)
    if plan is None:
        found, expected = f"{identity.framework}/{identity.respondent}", " or ".join(sorted(plans))
        other = problem("return-other-framework", found=found, expected=expected)
        return Reading(info, (*problems, other), identity)
    mismatch = _mismatch(identity, plan)
    if mismatch is not None and mismatch.code == "return-other-version":
        return Reading(info, (*problems, mismatch), identity)
    problems += [mismatch] if mismatch else []
    today = plans.get(f"{identity.framework}/{identity.respondent}")
    if today is not None and today is not plan:
        expected = today.instrument.framework.version
        problems.append(problem("return-older-version", found=identity.version, expected=expected))
    return _read(workbook, info, plan, identity, problems)


def _mismatch(identity: Identity, plan: Plan) -> Problem | None:
    """Whether the workbook was made from something else.  What it does not say is not held against it."""
    version = plan.instrument.framework.version
    if identity.version != version:
        return problem("return-other-version", found=identity.version, expected=version)
    if identity.layout not in (0, LAYOUT_VERSION, *EARLIER_LAYOUTS):
        found, expected = f"{identity.version}, layout {identity.layout}", f"{version}, layout {LAYOUT_VERSION}"
        return problem("return-other-version", found=found, expected=expected)
    if identity.fingerprint not in ("", plan.instrument.fingerprint):
        return problem("return-content-differs", found=identity.fingerprint, expected=plan.instrument.fingerprint)
    return None


def _read(workbook: WorkbookData, info: FileInfo, plan: Plan, identity: Identity, problems: list[Problem]) -> Reading:
    location = locate(plan, workbook, earlier_layout=identity.layout in EARLIER_LAYOUTS)
    if unreadable_texts(workbook, location):
        lost = problem("file-reader-failed", found="the words in its cells cannot be read in this format")
        return Reading(info, (*problems, lost), identity)
    answers = _Answers(plan, workbook, location)
    remembered = read_carried(plan, workbook)
    entries = list(answers.entries())
    ret = Return.of(entries, answers.carried(entries, remembered.values))
    result = score(plan.instrument, ret)

    def as_typed() -> Return:
        raw = answers.raw.items()
        seen = (as_formulas_see(plan.instrument, plan.by_key[key], typed) for key, typed in raw)
        return Return.of(seen, remembered.values)

    comparisons, differences = compare(plan, location, result, as_typed)
    places = {one.id: Place(one.sheet, one.cell) for one in comparisons}
    problems = [
        *problems,
        *location.problems,
        *strangers(plan, workbook, location),
        *answers.problems,
        *doubts(plan, remembered, ret),
        *consequences(plan, ret, result, places),
        *differences,
    ]
    accounts = tuple(account(plan, ret).items())
    return Reading(info, tuple(problems), identity, ret, result, comparisons, accounts)


# Cells into entries


class _Answers(Struct):
    """Decodes every slot.  ``raw`` is what the workbook's own formulas find in each cell."""

    plan: Plan
    workbook: WorkbookData
    location: Location
    problems: list[Problem] = []
    raw: dict[Key, Typed] = {}
    days_from_1904: set[Key] = set()

    def entries(self) -> Iterable[Entry]:
        """One entry for every slot of the plan."""
        sheets = {index.name: index.sheet.cells for index in self.location.index.sheets}
        items = self.location.items
        for slot, at, which in slots_of_items(self.plan):
            located = items[at]
            blank = located.blank[which]
            if located.outcome is Outcome.REFUSED or blank is None or blank.place is None:
                yield _without_cell(slot, located)
                continue
            place = blank.place
            sheet, row, column = located.cells[slot.key]
            cell = sheets[sheet].get((row, column))
            if located.refused and slot.key in located.refused:
                typed = cell.value if cell is not None else None
                yield Entry(key=slot.key, outcome=Outcome.REFUSED, typed=typed, place=place)
                continue
            yield blank if cell is None else self._entry(slot, place, cell)

    def carried(self, entries: Iterable[Entry], values: Mapping[Key, Typed]) -> dict[Key, Typed]:
        """What stood in cells that are still there when the workbook was sent out, days counted as in the entries.

        Where a program has moved dates to the calendar from 1904 and left the hidden sheet alone, the day that people
        see is still the same.
        """
        found: dict[Key, Typed] = {}
        if not values:
            return found
        typed = {entry.key: entry.typed for entry in entries if entry.place is not None}
        for key, before in values.items():
            if key not in typed:
                continue
            is_day = key in self.days_from_1904 or self.plan.by_key[key].kind is SlotKind.DATE
            is_number = isinstance(before, int | float) and not isinstance(before, bool)
            shifted = self.workbook.date1904 and is_day and is_number and typed[key] != before
            found[key] = before + DAYS_1904 if shifted else before  # type: ignore[operator]  # it is a number then
        return found

    def _entry(self, slot: Slot, place: Place, cell: Cell) -> Entry:
        typed = cell.value
        if cell.kind is CellKind.ERROR:
            self._tell(problem("cell-error", item=slot.code, found=str(typed), expected="an answer"), place)
            return Entry(key=slot.key, outcome=Outcome.REFUSED, typed=typed, place=place)
        if cell.formula is not None:
            shown = f"={cell.formula}" if cell.formula else "a formula"
            if cell.kind is CellKind.EMPTY:
                wrong = problem("formula-without-value", item=slot.code, found=shown, expected="an answer")
                self._tell(wrong, place)
                return Entry(key=slot.key, outcome=Outcome.REFUSED, place=place)
            if not _BOOLEAN_FORMULA.fullmatch(cell.formula):
                self._tell(problem("cell-formula", item=slot.code, found=shown, expected="the value itself"), place)
        if slot.kind is SlotKind.CHOICE and typed == 0 and self.workbook.kind is FileKind.XLS:
            # The reader of old workbooks gives 0 for the text that a formula shows: this may be no answer at all.
            wrong = problem(
                "choice-unknown", item=slot.code, found="0, or a formula", expected="an answer from the list"
            )
            self._tell(wrong, place)
            return Entry(key=slot.key, outcome=Outcome.REFUSED, typed=typed, place=place)
        self.raw[slot.key] = typed
        code = self._shown_as_something_else(slot, cell)
        if code is not None:
            wrong = problem(code, item=slot.code, found=f"{typed} shown as {cell.number_format}", expected="a number")
            self._tell(wrong, place)
            return Entry(key=slot.key, outcome=Outcome.REFUSED, typed=typed, place=place)
        stands, means = self._dated(slot, cell)
        entry, found = decode(self.plan.instrument, slot, means)
        for one in found:
            self._tell(one, place)
        return replace(entry, typed=stands, place=place)

    def _shown_as_something_else(self, slot: Slot, cell: Cell) -> str | None:
        """The problem with a figure that people see as a time, as a percentage or in another currency."""
        shown = cell.number_format or ""
        if slot.kind is not SlotKind.NUMBER or cell.kind is not CellKind.NUMBER or not shown:
            return None
        unit = unit_of(self.plan.instrument, slot)
        planned = unit.format if unit is not None else ""
        if _TIME.search(_QUOTED.sub("", shown)):
            return "number-unit"
        if "%" in _QUOTED.sub("", shown) and "%" not in planned:
            return "number-percent"
        return "number-unit" if set(_CURRENCY.findall(shown)) - set(planned) else None

    def _dated(self, slot: Slot, cell: Cell) -> tuple[Typed, Typed]:
        """What stands in a cell, days counted from 1900, and what that is taken for.

        They differ where a cell for anything but a date shows one: it is taken for the date that people see, as ISO
        text (2026-05-01, or 2026-05-01 14:30:00 if it has a time), and the entry's ``typed`` keeps the serial number.
        Only the number format tells such a date, so files that lose it (xls, xlsb, ods) give the number.  In a cell
        for a figure only a day that is believed is a date: spreadsheets make one of 3-4, and 12 shown as a day of 1900
        is still the figure 12.
        """
        number, shown = cell.value, cell.number_format or ""
        if cell.kind is not CellKind.NUMBER or (slot.kind is not SlotKind.DATE and not is_date_format(shown)):
            return number, number
        assert isinstance(number, int | float)
        if slot.kind is SlotKind.NUMBER:
            day = from_serial(number + DAYS_1904 if self.workbook.date1904 else number)
            is_day = day is not None and FIRST_DAY <= day.date() <= LAST_DAY
            return number, day.date().isoformat() if day is not None and is_day else number
        if self.workbook.date1904:
            number += DAYS_1904
            self.days_from_1904.add(slot.key)
        moment = None if slot.kind is SlotKind.DATE else from_serial(number)
        if moment is None:
            return number, number
        return number, moment.isoformat(" ").removesuffix(" 00:00:00")

    def _tell(self, found: Problem, place: Place) -> None:
        self.problems.append(replace(found, sheet=place.sheet, cell=place.cell))


def _without_cell(slot: Slot, located: Located) -> Entry:
    """The entry of a slot whose cell could not be found, or could not be trusted."""
    outcome = Outcome.REFUSED if located.outcome is Outcome.REFUSED else Outcome.NOT_FOUND
    return Entry(key=slot.key, outcome=outcome)


# The account


def account(plan: Plan, ret: Return) -> dict[ItemKind, Account]:
    """How many items of each kind there are and what became of them."""
    outcomes: dict[ItemKind, list[Outcome]] = {}
    rows: dict[tuple[str, int], list[Entry]] = {}
    for slot in plan.slots:
        if slot.key.row and slot.key.part != Part.CONFIRM:
            rows.setdefault((slot.key.item, slot.key.row), []).append(ret.entries[slot.key])
    for slot in plan.slots:
        if not slot.main:
            continue
        kind = plan.kinds[slot.key.item]
        if kind is ItemKind.TABLE:
            outcome = _of_row([entry.outcome for entry in rows[slot.key.item, slot.key.row]])
        else:
            outcome = ret.entries[slot.key].outcome
        if kind is ItemKind.FIGURE and outcome is Outcome.BLANK:
            # A figure that is not there is answered by the reason for that.
            outcome = ret.get(slot.key.item, Part.MISSING).outcome
            outcome = Outcome.BLANK if outcome is Outcome.NOT_FOUND else outcome
        outcomes.setdefault(kind, []).append(outcome)
    return {
        kind: Account(
            items=len(found),
            accepted=found.count(Outcome.ACCEPTED),
            blank=found.count(Outcome.BLANK),
            refused=found.count(Outcome.REFUSED),
            not_found=found.count(Outcome.NOT_FOUND),
        )
        for kind, found in outcomes.items()
    }


def _of_row(outcomes: list[Outcome]) -> Outcome:
    """A row of a table is taken as soon as any of its cells is, and blank only when all that are there are blank.

    Its confirmation is no part of it.
    """
    order = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.BLANK, Outcome.NOT_FOUND)
    return next(outcome for outcome in order if outcome in outcomes)
