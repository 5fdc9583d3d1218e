"""LibreOffice as an engine: a process of its own, told what to do line by line."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from oracle.cases import SYSTEM_PYTHON
from oracle.engines import ERROR, Value, normal

from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind

_DRIVER = Path(__file__).with_name("uno_driver.py")
_PATIENCE = 180.0


class LibreOffice:
    """A running LibreOffice, with at most one workbook open."""

    def __init__(self, driver: Path = _DRIVER) -> None:
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-I", driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        watch = threading.Timer(_PATIENCE, self._process.kill)
        watch.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise RuntimeError(f"LibreOffice's driver ended with {self._process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        if "problem" in reply:
            raise RuntimeError(reply["problem"])
        return reply

    def ask(self, **request: object) -> dict[str, Any]:
        """Send requests; gives the answer to the last one that has any."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def open(self, path: Path) -> None:
        """Open a workbook in place of the one that is open."""
        self.ask(open=str(path.resolve()))

    def type_answers(self, plan: Plan, typed: Mapping[Key, Typed]) -> None:
        """Give answers as a person would: labels from the cell's own dropdown, figures as typed, free text as text.

        A dropdown that does not offer exactly what it should, in order, is an error, and so is one that is missing.
        """
        cells: list[list[object]] = []
        for key, value in typed.items():
            slot = plan.by_key[key]
            at = [slot.cell.sheet, slot.cell.row, slot.cell.column]
            if value is None or value == "":
                cells.append([*at, "empty", ""])
            elif isinstance(value, str):
                labels = labels_of(plan, slot)
                if value in labels:
                    cells.append([*at, "pick", [labels.index(value), labels]])
                else:
                    taken_as_typed = slot.kind is SlotKind.CHOICE and _is_a_word(value)
                    cells.append([*at, "entry" if taken_as_typed else "text", value])
            else:
                assert not isinstance(value, bool)
                cells.append([*at, "number", value])
        self.ask(type=cells)

    def offered(self, cells: Sequence[CellRef]) -> list[list[Value]]:
        """What the dropdown of each cell offers."""
        found: list[list[Value]] = self.ask(offered=[[cell.sheet, cell.row, cell.column] for cell in cells])["values"]
        return found

    def recalculate(self) -> None:
        """Work out every formula."""
        self.ask(calculate=True)

    def read(self, cells: Sequence[CellRef]) -> list[Value]:
        """The values of some cells."""
        reply = self.ask(read=[[cell.sheet, cell.row, cell.column] for cell in cells])
        return [ERROR if isinstance(value, dict) else normal(value) for value in reply["values"]]

    def save(self, path: Path) -> bytes:
        """Save the workbook as what the name ends in, xlsx or ods; gives the bytes of the file."""
        self.ask(save=str(path.resolve()))
        return path.read_bytes()

    def stop(self) -> None:
        """End the driver, which ends its LibreOffice."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def labels_of(plan: Plan, slot: Slot) -> list[str]:
    """What the dropdown of a slot must offer; nothing where there is no dropdown."""
    if slot.kind is not SlotKind.CHOICE or slot.choices is None:
        return []
    choices = offered(plan.instrument.choice_lists[slot.choices], levels_only=slot.levels_only)
    return [label for label, _ in choices]


def _is_a_word(value: str) -> bool:
    """Whether typing a text enters just this text, neither a number nor a formula, and no blank is lost."""
    return value[:1].isalpha() or (value[:1].isdigit() and any(letter.isalpha() for letter in value))
