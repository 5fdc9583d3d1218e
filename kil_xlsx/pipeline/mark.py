"""Copies of returned workbooks for their senders: every answer carried over, and what is to be put right marked.

A copy is made anew from the plan; the sender's own file is never changed.  Each copy is read again before it is
written: what was accepted must be accepted as the same, and nothing that was refused may pass for an answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading, read_with
from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.returns import Entry, Key, Outcome, Return, Touch, Typed, same, text_of
from kil_xlsx.errors import FileRefused, KilXlsxError, UsageProblem
from kil_xlsx.layout.codec import encode, folded, is_blank
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.marking import Left
from kil_xlsx.layout.places import NO, Results
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK
from kil_xlsx.pipeline.inbox import content
from kil_xlsx.pipeline.leftovers import leftovers
from kil_xlsx.pipeline.marks import is_for_sender, marking_of
from kil_xlsx.pipeline.names import file_name
from kil_xlsx.pipeline.outputs import MayReplace, Outputs
from kil_xlsx.pipeline.prefill import fits, line
from kil_xlsx.pipeline.reading import Returned

if TYPE_CHECKING:
    from kil_xlsx.pipeline import Progress
    from kil_xlsx.reading.model import WorkbookData
    from kil_xlsx.reading.notes import CellNote

SUFFIX = "-to-fix"
"""What the copies of a folder's files have after their names."""

_LONGEST_NAME = 100
_PART = 30_000
_TRIES = 3


class Copy(Struct, frozen=True):
    """One copy: of which file, where, whose, how many lines there are to put right, and how many things are left."""

    name: str
    path: Path
    organisation: str
    reference: str
    errors: int
    queries: int
    left: int


@dataclass(frozen=True)
class Marked:
    """What :func:`mark` did.

    ``sound`` are files of a folder with nothing to put right, ``unused`` says why others have no copy.
    """

    framework: Framework
    copies: tuple[Copy, ...]
    sound: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def mark(
    source: Path | Returned,
    out: Path,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    due: date | None = None,
    contact: str = "",
    password: str | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    force: MayReplace = False,
    progress: Progress | None = None,
) -> Marked:
    """Write a marked copy of a returned workbook, or of every return in a folder that has errors or queries.

    :param source: a file or a folder, or returns that have been read already; these are treated as a folder's.
    :param out: the copy, which ends in .xlsx; for a folder, the folder for the copies.
    :param due: until when the copy should come back; ``contact`` whom to ask.  Both stand on its first sheet.
    :param password: what a locked file is opened with; the copy is not locked.
    :raises KilXlsxError: a single file cannot be read, so that there is nothing to mark; nothing is written then.
    """
    from kil_xlsx import pipeline
    from kil_xlsx.core.branding import DEFAULT
    from kil_xlsx.definitions.branding import load_branding

    many = isinstance(source, Returned) or source.is_dir()
    _check_out(source, out, many=many)
    branding = DEFAULT if theme is None else load_branding(theme)
    issue = Issue(created or pipeline.now(), due=due, contact=line(contact), branding=branding)
    targets = [] if many else [out]
    with Outputs(targets, force=force):
        pass  # said before the reading rather than after it
    sources = source if isinstance(source, Returned) else [source]
    returned = pipeline.taken(sources, framework, password=password, progress=progress or pipeline.quiet)
    plans: dict[str, Plan] = {}
    made: list[tuple[Copy, bytes]] = []
    sound: list[str] = []
    unused: list[str] = []
    taken: set[str] = set()
    for file, reading in zip(returned.files, returned.readings, strict=True):
        name = reading.file.name
        if many and reading.result is not None and not any(map(is_for_sender, reading.problems)):
            sound.append(name)
            continue
        try:
            plan = plan_of(reading, returned.instruments, plans)
            copy, data = copy_of(file, reading, plan, issue, password)
        except KilXlsxError as error:
            if not many:
                raise
            unused.append(str(error))
            continue
        stem = _stem(plan, copy) if returned.of_collection else file.stem
        target = out / _free(stem, taken) if many else out
        made.append((replace(copy, path=target), data))
    with Outputs([copy.path for copy, _ in made], force=force) as outputs:
        for copy, data in made:
            outputs.add(copy.path, data)
        outputs.commit()
    return Marked(returned.framework, tuple(copy for copy, _ in made), tuple(sound), tuple(unused))


def _check_out(source: Path | Returned, out: Path, *, many: bool) -> None:
    """UsageProblem for a target that cannot be meant."""
    path = out.parent if isinstance(source, Returned) else source
    if path.exists() and out.exists() and path.resolve() == out.resolve():
        raise UsageProblem("The copy cannot take the place of what was sent in.", "Name another place after --out.")
    if not many and out.suffix.casefold() != ".xlsx":
        raise UsageProblem(f"The copy cannot be called {out.name}.", "Give --out a name that ends in .xlsx.")
    if many and out.suffix.casefold() == ".xlsx":
        what = "There are several copies" if isinstance(source, Returned) else f"{path} is a folder"
        raise UsageProblem(f"{what}, so --out names a folder too.", "Leave out '.xlsx'.")


