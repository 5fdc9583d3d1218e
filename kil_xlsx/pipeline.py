"""One function for each command: the only place where the stages meet, and the only clock.

Nothing here prints.  Every function says what it did in a plain record, and raises
:class:`kil_xlsx.errors.KilXlsxError` when it cannot go on.  Libraries that take long to load are imported where they
are used.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.problems import Severity, problem
from kil_xlsx.core.readings import FileInfo, Reading
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.errors import KilXlsxError, OutputError, UsageProblem

if TYPE_CHECKING:
    from kil_xlsx.core.benchmark import Benchmark
    from kil_xlsx.definitions.organisations import ListedOrganisation, OrganisationsList
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.results.codebook import Codebook
    from kil_xlsx.results.returned_json import SecondReader, Skipped

DEFAULT_FRAMEWORK = "keep-it-local"
"""The framework that commands use unless another is named."""

Progress = Callable[[int, int, str], None]
"""Told how many are done, of how many, and which one is next."""

LONGEST_NAME = 100
"""Characters of a file name, its extension included."""

LONGEST_WORDS = 200
"""Characters of a round's name or a contact."""

_NOT_RETURNS = frozenset((".json", ".csv", ".tsv", ".txt", ".md", ".yaml", ".yml", ".log", ".tmp", ".ini", ".db"))
_RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
)
_SIGNS = {"&": " and ", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ð": "d", "þ": "th", "ł": "l", "Ł": "L"}


def quiet(done: int, total: int, what: str) -> None:
    """Report no progress."""


def now() -> datetime:
    """The time of day, to the second, where the program runs."""
    return datetime.now().replace(microsecond=0)  # noqa: TID251, DTZ005 - the one clock; workbooks hold local time


# Frameworks


def load(framework: str) -> tuple[Framework, tuple[Instrument, ...]]:
    """A framework and the instruments that its name asks for: all of them, or one for ``keep-it-local/council``."""
    from kil_xlsx.definitions.load import load_framework, load_instrument, split_name

    if split_name(framework)[1] is not None:
        one = load_instrument(framework)
        return one.framework, (one,)
    whole = load_framework(framework)
    return whole, tuple(Instrument(whole, respondent) for respondent in whole.respondents)


def chosen(framework: str, respondent: str | None) -> tuple[Framework, tuple[Instrument, ...]]:
    """A framework and its instruments, or the one instrument of a respondent type.  UsageProblem if there is none."""
    whole, instruments = load(framework)
    if respondent is None:
        return whole, instruments
    try:
        one = instrument(whole, respondent)
    except KeyError:
        from kil_xlsx.definitions.wording import did_you_mean, shortened

        names = [name for each in whole.respondents for name in (each.id, each.code, each.label, *each.aliases)]
        raise UsageProblem(
            f"There is no respondent type '{shortened(respondent)}'{did_you_mean(respondent, names) or '.'}",
            f"Choose one of: {', '.join(each.id for each in whole.respondents)}.",
        ) from None
    if one.respondent.id not in {each.respondent.id for each in instruments}:
        raise UsageProblem(f"'{framework}' and the respondent type '{one.respondent.id}' do not go together.")
    return whole, (one,)


@dataclass(frozen=True)
class ShippedFramework:
    """A framework that comes with the program."""

    name: str
    framework: Framework
    instruments: tuple[Instrument, ...]


def frameworks() -> tuple[ShippedFramework, ...]:
    """The frameworks that come with the program."""
    from kil_xlsx.definitions.load import available

    return tuple(ShippedFramework(name, *load(name)) for name in available())


# Generate


@dataclass(frozen=True)
class Workbook:
    """A workbook that was made: where it is, for whom, and its reference code."""

    path: Path
    respondent: str
    organisation: str
    email: str
    reference: str


@dataclass(frozen=True)
class Generated:
    """What :func:`generate` did.  ``notes`` tells what the coordinator may want to check."""

    framework: Framework
    folder: Path
    workbooks: tuple[Workbook, ...]
    notes: tuple[str, ...] = ()


def generate(
    framework: str = DEFAULT_FRAMEWORK,
    *,
    respondent: str | None = None,
    organisations: Path | None = None,
    out: Path = Path("workbooks"),
    round_id: str = "",
    due: date | None = None,
    contact: str = "",
    created: datetime | None = None,
    force: bool = False,
    progress: Progress = quiet,
) -> Generated:
    """Write one workbook for each organisation of a list, or a blank one for each respondent type.

    Nothing is written unless everything can be: the list is checked first, then whether a file would be overwritten,
    and workbooks get their names only when the last of them is ready.

    :param respondent: only this respondent type; rows of a list that name none are taken to be of it.
    :param created: the time that the workbooks carry; now, unless given.
    :param force: whether files that are there may be replaced.
    """
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.layout.stamp import Organisation, stamp

    whole, instruments = chosen(framework, respondent)
    moment = created or now()
    issue = Issue(
        created=moment, round_id=_words(round_id, "The round"), due=due, contact=_words(contact, "The contact")
    )
    notes: list[str] = []
    if due is not None and due < moment.date():
        notes.append(f"The return date, {due:%d/%m/%Y}, has passed already.")
    plans = {each.respondent.id: Plan(each) for each in instruments}
    wanted: list[tuple[Plan, Issue, dict[Key, Typed], str]] = []
    if organisations is None:
        wanted = [(plan, issue, {}, "") for plan in plans.values()]
    else:
        only = instruments[0].respondent.id if len(instruments) == 1 else None
        listed = read_organisations(organisations, whole, only)
        notes += listed.notes
        for each in listed.organisations:
            if each.respondent in plans:
                plan = plans[each.respondent]
                profile, typed = _known(plan, each)
                whose = Organisation(each.name, each.id, each.email, profile)
                wanted.append((plan, replace(issue, organisation=whose), typed, each.email))
        left_out = len(listed.organisations) - len(wanted)
        if left_out:
            notes.append(f"Rows of another respondent type, left out: {left_out}.")
        if not wanted:
            raise UsageProblem(f"No row of {organisations.name} is for the respondent type '{only}'.")
    made: list[Workbook] = []
    for plan, each_issue, _, email in wanted:
        organisation = each_issue.organisation
        reference = stamp(plan.instrument, each_issue.round_id, organisation).reference
        name = organisation.name if organisation else ""
        path = out / file_name(plan.instrument, name, reference)
        made.append(Workbook(path, plan.instrument.respondent.label, name, email, reference))
    with Outputs([workbook.path for workbook in made], force=force) as outputs:
        for at, (plan, each_issue, typed, _) in enumerate(wanted):
            progress(at, len(wanted), made[at].path.name)
            outputs.add(made[at].path, workbook_bytes(plan, each_issue, typed))
        progress(len(wanted), len(wanted), "")
        outputs.commit()
    return Generated(whole, out, tuple(made), tuple(notes))


def workbook_bytes(plan: Plan, issue: Issue, typed: Mapping[Key, Typed] | None = None) -> bytes:
    """One workbook, with whatever is typed in already."""
    from kil_xlsx.layout.compose import compose
    from kil_xlsx.writing.theme import default_theme
    from kil_xlsx.writing.xlsx import write

    return write(compose(plan, issue, typed), default_theme())


def read_organisations(path: Path, framework: Framework, respondent: str | None = None) -> OrganisationsList:
    """The organisations of a list.  OrganisationsListError for anything wrong with its rows."""
    from kil_xlsx.definitions.organisations import organisations
    from kil_xlsx.reading.lists import read_list

    data = _content(path)
    if isinstance(data, str):
        raise UsageProblem(f"The list {path} cannot be read: {data}.", "Check its name, and that you may read it.")
    listed = read_list(data, path.name)
    found = organisations(framework, [(row.number, row.cells) for row in listed.rows], path.name, respondent)
    return replace(found, notes=(*listed.notes, *found.notes))


def _known(plan: Plan, listed: ListedOrganisation) -> tuple[tuple[tuple[str, str], ...], dict[Key, Typed]]:
    """What a list says about an organisation: texts for its profile, and dates as cells hold them."""
    from kil_xlsx.layout.codec import serial
    from kil_xlsx.layout.slots import SlotKind

    texts: list[tuple[str, str]] = []
    typed: dict[Key, Typed] = {}
    for field_id, value in listed.profile:
        slot = plan.by_key.get(Key(field_id))
        if slot is not None and slot.kind is SlotKind.DATE:
            typed[slot.key] = serial(date.fromisoformat(value))
        else:
            texts.append((field_id, value))
    return tuple(texts), typed


def _words(text: str, what: str) -> str:
    """A text of the command line that goes into workbooks, on one line.  UsageProblem if no cell can show it."""
    line = " ".join(text.split())
    if len(line) > LONGEST_WORDS:
        raise UsageProblem(f"{what} is {len(line)} characters long.", f"Keep it to {LONGEST_WORDS}.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in line):
        raise UsageProblem(f"{what} has a character that cannot be shown.", "Type it again.")
    return line


def safe_name(text: str) -> str:
    """A text as part of a file name: small letters a to z, digits and single dashes; empty where nothing is left."""
    for sign, letters in _SIGNS.items():
        text = text.replace(sign, letters)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return f"{plain}-" if plain in _RESERVED else plain


def file_name(instrument: Instrument, organisation: str, reference: str) -> str:
    """The name of a workbook: framework, respondent type and, where it has them, organisation and reference.

    It is a help for people; whose return a file is, its content says.
    """
    prefix = f"{instrument.framework.id}-{instrument.respondent.id}".lower().replace("_", "-")
    if not organisation:
        return f"{prefix[: LONGEST_NAME - 5]}.xlsx"
    ending = f"-{'-'.join(reference.split('-')[1:3])}.xlsx"
    prefix = prefix[: LONGEST_NAME - len(ending) - 21].rstrip("-")
    room = LONGEST_NAME - len(prefix) - 1 - len(ending)
    body = safe_name(organisation).strip("-")[:room].rstrip("-") or "organisation"
    return f"{prefix}-{body}{ending}"


# Read


@dataclass(frozen=True)
class Returned:
    """What :func:`read` found: one reading for each file, in order, and the files that were skipped.

    ``instruments`` are by respondent type; ``second`` is what the second reader found, by position of the reading.
    """

    framework: Framework
    instruments: Mapping[str, Instrument]
    readings: tuple[Reading, ...]
    skipped: tuple[Skipped, ...] = ()
    second: Mapping[int, SecondReader] | None = None

    @property
    def problems(self) -> int:
        """How many errors and queries there are; differences that the second reader found count too."""
        found = sum(reading.count(Severity.ERROR) + reading.count(Severity.QUERY) for reading in self.readings)
        return found + sum(len(one.differences) for one in (self.second or {}).values())


def read(
    paths: Sequence[Path],
    framework: str = DEFAULT_FRAMEWORK,
    *,
    second_reader: bool = False,
    progress: Progress = quiet,
) -> Returned:
    """Read returned workbooks.  A file that cannot be read is reported in its reading and never stops the others.

    :param paths: files, and folders with all that is in them; files are read in this order, those of a folder by name.
    :raises UsageProblem: a path does not exist, or there is no file to read.
    """
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.reading.form import read_form

    whole, instruments = load(framework)
    plans = {each.key: Plan(each) for each in instruments}
    found, skipped = find_files(paths)
    names = _display_names(found)
    readings: list[Reading] = []
    second: dict[int, SecondReader] = {}
    for at, path in enumerate(found):
        progress(at, len(found), names[at])
        data = _content(path)
        if isinstance(data, str):
            readings.append(_unread(path, names[at], data))
            continue
        reading = read_form(data, path.name, plans, sha256=hashlib.sha256(data).hexdigest())
        readings.append(replace(reading, file=msgspec.structs.replace(reading.file, name=names[at])))
        if second_reader and reading.ret is not None:
            second[at] = _second(data, reading)
    progress(len(found), len(found), "")
    by_type = {each.respondent.id: each for each in instruments}
    return Returned(whole, by_type, tuple(readings), skipped, second if second_reader else None)


def _second(data: bytes, reading: Reading) -> SecondReader:
    from kil_xlsx.reading.second import second_opinion
    from kil_xlsx.results.returned_json import SecondDifference, SecondReader

    assert reading.ret is not None
    opinion = second_opinion(data, reading.file.kind, reading.ret.entries.values())
    differences = tuple(
        SecondDifference(sheet=one.sheet, cell=one.cell, item=one.item, ours=one.ours, theirs=one.theirs)
        for one in opinion.differences
    )
    return SecondReader(compared=opinion.compared, failed=opinion.failed, differences=differences)


def find_files(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Skipped, ...]]:
    """The files to read, each once, and those that a folder holds but that are no returns.

    Hidden files, the lock files of Excel and LibreOffice, and files that by their name hold data or notes are skipped.
    Links to folders are not followed.

    :raises UsageProblem: a path does not exist, or there is no file to read.
    """
    from kil_xlsx.results.returned_json import Skipped

    missing = [str(path) for path in paths if not os.path.lexists(path)]
    if missing:
        raise UsageProblem(
            f"There is no file or folder {', '.join(missing)}.", "Check the spelling, and the folder you are in."
        )
    found: list[Path] = []
    skipped: list[Skipped] = []
    seen: set[Path] = set()
    for path in paths:
        for each in _walk(path, skipped) if path.is_dir() else (path,):
            try:
                whole = each.resolve()
            except (OSError, RuntimeError):  # a link that leads to itself
                whole = each.absolute()
            if whole in seen:
                skipped.append(Skipped(name=str(each), reason="given twice"))
            else:
                seen.add(whole)
                found.append(each)
    if not found:
        raise UsageProblem(
            f"There is no workbook in {', '.join(str(path) for path in paths)}.",
            "Put the returned files into the folder, or name another.",
        )
    return tuple(found), tuple(skipped)


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """The files below a folder that may be returns, by name."""
    from kil_xlsx.results.returned_json import Skipped

    def unreadable(error: OSError) -> None:
        skipped.append(Skipped(name=str(error.filename), reason="the folder cannot be opened"))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names, key=lambda name: (name.casefold(), name)):
            reason = _not_a_return(name)
            if reason:
                skipped.append(Skipped(name=str(Path(place) / name), reason=reason))
            else:
                yield Path(place) / name


