"""The tutorial, followed word for word in surroundings of its own, gives what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import click
import pytest
from desk import Desk
from openpyxl import load_workbook
from oracle.libreoffice import LibreOffice
from walkthrough import Reader, Row, Shell, differences, pieces

from kil_xlsx.cli import main
from kil_xlsx.layout.a1 import column_name, parse_cell_name
from kil_xlsx.layout.document import CellRef
from kil_xlsx.pipeline.collection.place import Place

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
        rules = rules_of(workbook)
        office.open(workbook)
        for row in rows:
            sheet, cell, words = row["Sheet"], row["Cell"], row["What you enter"]
            down, across = parse_cell_name(cell)
            (asked,) = office.read([CellRef(sheet, down, _QUESTION)])
            assert str(asked).startswith(row["What is asked"]), f"{sheet}!{cell} asks {asked!r}"
            rule = rules.get((sheet, cell), "")
            assert rule != "list" or words in office.offered([CellRef(sheet, down, across)])[0], f"{sheet}!{cell}"
            assert rule != "decimal" or float(words) >= 0, f"{sheet}!{cell}: Excel takes nothing but a number there"
            assert rule != "date" or date.fromisoformat(words), f"{sheet}!{cell}"
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


def rules_of(workbook: Path) -> dict[tuple[str, str], str]:
    """What kind of entry each cell takes when a person types it, by sheet and cell."""
    found = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*extension is not supported", UserWarning)
        for sheet in load_workbook(workbook):
            for rule in sheet.data_validations.dataValidation:
                cells = (cell for area in rule.sqref.ranges for cell in area.cells)
                found.update({(sheet.title, f"{column_name(column - 1)}{row}"): rule.type for row, column in cells})
    return found


def prepared(folder: Path) -> None:
    """Put the project's folder where the page wants it, or only what is installed of it."""
    if not INSTALLS_ANEW:
        (folder / ".venv").symlink_to(sys.prefix)
        return
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("kil_xlsx", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def test_a_page_that_is_wrong_is_found(folder: Path) -> None:
    """A page that promises other words than the program's, or a step that nobody can do, does not pass."""
    small = """
```bash
echo "47 drafts written on 2026-05-01"
```

```text
{}
```

{}

# End
"""
    right = "47 drafts written on 2027-06-02"
    cases = {
        (right, "Some words."): 0,
        (right.replace("47", "46"), "Some words."): 1,
        (right + "\nand more", "Some words."): 1,
    }
    for (says, by_hand), wrong in cases.items():
        assert len(followed(folder, small.format(says, by_hand)).wrong) == wrong, says
    with pytest.raises(AssertionError, match="nobody knows how to do this: dance"):
        followed(folder, small.format(right, "**By hand:** dance"))
    with pytest.raises(AssertionError, match="ended with 2"):
        followed(folder, small.format(right, "```bash\nexit_with() { return 2; }; exit_with\n```"))


def followed(folder: Path, page: str) -> Reader:
    """Follow a page without any workbook."""
    shell = Shell(folder)
    try:
        reader = Reader(shell, folder, lambda workbook, rows: None)
        reader.follow(page, "End")
    finally:
        shell.close()
    return reader


def test_every_command_is_there() -> None:
    """Every command that the page names, in a box or in a sentence, is one of the program's, with its options."""
    boxes = [line for piece in pieces(page()) if piece.kind == "bash" for line in piece.text.splitlines()]
    typed = [*boxes, *re.findall(r"`(kil-xlsx [^`]+)`", page())]
    checked = 0
    for line in typed:
        words = shlex.split(line)
        if words[0] != "kil-xlsx" or words[1].startswith("-"):
            continue
        command = main.get_command(click.Context(main), words[1])
        assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
        checked += 1
    assert checked > 30


def test_the_settings_of_the_page_are_settings(tmp_path: Path) -> None:
    """What is to be written into the settings for a mail server is understood."""
    (servers,) = (piece.text for piece in pieces(page()) if piece.kind == "toml" and "[smtp]" in piece.text)
    Desk(tmp_path).type("init", "round", "--sender-address", "you@example.org")
    with (tmp_path / "round" / "collection.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n{servers}\n")
    place = Place(tmp_path / "round")
    assert place.settings().smtp is not None and place.settings().imap is not None


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
