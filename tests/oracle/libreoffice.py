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
from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import SlotKind

_DRIVER = Path(__file__).with_name("uno_driver.py")
_PATIENCE = 180.0


class LibreOffice:
    """A running LibreOffice, with at most one workbook open."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-I", _DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
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
        """Type answers into their cells as a person would: labels and figures as typed, free text as text."""
        cells: list[list[object]] = []
        for key, value in typed.items():
            slot = plan.by_key[key]
            at = [slot.cell.sheet, slot.cell.row, slot.cell.column]
            if value is None or value == "":
                cells.append([*at, "empty", ""])
            elif isinstance(value, str):
                taken_as_typed = slot.kind is SlotKind.CHOICE and _is_a_word(value)
                cells.append([*at, "entry" if taken_as_typed else "text", value])
            else:
                assert not isinstance(value, bool)
                cells.append([*at, "number", value])
        self.ask(type=cells)

    def recalculate(self) -> None:
        """Work out every formula."""
        self.ask(calculate=True)

    def read(self, cells: Sequence[CellRef]) -> list[Value]:
        """The values of some cells."""
        reply = self.ask(read=[[cell.sheet, cell.row, cell.column] for cell in cells])
        return [ERROR if isinstance(value, dict) else normal(value) for value in reply["values"]]

    def save(self, path: Path) -> bytes:
        """Save the workbook as xlsx; gives the bytes of the file."""
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


def _is_a_word(value: str) -> bool:
    """Whether typing a text enters just this text, neither a number nor a formula, and no blank is lost."""
    return value[:1].isalpha() or (value[:1].isdigit() and any(letter.isalpha() for letter in value))
