"""What the coordinator sees of a round and of one organisation: exact numbers on a collection of known history."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from statuses import NEAT, NOW, SETTINGS, Records, Row, changed, collection, copied, records

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.cli.commands import main as group
from kil_xlsx.pipeline.collection.status import RoundSeen, see_organisation, see_round

ROWS = [
    Row("Applewick Council", email="office@applewick.example", parent="North", profile={"region": "North West"}),
    Row("Brambleford Council", email="office@brambleford.example", parent="North", profile={"region": "North West"}),
    Row("Carrowmere Council", email="office@carrowmere.example", profile={"region": "South East"}),
    Row("Dunlin Bay Council", email="office@dunlin.example", profile={"region": "South East"}),
    Row("Eastmarsh Council", email="office@eastmarsh.example"),
    Row("Fernhollow Hub", "community", "office@fernhollow.example", "GB-CHC-9900006", "North"),
    Row("Glasswater Hub", "community", "office@glasswater.example", "GB-CHC-9900007"),
    Row("Hartsedge Hub", "community", "office@hartsedge.example", "GB-CHC-9900008"),
    Row("=Inglebrook Hub", "community", "office@inglebrook.example", "GB-CHC-9900009"),
    Row("Juniper Hill Hub", "community", "", "GB-CHC-9900010"),
    Row("Kestrel Vale Hub", "community", "office@kestrel.example", "GB-CHC-9900011"),
    Row("Larkmoor Hub", "community", "office@larkmoor.example", "GB-CHC-9900012"),
]


def a_round(folder: Path) -> Records:
    """Twelve organisations, as many different histories, and one file of nobody."""
    made = records(folder, ROWS)
    for row in ROWS[:9]:
        made.mail(row.name, "bounced" if row.name == "=Inglebrook Hub" else "sent")
    first = made.came("Applewick Council", "accepted", 20)
    made.came("Brambleford Council", "superseded", 20, answered=10)
    made.came(
        "Brambleford Council", "accepted-with-queries", "2026-06-05", answered=20, errors=2, queries=1, arrivals=2
    )
    made.came("Carrowmere Council", "accepted", "2026-06-02", share="view", person="Treasurer", answered=30)
    made.came("Carrowmere Council", "accepted", "2026-06-04", share="view", person="Chief officer", answered=36)
    held = made.came("Dunlin Bay Council", "held", 25)
    made.query("forwarded", received=held, name="Dunlin Bay Council")
    made.came("Eastmarsh Council", "refused", 25)
    made.came("Fernhollow Hub", "withdrawn", 25)
    made.waive("Glasswater Hub")
    made.mail("Hartsedge Hub", purpose="reminder", day="2026-06-03")
    made.query("mail-doubtful", mail=made.mail("Kestrel Vale Hub", "doubtful"))
    made.mail("Larkmoor Hub", "drafted")
    nobodys = made.came(None, "held", 26)
    made.query("reference-unknown", received=nobodys)
    made.release(first)
    return made


STANDINGS = {
    "accepted": 1, "accepted-with-queries": 1, "views": 1, "held": 1, "refused": 1, "withdrawn": 1, "waived": 1,
    "sent": 1, "bounced": 1, "nothing-yet": 1, "doubtful": 1, "drafted": 1,
    "superseded": 0, "failed": 0, "not-mailed": 0, "unlisted": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Make the round once."""
    return a_round(tmp_path_factory.mktemp("made") / "round")