def _not_a_return(name: str) -> str:
    """Why a file of a folder is not read; nothing when it is."""
    if name.startswith(("~$", ".~lock.")):
        return "left behind by a spreadsheet program that has the file open"
    if name.startswith(".") or name.casefold() in ("thumbs.db", "desktop.ini"):
        return "a hidden file"
    if Path(name).suffix.casefold() in _NOT_RETURNS:
        return "not a workbook by its name"
    return ""


def _display_names(paths: Sequence[Path]) -> list[str]:
    """File names without folders; with the last folder where two files share a name."""
    names = [path.name for path in paths]
    return [
        f"{path.parent.name}/{path.name}" if names.count(path.name) > 1 and path.parent.name else path.name
        for path in paths
    ]


def _content(path: Path) -> bytes | str:
    """What a file holds, or why it cannot be read.  One byte more than the limit is enough to be found too large.

    What is not a plain file (a pipe, a device) is not opened: reading it might never end.
    """
    from kil_xlsx.reading.package import Limits

    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "it is a folder" if path.is_dir() else "it is not a plain file"
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return "it is not a plain file"
            return file.read(Limits().file_bytes + 1)
    except OSError as error:
        reasons = {
            errno.ENOENT: "it is not there",
            errno.ELOOP: "it is a link that leads nowhere",
            errno.EACCES: "you may not read it, or another program has it open",
        }
        return reasons.get(error.errno or 0, error.strerror or "it cannot be opened")


