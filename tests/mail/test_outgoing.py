"""What is put into a letter comes out of the mail, whoever reads it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mailserver import COORDINATOR, MailServer

from kil_xlsx.core.settings import Security
from kil_xlsx.errors import LetterError
from kil_xlsx.mail.outgoing import (
    MOST_OF_A_NAME,
    Attachment,
    Letter,
    address_fault,
    ascii_address,
    message_bytes,
    message_id_of,
    one_line,
)
from kil_xlsx.mail.smtp import Outcome, Post, Server

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LETTER = Letter(
    to="buero@unterhausen.example",
    to_name="Gemeinde Ünterhausen, Büro",
    sender=COORDINATOR,
    sender_name='The "Keep it Local" Team',
    reply_to="returns@coordinator.example",
    subject="Keep it Local – workbook for Gemeinde Ünterhausen, please return by 31 May 2026",
    text="Dear Ünterhausen,\n\n" + "A paragraph is one line, however long it is. " * 20 + "\n.\nFrom here on: 10 €\n",
    message_id="<0123456789abcdef@coordinator.example>",
    date=datetime(2026, 5, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
    attachments=(
        Attachment("Gemeinde Ünterhausen – Fragebogen.xlsx", bytes(range(256)) * 40),
        Attachment("summary.pdf", b"%PDF-1.7\r\n"),
        Attachment("one page.html", b"<!doctype html>\n"),
    ),
)


def parsed(data: bytes) -> EmailMessage:
    """Read a mail with Python's own parser."""
    return cast(EmailMessage, message_from_bytes(data, policy=default))


def names(message: EmailMessage) -> list[str | None]:
    """The names of what is attached."""
    return [part.get_filename() for part in message.iter_attachments()]


def test_everything_comes_back_out() -> None:
    """Subject, names, text and attachments are read back as they were put in, with nothing odd about the mail."""
    message = parsed(message_bytes(LETTER))
    assert message["Subject"] == LETTER.subject
    assert message["To"].addresses[0].display_name == LETTER.to_name
    assert message["To"].addresses[0].addr_spec == LETTER.to
    assert message["From"].addresses[0].display_name == LETTER.sender_name
    assert message["From"].addresses[0].addr_spec == LETTER.sender
    assert message["Reply-To"] == LETTER.reply_to
    assert message["Message-ID"] == LETTER.message_id
    assert message["Date"].datetime == LETTER.date
    body = message.get_body()
    assert body is not None and body.get_content().replace("\r\n", "\n") == LETTER.text
    assert names(message) == [each.name for each in LETTER.attachments]
    assert [part.get_content_type() for part in message.iter_attachments()] == [XLSX, "application/pdf", "text/html"]
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [
        each.data for each in LETTER.attachments
    ]
    assert [defect for part in message.walk() for defect in part.defects] == []
    assert [defect for part in message.walk() for header in part.values() for defect in header.defects] == []


def test_a_mail_is_plain_ascii_in_short_lines() -> None:
    """Whatever is in it, a mail is made of ASCII lines that end in CR LF and that no server breaks."""
    for draft in (False, True):
        data = message_bytes(LETTER, draft=draft)
        assert data.isascii()
        assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
        assert max(len(line) for line in data.split(b"\r\n")) <= 80


def test_the_same_letter_gives_the_same_bytes() -> None:
    """Nothing in a mail comes from the clock or from chance, and another letter has another boundary."""
    assert message_bytes(LETTER) == message_bytes(replace(LETTER))
    other = parsed(message_bytes(replace(LETTER, message_id="<other@coordinator.example>")))
    assert other.get_boundary() != parsed(message_bytes(LETTER)).get_boundary()


def test_a_draft_is_ready_to_send() -> None:
    """A draft says that it is unsent, and has neither date nor Message-ID nor anything else that sending adds."""
    draft = parsed(message_bytes(LETTER, draft=True))
    assert list(draft.keys()) == ["X-Unsent", "From", "Reply-To", "To", "Subject", "MIME-Version", "Content-Type"]
    assert draft["X-Unsent"] == "1"
    assert draft["Subject"] == LETTER.subject
    assert names(draft) == [each.name for each in LETTER.attachments]


def test_a_name_beyond_ascii_has_a_plain_form_beside_it() -> None:
    """Programs that know no RFC 2231 find a readable name, and those that do are not led astray by it."""
    part = next(parsed(message_bytes(LETTER)).iter_attachments())
    assert part.get_param("name") == "Gemeinde Unterhausen _ Fragebogen.xlsx"
    assert b"filename*=utf-8''Gemeinde%20%C3%9Cnterhausen%20%E2%80%93%20Fragebogen.xlsx\r\n" in message_bytes(LETTER)


