"""A person at a keyboard: a real LibreOffice Calc window on a screen of its own, worked with key presses alone.

Everything that changes the workbook is a key press that the X server delivers, as a keyboard would.  LibreOffice's
programming interface only tells which cell is selected, so that a key is not pressed before the last one has worked.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import openpyxl
from oracle.cases import SYSTEM_PYTHON, office_is_missing
from oracle.libreoffice import labels_of

from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind

_OBSERVER = Path(__file__).with_name("uno_observer.py")
_STARTING, _PATIENCE, _ENDING = 90.0, 10.0, 20.0
"""Seconds to wait for the window, for a key to work, and for saving or leaving."""

_POLL = 0.01
_DELAY = "6"
"""Milliseconds between keys.  A key that comes again within three, LibreOffice takes for one that is held down."""

_TRIES = 5
_SCREEN, _ASIDE = "1600x1000x24", ("800", "5")

# What a person has who has used LibreOffice before: no greeting, no tip, no question about the format on saving.
# Everything else, such as completing what is typed and recalculating on loading, stays as it comes.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>en-GB</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product"><prop oor:name="ooSetupLastVersion" oor:op="fuse">
<value>99.9</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse">
<value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse">
<value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document"><prop oor:name="WarnAlienFormat" oor:op="fuse">
<value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Recovery/AutoSave"><prop oor:name="Enabled" oor:op="fuse">
<value>false</value></prop></item>
</oor:items>
"""

_Found = TypeVar("_Found")


class Stuck(Exception):
    """A key did not do what it should."""


class Place(NamedTuple):
    """A cell by sheet, row and column, counted from zero."""

    sheet: str
    row: int
    column: int


def place(cell: CellRef) -> Place:
    """The place that a reference points to."""
    return Place(cell.sheet, cell.row, cell.column)


def keyboard_is_missing() -> str:
    """Why nobody can type into LibreOffice here; empty when it can be done."""
    for program, package in (("Xvfb", "xvfb"), ("xdotool", "xdotool")):
        if shutil.which(program) is None:
            return f"{program} is not installed (package {package})"
    return office_is_missing()


def inputs(plan: Plan, path: Path) -> dict[str, list[Slot]]:
    """The cells to fill in that can be seen, by sheet in the order of the tabs, in reading order.

    Every visible sheet is there, those without such cells too.  What is hidden is read from the workbook itself.
    """
    book = openpyxl.load_workbook(path)
    found: dict[str, list[Slot]] = {}
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        hidden_columns = {
            column - 1
            for each in sheet.column_dimensions.values()
            if each.hidden
            for column in range(each.min or 0, (each.max or 0) + 1)
        }
        hidden_rows = {row - 1 for row, each in sheet.row_dimensions.items() if each.hidden}
        slots = [
            slot
            for slot in plan.slots
            if slot.cell.sheet == sheet.title
            and slot.cell.column not in hidden_columns
            and slot.cell.row not in hidden_rows
        ]
        found[sheet.title] = sorted(slots, key=lambda slot: (slot.cell.row, slot.cell.column))
    book.close()
    return found


