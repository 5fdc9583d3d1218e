"""Mails as organisations answer with them, built with the standard library alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, make_msgid, parseaddr
from typing import cast

from mailserver import COORDINATOR, MailServer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = {
    "xlsx": XLSX,
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "zip": "application/zip",
    "pdf": "application/pdf",
}

Files = Sequence[tuple[str, bytes]]


def parsed(data: bytes) -> EmailMessage:
    """A mail, read by the standard library."""
    return cast(EmailMessage, message_from_bytes(data, policy=default))


def addressee(data: bytes) -> tuple[str, str]:
    """The name and the address of the one whom a mail goes to.

    Some versions of Python put a space between two encoded words of a name, so it is decoded step by step.
    """
    shown, address = parseaddr(str(message_from_bytes(data)["To"]).replace("\r\n", "").replace("\n", ""))
    return str(make_header(decode_header(shown))), address


def attachments(mail: EmailMessage) -> list[tuple[str, bytes]]:
    """Names and contents of what is attached to a mail."""
    return [(part.get_filename() or "", cast(bytes, part.get_payload(decode=True))) for part in mail.iter_attachments()]


def text_of(mail: EmailMessage) -> str:
    """What a mail says."""
    body = mail.get_body(("plain",))
    return "" if body is None else cast(str, body.get_content()).replace("\r\n", "\n")


class Post:
    """The way in which replies travel: handed over by SMTP, as any server does.  Each is a minute later."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._at = datetime.now(UTC) - timedelta(hours=3)  # noqa: TID251 - real servers, real time
        self.sent = 0

    def letter(self, sender: str, files: Files, *, answers: EmailMessage | None = None) -> EmailMessage:
        """A reply with some files attached."""
        self._at += timedelta(minutes=1)
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = COORDINATOR
        mail["Subject"] = f"Re: {answers['Subject']}" if answers is not None else "Our workbook – as promised"
        mail["Date"] = format_datetime(self._at)
        mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(">"))
        if answers is not None:
            mail["In-Reply-To"] = mail["References"] = answers["Message-ID"]
        mail.set_content("Dear coordinator,\n\nplease find our answers attached.\n\nWith kind regards\n")
        for name, data in files:
            kind = _KINDS.get(name.rpartition(".")[2], "application/octet-stream")
            mail.add_attachment(data, maintype=kind.partition("/")[0], subtype=kind.partition("/")[2], filename=name)
        return mail

    def away(self, sender: str, answers: EmailMessage) -> EmailMessage:
        """What a mail program answers by itself while somebody is on holiday."""
        mail = self.letter(sender, [])
        mail.replace_header("Subject", f"Automatic reply: {answers['Subject']}")
        mail["In-Reply-To"] = answers["Message-ID"]
        mail["Auto-Submitted"] = "auto-replied"
        mail.set_content("I am out of the office until next month.\n")
        return mail

    def forwarded(self, sender: str, inner: EmailMessage) -> EmailMessage:
        """A mail that is passed on whole, as an attachment."""
        mail = self.letter(sender, [])
        mail.replace_header("Subject", "Fwd: our workbook")
        mail.add_attachment(inner)
        return mail

    def send(self, mail: EmailMessage) -> None:
        """Bring a mail to the coordinator's mailbox."""
        address = re.sub(r".*<|>.*", "", str(mail["From"]))
        self.server.deliver(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")), sender=address)
        self.sent += 1