def test_a_name_that_no_disk_takes_is_cut_and_keeps_its_ending() -> None:
    """A file name of more than 200 bytes loses letters before its ending."""
    letter = replace(LETTER, attachments=(Attachment("日" * 300 + ".xlsx", b""),))
    assert names(parsed(message_bytes(letter))) == ["日" * 65 + ".xlsx"]


def test_machines_are_asked_not_to_answer_and_people_can() -> None:
    """Out-of-office replies are asked off; a mail that a person sends is not called automatic, a receipt is."""
    message = parsed(message_bytes(LETTER))
    assert "OOF" in message["X-Auto-Response-Suppress"]
    assert "NDR" not in message["X-Auto-Response-Suppress"].split(", ")
    assert message["Auto-Submitted"] is None
    receipt = parsed(message_bytes(replace(LETTER, automatic=True, answers="<reply@applewick.example>")))
    assert receipt["Auto-Submitted"] == "auto-replied"
    assert receipt["In-Reply-To"] == receipt["References"] == "<reply@applewick.example>"


def test_a_strange_message_id_is_not_repeated() -> None:
    """A Message-ID of a mail that came in is only named where it is one."""
    for strange in ("<a@b.example>\r\nBcc: c@d.example", "no id", "<ü@b.example>", f"<{'a' * 2000}@b.example>"):
        assert "In-Reply-To" not in parsed(message_bytes(replace(LETTER, answers=strange)))


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hello\r\nBcc: everybody@coordinator.example\r\n\r\nText"},
        {"to_name": "Somebody\nBcc: everybody@coordinator.example"},
        {"sender_name": "Somebody\rBcc: everybody@coordinator.example"},
        {"attachments": (Attachment("a.xlsx\r\nBcc: everybody@coordinator.example\r\n\r\n.xlsx", b""),)},
        {"attachments": (Attachment('a"\\; x="y.xlsx', b""),)},
        {"subject": "Hello\x85Bcc: everybody@coordinator.example\u2028Bcc: x"},
    ],
)
def test_line_breaks_in_texts_add_no_header(change: dict[str, object]) -> None:
    """A line break in a subject, a name or a file name becomes a space."""
    data = message_bytes(replace(LETTER, **change))
    message = parsed(data)
    assert message["Bcc"] is None
    assert list(message.keys()) == list(parsed(message_bytes(LETTER)).keys())
    assert b"\nBcc" not in data
    assert all(part["Bcc"] is None and part.get_param("x") is None for part in message.walk())


BAD_ADDRESSES = [
    "", "@", "nobody", "@applewick.example", "office@", "a b@applewick.example", "a@b@applewick.example",
    "office@applewick.example\r\nBcc: x@y.example", "office@apple wick.example", "office@-applewick.example",
    "office@applewick..example", ".office@applewick.example", "office.@applewick.example", "office@applewick",
    "<office@applewick.example>", "office@applewick.example>", "office,two@applewick.example",
    "x" * 65 + "@applewick.example", "office@" + "x" * 64 + ".example", "büro@applewick.example",
    "office@\u2028applewick.example", "office@\ud800.example", "office@xn--\u00fc.example", '"a b"@applewick.example',
    "a\0@applewick.example", "office@applewick.example.", "office@[127.0.0.1]",
]  # fmt: skip


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_cannot_be_used_is_refused(address: str) -> None:
    """What is no address is refused with a sentence, in every place where one can stand."""
    assert address_fault(address).endswith(".")
    for field in ("to", "sender", "reply_to") if address else ("to", "sender"):
        with pytest.raises(LetterError):
            message_bytes(replace(LETTER, **{field: address}))


def test_a_local_part_beyond_ascii_says_what_to_do() -> None:
    """Letters before the @ that most servers do not take are named as the trouble."""
    with pytest.raises(LetterError, match="before the @") as caught:
        ascii_address("büro@applewick.example")
    assert "a to z" in caught.value.remedy


@pytest.mark.parametrize(
    ("address", "ascii_form"),
    [
        ("Office@Applewick.Example", "Office@applewick.example"),
        ("office@bücher.example", "office@xn--bcher-kva.example"),
        ("office@straße.example", "office@xn--strae-oqa.example"),
        ("office@xn--bcher-kva.example", "office@xn--bcher-kva.example"),
        ("o'neill+kil/2026@sub.applewick.example", "o'neill+kil/2026@sub.applewick.example"),
    ],
)
def test_domains_in_any_script_can_be_used(address: str, ascii_form: str) -> None:
    """A domain is written as servers know it."""
    assert ascii_address(address) == ascii_form
    assert parsed(message_bytes(replace(LETTER, to=address)))["To"].addresses[0].addr_spec == ascii_form