class Keyboard:
    """A workbook open in a window, and the keys that are pressed there.  A context manager: leaving it ends all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = Path(tempfile.mkdtemp(prefix="kil-keyboard-"))
        self._windows: set[str] = set()
        self._ending = contextlib.ExitStack()
        self._ending.callback(shutil.rmtree, self._folder, ignore_errors=True)
        try:
            self._environment = os.environ | {"DISPLAY": self._start_screen(), "SAL_USE_VCLPLUGIN": "gen"}
            self._start_office()
        except BaseException:
            self._ending.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    # Starting and ending

    def _start_screen(self) -> str:
        """Start a screen on a display that is free; gives its name."""
        reading, writing = os.pipe()
        with os.fdopen(reading) as told:
            screen = subprocess.Popen(
                ["Xvfb", "-displayfd", str(writing), "-screen", "0", _SCREEN, "-nolisten", "tcp"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writing], start_new_session=True,
            )  # fmt: skip
            self._ending.callback(_end, screen, signal.SIGTERM)
            os.close(writing)
            number = told.readline().strip()
        if not number:
            raise Stuck(f"Xvfb ended with {screen.wait()}")
        return f":{number}"

    def _start_office(self) -> None:
        profile = self._folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        pipe = f"kil{uuid.uuid4().hex}"
        self._office = subprocess.Popen(
            [
                "soffice", "--norestore", "--nologo", "--nofirststartwizard",
                f"-env:UserInstallation={profile.as_uri()}", f"--accept=pipe,name={pipe};urp;", str(self._path),
            ],
            env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._ending.callback(_end, self._office, signal.SIGKILL)
        self._observer = subprocess.Popen(
            [SYSTEM_PYTHON, "-I", _OBSERVER, pipe],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self._ending.callback(_end, self._observer, signal.SIGKILL)
        self._observed()
        window = self._until(self._find_window, "no window with the workbook", _STARTING)
        self._until(self.where, "no cell is selected", _STARTING)
        self._xdotool("windowfocus", "--sync", window)
        # The mouse is never used; it is put on the empty end of the menu bar, where nothing shows a tip beneath it.
        self._xdotool("mousemove", *_ASIDE)
        self._windows = self._visible()

    # Looking

    def _observed(self) -> dict[str, object] | None:
        assert self._observer.stdout is not None
        line = self._observer.stdout.readline()
        if not line:
            raise Stuck(f"nobody observes LibreOffice any more: {self._observer.wait()}")
        found: dict[str, object] | None = json.loads(line)
        return found

    def _look(self) -> dict[str, object] | None:
        assert self._observer.stdin is not None
        self._observer.stdin.write("\n")
        self._observer.stdin.flush()
        return self._observed()

    def where(self) -> Place | None:
        """The selected cell."""
        found = self._look()
        return Place(str(found["sheet"]), int(str(found["row"])), int(str(found["column"]))) if found else None

    def shown(self) -> str:
        """What the selected cell shows."""
        found = self._look()
        return str(found["text"]) if found else ""

    def _find_window(self) -> str:
        found = self._xdotool("search", "--onlyvisible", "--name", f"^{self._path.name} .*Calc$", check=False)
        return found.split()[0] if found else ""

    def _visible(self) -> set[str]:
        """Every window that can be seen: dropdowns and messages are windows too."""
        return set(self._xdotool("search", "--onlyvisible", "--name", ".*", check=False).split())

    def _new_windows(self) -> set[str]:
        return self._visible() - self._windows

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self._environment, capture_output=True, text=True, check=check, timeout=_ENDING
        )
        return done.stdout

    def _until(self, found: Callable[[], _Found], otherwise: str, seconds: float = _PATIENCE) -> _Found:
        """Wait for something; Stuck if it does not come."""
        deadline = time.monotonic() + seconds
        while True:
            result = found()
            if result:
                return result
            if time.monotonic() > deadline:
                raise Stuck(f"{otherwise}; selected: {self.where()}, messages: {self.messages()}")
            time.sleep(_POLL)

    def messages(self) -> list[str]:
        """The titles of windows that have come up beside the workbook's own."""
        return [self._xdotool("getwindowname", each, check=False).strip() for each in self._new_windows()]

    # Pressing keys

    def press(self, *keys: str) -> None:
        """Press keys one after the other, such as ``Tab`` or ``ctrl+Next``, without waiting for what they do."""
        for run in _runs(keys):
            self._xdotool("key", "--delay", _DELAY, *run)

    def move(self, keys: Sequence[str], target: Place) -> None:
        """Press keys and wait until they have led to a cell."""
        self.press(*keys)
        self._until(lambda: self.where() == target, f"{' '.join(keys)} did not lead to {target}")

    def step(self, key: str) -> Place | None:
        """Press a key once; gives the cell that it leads to, or nothing if the selection stays where it was."""
        before = self.where()
        self.press(key)
        try:
            self._until(lambda: self.where() != before, f"{key} does nothing")
        except Stuck:
            return None
        return self.where()

    def turn_to(self, sheet: str, sheets: Sequence[str]) -> Place:
        """Turn the pages to a sheet with Ctrl+PageDown and Ctrl+PageUp; gives the cell that is selected there."""
        now = self.where()
        assert now is not None
        at, to = sheets.index(now.sheet), sheets.index(sheet)
        for passed in sheets[at + 1 : to + 1] if to > at else reversed(sheets[to:at]):
            self._turn("ctrl+Next" if to > at else "ctrl+Prior", passed)
        found = self.where()
        assert found is not None
        return found

    def _turn(self, key: str, sheet: str) -> None:
        self.press(key)
        self._until(lambda: self._shows(sheet), f"{key} did not lead to the sheet {sheet}")

    def _shows(self, sheet: str) -> bool:
        now = self.where()
        return now is not None and now.sheet == sheet

    def type(self, text: str) -> None:
        """Type into the selected cell, without leaving it."""
        for run in _runs(text):
            self._xdotool("type", "--delay", _DELAY, "".join(run))

    def choose(self, position: int, labels: Sequence[str]) -> None:
        """Open the cell's dropdown with Alt+Down and take the entry at a position with the arrow keys.

        LibreOffice drops repeated arrow keys when it is slow, so what was taken is looked at, and put right if need be.
        """
        taken = self.shown()
        for _ in range(_TRIES):
            self.press("alt+Down")
            self._until(self._new_windows, "Alt+Down opened no dropdown")
            self.press(*_arrows(labels.index(taken) if taken in labels else None, position), "Return")
            self._until(lambda: not self._new_windows(), "the dropdown stays open")
            self._until(lambda: self.shown() in labels, f"the dropdown gave {self.shown()!r}")
            taken = self.shown()
            if taken == labels[position]:
                return
        raise Stuck(f"the dropdown gave {taken!r}, not {labels[position]!r}")

    def save(self) -> None:
        """Save in the format that the file has, with Ctrl+S."""
        if self._is_saved():
            raise Stuck("there is nothing to save")
        self.press("ctrl+s")
        self._until(self._is_saved, "Ctrl+S saved nothing", _ENDING)

    def _is_saved(self) -> bool:
        found = self._look()
        return found is not None and not found["modified"]

    def leave(self) -> None:
        """Leave LibreOffice with Ctrl+Q; Stuck if it asks anything, as it would if something were not saved."""
        self.press("ctrl+q")
        self._until(lambda: self._office.poll() is not None or self._new_windows(), "Ctrl+Q did nothing", _ENDING)
        if self._office.poll() is None and self._new_windows():
            raise Stuck(f"LibreOffice asks something before it ends: {self.messages()}")


