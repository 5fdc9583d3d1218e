"""Follows a page of the documentation word for word: types what stands in its boxes, and does by hand what it says.

A page is read from the top.  What stands in a ``bash`` box is typed into one shell that stays open, as a reader's
terminal does; a ``text`` box below is held against what was printed.  What a reader does by hand stands in paragraphs
that begin with **By hand:**, and is done as the words say; words that nobody here understands are an error, so that no
step can be skipped unnoticed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

WRITTEN_IN = 2026
"""The year in which a page is taken to be read; in another one, the years after it in the boxes move along."""

_SENTINEL = "--- that was it:"
_ELLIPSIS = "…"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

Row = Mapping[str, str]


@dataclass(frozen=True)
class Piece:
    """A piece of a page: a heading, a box (of some language), a paragraph, a table or a list."""

    kind: str
    text: str = ""
    rows: tuple[Row, ...] = ()
    line: int = 0


def pieces(page: str) -> Iterator[Piece]:
    """What a page is made of, in order."""
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        line, start = lines[at].strip(), at + 1
        if line.startswith("```"):
            indent = len(lines[at]) - len(lines[at].lstrip())
            end = next(each for each in range(at + 1, len(lines)) if lines[each].strip() == "```")
            box = "\n".join(each[indent:] for each in lines[at + 1 : end])
            yield Piece(line[3:], box, line=start)
            at = end + 1
        elif line.startswith("|"):
            end = next((each for each in range(at, len(lines)) if not lines[each].startswith("|")), len(lines))
            cells = [[cell.strip() for cell in each.strip("| ").split("|")] for each in lines[at:end]]
            yield Piece("table", rows=tuple(dict(zip(cells[0], row, strict=True)) for row in cells[2:]), line=start)
            at = end
        elif line.startswith("- "):
            end = next((each for each in range(at, len(lines)) if not lines[each].startswith("- ")), len(lines))
            yield Piece("list", "\n".join(each[2:] for each in lines[at:end]), line=start)
            at = end
        elif line.startswith("#"):
            yield Piece("heading", line.lstrip("# "), line=start)
            at += 1
        else:
            if line:
                yield Piece("paragraph", line, line=start)
            at += 1


def normal(text: str) -> list[str]:
    """Lines of output without what differs from run to run: this is the one place that says what may differ."""
    for pattern, stands_for in (
        (r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", "(day)"),
        (rf"\d{{1,2}} ({_MONTHS}) \d{{4}}", "(day)"),
        (r"\b\d+ days left", "(some) days left"),
        (r"\b20\d\d\b", "(year)"),
        (r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b(-[0-9A-HJKMNP-TV-Z]{3}\b)?", "(code)"),
        (r"\b[0-9a-f]{8}\b", "(hash)"),
        (r"#\d+", "#(number)"),
        (r"\(\d[\d,]* kB\)", "(size)"),
        (r"(?:/[^\s/]+)+/practice\b", "(folder)/practice"),
        (r"^kil-xlsx \d+(\.\d+)+", "kil-xlsx (number)"),
    ):
        text = re.sub(pattern, stands_for, text, flags=re.MULTILINE)
    # How wide a table is, and where a line is broken, depends on what stands in it.
    return [" ".join(re.sub(r"─+", "─", line).split()) for line in text.splitlines() if line.strip()]


def differences(box: str, printed: str) -> str:
    """What a text box says that was not printed, in this order; a line of dots stands for any lines.  Empty if none."""
    wanted, found = normal(box), normal(printed)
    at, free = 0, False
    for line in wanted:
        if line == _ELLIPSIS:
            free = True
            continue
        where = next((each for each in range(at, len(found)) if found[each] == line), None) if free else at
        if where is None or where >= len(found) or found[where] != line:
            there = found[at] if at < len(found) else "the end"
            return f"the page has\n  {line}\nwhere there is\n  {there}\nin\n" + "\n".join(found)
        at, free = where + 1, False
    return "" if free or at == len(found) else f"the page leaves out\n  {found[at]}"


class Shell:
    """A terminal that stays open, with nothing of our own surroundings but the search path."""

    def __init__(self, folder: Path) -> None:
        clean = {
            "HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "100", "TERM": "dumb",
            **{name: os.environ[name] for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE") if name in os.environ},
        }  # fmt: skip
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=clean, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        )  # fmt: skip

    def type(self, box: str) -> tuple[str, int, Path]:
        """Type what stands in a box; gives what is printed, how the last command ended, and where the terminal is."""
        assert self._bash.stdin is not None and self._bash.stdout is not None
        self._bash.stdin.write(f'{{\n{box}\n}} < /dev/null\nprintf "\\n{_SENTINEL} %s %s\\n" "$?" "$PWD"\n')
        self._bash.stdin.flush()
        printed = []
        for line in self._bash.stdout:
            if line.startswith(_SENTINEL):
                _, _, end = line.partition(_SENTINEL)
                code, _, where = end.strip().partition(" ")
                return "".join(printed), int(code), Path(where)
            printed.append(line)
        raise AssertionError(f"The terminal closed at {box!r}: {''.join(printed)}")

    def close(self) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.close()
        self._bash.wait(30)
        if self._bash.stdout is not None:
            self._bash.stdout.close()


Fill = Callable[[Path, Sequence[Row]], None]
"""Opens a workbook in an office program, enters what the rows of a table say, and saves it."""


@dataclass
class Reader:
    """Somebody who follows a page.

    :ivar fill: how workbooks are filled in.
    :ivar heard: the boxes that were typed, with what was printed.
    """

    shell: Shell
    folder: Path
    fill: Fill
    years: int = field(default_factory=lambda: date.today().year - WRITTEN_IN)  # noqa: DTZ011, TID251 - the reader's day
    heard: list[tuple[Piece, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    by_hand: int = 0
    _waiting: Callable[[Piece], None] | None = None
    _wants: str = ""
    _workbook: Path | None = None

    def follow(self, page: str, until: str, install: Callable[[str], bool] = lambda box: True) -> None:
        """Follow a page down to a heading.

        :param install: whether a box is to be typed; one that only installs need not be.
        """
        for piece in pieces(page):
            if piece.kind == "heading" and piece.text == until:
                break
            self._do(piece, install)
        else:
            raise AssertionError(f"There is no heading {until!r}.")
        assert self._waiting is None, "the page announces something that does not come"

    def _do(self, piece: Piece, install: Callable[[str], bool]) -> None:
        if self._waiting is not None and piece.kind == self._wants:
            waiting, self._waiting = self._waiting, None
            waiting(piece)
        elif piece.kind == "bash" and install(piece.text):
            printed, code, self.folder = self.shell.type(self._moved(piece.text))
            assert code in (0, 1), f"line {piece.line}: {piece.text}\nended with {code}:\n{printed}"
            self.heard.append((piece, printed))
        elif piece.kind == "text":
            box, printed = self.heard[-1]
            found = differences(self._moved(piece.text), printed)
            if found:
                self.wrong.append(f"line {piece.line}, below {box.text!r}: {found}")
        elif piece.kind == "paragraph" and piece.text.startswith("**By hand:**"):
            assert self._waiting is None, f"line {piece.line}: the step before is not finished"
            self.by_hand += 1
            self._act(self._moved(piece.text).removeprefix("**By hand:**").strip(), piece.line)

    def _moved(self, text: str) -> str:
        """A text with the years that lie ahead moved along, so that a page stays true."""
        ahead = "|".join(str(WRITTEN_IN + each) for each in (1, 2))
        return re.sub(rf"\b({ahead})\b", lambda found: str(int(found[1]) + self.years), text)

    # By hand

    def _act(self, words: str, line: int) -> None:
        """Do what a paragraph says."""
        named = re.findall(r"`([^`]+)`", words)
        if re.search(r"[Mm]ake a folder `", words):
            (self.folder / named[0]).mkdir()
        if re.search(r"[Oo]pen the draft `[^`]+`.* save the workbook that is attached to it into the folder `", words):
            draft = next(each for each in named if each.endswith(".eml"))
            self._workbook = self._saved(self.folder / draft, self.folder / named[-1])
        elif re.match(r"open the workbook\b.*(fill in these cells|correct this cell)", words):
            self._then("table", lambda piece: self.fill(self._current, piece.rows))
        elif re.match(r"open `[^`]+` in Excel, add this row below the last one, and save the file", words):
            self._then("table", lambda piece: _add_rows(self.folder / named[0], piece.rows))
        elif re.match(r"delete these \w+ workbooks from the folder `", words):
            self._then("list", lambda piece: _delete(self.folder / named[0], piece.text.splitlines()))
        elif re.match(r"copy these \w+ files from the folder `[^`]+` into the folder `", words):
            source, target = (self.folder / each for each in named)
            self._then("list", lambda piece: _copy(source, target, piece.text.splitlines()))
        elif re.match(r"in `[^`]+`, change these \w+ lines, and save the file", words):
            self._then("toml", lambda piece: _change(self.folder / named[0], self._moved(piece.text).splitlines()))
        elif re.match(r"open `", words):
            missing = [each for each in named if not (self.folder / each).is_file()]
            assert not missing, f"line {line}: there is no {missing}"
        else:
            raise AssertionError(f"line {line}: nobody knows how to do this: {words}")

    @property
    def _current(self) -> Path:
        assert self._workbook is not None, "no workbook has been saved yet"
        return self._workbook

    def _then(self, kind: str, do: Callable[[Piece], None]) -> None:
        self._wants, self._waiting = kind, do

    def _saved(self, draft: Path, folder: Path) -> Path:
        mail = cast(EmailMessage, message_from_bytes(draft.read_bytes(), policy=default))
        (part,) = mail.iter_attachments()
        name = part.get_filename()
        assert name is not None
        path = folder / name
        path.write_bytes(cast(bytes, part.get_payload(decode=True)))
        return path


def _add_rows(path: Path, rows: Sequence[Row]) -> None:
    """Add rows below the last one of a CSV file, as a spreadsheet saves it."""
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        there = list(csv.reader(file))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([*there, *([row.get(name, "") for name in there[0]] for row in rows)])


def _delete(folder: Path, names: Sequence[str]) -> None:
    """Delete the workbook of each organisation."""
    for name in names:
        (path,) = folder.glob(f"*-{name.lower().replace(' ', '-')}-????-????.xlsx")
        path.unlink()


def _copy(source: Path, folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (path,) = source.glob(name.replace(_ELLIPSIS, "*"))
        shutil.copy(path, folder)


def _change(path: Path, lines: Sequence[str]) -> None:
    """Write lines of settings in place of those that say the same thing."""
    text = path.read_text(encoding="utf-8")
    for line in lines:
        key = line.partition("=")[0].strip()
        text, count = re.subn(rf"^{key} = .*$", line, text, flags=re.MULTILINE)
        assert count == 1, f"{key} stands {count} times in {path.name}"
    path.write_text(text, encoding="utf-8")
