"""What commands show to people, as plain tables.  How they are drawn is the command line's affair.

Everything that comes out of a file goes through :func:`plain`, so that a text in a workbook cannot move the cursor,
change colours or write from right to left.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import MEANINGS, Problem, Severity
from kil_xlsx.core.readings import ItemKind, Reading, organisation_of, read_with
from kil_xlsx.core.rounding import round_half_away
from kil_xlsx.results.return_model import CarriedCounts

Tone = Literal["", "good", "bad", "warn", "quiet", "strong"]

NOTHING = "–"
"""Stands where there is no value."""

_LONGEST_TEXT = 120
_MOST_PLACES = 12


class Shown(Struct, frozen=True):
    """A text and the tone in which it is said."""

    text: str
    tone: Tone = ""


class Table(Struct, frozen=True):
    """A small table.  Columns named in ``numbers`` stand on the right; those in ``whole`` are never broken."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Shown | str, ...], ...]
    numbers: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


def plain(text: str, longest: int = _LONGEST_TEXT) -> str:
    """A text on one line, without anything that a terminal would obey, and not too long."""
    line = " ".join(text.split())
    shown = "".join("�" if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co") else each for each in line)
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def number(value: float | None, decimals: int = 0) -> str:
    """A number as people write it, or the sign for nothing."""
    return NOTHING if value is None else f"{round_half_away(value, decimals):,.{decimals}f}"


def some(count: int, noun: str, plural: str = "") -> str:
    """A count and its noun: "1 file", "3 files"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


# Returns


def returns_table(readings: Sequence[Reading], instruments: Mapping[str, Instrument]) -> Table:
    """One line for each file: whose it is (or else its name), how far it is, its score and what is wrong."""
    return Table(
        "",
        ("Organisation", "Type", "Dealt with", "Score", "Errors", "Queries", "Ready"),
        tuple(_returned(reading, instruments) for reading in readings),
        numbers=("Dealt with", "Score", "Errors", "Queries"),
        whole=("Dealt with", "Score", "Errors", "Queries", "Ready"),
    )


def _returned(reading: Reading, instruments: Mapping[str, Instrument]) -> tuple[Shown | str, ...]:
    errors, queries = reading.count(Severity.ERROR), reading.count(Severity.QUERY)
    name = Shown(plain(reading.file.name, 90), "quiet")
    wrong = (_count(errors, "bad"), _count(queries, "warn"))
    identity, result = reading.identity, reading.result
    instrument = read_with(instruments, identity)
    if identity is None or result is None or instrument is None:
        whose = plain(identity.organisation, 60) if identity else ""
        return (whose or name, NOTHING, NOTHING, NOTHING, *wrong, Shown("not read", "bad"))
    counts = result.overall_counts
    score = number(result.overall, instrument.framework.scoring.decimals)
    ready = Shown("yes", "good") if result.progress.ready and not errors else Shown("not yet", "warn")
    return (
        plain(organisation_of(identity, instrument, reading.ret), 60) or name,
        plain(instrument.respondent.label, 30),
        f"{counts.responded} of {counts.questions}",
        score,
        *wrong,
        ready,
    )


def _count(number: int, tone: Tone) -> Shown:
    return Shown(str(number), tone) if number else Shown("0", "quiet")


def totals(readings: Sequence[Reading]) -> tuple[str, ...]:
    """The account over all files in words: every item is in exactly one of its parts."""
    refused = sum(reading.refused for reading in readings)
    lines = [f"{some(len(readings), 'file')}: {len(readings) - refused} read, {refused} refused."]
    accounts = [account for reading in readings for _, account in reading.accounts]
    if accounts:
        parts = (
            (sum(one.accepted for one in accounts), "accepted"),
            (sum(one.blank for one in accounts), "blank"),
            (sum(one.refused for one in accounts), "refused"),
            (sum(one.not_found for one in accounts), "not found"),
        )
        items = sum(one.items for one in accounts)
        lines.append(f"{some(items, 'item')} = {' + '.join(f'{count:,} {word}' for count, word in parts)}.")
    carried = CarriedCounts.of(readings)
    if carried is not None:
        touched = f"{carried.confirmed:,} confirmed, {carried.changed:,} changed, {carried.untouched:,} untouched"
        lines.append(f"Carried over: {touched}.")
    compared = [one for reading in readings for one in reading.comparisons]
    if compared:
        differing = sum(not one.agrees for one in compared)
        words = "all are what the workbooks show"
        if differing:
            are = "is" if differing == 1 else "are"
            one = len(readings) == 1
            shown = "the workbook shows" if one else "the workbooks show; read a file on its own to see why"
            words = f"{differing:,} {are} not what {shown}"
        lines.append(f"{some(len(compared), 'score or measure', 'scores and measures')} worked out again: {words}.")
    return tuple(lines)


def account_table(reading: Reading) -> Table:
    """What became of the items of one file, by kind."""
    words = {
        ItemKind.PROFILE: "About you",
        ItemKind.QUESTION: "Questions",
        ItemKind.FIGURE: "Figures",
        ItemKind.TABLE: "Table rows",
        ItemKind.STEP: "Steps",
    }
    rows = [
        (
            words[kind],
            str(one.items),
            str(one.accepted),
            str(one.blank),
            _count(one.refused, "bad"),
            _count(one.not_found, "bad"),
        )
        for kind, one in reading.accounts
    ]
    headings = ("What", "Items", "Accepted", "Blank", "Refused", "Not found")
    return Table("What became of every item", headings, tuple(rows), numbers=headings[1:])


def scores_table(reading: Reading, instrument: Instrument) -> Table:
    """The scores of one file."""
    result = reading.result
    assert result is not None
    decimals = instrument.framework.scoring.decimals
    rows: list[tuple[Shown | str, ...]] = []
    for node in instrument.nodes:
        of = result.sections[node.id]
        label = "  " * of.depth + plain(node.section.label, 80)
        score = number(of.score, decimals) if of.score is not None else Shown("not enough answers", "quiet")
        rows.append((node.id, label, score, of.band or "", f"{of.counts.responded} of {of.counts.questions}"))
    overall = number(result.overall, decimals) if result.overall is not None else Shown("not enough answers", "quiet")
    counts = result.overall_counts
    done = f"{counts.responded} of {counts.questions}"
    rows.append(("", Shown("Overall", "strong"), overall, result.overall_band or "", done))
    headings = ("No.", "Section", "Score", "Band", "Dealt with")
    return Table("Scores", headings, tuple(rows), numbers=("Score", "Dealt with"), whole=("No.", "Score", "Dealt with"))


class Told(Struct, frozen=True):
    """A problem as people are told it: all the cells it concerns together."""

    severity: Severity
    what: str
    where: str
    found: str
    expected: str
    remedy: str


def told_by_sheet(problems: Iterable[Problem], *, notes: bool) -> tuple[tuple[str, tuple[Told, ...]], ...]:
    """As :func:`told`, sheet by sheet: those of the whole file first, then the sheets in the order of their problems.

    A sheet with something to put right comes before one about which there are only notes.
    """
    sheets: dict[str, list[Problem]] = {"": []}
    for each in problems:
        sheets.setdefault(each.sheet, []).append(each)
    groups = [(plain(name, 40), told(found, notes=notes, name_sheets=False)) for name, found in sheets.items()]
    groups = [(name, found) for name, found in groups if found]
    return tuple(sorted(groups, key=lambda group: all(each.severity is Severity.NOTE for each in group[1])))


def told(problems: Iterable[Problem], *, notes: bool, name_sheets: bool = True) -> tuple[Told, ...]:
    """Problems with the same words together; errors first, then queries, then, if wanted, notes."""
    groups: dict[tuple[Severity, str, str, str], list[Problem]] = {}
    for each in problems:
        if notes or each.severity is not Severity.NOTE:
            meant = f"{each.found}|{each.expected}" if each.code in MEANINGS else ""
            groups.setdefault((each.severity, each.message, each.remedy, meant), []).append(each)
    order = (Severity.ERROR, Severity.QUERY, Severity.NOTE)
    return tuple(
        Told(
            severity,
            plain(message, 400),
            _places(members, name_sheets=name_sheets),
            *_found(members),
            plain(remedy, 400),
        )
        for (severity, message, remedy, _), members in sorted(
            groups.items(), key=lambda group: order.index(group[0][0])
        )
    )


def _places(problems: Sequence[Problem], *, name_sheets: bool = True) -> str:
    """The cells that some problems concern, sheet by sheet, such as "Assessment: G12 (C1-02), G14 (C1-04)"."""
    sheets: dict[str, list[str]] = {}
    for each in problems:
        cell = f"{each.cell} ({plain(each.item, 40)})" if each.cell and each.item else each.cell or plain(each.item, 40)
        if cell and cell not in sheets.setdefault(each.sheet, []):
            sheets[each.sheet].append(cell)
    shown = []
    for sheet, cells in sheets.items():
        more = f" and {len(cells) - _MOST_PLACES} more" if len(cells) > _MOST_PLACES else ""
        words = ", ".join(cells[:_MOST_PLACES]) + more
        shown.append(f"{plain(sheet, 40)}: {words}" if sheet and name_sheets else words)
    return "; ".join(shown)


def _found(problems: Sequence[Problem]) -> tuple[str, str]:
    """What stands there, and what should where that is the same for all."""
    found = dict.fromkeys(
        plain(each.found, 60 if len(problems) > 1 else _LONGEST_TEXT) for each in problems if each.found
    )
    expected = {each.expected for each in problems}
    return plain("; ".join(found), 200), plain(expected.pop(), 200) if len(expected) == 1 else ""