def _stem(plan: Plan, copy: Copy) -> str:
    """What the copy of an original is called: as the workbook was that was sent out."""
    return Path(file_name(plan.instrument, copy.organisation, copy.reference)).stem


def _free(stem: str, taken: set[str]) -> str:
    """A name for the copy of a file that no other copy has."""
    number, name = 1, f"{stem}{SUFFIX}.xlsx"
    while name.casefold() in taken:
        number += 1
        name = f"{stem}{SUFFIX}-{number}.xlsx"
    taken.add(name.casefold())
    return name


def plan_of(reading: Reading, instruments: Mapping[str, Instrument], plans: dict[str, Plan]) -> Plan:
    """The plan of a return that was read.  KilXlsxError for any other file."""
    if reading.identity is None or reading.ret is None or reading.result is None:
        wrong = [one for one in reading.problems if one.severity is Severity.ERROR][:3]
        why = " ".join(f"{one.message} {one.remedy}" for one in wrong) or "Nothing could be read from it."
        raise KilXlsxError(f"{reading.file.name} cannot be marked: {why}")
    made_from = f"{reading.identity.respondent}/{reading.identity.version}"
    instrument = read_with(instruments, reading.identity)
    assert instrument is not None
    if made_from not in plans:
        plans[made_from] = Plan(instrument)
    return plans[made_from]


def copy_of(file: Path, reading: Reading, plan: Plan, issue: Issue, password: str | None = None) -> tuple[Copy, bytes]:
    """One marked copy, checked, with what is to be said about it.  Its path is set by the caller.

    :param file: the return, as it was when it was read.
    :raises KilXlsxError: the file cannot be read, or has been changed since.
    """
    from kil_xlsx.reading.cells import opened, read_workbook
    from kil_xlsx.reading.notes import read_notes

    data = content(file)
    if isinstance(data, str):
        raise KilXlsxError(f"{reading.file.name} cannot be read: {data}.")
    if hashlib.sha256(data).hexdigest() != reading.file.sha256:
        raise KilXlsxError(f"{reading.file.name} has been changed since it was read.", "Run the command again.")
    try:
        # Read once before, within limits of time and memory, so what harms a reader does not get here.
        data = opened(data, password=password)
        workbook = read_workbook(data)
    except FileRefused as refusal:
        raise KilXlsxError(f"{reading.file.name} cannot be marked: {refusal.found or refusal.code}.") from None
    made = marked_copy(plan, reading, workbook, issue, read_notes(data))
    marking = made.issue.marking
    assert marking is not None
    errors = sum(one.severity is Severity.ERROR for one in marking.marks)
    organisation = made.issue.organisation
    name = organisation.name if organisation else ""
    copy = Copy(
        reading.file.name, file, name, made.issue.reference, errors, len(marking.marks) - errors, len(marking.left)
    )
    return copy, made.data


@dataclass(frozen=True)
class Made:
    """A copy as it is written, and what it was made from."""

    issue: Issue
    typed: Mapping[Key, Typed]
    data: bytes


def marked_copy(
    plan: Plan, reading: Reading, workbook: WorkbookData, issue: Issue, notes: tuple[CellNote, ...] = ()
) -> Made:
    """A copy of one return with everything to put right marked.

    :param workbook: the file that ``reading`` is of; ``notes`` are those on its cells.
    :param issue: when it is made, until when it should come back and how it looks; whose it is follows from the return.
    """
    from kil_xlsx.writing.theme import build_theme
    from kil_xlsx.writing.xlsx import write

    ret, identity = reading.ret, reading.identity
    assert ret is not None
    assert identity is not None
    organisation = Organisation(_line(identity.organisation), _line(identity.organisation_id))
    issue = replace(
        issue,
        organisation=organisation if organisation.name or organisation.id else None,
        round_id=_line(identity.round_id),
        reference=identity.reference,
        previous=_previous(plan, ret, workbook),
    )
    typed, lost = _typed(plan, ret)
    removed: set[Key] = set()
    for _ in range(_TRIES):
        bare = compose(plan, replace(issue, marking=marking_of(plan, reading, typed, removed)), typed)
        left = (*lost, *leftovers(plan, workbook, ret, bare, notes))
        marked = replace(issue, marking=marking_of(plan, reading, typed, removed, left))
        data = write(compose(plan, marked, typed), build_theme(issue.branding))
        wrong = [key for key in _misread(plan, ret, data) if typed.get(key) is not None]
        if not wrong:
            return Made(marked, typed, data)
        for key in wrong:
            if ret.entries[key].outcome is Outcome.ACCEPTED:
                lost += _no_room(plan, ret.entries[key])
            removed.add(key)
            typed.pop(key, None)
            if key in ret.carried:
                typed[key] = None
    raise KilXlsxError(f"No sound copy of {reading.file.name} could be made.", "Please report this.")


def _line(text: str) -> str:
    """A text of the file as one short line: what is twice as long to Excel counts twice."""
    return line(line(text).encode("utf-16-le")[: 2 * _LONGEST_NAME].decode("utf-16-le", "ignore"))


