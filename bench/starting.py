"""How long commands take that do little, against Python starting and doing nothing: what a person waits for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import material
from harness import Measured, Ratio, against, in_turn, seconds


def _command(*arguments: str) -> Measured:
    """Run a command to its end, with nothing of what it prints shown."""
    before = os.times()
    start = time.perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    taken = time.perf_counter() - start
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(taken, cpu)


def measure(work: Path, *, quick: bool) -> tuple[list[Ratio], dict[str, Any]]:
    """All ratios, and figures that are no ratios."""
    program = str(Path(sys.executable).with_name("kil-xlsx"))
    one = str(min((material.round_made(quick=quick) / "returns").iterdir()))
    runs = in_turn(
        {
            "python": lambda: _command(sys.executable, "-c", "pass"),
            "help": lambda: _command(program, "--help"),
            "read": lambda: _command(program, "read", one),
        },
        10 if quick else 40,
    )
    ratios = [
        against("start/help", "`kil-xlsx --help`", "a bare Python start", runs["help"], runs["python"], aim=3.0),
        against("start/read", "`kil-xlsx read` of one file", "a bare Python start", runs["read"], runs["python"],
                aim=8.0),
    ]  # fmt: skip
    return ratios, {f"seconds_{name}": seconds(found) for name, found in runs.items()}