@pytest.fixture
def made(original: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    """Give the round, from inside its folder, ten days after the due day."""
    done = copied(original, tmp_path / "round")
    monkeypatch.chdir(done.folder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(pipeline, "now", lambda: NOW)
    return done


def seen(made: Records, by: str = "respondent", now: datetime = NOW) -> RoundSeen:
    """How the round stands."""
    with made.open() as found:
        return see_round(found, now, by)


def run(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def as_json(*words: str) -> Any:
    """What a command says as JSON, which fits its schema."""
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    name = found["schema"].split("/")[1]
    jsonschema.Draft202012Validator(pipeline.schema(name)).validate(found)
    return found


# The round


def test_every_number_of_the_round(made: Records) -> None:
    """Standings, response rate, completeness, files, late ones, queries and releases, exactly."""
    found = as_json("status")
    assert found["organisations"] == {
        "listed": 12, "expected": 11, "answered": 3, "response_rate": 3 / 11, "standings": STANDINGS,
    }  # fmt: skip
    assert (found["today"], found["due"], found["days_left"]) == ("2026-06-10", "2026-05-31", -10)
    assert found["files"] == {
        "accepted": 3, "accepted-with-queries": 1, "held": 2, "refused": 1, "superseded": 1, "withdrawn": 1,
    }  # fmt: skip
    assert found["files_of_nobody"] == 1
    assert found["completeness"] == {"returns": 3, "median": 0.9, "lowest": 0.5, "highest": 1.0}
    # Brambleford's first return was in time; Carrowmere's first view was not.
    assert found["came_late"] == ["Carrowmere Council"]
    assert found["overdue"] == [
        "Eastmarsh Council", "Hartsedge Hub", "=Inglebrook Hub", "Juniper Hill Hub", "Kestrel Vale Hub", "Larkmoor Hub",
    ]  # fmt: skip
    assert [(each["code"], each["organisation"], each["holds"]) for each in found["queries"]] == [
        ("forwarded", "Dunlin Bay Council", True),
        ("mail-doubtful", "Kestrel Vale Hub", False),
        ("reference-unknown", "", True),
    ]
    assert found["retention"] == {"keep_until": "2027-03-31", "passed": False}
    [release] = found["releases"]
    assert (release["number"], release["returns"], release["forgotten"], release["returns_since"]) == (1, 1, 0, 1)
    assert [each["standing"] for each in found["lines"]].count("views") == 1
    assert made.rows is ROWS


def test_a_release_with_nothing_new_is_not_made_again(made: Records) -> None:
    """Views of single people go into no release, so they are nothing new for one."""
    assert "Compare again, with 1 new return: kil-xlsx benchmark" in run("status").output
    with made.open() as found:
        numbers = [each.id for each in found.store.received() if each.state.counts and each.share == "whole"]
    made.release(*numbers)
    assert [each["returns_since"] for each in as_json("status")["releases"]] == [1, 0]
    assert "kil-xlsx benchmark" not in run("status").output


def test_a_release_stays_explicable(made: Records) -> None:
    """After an organisation is forgotten, it is known how many of the returns behind a release were its own."""
    with made.open() as found, found.store.transaction():
        [release] = found.store.releases()
        [first] = found.store.received(sha256=release.inputs[0])
        assert first.organisation is not None
        found.store.forget(first.organisation, "2026-06-09T09:00:00+00:00")
    [told] = as_json("status")["releases"]
    assert (told["returns"], told["forgotten"]) == (1, 1)
    assert "Forgotten since" in run("status").output


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("respondent", [("Community organisation", 7, 0), ("Council", 5, 3)]),
        ("parent", [("North", 3, 2), ("", 9, 1)]),
        ("Region", [("North West", 2, 2), ("South East", 2, 1), ("", 8, 0)]),
    ],
)
def test_groups_add_up(made: Records, by: str, expected: list[tuple[str, int, int]]) -> None:
    """By type, by parent or by a field of the list, in any spelling: those without one come last."""
    found = seen(made, by)
    assert [(label, each.listed, each.answered) for label, each in found.groups] == expected
    assert sum(each.listed for _, each in found.groups) == found.found.total.listed


def test_a_field_that_does_not_exist(made: Records) -> None:
    """A misspelt field is answered with the one that was meant, and with those there are."""
    done = run("status", "--by", "regoin")
    assert done.exit_code == 2
    assert "did you mean 'region'?" in done.output and "respondent, parent, region" in done.output


def test_what_people_read(made: Records) -> None:
    """The page says who counts, of whom the rate is, who is late, and gives commands to type."""
    page = run("status").output
    for words in (
        "Keep it Local 2026", "Due 2026-05-31, 10 days ago.",
        "Response rate: 27 % (3 of 11: 12 on the list less 1 that need not answer).",
        "Answered in the 3 returns that count: median 90 % of what applies to them, from 50 % to 100 %.",
        "9 files came in: 3 accepted, 1 accepted with queries, 2 held, 1 refused, 1 superseded, 1 withdrawn.",
        "Of 1 file it is not known whose it is.", "Came late: 1 (Carrowmere Council, 2 days).",
        "Open queries: 3", "The data is kept until 2027-03-31.",
        "Decide 3 open queries: kil-xlsx resolve", "Open the drafts for 1 organisation in the folder drafts",
        "1 address is missing, 1 bounced: put them right in organisations.csv.",
        "Tell 4 organisations that a return came: kil-xlsx send --receipts --drafts",
        "Ask 1 organisation to agree on one answer: kil-xlsx send --consensus --drafts --yes",
        "Remind 3 organisations: kil-xlsx send --remind --drafts --yes", "kil-xlsx chase --out chase.csv",
        "None counts: what came was refused, withdrawn or superseded.",
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("words", [["status"], ["status", "--all"], ["show", "Brambleford Council"], ["chase"]])
def test_pages_fit_the_terminal(made: Records, width: int, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer than the page, but for commands that are to be copied in one piece."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run(*words).output.splitlines()
    assert not [line for line in lines if len(line) > width and "kil-xlsx" not in line]


def test_the_day_on_which_it_is_due(made: Records) -> None:
    """On the due day nobody is late yet, the day after everybody who owes one is."""
    on_the_day = seen(made, now=datetime(2026, 5, 31, 23, 0, tzinfo=UTC))
    assert (on_the_day.found.days_left, on_the_day.found.late_out) == (0, ())
    after = seen(made, now=datetime(2026, 6, 1, 0, 0, tzinfo=UTC))
    assert (after.found.days_left, len(after.found.late_out)) == (-1, 6)


def test_retention_that_has_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the day until which data is kept is over, the page says so, with the command that removes it."""
    done = records(tmp_path / "round", ROWS[:1], SETTINGS.replace("2027-03-31", "2026-06-09"))
    monkeypatch.chdir(done.folder)
    monkeypatch.setattr(pipeline, "now", lambda: NOW)
    page = run("status").output
    assert "The data was to be kept until 2026-06-09, which was 1 day ago." in page
    assert commands_in(page)[0][:3] == ["forget", "--everything", "--why"]
    assert as_json("status")["retention"] == {"keep_until": "2026-06-09", "passed": True}


def test_an_empty_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anybody is on the list there is nothing to count, and the page says what to do."""
    done = records(tmp_path / "round", [])
    monkeypatch.chdir(done.folder)
    monkeypatch.setattr(pipeline, "now", lambda: NOW)
    found = as_json("status")
    assert found["organisations"]["listed"] == 0 and found["organisations"]["response_rate"] is None
    assert "Write the organisations into the list" in run("status").output
    assert run("status", "--all").exit_code == 0


def test_the_list_is_taken_over(made: Records) -> None:
    """Who is struck off the list is counted apart; who is added has nothing yet."""
    path = made.folder / "organisations.csv"
    lines = path.read_text("utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("Applewick")] + ["Netherby Council,council,,,,"]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    found = as_json("status")["organisations"]
    assert (found["listed"], found["answered"]) == (12, 2)
    assert (found["standings"]["unlisted"], found["standings"]["nothing-yet"]) == (1, 2)
    assert "No longer on the list, and not counted above: 1, 1 with a return." in run("status").output


def test_a_list_with_faults_stops_nobody_from_looking(made: Records) -> None:
    """The records are shown as they are, with a word about the list."""
    (made.folder / "organisations.csv").write_text("name,respondent\nSomebody,nothing known\n", "utf-8")
    done = run("status")
    assert done.exit_code == 0
    assert "3 of 11" in done.output and "The list of organisations was not looked at again" in done.output


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may write everywhere sees no bars")
def test_a_folder_that_may_only_be_read(made: Records) -> None:
    """Looking needs no permission to write."""
    made.folder.chmod(0o500)
    (made.folder / "collection.db").chmod(0o400)
    try:
        done = run("status")
    finally:
        made.folder.chmod(0o700)
        (made.folder / "collection.db").chmod(0o600)
    assert done.exit_code == 0 and "3 of 11" in done.output


def test_looking_changes_nothing(made: Records) -> None:
    """However often one looks, the records stay as they are."""

    def state() -> list[tuple[Any, ...]]:
        with sqlite3.connect(made.folder / "collection.db") as database:
            return [row for table in ("events", "received", "queries", "mails", "organisations")
                    for row in database.execute(f"SELECT * FROM {table}")]  # fmt: skip

    before = state()
    for words in (["status"], ["status", "--all"], ["status", "--org", "#1"], ["show", "#1"], ["chase"]):
        assert run(*words).exit_code == 0
    assert state() == before


def commands_in(page: str) -> list[list[str]]:
    """The commands that a page gives to be typed, in words."""
    found = (line.partition("kil-xlsx ")[2] for line in page.splitlines() if "kil-xlsx " in line)
    return [shlex.split(each.partition(" lists ")[0]) for each in found]


def test_the_commands_that_are_given_can_be_typed(made: Records) -> None:
    """Every command that a page suggests exists, with the options it is given."""
    pages = [run("status").output, run("chase").output]
    for row in ROWS:
        pages += [run("status", "--org", row.name).output, run("show", row.name).output]
    given = [words for page in pages for words in commands_in(page)]
    assert {words[0] for words in given} >= {"send", "chase", "resolve", "show", "diff", "waive", "benchmark"}
    for name, *rest in given:
        command = group.commands[name]
        command.make_parser(command.context_class(command)).parse_args(rest)


# All organisations


def test_one_line_for_each(made: Records) -> None:
    """All twelve, in the order that is asked for."""
    order = {
        sort: list(csv.DictReader(io.StringIO(run("status", "--all", "--csv", "--sort", sort).output)))
        for sort in ("standing", "name", "late")
    }
    assert all(len(rows) == 12 for rows in order.values())
    assert [row["standing"] for row in order["standing"]][:3] == ["accepted", "accepted-with-queries", "views"]
    assert [row["name"] for row in order["name"]][:2] == ["'=Inglebrook Hub", "Applewick Council"]
    assert [row["days_late"] for row in order["late"]] == ["10"] * 6 + ["2"] + ["0"] * 5
    brambleford = next(row for row in order["name"] if row["name"] == "Brambleford Council")
    expected = {
        "standing": "accepted-with-queries", "came": "2026-05-20", "days_late": "0", "completeness": "0.5",
        "errors": "2", "queries": "1", "mails_sent": "1", "last_sent": "2026-05-01", "bounced": "no",
        "region": "North West", "parent": "North",
    }  # fmt: skip
    assert {name: brambleford[name] for name in expected} == expected


def test_the_csv_goes_into_a_file(made: Records) -> None:
    """With a mark at its start for Excel, and not over a file that is there."""
    assert run("status", "--all", "--csv", "--out", "all.csv").exit_code == 0
    assert (made.folder / "all.csv").read_bytes().startswith(b'\xef\xbb\xbf"id"')
    assert run("status", "--all", "--csv", "--out", "all.csv").exit_code == 3


@pytest.mark.parametrize(
    "words", [["--json", "--csv"], ["--csv"], ["--out", "x.json"], ["--all", "--org", "#1"], ["--org", "Nobody"]]
)
def test_what_does_not_go_together(made: Records, words: list[str]) -> None:
    """Options that contradict one another, and organisations that are not there, are answered with what to do."""
    assert run("status", *words).exit_code == 2


def test_outside_of_a_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere the commands say what is missing."""
    monkeypatch.chdir(tmp_path)
    for words in (["status"], ["show", "#1"], ["chase"], ["diff", "Applewick Council"]):
        done = run(*words)
        assert done.exit_code == 2 and "collection" in done.output


# One organisation


def test_the_ledger_in_sentences(made: Records) -> None:
    """All that happened with one organisation, in order, without what its return says."""
    found = as_json("status", "--org", "brambleford council")
    assert found["returned"] is None and found["spread"] == []
    assert [each["words"] for each in found["ledger"]] == [
        "A mail was sent (the invitation to office@brambleford.example).",
        "A return was received (return 2, return 2.xlsx).",
        "The return was superseded by a later one (return 2, return 2.xlsx).",
        "A return was received (return 3, return 3.xlsx).",
        "The return was accepted, with queries (return 3, return 3.xlsx).",
    ]
    assert [(each["number"], each["state"], len(each["arrivals"])) for each in found["files"]] == [
        (2, "superseded", 1), (3, "accepted-with-queries", 2),
    ]  # fmt: skip
    page = run("status", "--org", "Brambleford Council").output
    assert "Ledger" in page and "Scores" not in page


def test_a_waiver_says_by_whom_and_why(made: Records) -> None:
    """The role and the reason stand in the ledger."""
    assert (
        "The organisation need not answer. By the coordinator: It has closed."
        in run("status", "--org", "Glasswater Hub").output
    )
    assert as_json("show", "Glasswater Hub")["waived_why"] == "It has closed."


def test_show_says_what_the_return_says(made: Records) -> None:
    """Each file with where it came from, and the scores of the one that counts."""
    found = as_json("show", "Applewick Council")
    assert found["returned"]["outcome"] == "read"
    assert found["returned"]["scores"]["overall"] == found["line"]["overall"]
    page = run("show", "Applewick Council").output
    for words in ("Files in", "office@applewick.example", "Scores", "Return 1: 40 answered, ", "Ledger"):
        assert words in page


def test_show_without_a_return(made: Records) -> None:
    """An organisation that has sent nothing has no scores, and its next steps fit it."""
    page = run("show", "Hartsedge Hub").output
    assert "Scores" not in page and "kil-xlsx send --remind --only 'Hartsedge Hub'" in page
    assert as_json("show", "Hartsedge Hub")["returned"] is None


def test_views_are_put_side_by_side(tmp_path: Path) -> None:
    """Of each question, who said what; the numbers of the returns say whose it is."""
    made = records(tmp_path / "round", ROWS[:1])
    readings = [each for each in collection(5, councils=3, communities=0, habits=NEAT) if each.ret is not None]
    name = ROWS[0].name
    numbers = [
        made.came(name, "accepted", 10 + at, share="view", person=who, reading=changed(each, organisation=name))
        for at, (who, each) in enumerate(zip(("Treasurer", "Chief officer", "Clerk"), readings, strict=True))
    ]
    with made.open() as found:
        one = see_organisation(found, name, NOW, contents=True)
    assert [each.id for each in one.views] == numbers
    differs = next(each for each in one.spread if not each.agreed and each.steps)
    for at, reading in enumerate(readings):
        assert reading.ret is not None
        assert differs.by(at).code == reading.ret.get(*differs.key).code
    assert one.line.came == date(2026, 5, 10)


def test_what_comes_from_outside_cannot_move_the_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of files and what servers say are shown without anything that a terminal would obey."""
    made = records(tmp_path / "round", ROWS[:1])
    made.mail(ROWS[0].name, "failed", said="550 \x1b[2J no")
    made.came(ROWS[0].name, person="\x1b]0;x", sender="a\u202eb@c.example")
    monkeypatch.chdir(made.folder)
    page = run("show", ROWS[0].name).output
    assert "\x1b" not in page and "\u202e" not in page