# What stands in the cells


def _typed(plan: Plan, ret: Return) -> tuple[dict[Key, Typed], list[Left]]:
    """What stands in each cell of the copy, and what no cell can hold."""
    typed: dict[Key, Typed] = {}
    lost: list[Left] = []
    for key, entry in ret.entries.items():
        value = _value(plan, entry)
        if isinstance(value, str) and not fits(value):
            lost += _no_room(plan, entry)
            value = None
        if key in plan.by_key and (not is_blank(value) or key in ret.carried):
            typed[key] = None if is_blank(value) else value
        elif key not in plan.by_key and not is_blank(entry.typed):
            lost += _no_room(plan, entry)
    for item in ret.carried_items:
        _keep_touched(ret, item, typed)
    return typed, lost


def _value(plan: Plan, entry: Entry) -> Typed:
    """An accepted answer as the workbook has it; anything else as it was typed."""
    slot = plan.by_key.get(entry.key)
    if slot is not None and entry.outcome is Outcome.ACCEPTED:
        try:
            return encode(plan.instrument, slot, entry)
        except (ValueError, StopIteration):
            return entry.typed
    return entry.typed


def _keep_touched(ret: Return, item: tuple[str, int], typed: dict[Key, Typed]) -> None:
    """Leave an answer from last time that was typed again in other words as it was typed: so it still counts as new."""
    if ret.touch(*item) is not Touch.CHANGED:
        return
    keys = ret.carried_items[item]
    if all(same(typed.get(key), ret.carried[key]) for key in keys):
        for key in keys:
            before = ret.entries[key].typed
            if not same(before, ret.carried[key]) and not (isinstance(before, str) and not fits(before)):
                typed[key] = before


def _no_room(plan: Plan, entry: Entry) -> list[Left]:
    """What no cell of the copy can hold, in parts that the list can."""
    words, place = plan.words, entry.place
    text = text_of(entry.typed).encode("utf-16-le", "replace").decode("utf-16-le", "replace")
    slot = plan.by_key.get(entry.key)
    sheet, cell = (place.sheet, place.cell) if place else (slot.cell.sheet if slot else "", "")
    parts = [text[start : start + _PART // 2] for start in range(0, len(text), _PART // 2)]
    return [Left(words("fix.no_room"), sheet, cell, words("fix.no_room_why"), part) for part in parts]


def _misread(plan: Plan, ret: Return, data: bytes) -> list[Key]:
    """The cells of a copy that are not read as they were in the file that came back."""
    from kil_xlsx.reading.form import read_form

    back = read_form(data, "copy.xlsx", {plan.instrument.key: plan}).ret
    if back is None:
        raise KilXlsxError("The copy that was made cannot be read.", "Please report this.")
    wrong = []
    for key in plan.by_key:
        before, after = ret.get(*key), back.get(*key)
        if before.outcome is Outcome.ACCEPTED:
            is_same = _gist(before) == _gist(after)
        else:
            is_same = after.outcome is not Outcome.ACCEPTED
        if not is_same:
            wrong.append(key)
    return wrong


def _gist(entry: Entry) -> tuple[object, ...]:
    return entry.state, entry.outcome, entry.value, entry.code, entry.text


# What was said last time


def _previous(plan: Plan, ret: Return, workbook: WorkbookData) -> Previous | None:
    """What the workbook was filled in with when it was sent out, with the round and the scores it shows."""
    if not ret.carried:
        return None
    words = plan.words
    said = next(_between(workbook, words.words["carried.last"]), "")
    when = "" if said == words("carried.before") else _line(said)
    return Previous(when, dict(ret.carried), dict(_scores(plan, workbook)))


def _between(workbook: WorkbookData, template: str) -> Iterator[str]:
    """What stands for the placeholder in the headings that follow a template."""
    before, _, after = template.partition("{round}")
    heading = re.compile(re.escape(before) + "(.{1,300})" + re.escape(after))
    for sheet in workbook.sheets:
        for (row, _), cell in sorted(sheet.cells.items()):
            if row > 20:
                break
            found = heading.fullmatch(cell.value) if isinstance(cell.value, str) and cell.formula is None else None
            if found and sheet.state == "visible":
                yield found[1]


def _scores(plan: Plan, workbook: WorkbookData) -> Iterator[tuple[str, float | None]]:
    """The scores of the earlier return, where the sheet with the results still has them in their places."""
    sheet = next((one for one in workbook.sheets if folded(one.name) == folded(plan.results.sheet)), None)
    rows = {**plan.results.rows, OVERALL: plan.overall_row}
    if sheet is None:
        return
    for item, row in rows.items():
        code = sheet.cells.get((row, NO))
        last = sheet.cells.get((row, Results.LAST))
        at_place = item == OVERALL or (code is not None and code.value == item)
        if not at_place or last is None or last.formula is not None or isinstance(last.value, bool):
            continue
        if isinstance(last.value, int | float):
            yield item, float(last.value)
        elif last.value == plan.words("word.not_enough"):
            yield item, None