@pytest.mark.parametrize("change", [{"subject": " \r\n"}, {"text": "\n \n"}, {"subject": "\ud800"}, {"text": "\udc80"}])
def test_empty_and_broken_texts_are_refused(change: dict[str, str]) -> None:
    """A mail without a subject or a text, or with half a character, is not written."""
    with pytest.raises(LetterError):
        message_bytes(replace(LETTER, **change))


def test_a_message_id_belongs_to_its_facts() -> None:
    """The same facts give the same Message-ID; facts that only look alike when joined give another."""
    first = message_id_of(["secret", "17", "invitation", "1"], "team@bücher.example")
    assert first == message_id_of(["secret", "17", "invitation", "1"], "team@bücher.example")
    assert first.endswith("@xn--bcher-kva.example>")
    assert first != message_id_of(["secret", "1", "7invitation", "1"], "team@bücher.example")
    assert first != message_id_of(["another", "17", "invitation", "1"], "team@bücher.example")
    assert message_bytes(replace(LETTER, message_id=first))


ONE_LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)


@given(subject=ONE_LINE, name=ONE_LINE, file_name=ONE_LINE)
@example(subject="=?utf-8?q?no?=", name="=?utf-8?q?no?=", file_name="=?utf-8?q?no?=.xlsx")
@example(subject="a" * 200, name="a " * 90, file_name="ü" * 200)
@example(subject="Two  spaces", name='"quoted", and, commas', file_name="percent%20.xlsx")
@example(subject="x", name=". (comment) <a@b.example>", file_name="'single'.xlsx")
@example(subject="👩‍👩‍👧‍👦" * 30, name="اَلْعَرَبِيَّةُ " * 10, file_name="日本語.xlsx")
def test_any_subject_and_name_come_back_out(subject: str, name: str, file_name: str) -> None:
    """Any characters in a subject, a name or a file name are read back, on one line."""
    letter = replace(
        LETTER, subject=f"S{subject}", to_name=f"N{name}", attachments=(Attachment(f"F{file_name}", b"data"),)
    )
    data = message_bytes(letter)
    assert max(len(line) for line in data.split(b"\r\n")) < 998
    message = parsed(data)
    assert message["Subject"] == one_line(letter.subject)
    assert len(message["To"].addresses) == 1
    # Some versions of Python put a space between two encoded words of a name, so names are decoded step by step.
    raw = str(message_from_bytes(data)["To"]).replace("\r\n", "")
    shown, address = parseaddr(raw)
    assert str(make_header(decode_header(shown))) == one_line(letter.to_name) and address == letter.to
    wanted = one_line(letter.attachments[0].name).replace("/", "_").replace("\\", "_")
    (found,) = names(message)
    assert found == wanted or (len(wanted.encode()) > MOST_OF_A_NAME and found and wanted.startswith(found[:20]))


@given(text=TEXTS)
@example(text="line\u2028separator\x0b\x0c\x1c\x85end")
@example(text=".\r\n.\r.\n..\n\nFrom x\n--=_\n" + "x" * 500)
@example(text="trailing \t \n tab\t\n=20=\n")
def test_any_text_comes_back_out(text: str) -> None:
    """Any text is read back line by line, without control characters."""
    from unicodedata import category

    wanted = f"T{text}".replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    wanted = "".join(each for each in wanted if each in "\n\t" or category(each) != "Cc") + "\n"
    body = parsed(message_bytes(replace(LETTER, text=f"T{text}", attachments=()))).get_body()
    assert body is not None
    assert cast(bytes, body.get_payload(decode=True)).replace(b"\r\n", b"\n").decode() == wanted


@pytest.mark.oracle
def test_the_mail_servers_read_the_same(mail_server: MailServer) -> None:
    """After a journey through two servers, the mailbox finds names and words in it, and files are the same bytes."""
    smtp = mail_server.smtp
    letter = replace(LETTER, to="office@ünterhausen.example")
    server = Server(smtp.host, smtp.port, Security.STARTTLS, smtp.user, smtp.password, 20, smtp.ca_file)
    with Post(server) as post:
        assert post.send(message_bytes(letter), letter.sender, letter.to).outcome is Outcome.SENT
    mailbox = ascii_address(letter.to)
    (found,) = mail_server.inbox(mailbox, at_least=1)
    assert names(parsed(found)) == [each.name for each in letter.attachments]
    with mail_server.mailbox(mailbox) as connection:
        connection.select(readonly=True)
        for field, words in (
            ("SUBJECT", letter.subject), ("HEADER TO", letter.to_name), ("HEADER FROM", letter.sender_name[:3]),
            ("TEXT", "Dear Ünterhausen,"), ("TEXT", letter.text.split("\n")[2].strip()), ("TEXT", "10 €"),
        ):  # fmt: skip
            connection.literal = words.encode()
            assert connection.search("UTF-8", field)[1] == [b"1"], words
        connection.literal = "Untërhausen".encode()
        assert connection.search("UTF-8", "SUBJECT")[1] == [b""]
        for number, attachment in enumerate(letter.attachments, 2):
            answer = connection.fetch("1", f"(BINARY.PEEK[{number}])")[1][0]
            assert isinstance(answer, tuple) and answer[1] == attachment.data


