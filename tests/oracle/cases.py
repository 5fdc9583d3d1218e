"""Which instruments are recalculated, how often, and what is missing here."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.definitions.load import load_framework
from kil_xlsx.layout.plan import Plan

OTHER = Path(__file__).resolve().parent.parent / "fixtures" / "other-framework"
"""A framework that differs from the one that comes with the program in everything that a definition may decide."""

CASES = int(os.environ.get("KIL_ORACLE_CASES", "40"))
"""Random answer sets per type of respondent for the engine in this process; continuous integration asks for more."""

OFFICE_CASES = int(os.environ.get("KIL_ORACLE_OFFICE", "2"))
"""Random answer sets per type of respondent for the office suite."""

SLOW_ENGINE_CASES = max(CASES // 50, 2)

SECOND_ROUNDS = max(CASES // 10, 2)
"""Random second rounds per type of respondent: a workbook filled in beforehand, some of it confirmed or changed."""
CHUNK = 20

COUNCIL, COMMUNITY = "keep-it-local/council", "keep-it-local/community"
OTHER_ONLY = "other-framework"
INSTRUMENTS = (COUNCIL, COMMUNITY, OTHER_ONLY)

SYSTEM_PYTHON = Path("/usr/bin/python3")


@cache
def framework(name: str) -> Framework:
    """The framework of an instrument."""
    return load_framework(OTHER if name == OTHER_ONLY else name.split("/")[0])


@cache
def plan(name: str) -> Plan:
    """The plan of an instrument."""
    definition = framework(name)
    wanted = name.split("/")[1] if "/" in name else definition.respondents[0].id
    respondent = next(each for each in definition.respondents if each.id == wanted)
    return Plan(Instrument(definition, respondent))


def chunks(total: int) -> list[tuple[int, int]]:
    """First case and case after the last of each chunk, so that several processes can share the work."""
    return [(first, min(first + CHUNK, total)) for first in range(0, total, CHUNK)]


@cache
def office_is_missing() -> str:
    """Why the office suite cannot be used here; empty when it can."""
    if shutil.which("soffice") is None:
        return "LibreOffice (soffice) is not installed"
    if not SYSTEM_PYTHON.exists():
        return f"there is no {SYSTEM_PYTHON}, which LibreOffice's Python bridge belongs to"
    found = subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False)
    return "" if found.returncode == 0 else f"{SYSTEM_PYTHON} has no module uno (python3-uno)"


def office_is_required() -> bool:
    """Whether a missing office suite is a failure: on continuous integration, or when asked for."""
    return any(os.environ.get(name, "") not in ("", "0", "false") for name in ("CI", "KIL_REQUIRE_OFFICE"))