def _unread(path: Path, name: str, why: str) -> Reading:
    size = 0
    with suppress(OSError):
        size = path.lstat().st_size
    file = FileInfo(name=name, sha256="", size=size, kind="", application="")
    return Reading(file, (problem("file-unreadable", found=why),))


def read_json(returned: Returned) -> bytes:
    """Everything that was read, as JSON."""
    from kil_xlsx.results.returned_json import return_document, returned_json

    document = return_document(
        returned.readings, returned.instruments, skipped=returned.skipped, second=returned.second
    )
    return returned_json(document)


def read_csv(returned: Returned) -> str:
    """Answers and scores as tidy CSV."""
    from kil_xlsx.results.tables import csv_text

    return csv_text(returned.readings, returned.instruments)


# Benchmark


@dataclass(frozen=True)
class Benchmarked:
    """What :func:`benchmark` did."""

    benchmark: Benchmark
    returned: Returned
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def benchmark(
    paths: Sequence[Path],
    out: Path,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    group_by: Sequence[str] = (),
    invited: Mapping[str, int] | None = None,
    organisations: Path | None = None,
    created: datetime | None = None,
    force: bool = False,
    progress: Progress = quiet,
) -> Benchmarked:
    """Compare returns and write ``benchmark.xlsx`` and ``benchmark.json`` to a folder.

    :param group_by: profile fields by id, code or label; without it, the framework's own.
    :param invited: how many were invited, by respondent type; the type "" stands for the only one there is.
    :param organisations: the list that workbooks were made from; its rows are counted.
    """
    from kil_xlsx.core.benchmark import benchmark as compare
    from kil_xlsx.layout.benchmark_book import benchmark_document
    from kil_xlsx.results.benchmark_json import benchmark_json
    from kil_xlsx.writing.theme import default_theme
    from kil_xlsx.writing.xlsx import write

    whole, instruments = load(framework)
    fields = [_field_id(whole, name) for name in group_by]
    targets = (out / "benchmark.xlsx", out / "benchmark.json")
    with Outputs(targets, force=force) as outputs:
        notes: list[str] = []
        counts: dict[str, int] = {}
        if organisations is not None:
            only = instruments[0].respondent.id if len(instruments) == 1 else None
            listed = read_organisations(organisations, whole, only)
            notes += listed.notes
            for each in listed.organisations:
                counts[each.respondent] = counts.get(each.respondent, 0) + 1
        returned = read(paths, framework, progress=progress)
        readable = (reading for reading in returned.readings if not reading.refused)
        came = {reading.identity.respondent for reading in readable if reading.identity}
        if not came:
            raise KilXlsxError(
                f"No return could be read from {', '.join(map(str, paths))}, so there is nothing to compare.",
                "Run 'kil-xlsx read' on the same files to see what is wrong with each.",
            )
        counts |= _invited(whole, came, invited or {})
        compared = [each for each in instruments if each.respondent.id in came or each.respondent.id in counts]
        result = compare(compared, returned.readings, invited=counts or None, group_by=fields or None)
        outputs.add(targets[0], write(benchmark_document(result, whole, created or now()), default_theme()))
        outputs.add(targets[1], benchmark_json(result))
        outputs.commit()
    return Benchmarked(result, returned, targets, tuple(notes))


