"""The list of those who have not answered, for mail merge."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from statuses import NOW, Records, Row, copied, records

from kil_xlsx import pipeline
from kil_xlsx.cli import main

ROWS = [
    Row("Applewick Council", email="office@applewick.example", parent="North", profile={"region": "North West"}),
    Row("=HYPERLINK(A1)", email="office@brambleford.example", profile={"region": "South East"}),
    Row("Carrowmere Hub", "community", "office@carrowmere.example", "GB-CHC-9900003"),
    Row("Dunlin Bay Hub", "community", "", "GB-CHC-9900004"),
    Row("Eastmarsh Hub", "community", "office@eastmarsh.example", "GB-CHC-9900005"),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Make a round in which three have not answered."""
    done = records(tmp_path_factory.mktemp("made") / "round", ROWS)
    done.mail(ROWS[0].name)
    done.mail(ROWS[0].name, purpose="reminder", day=20)
    done.mail(ROWS[1].name, "bounced")
    done.mail(ROWS[2].name)
    done.came(ROWS[2].name, "accepted-with-queries", errors=2, queries=1)
    done.mail(ROWS[4].name)
    done.waive(ROWS[4].name)
    return done


@pytest.fixture
def made(original: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    """Give that round, from inside its folder."""
    done = copied(original, tmp_path / "round")
    monkeypatch.chdir(done.folder)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(pipeline, "now", lambda: NOW)
    return done


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["chase", *words], catch_exceptions=False)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a list that was written as CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_as_csv(made: Records) -> None:
    """Everything that a letter needs, exactly; what could be taken for a formula cannot."""
    done = run("--out", "chase.csv")
    assert done.exit_code == 0
    assert "3 organisations have not answered" in done.output
    assert "Without an address in the list: 1 organisation." in done.output
    found = rows(made.folder / "chase.csv")
    assert found[0] == {
        "name": "Applewick Council", "email": "office@applewick.example", "respondent": "council", "org_id": "",
        "parent": "North", "reference": "KIL-0001-TEST", "round": "2026", "due": "2026-05-31", "days_late": "10",
        "standing": "sent", "mails_sent": "2", "last_sent": "2026-05-20", "bounced": "no", "errors": "0",
        "queries": "0", "region": "North West",
    }  # fmt: skip
    assert [(each["name"], each["standing"], each["bounced"]) for each in found[1:]] == [
        ("'=HYPERLINK(A1)", "bounced", "yes"),
        ("Dunlin Bay Hub", "nothing-yet", "no"),
    ]
    assert found[2]["reference"] == "" and found[2]["org_id"] == "GB-CHC-9900004"


def test_those_with_something_to_put_right(made: Records) -> None:
    """Only where they are asked for, and after those who have not answered at all."""
    assert run("--queries", "--out", "chase.csv").exit_code == 0
    last = rows(made.folder / "chase.csv")[-1]
    wanted = (last["name"], last["standing"], last["errors"], last["queries"], last["days_late"])
    assert wanted == ("Carrowmere Hub", "accepted-with-queries", "2", "1", "0")


def test_the_list_as_a_workbook(made: Records) -> None:
    """Headings in the first row, as mail merge wants them; a text stays a text, a number a number."""
    assert run("--out", "chase.xlsx").exit_code == 0
    book = openpyxl.load_workbook(made.folder / "chase.xlsx")
    sheet = book.worksheets[0]
    found = list(sheet.iter_rows())
    assert [cell.value for cell in found[0]][:4] == ["name", "email", "respondent", "org_id"]
    assert len(found) == 4
    assert (found[2][0].value, found[2][0].data_type) == ("=HYPERLINK(A1)", "s")
    assert found[1][8].value == 10
    assert list(sheet.tables) == ["to_chase"]


def test_nobody_to_chase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all have answered the list has headings only, in either form."""
    done = records(tmp_path / "round", ROWS[:1])
    done.came(ROWS[0].name)
    monkeypatch.chdir(done.folder)
    assert "0 organisations have not answered." in run().output
    assert run("--out", "chase.csv").exit_code == run("--out", "chase.xlsx").exit_code == 0
    assert rows(done.folder / "chase.csv") == []
    assert openpyxl.load_workbook(done.folder / "chase.xlsx").worksheets[0].max_row == 1


def test_on_the_screen(made: Records) -> None:
    """A table and what to type for the list."""
    page = run().output
    assert "Applewick Council" in page and "Eastmarsh" not in page
    assert "kil-xlsx chase --out chase.csv" in page


def test_a_file_that_is_there_stays(made: Records) -> None:
    """Nothing is overwritten unasked, and other forms are not guessed."""
    (made.folder / "chase.csv").write_text("mine", "utf-8")
    assert run("--out", "chase.csv").exit_code == 3
    assert run("--out", "chase.txt").exit_code == 2
    assert (made.folder / "chase.csv").read_text("utf-8") == "mine"
