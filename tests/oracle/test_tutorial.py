"""The tutorial, followed word for word in surroundings of its own, gives what it says."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from oracle.libreoffice import LibreOffice
from walkthrough import Reader, Row, Shell, differences, pieces

from kil_xlsx.layout.a1 import parse_cell_name
from kil_xlsx.layout.document import CellRef

pytestmark = [pytest.mark.oracle, pytest.mark.source]

ROOT = Path(__file__).parents[2]
END = "14. With your own mail server"
_QUESTION = 2
"""The column in which every sheet has what is asked."""

INSTALLS_ANEW = os.environ.get("KIL_TUTORIAL_INSTALLS", "") not in ("", "0")
"""Whether the program is installed as the page says; otherwise the one that is installed here is used."""


@cache
def page() -> str:
    """The tutorial."""
    return (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give an empty folder with a short name, as what is printed is broken at the edge of the terminal."""
    found = Path(tempfile.mkdtemp(prefix="kil-"))
    yield found
    shutil.rmtree(found)


def test_the_tutorial_gives_what_it_says(folder: Path, office: LibreOffice) -> None:
    """Every box is typed and every step by hand is done, and each box of text is what is printed."""

    def fill(workbook: Path, rows: Sequence[Row]) -> None:
        office.open(workbook)
        for row in rows:
            sheet, cell, words = row["Sheet"], row["Cell"], row["What you enter"]
            down, across = parse_cell_name(cell)
            (asked,) = office.read([CellRef(sheet, down, _QUESTION)])
            assert str(asked).startswith(row["What is asked"]), f"{sheet}!{cell} asks {asked!r}"
            office.ask(type=[[sheet, down, across, "entry", words]])
        office.save(workbook)

    prepared(folder)
    shell = Shell(folder)
    try:
        reader = Reader(shell, folder, fill)
        reader.follow(page(), END, lambda box: INSTALLS_ANEW or "pip install" not in box)
    finally:
        shell.close()
    if os.environ.get("KIL_TUTORIAL_SHOWS"):
        for piece, printed in reader.heard:
            print(f"\n=== {piece.text}\n{printed}")
    assert not reader.wrong, "\n\n".join(reader.wrong)
    assert reader.by_hand == page().count("**By hand:**")
    assert len(reader.heard) > 15


def prepared(folder: Path) -> None:
    """Put the project's folder where the page wants it, or only what is installed of it."""
    if not INSTALLS_ANEW:
        (folder / ".venv").symlink_to(sys.prefix)
        return
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("kil_xlsx", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def test_every_box_is_known() -> None:
    """A box of an unknown kind would be passed over unnoticed."""
    kinds = {piece.kind for piece in pieces(page())}
    assert kinds <= {"heading", "paragraph", "table", "list", "bash", "powershell", "text", "toml"}


def test_a_difference_is_found() -> None:
    """A changed word, a line too many and a line too few are all noticed; days, codes and widths are not."""
    printed = "Mails     Number\n─────────\nsent          46\n\nWritten 2026-11-23 for KIL-7QF4-9ZTM-42X.\nWhat next\n"
    same = "Mails  Number\n────\nsent  46\nWritten 2027-01-02 for KIL-0000-0000-000.\nWhat next\n"
    assert differences(same, printed) == ""
    assert differences("Mails Number\n…\nWhat next", printed) == ""
    assert "sent 47" in differences(same.replace("46", "47"), printed)
    assert "leaves out" in differences(same.replace("What next\n", ""), printed)
    assert "sent 46" in differences(same.replace("sent  46\n", ""), printed)
    assert "one more" in differences(f"{same}one more\n", printed)
    assert "Mails" in differences("…\nWhat next\n…\nMails Number\n…", printed)