def _invited(framework: Framework, came: set[str], invited: Mapping[str, int]) -> dict[str, int]:
    """Numbers of invited organisations by the id of the respondent type."""
    counts: dict[str, int] = {}
    for name, number in invited.items():
        if name:
            counts[chosen_id(framework, name)] = number
        elif len(came) == 1:
            counts[next(iter(came))] = number
        else:
            types = [each.id for each in framework.respondents if each.id in came]
            raise UsageProblem(
                f"The returns are of {len(types)} respondent types, so one number of invited is not enough.",
                "Say how many of each: " + " ".join(f"--invited {each}=40" for each in types) + ".",
            )
    return counts


def chosen_id(framework: Framework, respondent: str) -> str:
    """The id of a respondent type that may be named by code, label or alias.  UsageProblem if there is none."""
    try:
        return instrument(framework, respondent).respondent.id
    except KeyError:
        ids = ", ".join(each.id for each in framework.respondents)
        raise UsageProblem(f"There is no respondent type '{respondent}'.", f"Choose one of: {ids}.") from None


def _field_id(framework: Framework, name: str) -> str:
    """The id of a profile field that may be named by code or label."""
    from kil_xlsx.definitions.wording import did_you_mean, listed, shortened

    for field in framework.profile:
        if name.casefold() in (field.id.casefold(), field.code.casefold(), field.label.casefold()):
            return field.id
    ids = [field.id for field in framework.profile if field.choices or field.type == "derived"]
    raise UsageProblem(
        f"There is no field '{shortened(name)}' to group by{did_you_mean(name, ids) or '.'}",
        f"There are: {listed(ids)}.",
    )


