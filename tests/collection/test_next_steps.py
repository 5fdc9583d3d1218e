"""What people are told to do next leads somewhere, and what they are told is said once, in one way."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from collections_made import COORDINATOR, Listed, Made, listed, make, with_an_error
from smtpstub import REFUSE, Stub

from kil_xlsx import pipeline
from kil_xlsx.cli import main, telling
from kil_xlsx.core.collection import Asked, Mail, MailState, Purpose

SMTP = '\n[smtp]\nhost = "localhost"\n'
IMAP = '\n[imap]\nhost = "localhost"\nuser = "round"\n'
MAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATE = datetime(2026, 7, 4, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_may(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, MAY)
    monkeypatch.setenv("COLUMNS", "200")


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let it be another time."""
    monkeypatch.setattr(pipeline, "now", lambda: now)


def run(made: Made, *words: str, code: int = 0) -> str:
    """Run a command in this process; gives what it says."""
    done = CliRunner().invoke(main, ["-C", str(made.folder), *words], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def steps(page: str) -> list[list[str]]:
    """The commands under "What next", in words."""
    _, _, after = page.partition("What next")
    return [shlex.split(line.partition("kil-xlsx ")[2]) for line in after.splitlines() if "kil-xlsx " in line]


def sends(made: Made, *words: str) -> list[list[str]]:
    """The commands of a page that send something."""
    return [each for each in steps(run(made, *(words or ("status",)))) if each[0] == "send"]


def posted(made: Made, name: str, state: MailState, when: datetime, said: str = "") -> None:
    """Put an invitation on record."""
    with made.open() as collection, collection.store.transaction():
        whose = next(each for each in collection.store.organisations() if each.name == name)
        collection.store.add_mail(
            Mail(
                id=0, organisation=whose.id, round_id=collection.round_id, purpose=Purpose.INVITATION, serial=1,
                address=whose.email, message_id=f"<{whose.id}.1@council.example>", state=state,
                changed_at=when.isoformat(), attempts=1, said=said,
            )
        )  # fmt: skip


def test_what_is_suggested_is_what_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is suggested whom a run would pass over; whose address is wrong is told apart."""
    rows = [*listed(0, 4), Listed("The Mute Trust", "community", "")]
    made = make(tmp_path, rows, settings=SMTP)
    assert sends(made) == [["send"]]
    posted(made, rows[0].name, MailState.SENT, MAY)
    posted(made, rows[1].name, MailState.FAILED, MAY, "Refused: 550 nobody here")
    posted(made, rows[2].name, MailState.BOUNCED, MAY)
    posted(made, rows[3].name, MailState.DRAFTED, MAY)
    page = run(made, "status")
    assert steps(page)[0] == ["import", "returned"], "nothing is left to send"
    words = "1 address is missing, 1 was refused by the mail server, 1 bounced: put them right in organisations.csv."
    assert words in page
    assert json.loads(run(made, "status", "--json"))["mails_due"]["invitation"] == 0
    # Nobody is reminded on the day of the invitation, and long before the due day nobody needs to be.
    at(monkeypatch, datetime(2026, 6, 20, 9, 0, tzinfo=UTC))
    assert sends(made) == [["send", "--remind"]]
    posted_today = datetime(2026, 6, 20, 8, 0, tzinfo=UTC).isoformat()
    with made.open() as collection, collection.store.transaction():
        for mail in collection.store.mails():
            collection.store.set_mail(mail.id, mail.state, posted_today, said=mail.said)
    assert sends(made) == []


def test_without_a_server_drafts_are_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command can be typed as it stands: with --drafts where there is no server, --yes after the due day."""
    made = make(tmp_path)
    assert sends(made) == [["send", "--drafts"]]
    assert sends(made, "chase") == [["send", "--drafts"]]
    assert sends(made, "show", made.names[0])[0][:2] == ["send", "--only"]
    assert sends(made, "send", "--dry-run") == [["send", "--drafts"]]
    at(monkeypatch, LATE)
    assert sends(made) == sends(made, "send", "--dry-run") == [["send", "--drafts", "--yes"]]
    assert "returned" in steps(run(made, "send", "--drafts", "--yes"))[-1]
    assert sends(made) == sends(made, "chase") == [], "all drafts are written, and nobody is reminded on the same day"


def test_what_comes_back_is_fetched_where_there_is_a_mailbox(tmp_path: Path) -> None:
    """Either command stands by itself."""
    with Stub() as stub:
        made = make(tmp_path, settings=stub.settings + IMAP, copies=False)
        assert ["fetch"] in steps(run(made, "send"))
        assert ["fetch"] in steps(run(made, "status"))


def test_a_marked_copy_is_suggested_once(tmp_path: Path) -> None:
    """Receipts and marked copies are suggested until they went out."""
    made = make(tmp_path)
    name = made.names[0]
    data = made.workbook(name, typed=with_an_error(made.wanted[name].plan))
    path = tmp_path / "back.xlsx"
    path.write_bytes(data)
    run(made, "import", str(path))
    assert ["benchmark"] not in steps(run(made, "status")), "others have not even been asked"
    assert [each[1] for each in sends(made) if len(each) > 2] == ["--receipts", "--to-fix"]
    assert [each[1] for each in sends(made, "show", name)] == ["--receipts", "--to-fix"]
    run(made, "send", "--to-fix", "--drafts")
    run(made, "send", "--receipts", "--drafts")
    assert sends(made) == [["send", "--drafts"]]


def test_another_round_can_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answered in it, without anything to send; one organisation's history says of which round each thing is."""
    rows = listed(0, 2)
    made = make(tmp_path, rows, round_id="2025")
    name = rows[0].name
    path = tmp_path / "back.xlsx"
    path.write_bytes(made.workbook(name))
    run(made, "import", str(path))
    settings = made.place.settings_file
    settings.write_text(settings.read_text("utf-8").replace("2025", "2026"), "utf-8")
    assert "0 % (0 of 2 on the list)" in run(made, "status")
    page = run(made, "status", "--round", "2025")
    assert "Round 2025" in page and "50 % (1 of 2 on the list)" in page
    assert steps(page) == [["status", "--all", "--round", "2025"]]
    then = json.loads(run(made, "status", "--round", "2025", "--json"))
    assert (then["round"], then["organisations"]["answered"], then["due"]) == ("2025", 1, None)
    assert rows[1].name in run(made, "chase", "--round", "2025")
    assert "['send" not in str(steps(run(made, "chase", "--round", "2025")))
    now = run(made, "show", name)
    assert "Files in, other rounds" in now and "2025" in now.partition("Files in, other rounds")[2]
    assert "What its return says" not in now
    before = run(made, "show", name, "--round", "2025")
    assert "What its return says" in before and "Files in, other rounds" not in before
    done = CliRunner().invoke(main, ["-C", str(made.folder), "status", "--round", "2019"])
    assert done.exit_code == 2 and "There are: 2025, 2026" in done.output
    with made.open() as collection:
        assert len(collection.store.received(round_id="2025")) == 1, "looking changes nothing"


def test_answered_means_one_thing(tmp_path: Path) -> None:
    """What was answered is counted of what applies; what was dealt with in any way stands apart."""
    made = make(tmp_path, listed(0, 1))
    path = tmp_path / "back.xlsx"
    path.write_bytes(made.workbook(made.names[0]))
    run(made, "import", str(path))
    found = json.loads(run(made, "show", made.names[0], "--json"))
    (file,) = found["files"]
    page = run(made, "show", made.names[0])
    assert f"{file['answered']} answered" in page and f"of {file['applicable']} questions that apply" in page
    assert "Dealt with" in page and "Answered" not in page
    assert "Dealt with" in run(made, "read", str(path)) and "Answered" not in run(made, "read", str(path))


# What came


def letter(made: Made, name: str, subject: str, hours: int = 0, sender: str = "") -> bytes:
    """A mail without a workbook."""
    from email.utils import format_datetime

    mail = EmailMessage()
    mail["From"] = sender or made.row(name).email
    mail["To"] = COORDINATOR
    mail["Subject"] = subject
    mail["Date"] = format_datetime(MAY + timedelta(hours=hours))
    mail["Message-ID"] = f"<{hours}.{len(subject)}@mail.example>"
    mail.set_content("We are not sure about question 4.")
    return mail.as_bytes()


def test_a_mail_without_a_workbook_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whom and about what, on the screen; the subject is kept nowhere; status tells of it for a while."""
    made = make(tmp_path, listed(0, 2))
    path = tmp_path / "question.eml"
    path.write_bytes(letter(made, made.names[0], "Question four \u2013 \x1b[2Jhelp", 1))
    page = run(made, "import", str(path))
    for words in ("Question four", made.row(made.names[0]).email, "2026-05-04 10:00", "Read 1 mail without a workbook.",
                  "No new workbook; 1 mail without a workbook recorded."):  # fmt: skip
        assert words in page, words
    assert "\x1b" not in page and "Nothing new." not in page
    assert "Nothing new." in run(made, "import", str(path))
    assert f"Wrote without a workbook lately, and nothing came since: 1 ({made.names[0]}, 2026-" in run(made, "status")
    assert [each["organisation"] for each in json.loads(run(made, "status", "--json"))["wrote"]] == [made.names[0]]
    path.unlink()
    assert not [each for each in tmp_path.rglob("*") if each.is_file() and b"Question four" in each.read_bytes()]
    back = tmp_path / "back.xlsx"
    back.write_bytes(made.workbook(made.names[0]))
    run(made, "import", str(back))
    assert "Wrote without" not in run(made, "status")


def test_status_does_not_tell_of_it_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two weeks it has been read, or never will be."""
    made = make(tmp_path, listed(0, 1))
    path = tmp_path / "question.eml"
    path.write_bytes(letter(made, made.names[0], "Question", 1))
    run(made, "import", str(path))
    at(monkeypatch, MAY + timedelta(days=14))
    assert "Wrote without" in run(made, "status")
    at(monkeypatch, MAY + timedelta(days=15))
    assert "Wrote without" not in run(made, "status")


def test_a_few_returns_are_named(tmp_path: Path) -> None:
    """Up to ten that were accepted; of more, only how many."""
    made = make(tmp_path, listed(0, 12))
    folder = tmp_path / "back"
    folder.mkdir()
    for name in made.names[:2]:
        (folder / f"{name}.xlsx").write_bytes(made.workbook(name))
    page = run(made, "import", str(folder))
    assert page.count("accepted  ") >= 3 and made.names[0] in page and "2 files taken in." in page
    for name in made.names:
        (folder / f"{name} again.xlsx").write_bytes(made.workbook(name, seed=3))
    assert made.names[-1] not in run(made, "import", str(folder))


def test_the_parts_of_a_notice_are_not_told(tmp_path: Path) -> None:
    """A mail that came back is one line, without what the server packed into its notice."""
    made = make(tmp_path, listed(0, 1))
    posted(made, made.names[0], MailState.SENT, MAY)
    path = tmp_path / "notice.eml"
    path.write_bytes(NOTICE.replace(b"ADDRESS", made.row(made.names[0]).email.encode()))
    page = run(made, "import", str(path))
    assert "came back" in page and "left out" not in page
    told = json.loads(run(made, "import", str(path), "--json"))
    jsonschema.Draft202012Validator(pipeline.schema("import")).validate(told)
    assert told["schema"] == "kil-xlsx/import/1" and "left-out" not in told["counts"]


NOTICE = b"""From: MAILER-DAEMON@mail.example
To: round@council.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 04 May 2026 10:00:00 +0000
Message-ID: <notice.1@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; ADDRESS
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 nobody here

--b
Content-Type: message/rfc822

Message-ID: <1.1@council.example>
From: round@council.example
To: ADDRESS
Subject: Keep it Local

Please find attached.
--b--
"""


def test_what_is_put_off_is_no_failure(tmp_path: Path) -> None:
    """The next run tries again, and says so; one bullet tells which addresses to put right."""
    made = make(tmp_path, [*listed(0, 2), Listed("The Mute Trust", "community", "")], settings=SMTP)
    from kil_xlsx.cli import documents, printing, send_commands
    from kil_xlsx.core.dispatch import Due, LeftOut, Reason
    from kil_xlsx.pipeline.collection.delivering import Done, Run, Wish
    from kil_xlsx.pipeline.collection.due import Ways

    whom = [made.asked(name) for name in made.names]
    wish = Wish(Purpose.INVITATION)
    mails = [
        Done(Due(whom[0], Purpose.INVITATION, 1), MailState.FAILED, "Not now: 450 mailbox busy"),
        Done(Due(whom[1], Purpose.INVITATION, 1), MailState.FAILED, "Refused: 550 nobody here"),
    ]
    done = Run(wish, done=mails, left_out=[LeftOut(whom[2], Reason.NO_ADDRESS)])
    console = printing.page()
    with console.capture() as said:
        send_commands._show_run(console, done, Ways(can_send=True))
    page = " ".join(said.get().split())
    assert "put off The next run tries again. 450 mailbox busy" in page and "failed Refused: 550" in page
    assert "put off 1" in page and "failed 1" in page
    assert page.count("Then: kil-xlsx send") == 1
    assert "1 address is missing, 1 was refused by the mail server: put them right in organisations.csv." in page
    document: Any = documents.sent(done)
    assert [each.put_off for each in document.mails] == [True, False]


def test_a_refused_address_is_told_once(tmp_path: Path) -> None:
    """After a run, one bullet names what is wrong with addresses."""
    rows = [*listed(0, 2), Listed("The Mute Trust", "community", "")]
    with Stub({rows[1].email: [REFUSE]}) as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        page = run(made, "send", code=1)
    assert page.count("put them right") == 1


# How it is said


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("#12", "'#12'"), ("Abberton", "Abberton"), ("The Hub", "'The Hub'"), ("O'Brien & Co", "'O''Brien & Co'"),
        ("Friends\u2019 Hub", "'Friends\u2019\u2019 Hub'"), ("$HOME", "'$HOME'"), ("a`b", "'a`b'"),
        ('a "b"', "'a \"b\"'"), ("C:\\round\\a.csv", "C:\\round\\a.csv"), ("a;b", "'a;b'"), ("@x", "'@x'"),
    ],
)  # fmt: skip
def test_windows_quotes_as_powershell_does(text: str, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Single quotes around, doubled inside; nothing that PowerShell would take for something else stands bare."""
    monkeypatch.setattr(telling.os, "name", "nt")
    assert telling.as_typed(text) == typed


def test_an_awkward_name_is_given_by_number() -> None:
    """What would be taken for an option, or cannot be typed on every system, goes by the number."""
    for name in ("-Hub", 'The "Hub"', "The\u202eHub", ""):
        assert telling.named(Asked(id=7, respondent="council", name=name)) == "'#7'"
    assert telling.named(Asked(id=7, respondent="council", name="Hub")) == "Hub"


def test_the_passed_date_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one form, by whatever makes the workbooks."""
    at(monkeypatch, LATE)
    made = make(tmp_path)
    page = run(made, "send", "--drafts", "--yes")
    assert page.count("The return date, ") == 1 and "30 June 2026, has passed already. The mails name no day." in page
    assert "30 June 2026, has passed already." in run(made, "generate", "--force")


def test_a_list_with_headings_only(tmp_path: Path) -> None:
    """It is said what to do, and nobody is said to have answered."""
    made = make(tmp_path, copies=False)
    path = tmp_path / "organisations.csv"
    path.write_text("name,respondent,email\n", "utf-8")
    assert "has only headings" in run(made, "status") and "fault" not in run(made, "status")
    done = CliRunner().invoke(main, ["-C", str(made.folder), "generate"])
    assert done.exit_code == 3 and "has only headings" in done.output and "one row for each organisation" in done.output
    with made.open() as collection, collection.store.transaction():
        collection.store.sync_organisations([])
    assert "Nobody is on the list yet." in run(made, "chase")


def test_what_the_list_has_beside_is_told_once(tmp_path: Path) -> None:
    """By the next command of whatever kind, then only where workbooks are made, until the list changes."""
    made = make(tmp_path)
    path = tmp_path / "organisations.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]},regoin", *(f"{each},North" for each in lines[1:])]) + "\n", "utf-8")
    words = "'regoin'"
    assert words in run(made, "status")
    for command in ("status", "chase"):
        assert words not in run(made, command)
    assert words not in run(made, "send", "--dry-run")
    assert words in run(made, "generate")


def test_small_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One query is shown and all open ones counted; two kinds of mail are named without gaps; no title is none."""
    made = make(tmp_path, listed(0, 3))
    items = [made.attached(name, made.workbook(name), sender="x@elsewhere.example") for name in made.names[:2]]
    from kil_xlsx.pipeline.collection.importing import take_in

    with made.open() as collection:
        take_in(collection, items)
        count = len(collection.store.queries())
        (first, *_) = collection.store.queries()
    assert count > 1
    assert f"{count} queries are open." in run(made, "resolve", str(first.id))
    assert "decided. \n" not in run(made, "resolve", str(first.id), "accept")
    assert "not --remind and --receipts." in run(made, "send", "--remind", "--receipts", code=2)
    settings = made.place.settings_file
    settings.write_text(settings.read_text("utf-8").replace('title = "Keep it Local 2026"', 'title = ""'), "utf-8")
    assert run(made, "status").startswith("Round 2026\n")
