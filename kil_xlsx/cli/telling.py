"""What people are told about returns, and the commands that they are given to type next."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx import pipeline
from kil_xlsx.cli import printing

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.core.collection import Asked, Purpose
    from kil_xlsx.core.dispatch import Reason
    from kil_xlsx.core.problems import Problem
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.pipeline.collection.due import Ways

_MOST_DIFFERENCES = 25
_MOST_TOLD = 8
_MOST_PATHS = 4
_LONGEST_WHERE = 300
_OURS = frozenset(("file-unreadable", "return-other-framework", "return-other-version", "return-content-differs"))
"""Problems that the coordinator settles, without the sender."""


def as_typed(path: Path | str) -> str:
    """A path as it can be typed again."""
    from kil_xlsx.results.show import plain

    text = str(path)
    if not text.isprintable():  # a terminal might obey it
        text = plain(text, len(text))
    if text.startswith("-"):
        text = f".{os.sep}{text}"
    return _for_powershell(text) if os.name == "nt" else shlex.quote(text)


_PLAIN = re.compile(r"[\w.:+/\\~-]+", re.ASCII)
_SINGLE = re.compile("(['\u2018\u2019\u201a\u201b])")


def _for_powershell(text: str) -> str:
    """A text as one word for PowerShell: between single quotes, nothing but these means anything."""
    return text if _PLAIN.fullmatch(text) else "'" + _SINGLE.sub(r"\1\1", text) + "'"


def named(organisation: Asked) -> str:
    """An organisation as it can be typed: by its name or, where that would not do, by its number."""
    name = organisation.name
    awkward = not name.isprintable() or name != " ".join(name.split()) or name.startswith("-") or '"' in name
    return as_typed(f"#{organisation.id}" if awkward or not name else name)


def sending(ways: Ways, purpose: Purpose, more: str = "", *, drafts: bool = False) -> str:
    """The command that sends the mails of one kind: as drafts where there is no server, with consent if it needs that.

    :param more: further options, each with a blank in front.
    """
    drafts = drafts or not ways.can_send
    consent = " --yes" if ways.needs_consent(purpose) else ""
    return f"kil-xlsx send{option(purpose)}{more}{' --drafts' if drafts else ''}{consent}"


def option(purpose: Purpose) -> str:
    """The option that chooses one kind of mail, with a blank in front; the invitation needs none."""
    names = {"invitation": "", "reminder": " --remind", "receipt": " --receipts"}
    return names.get(purpose.value, f" --{purpose.value}")


def taking_in(ways: Ways) -> tuple[str, str]:
    """What to do so that what comes back is taken in, and the command for it."""
    if ways.has_mailbox:
        return "Take in what comes back:", "kil-xlsx fetch"
    return "Save what comes back in a folder returned, and take it in:", "kil-xlsx import returned"


def to_mend(found: Mapping[Reason, AbstractSet[int]], list_name: str) -> str:
    """Which addresses are to be put right; nothing where none are."""
    from kil_xlsx.core.dispatch import Reason
    from kil_xlsx.results.show import plain

    kinds = {
        Reason.NO_ADDRESS: ("missing", "missing"),
        Reason.BAD_ADDRESS: ("cannot be used", "cannot be used"),
        Reason.REFUSED: ("was refused by the mail server", "were refused by the mail server"),
        Reason.BOUNCED: ("bounced", "bounced"),
    }
    parts: list[str] = []
    for why, (one, several) in kinds.items():
        count = len(found.get(why, ()))
        if count:
            be = "" if why is not Reason.NO_ADDRESS else "is " if count == 1 else "are "
            noun = "" if parts else " address" if count == 1 else " addresses"
            parts.append(f"{count:,}{noun} {be}{one if count == 1 else several}")
    it = "it" if sum(map(len, found.values())) == 1 else "them"
    return f"{', '.join(parts)}: put {it} right in {plain(list_name)}." if parts else ""


def with_framework(framework: str) -> str:
    """The option for the same questionnaire, for a command that is to be typed; nothing where it is the usual one."""
    return "" if framework == pipeline.DEFAULT_FRAMEWORK else f" --framework {as_typed(framework)}"


def show_returns(console: Console, found: pipeline.Returned, *, brief: bool) -> None:
    from kil_xlsx.core.readings import read_with
    from kil_xlsx.results.show import account_table, plain, returns_table, scores_table, totals

    single = len(found.readings) == 1
    printing.draw(console, returns_table(found.readings, found.instruments))
    for line in totals(found.readings):
        printing.say(console, line)
    console.print()
    if single and not brief:
        only = found.readings[0]
        instrument = read_with(found.instruments, only.identity)
        if only.result is not None and instrument is not None:
            printing.draw(console, scores_table(only, instrument))
            printing.draw(console, account_table(only))
    if not brief:
        for reading in found.readings:
            if single:
                explain_problems(console, reading)
            else:
                _list_problems(console, reading)
    _show_second(console, found)
    printing.notes(console, found.notes)
    skipped = [f"{plain(each.name, 100)} was skipped: {each.reason}." for each in found.skipped]
    printing.notes(console, skipped[:10])
    if len(skipped) > 10:
        printing.notes(console, [f"{len(skipped) - 10} more files were skipped."])


def explain_problems(console: Console, reading: Reading) -> None:
    """The problems of a file that is read on its own: where, what was found, and what to do."""
    from kil_xlsx.results.show import Told, told_by_sheet

    shown: list[tuple[str, Told]] = [
        (sheet if at == 0 else "", each)
        for sheet, found in told_by_sheet(_labelled(reading), notes=True)
        for at, each in enumerate(found)
    ]
    for sheet, each in shown:
        if sheet:
            printing.say(console, sheet, "bold cyan")
        printing.say(console, each.what, label=each.severity, indent=1)
        printing.say(console, each.where, label="Where", indent=4)
        printing.say(console, each.found, label="Found", indent=4)
        printing.say(console, each.expected, label="Should be", indent=4)
        printing.say(console, each.remedy, label="What to do", indent=4)
    if reading.problems:
        console.print()


def _labelled(reading: Reading) -> Sequence[Problem]:
    """The problems of a file; what is missing goes by its label too, as its code alone says little."""
    from msgspec.structs import replace

    return [
        replace(each, item=f"{each.item} {each.expected}", expected="")
        if each.code == "required-missing" and each.item
        else each
        for each in reading.problems
    ]


def _list_problems(console: Console, reading: Reading) -> None:
    """The problems of one file of several: a line or two for each."""
    from kil_xlsx.results.show import plain, told

    groups = told(_labelled(reading), notes=False)
    if not groups:
        return
    printing.say(console, plain(reading.file.name, 110), "bold cyan")
    for each in groups[:_MOST_TOLD]:
        where = f"{plain(each.where, _LONGEST_WHERE)}: " if each.where else ""
        found = f" ({plain(each.found, 80)})" if each.found else ""
        printing.say(console, f"{where}{each.what}{found}", label=each.severity, indent=1)
    if len(groups) > _MOST_TOLD:
        printing.say(console, f"… and {len(groups) - _MOST_TOLD} more", "dim", indent=1)
    console.print()


def _show_second(console: Console, found: pipeline.Returned) -> None:
    from kil_xlsx.results.show import Shown, Table, plain, some

    if found.second is None:
        return
    differences: list[tuple[Shown | str, ...]] = []
    failed = []
    for at, one in found.second.items():
        name = plain(found.readings[at].file.name, 60)
        if one.failed:
            failed.append(f"{name}: {one.failed}.")
        differences += [
            (name, f"{each.sheet}!{each.cell}", plain(str(each.ours)), plain(str(each.theirs)))
            for each in one.differences
        ]
    compared = sum(one.compared for one in found.second.values())
    words = f"Second reader: {some(compared, 'cell')} compared, {some(len(differences), 'difference')}."
    printing.say(console, words, "bold yellow" if differences else "")
    if differences:
        headings = ("File", "Where", "Read here", "Read by openpyxl")
        printing.draw(console, Table("", headings, tuple(differences[:_MOST_DIFFERENCES])))
    printing.notes(console, failed)
    console.print()


def what_next(console: Console, found: pipeline.Returned, paths: Sequence[Path], options: str) -> None:
    """What may be done now.

    :param paths: what was read, as it was typed; nothing where it was what a collection has.
    :param options: what has to be typed again with every command.
    """
    from kil_xlsx.core.problems import Severity

    readable = sum(not reading.refused for reading in found.readings)
    again = "".join(f" {as_typed(path)}" for path in paths) + options if len(paths) <= _MOST_PATHS else None
    out = " --out comparison" if paths else ""
    codes = {each.code for one in found.readings for each in one.problems if each.severity is not Severity.NOTE}
    lines: list[str | tuple[str, str]] = []
    if found.problems and len(found.readings) > 1:
        lines.append("See what to do about each problem: read the file on its own.")
    if "return-other-framework" in codes:
        lines.append("Read files of another questionnaire with that one: --framework and its name or folder.")
    if codes - _OURS:
        lines.append("Tell the senders what to put right; they save the workbook and send it again.")
    if readable and again is not None:
        lines.append(("Keep all of it in a table:", f"kil-xlsx read{again} --csv --out returns.csv"))
    elif readable:
        lines.append("Keep all of it in a table: run the same command with --csv --out returns.csv at its end.")
    if readable > 1 and again is not None:
        lines.append(("Compare the organisations:", f"kil-xlsx benchmark{again}{out}"))
    elif readable > 1:
        lines.append(f"Compare them: kil-xlsx benchmark with the same files{options} --out comparison")
    if lines:
        printing.next_steps(console, *lines)