# Codebook and schemas


def codebook(framework: str = DEFAULT_FRAMEWORK, *, respondent: str | None = None) -> Codebook:
    """The data dictionary of a framework, or of one of its respondent types."""
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.results.codebook import codebook as described

    _, instruments = chosen(framework, respondent)
    return described([(each, _locator(Plan(each))) for each in instruments])


def _locator(plan: Plan) -> Callable[[Key], Any]:
    from kil_xlsx.results.codebook import Where

    def locate(key: Key) -> Where | None:
        slot = plan.by_key.get(key)
        return Where(sheet=slot.cell.sheet, cell=slot.cell.address, name=slot.name) if slot else None

    return locate


SCHEMAS = ("return", "benchmark", "framework", "codebook")
"""The formats that have a JSON Schema."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one of :data:`SCHEMAS`."""
    if name == "return":
        from kil_xlsx.results.returned_json import return_schema

        return return_schema()
    if name == "benchmark":
        from kil_xlsx.results.benchmark_json import benchmark_schema

        return benchmark_schema()
    if name == "framework":
        from kil_xlsx.definitions.schema import framework_schema

        return framework_schema()
    if name == "codebook":
        from kil_xlsx.results.codebook import codebook_schema

        return codebook_schema()
    raise UsageProblem(f"There is no schema '{name}'.", f"There are: {', '.join(SCHEMAS)}.")