def _runs(keys: Sequence[str]) -> list[list[str]]:
    """Keys in runs without the same key twice in succession.

    Each run is a program of its own, which begins when the screen has taken in the one before.  However busy the
    machine is, no key is then taken for one that is held down.
    """
    runs: list[list[str]] = []
    for key in keys:
        if not runs or runs[-1][-1].casefold() == key.casefold():
            runs.append([])
        runs[-1].append(key)
    return runs


def _arrows(at: int | None, position: int) -> list[str]:
    """The keys from one entry of an open dropdown to another; an empty cell's starts at the first, not yet taken."""
    if at is None and position == 0:
        return ["End", "Home"]
    steps = position - (at or 0)
    return ["Down"] * steps if steps > 0 else ["Up"] * -steps


def fill_in(
    keyboard: Keyboard, order: dict[str, list[Slot]], entries: Sequence[tuple[Slot, str]], plan: Plan, by_list: int = 3
) -> None:
    """Type entries in reading order, sheet by sheet, moving with Tab within a row and Return to the next.

    The first entries of each choice list are taken from the cell's dropdown, and so are the labels that LibreOffice
    would not leave as they are typed; everything else is typed.
    """
    wanted = {slot.key: text for slot, text in entries}
    sheets = list(order)
    listed: dict[str, int] = {}
    for sheet, slots in order.items():
        here = [slot for slot in slots if slot.key in wanted]
        if not here:
            continue
        now = keyboard.turn_to(sheet, sheets)
        route = [place(slot.cell) for slot in slots]
        if now not in route:
            raise Stuck(f"on entering {sheet}, {now} is selected, where nothing can be filled in")
        started = now
        for slot in here:
            target = place(slot.cell)
            for keys, reached in _way(route, now, target, started):
                keyboard.move(keys, reached)
                started = reached if keys[0] != "Tab" else started
            now = target
            _enter(keyboard, slot, wanted[slot.key], plan, listed, by_list)
        keyboard.step("Tab")


def _way(route: list[Place], now: Place, target: Place, started: Place) -> Iterator[tuple[list[str], Place]]:
    """The keys from one cell to another, and where they lead: Return down to the target's row, then Tab.

    Return goes back to the column where tabbing began, in the next row that has a cell to fill in there.
    """
    down = [each for each in route if each.column == started.column and now.row < each.row <= target.row]
    if down and down[-1] <= target:
        yield ["Return"] * len(down), down[-1]
        now = down[-1]
    tabs = route.index(target) - route.index(now)
    if tabs:
        yield (["Tab"] * tabs if tabs > 0 else ["shift+Tab"] * -tabs), target


def _enter(keyboard: Keyboard, slot: Slot, text: str, plan: Plan, listed: dict[str, int], by_list: int) -> None:
    labels = labels_of(plan, slot)
    if text in labels:
        assert slot.choices is not None
        times = listed[slot.choices] = listed.get(slot.choices, 0) + 1
        if times <= by_list or not _stays_as_typed(text, labels):
            keyboard.choose(labels.index(text), labels)
            return
    assert slot.kind is not SlotKind.CHOICE or text in labels
    keyboard.type(text)


def _stays_as_typed(text: str, labels: list[str]) -> bool:
    """Whether a label can be typed: LibreOffice completes one to a longer one."""
    longer = any(label != text and label.casefold().startswith(text.casefold()) for label in labels)
    return text.isascii() and not longer


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End a process that leads a session of its own, and everything that it has started.

    A screen is asked to end, so that it takes its lock away; the others have nothing that is worth keeping.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
