"""Finished files are valid to validators that know nothing of the program that wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest
from finished.books import BOOKS, book
from finished.package import Package, edited
from finished.repair import faults
from finished.validators import AUDIT_VERSION, SDK_PACKAGE, VALIDATORS, validate

SMALL = "German, blank"
CHART, STYLES, BOOK = "xl/charts/chart1.xml", "xl/styles.xml", "xl/workbook.xml"
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("validator", VALIDATORS)
def test_valid(validator: str, name: str) -> None:
    """Neither validator has anything to say about any of the workbooks."""
    assert validate(validator, book(name)) == []


def _input_sheet() -> str:
    package = Package(book(SMALL))
    return next(sheet.part for sheet in package.sheets if sheet.rules and sheet.visible)


PLANTED = {
    "an attribute that is not in the schema": ("sheet", "<sheetData>", '<sheetData colour="red">', "sdk"),
    "an element out of place": ("sheet", "(<pageMargins[^>]*/>)(<pageSetup[^>]*/>)", r"\2\1", "both"),
    "a font whose parts are out of order": (
        STYLES,
        r"<font>(<b/>)?(<sz[^>]*/>)(<color[^>]*/>)",
        r"<font>\3\2",
        "audit",
    ),
    "a title that is too long": ("sheet", 'promptTitle="[^"]*"', f'promptTitle="{"x" * 33}"', "sdk"),
    "a sheet that leads nowhere": (BOOK, '(<sheet [^>]*r:id=)"rId1"', r'\1"rId999"', "both"),
    "a word for a number": (STYLES, '<sz val="11"', '<sz val="large"', "both"),
    "an unknown type of chart": (CHART, "<c:(radar|bar)Chart>(.*)</c:(radar|bar)Chart>", r"<c:tea>\2</c:tea>", "both"),
}
"""Where, what is put in the place of what, and who notices."""


@pytest.mark.parametrize(("part", "pattern", "replacement", "noticed_by"), PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("validator", VALIDATORS)
def test_planted_faults_are_reported(
    validator: str, part: str, pattern: str, replacement: str, noticed_by: str
) -> None:  # fmt: skip
    """A validator reports what is against the schema."""
    data = edited(book(SMALL), _input_sheet() if part == "sheet" else part, f"(?s){pattern}", replacement)
    found = validate(validator, data)
    if noticed_by in ("both", {"Open XML SDK": "sdk", "openxml-audit": "audit"}[validator]):
        assert found


UNNOTICED = {
    "a list of more than 255 characters": ("sheet", "<formula1>[A-Z][^<]*<", f'<formula1>"{"x" * 300}"<'),
    "two names but for case": (BOOK, "<definedNames>", '<definedNames><definedName name="KIL_FILE">"x"</definedName>'),
}


@pytest.mark.parametrize(("part", "pattern", "replacement"), UNNOTICED.values(), ids=UNNOTICED)
def test_what_validators_miss_is_found_nevertheless(part: str, pattern: str, replacement: str) -> None:
    """What makes Excel repair a file and passes a validator is found by our own checks."""
    data = edited(book(SMALL), _input_sheet() if part == "sheet" else part, pattern, replacement)
    assert faults(Package(data))


def test_a_validator_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a validator its tests are skipped; where validators are required, they fail."""
    monkeypatch.setenv("KIL_OOXML_VALIDATOR", "/nowhere/validator")
    monkeypatch.setenv("KIL_REQUIRE_OFFICE", "1")
    with pytest.raises(pytest.fail.Exception, match="is no program, and it is required here"):
        validate("Open XML SDK", b"")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("KIL_REQUIRE_OFFICE", "0")
    with pytest.raises(pytest.skip.Exception, match="is no program"):
        validate("Open XML SDK", b"")


@pytest.mark.source
def test_versions_are_pinned() -> None:
    """The versions named here are the ones that are installed for tests and by continuous integration."""
    assert f'"openxml-audit=={AUDIT_VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert SDK_PACKAGE in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