def write_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write one file; whole or not at all.  OutputError if it is there and ``force`` is not set."""
    with Outputs([path], force=force) as outputs:
        outputs.add(path, data)
        outputs.commit()


class Outputs:
    """Files that are written together: whether they may be is checked first, and they get their names last.

    Each file is first written beside its target under a hidden name.  Whatever goes wrong before :meth:`commit`,
    files that were there stay as they were.
    """

    def __init__(self, targets: Sequence[Path], *, force: bool = False) -> None:
        self._targets = tuple(targets)
        self._force = force
        self._ready: list[tuple[Path, Path]] = []
        self._made_folders: list[Path] = []

    def __enter__(self) -> Outputs:
        names: set[str] = set()
        for target in self._targets:
            folded = str(target).casefold()
            if folded in names:
                raise OutputError(f"Two workbooks would be called {target.name}.", "Tell their organisations apart.")
            names.add(folded)
        self._check()
        return self

    def _check(self) -> None:
        present = [target for target in self._targets if os.path.lexists(target)]
        folders = [target for target in present if target.is_dir() and not target.is_symlink()]
        if folders:
            raise OutputError(
                f"{folders[0]} is a folder; no file of that name can be written.", "Choose another place."
            )
        if present and not self._force:
            shown = ", ".join(str(target) for target in present[:3])
            more = f" and {len(present) - 3} more" if len(present) > 3 else ""
            raise OutputError(
                f"There already: {shown}{more}. Nothing was written.",
                "Name another place, or add --force to replace what is there.",
            )

    def add(self, target: Path, data: bytes) -> None:
        """Write the content of a target under a hidden name."""
        hidden = target.parent / f".{target.name[:60]}.{secrets.token_hex(4)}.tmp"
        try:
            self._make_folder(target.parent)
            with hidden.open("xb") as file:
                self._ready.append((hidden, target))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _not_written(target, error) from None

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir()
            self._made_folders.append(each)

    def commit(self) -> None:
        """Give all files their names."""
        self._check()
        while self._ready:
            hidden, target = self._ready[0]
            try:
                hidden.replace(target)
            except OSError as error:
                raise _not_written(target, error) from None
            self._ready.pop(0)
        self._made_folders.clear()

    def __exit__(self, *exception: object) -> None:
        """Remove what was not committed, folders made for it included."""
        for hidden, _ in self._ready:
            with suppress(OSError):
                hidden.unlink()
        for folder in reversed(self._made_folders):
            with suppress(OSError):
                folder.rmdir()


def _not_written(target: Path, error: OSError) -> OutputError:
    reasons = {
        errno.EACCES: "you may not write there, or another program has the file open",
        errno.EPERM: "you may not write there",
        errno.ENOSPC: "the disk is full",
        errno.EROFS: "the disk is read-only",
        errno.ENOTDIR: "part of its path is a file, not a folder",
        errno.EEXIST: "part of its path is a file, not a folder",
    }
    why = reasons.get(error.errno or 0, error.strerror or "unknown reason")
    return OutputError(f"{target} cannot be written: {why}.", "Files that were there before are unchanged.")