@pytest.mark.oracle
def test_a_mail_program_sends_a_draft(tmp_path: Path) -> None:
    """A mail program that opens a draft and sends it sends what was put in, with a date and Message-ID of its own."""
    mutt = _required("mutt")
    sent, draft = tmp_path / "sent.eml", tmp_path / "draft.eml"
    draft.write_bytes(message_bytes(LETTER, draft=True))
    mailer = tmp_path / "mailer"
    mailer.write_text(f"#!/bin/sh\nexec cat > {sent}\n")
    mailer.chmod(0o700)
    settings = tmp_path / "muttrc"
    settings.write_text(
        f'set sendmail="{mailer}"\nset copy=no\nset charset="utf-8"\nset use_envelope_from=no\nset use_from=yes\n'
    )
    environment = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    command = [mutt, "-n", "-F", str(settings), "-H", str(draft)]
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    message = parsed(sent.read_bytes())
    assert message["Subject"] == LETTER.subject
    assert message["To"].addresses[0].display_name == LETTER.to_name
    assert message["From"].addresses[0].display_name == LETTER.sender_name
    assert message["Date"] and message["Message-ID"] != LETTER.message_id
    assert names(message) == [each.name for each in LETTER.attachments]
    assert [part.get_payload(decode=True) for part in message.iter_attachments()][:2] == [
        each.data for each in LETTER.attachments
    ][:2]


_NODE_SCRIPT = """
const { simpleParser } = require('mailparser');
simpleParser(require('fs').readFileSync(0)).then(mail => console.log(JSON.stringify({
  subject: mail.subject, to: mail.to.value, from: mail.from.value, text: mail.text,
  attachments: mail.attachments.map(a => [a.filename, a.contentType, a.content.toString('base64')]),
})));
"""


@pytest.mark.oracle
def test_another_parser_reads_the_same() -> None:
    """A parser that webmail programs are built on reads the same out of a mail and a draft."""
    from base64 import b64decode

    modules = Path(os.environ.get("KIL_NODE_MODULES", ""))
    if not (modules / "mailparser").is_dir():
        _missing("KIL_NODE_MODULES does not name a folder with mailparser")
    for draft in (False, True):
        done = subprocess.run(
            [_required("node"), "-e", _NODE_SCRIPT], input=message_bytes(LETTER, draft=draft), check=True,
            capture_output=True, env={**os.environ, "NODE_PATH": str(modules)}, timeout=60,
        )  # fmt: skip
        found = json.loads(done.stdout)
        assert found["subject"] == LETTER.subject
        assert found["to"] == [{"address": LETTER.to, "name": LETTER.to_name}]
        assert found["from"] == [{"address": LETTER.sender, "name": LETTER.sender_name}]
        assert found["text"].rstrip() == LETTER.text.rstrip()
        assert [(name, b64decode(data)) for name, _, data in found["attachments"]] == [
            (each.name, each.data) for each in LETTER.attachments
        ]


def _required(program: str) -> str:
    path = shutil.which(program)
    return path or _missing(f"{program} is not installed")


def _missing(what: str) -> str:
    from oracle.cases import office_is_required

    if office_is_required():
        pytest.fail(f"{what}, and it is required here")
    pytest.skip(what)


def test_a_line_break_becomes_a_space() -> None:
    """Words on two lines, as cells of a list have them, are still two words."""
    message = parsed(message_bytes(replace(LETTER, subject="Two\r\nlines\x07 ", to_name="Applewick\nTrust")))
    assert message["Subject"] == "Two lines"
    assert message["To"].addresses[0].display_name == "Applewick Trust"


def test_the_date_needs_a_time_zone() -> None:
    """A date without a time zone is a mistake of the program's."""
    with pytest.raises(ValueError, match="time zone"):
        message_bytes(replace(LETTER, date=datetime(2026, 5, 1, tzinfo=UTC).replace(tzinfo=None)))
