"""A coordinator's desk: a folder in which the program is run as its users run it, in a process of its own.

The day can be moved on, as reminders go out once a day at most; all else, mail servers included, keeps real time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LATER = """
import datetime, sys
from kil_xlsx import pipeline
now, gone_by = pipeline.now, datetime.timedelta(days=int(sys.argv.pop(1)))
pipeline.now = lambda: now() + gone_by
from kil_xlsx.cli import main
main()
"""
_PATIENCE = 300


@dataclass
class Desk:
    """Where commands are typed.  ``days`` is how many days have gone by; ``secrets`` are environment variables."""

    folder: Path
    days: int = 0
    secrets: Mapping[str, str] = field(default_factory=dict)

    def type(self, *words: str, code: int = 0) -> str:
        """Run ``kil-xlsx`` with some words; gives what it prints.  It must end with this exit code."""
        python = [sys.executable, "-W", "error", *(["-c", _LATER, str(self.days)] if self.days else ["-m", "kil_xlsx"])]
        done = self.run([*python, *words])
        said = f"kil-xlsx {' '.join(words)}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, said
        assert "Traceback" not in done.stderr, said
        return done.stdout

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command that answers in JSON."""
        return json.loads(self.type(*words, "--json", code=code))

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run any program with nothing of these tests' own surroundings."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
        return subprocess.run(
            command, cwd=self.folder, env={**kept, "LANG": "C.UTF-8", "COLUMNS": "120", **self.secrets},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=_PATIENCE, check=False,
        )  # fmt: skip
