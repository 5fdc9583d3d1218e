"""Mails as the usual programs write them, made for tests."""

from __future__ import annotations

import base64
import io
import zipfile
from email.message import EmailMessage
from functools import cache
from pathlib import Path

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ORIGINAL = "<kil-invitation-1@coordinator.example>"
LOGO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@cache
def workbook() -> bytes:
    """A workbook that somebody has filled in."""
    folder = Path(__file__).parents[2] / "samples" / "returned"
    return min(folder.glob("*.xlsx")).read_bytes()


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return made.getvalue()


def lines(data: bytes) -> str:
    """Base64 as it stands in a mail."""
    return base64.encodebytes(data).decode().replace("\n", "\r\n")


def letter(*files: tuple[str, bytes], subject: str = "Our return", **headers: str) -> EmailMessage:
    """A plain mail with files, as Python writes it; ``message_id="x"`` sets a header, an empty text leaves it out."""
    made = EmailMessage()
    stated = {
        "From": "Ann Example <ann@Hub.Example>",
        "To": "benchmark@coordinator.example",
        "Subject": subject,
        "Date": "Tue, 12 May 2026 10:15:00 +0200",
        "Message-ID": "<r-1@hub.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in stated.items():
        if value:
            made[name] = value
    made.set_content("Dear coordinator,\n\nhere it is.\n")
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype=XLSX.partition("/")[2], filename=name)
    return made


def as_bytes(message: EmailMessage) -> bytes:
    """The mail as it is sent."""
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def _headers(**more: str) -> str:
    stated = {
        "From": "Ann Example <ann@hub.example>",
        "To": "benchmark@coordinator.example",
        "Subject": "AW: Your return",
        "Date": "Tue, 12 May 2026 10:15:00 +0200",
        "Message-ID": "<r-1@hub.example>",
        "In-Reply-To": ORIGINAL,
        "MIME-Version": "1.0",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "".join(f"{name}: {value}\r\n" for name, value in stated.items() if value)


def outlook_letter(data: bytes) -> bytes:
    """Outlook: a logo in the text, the name as an encoded word in both headers."""
    name = "=?iso-8859-1?Q?R=FCckmeldung_2026.xlsx?="
    return (
        _headers(Content_Type='multipart/mixed;\r\n\tboundary="_005_AM9PR_"', Thread_Topic="x")
        + '\r\n--_005_AM9PR_\r\nContent-Type: multipart/related;\r\n\tboundary="_004_AM9PR_";\r\n'
        + '\ttype="multipart/alternative"\r\n\r\n--_004_AM9PR_\r\nContent-Type: multipart/alternative;\r\n'
        + '\tboundary="_000_AM9PR_"\r\n\r\n--_000_AM9PR_\r\nContent-Type: text/plain; charset="iso-8859-1"\r\n'
        + "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n\r\n--_000_AM9PR_\r\n"
        + 'Content-Type: text/html; charset="iso-8859-1"\r\n\r\n<html><img src="cid:image001.png@01"></html>\r\n'
        + "--_000_AM9PR_--\r\n\r\n--_004_AM9PR_\r\nContent-Type: image/png; name=image001.png\r\n"
        + "Content-Disposition: inline; filename=image001.png\r\nContent-ID: <image001.png@01>\r\n"
        + f"Content-Transfer-Encoding: base64\r\n\r\n{lines(LOGO)}\r\n--_004_AM9PR_--\r\n\r\n--_005_AM9PR_\r\n"
        + f'Content-Type: {XLSX};\r\n\tname="{name}"\r\nContent-Description: {name}\r\n'
        + f'Content-Disposition: attachment;\r\n\tfilename="{name}"; size={len(data)};\r\n'
        + '\tcreation-date="Tue, 12 May 2026 08:10:00 GMT"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + f"{lines(data)}\r\n--_005_AM9PR_--\r\n"
    ).encode()


def gmail_letter(data: bytes) -> bytes:
    """Gmail: the name in both ways, the type without detail."""
    name = "=?UTF-8?B?UsO8Y2ttZWxkdW5nIDIwMjYueGxzeA==?="
    return (
        _headers(
            Content_Type='multipart/mixed; boundary="000000000000a1b2"',
            References=f"<earlier@x.example> {ORIGINAL}",
            In_Reply_To="",
        )
        + '\r\n--000000000000a1b2\r\nContent-Type: multipart/alternative; boundary="000000000000a1b0"\r\n\r\n'
        + '--000000000000a1b0\r\nContent-Type: text/plain; charset="UTF-8"\r\n\r\nHi\r\n\r\n--000000000000a1b0\r\n'
        + 'Content-Type: text/html; charset="UTF-8"\r\n\r\n<div>Hi</div>\r\n\r\n--000000000000a1b0--\r\n'
        + f'--000000000000a1b2\r\nContent-Type: application/octet-stream; name="{name}"\r\n'
        + f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        + f"Content-ID: <f_x1>\r\nX-Attachment-Id: f_x1\r\n\r\n{lines(data)}--000000000000a1b2--\r\n"
    ).encode()


def apple_letter(data: bytes) -> bytes:
    """Apple Mail: the workbook inline, in the middle of the alternatives, its name after RFC 2231 in pieces."""
    return (
        _headers(Content_Type="multipart/alternative;\r\n\tboundary=Apple-Mail-1")
        + "\r\n\r\n--Apple-Mail-1\r\nContent-Type: text/plain;\r\n\tcharset=utf-8\r\n\r\nHi\r\n--Apple-Mail-1\r\n"
        + "Content-Type: multipart/mixed;\r\n\tboundary=Apple-Mail-2\r\n\r\n\r\n--Apple-Mail-2\r\n"
        + "Content-Type: text/html;\r\n\tcharset=us-ascii\r\n\r\n<html></html>\r\n--Apple-Mail-2\r\n"
        + "Content-Disposition: inline;\r\n\tfilename*0*=utf-8''R%C3%BCckmeldung;\r\n\tfilename*1*=%202026.xlsx\r\n"
        + f"Content-Type: {XLSX};\r\n\tx-unix-mode=0644\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines(data)}"
        + "\r\n--Apple-Mail-2\r\nContent-Type: text/html;\r\n\tcharset=us-ascii\r\n\r\n<br>\r\n--Apple-Mail-2--\r\n"
        + "\r\n--Apple-Mail-1--\r\n"
    ).encode()


def thunderbird_letter(data: bytes) -> bytes:
    """Thunderbird: a signature and a visiting card as well."""
    return (
        _headers(Content_Type='multipart/mixed; boundary="------------0Xy"', User_Agent="Mozilla Thunderbird")
        + "\r\nThis is a multi-part message in MIME format.\r\n--------------0Xy\r\n"
        + "Content-Type: text/plain; charset=UTF-8; format=flowed\r\n\r\nHi\r\n\r\n--------------0Xy\r\n"
        + f'Content-Type: {XLSX};\r\n name="=?UTF-8?Q?R=C3=BCckmeldung_2026=2Exlsx?="\r\n'
        + "Content-Disposition: attachment;\r\n filename*=UTF-8''%52%C3%BC%63%6B%6D%65%6C%64%75%6E%67%20%32%30%32%36"
        + f"%2E%78%6C%73%78\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines(data)}\r\n--------------0Xy\r\n"
        + 'Content-Type: text/vcard; charset=UTF-8; name="ann.vcf"\r\nContent-Disposition: attachment; '
        + 'filename="ann.vcf"\r\n\r\nbegin:vcard\r\nend:vcard\r\n\r\n--------------0Xy\r\n'
        + 'Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"\r\n\r\n'
        + "-----BEGIN PGP SIGNATURE-----\r\n--------------0Xy--\r\n"
    ).encode()


LETTERS = {
    "outlook": outlook_letter,
    "gmail": gmail_letter,
    "apple": apple_letter,
    "thunderbird": thunderbird_letter,
}
NAME = "Rückmeldung 2026.xlsx"
"""The name that the workbook has in each of these."""


def forwarded(inner: bytes, boundary: str = "outer", kind: str = "message/rfc822", name: str = "") -> bytes:
    """A mail with another one in it."""
    stated = f'Content-Type: {kind}; name="{name}"' if name else f"Content-Type: {kind}"
    encoding = "" if kind.startswith("message/") else "Content-Transfer-Encoding: base64\r\n"
    content = inner.decode("latin-1") if kind.startswith("message/") else lines(inner)
    return (
        "From: Office <office@council.example>\r\nTo: benchmark@coordinator.example\r\nSubject: Fwd: return\r\n"
        "Date: Wed, 13 May 2026 08:00:00 +0000\r\nMessage-ID: <fwd-1@council.example>\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'
        f"Content-Type: text/plain\r\n\r\nsee below\r\n--{boundary}\r\n{stated}\r\n{encoding}\r\n{content}\r\n"
        f"--{boundary}--\r\n"
    ).encode("latin-1")


# ---- what programs write ----


def returned_mail() -> str:
    """The mail that could not be delivered, as it comes back: with the blank workbook that was sent."""
    return (
        f"From: benchmark@coordinator.example\r\nTo: gone@hub.example\r\nMessage-ID: {ORIGINAL}\r\n"
        'Subject: Please answer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="sent"\r\n\r\n'
        "--sent\r\nContent-Type: text/plain\r\n\r\nPlease answer.\r\n--sent\r\n"
        f"Content-Type: {XLSX}; name=blank.xlsx\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines(workbook())}"
        "--sent--\r\n"
    )


def notice(
    action: str = "failed",
    *,
    returned: str = "",
    returned_type: str = "message/rfc822",
    status: str = "5.1.1",
    **more: str,
) -> bytes:
    """A notice in the standard form, as Postfix writes it."""
    stated = {
        "Return-Path": "<>",
        "From": "Mail Delivery System <MAILER-DAEMON@mail.hub.example>",
        "To": "benchmark@coordinator.example",
        "Subject": "Undelivered Mail Returned to Sender",
        "Auto-Submitted": "auto-replied",
        "Date": "Tue, 12 May 2026 10:15:00 +0000",
        "Message-ID": "<20260512.ABC@mail.hub.example>",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/report; report-type=delivery-status; boundary="B1"',
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return (
        "".join(f"{name}: {value}\r\n" for name, value in stated.items() if value)
        + "\r\nThis is a MIME-encapsulated message.\r\n\r\n--B1\r\nContent-Description: Notification\r\n"
        + "Content-Type: text/plain; charset=us-ascii\r\n\r\nThis is the mail system at host mail.hub.example.\r\n"
        + "\r\n--B1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.hub.example\r\n"
        + "Arrival-Date: Tue, 12 May 2026 10:14:59 +0000\r\n\r\nFinal-Recipient: rfc822; Gone@Hub.Example\r\n"
        + f"Original-Recipient: rfc822;Gone@Hub.Example\r\nAction: {action}\r\nStatus: {status}\r\n"
        + "Diagnostic-Code: smtp; 550 5.1.1 <gone@hub.example>:\r\n    Recipient address rejected\r\n\r\n--B1\r\n"
        + f"Content-Type: {returned_type}\r\n\r\n{returned or returned_mail()}\r\n--B1--\r\n"
    ).encode()


def exchange_notice() -> bytes:
    """A notice of Exchange: only the headers come back."""
    return notice(
        returned=f"From: <benchmark@coordinator.example>\r\nMessage-ID: {ORIGINAL}\r\nSubject: Please answer\r\n",
        returned_type="text/rfc822-headers",
        status="5.1.10",
        Return_Path="<>",
        From="<postmaster@hub.example>",
        Subject="Unzustellbar: Please answer",
        Auto_Submitted="auto-replied",
        X_MS_Exchange_Message_Is_Ndr="",
    )


def gmail_notice() -> bytes:
    """A notice of Gmail: with a picture, and the mail that it is about only as what it answers."""
    return (
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\nTo: benchmark@coordinator.example\r\n"
        "Auto-Submitted: auto-replied\r\nSubject: Delivery Status Notification (Failure)\r\n"
        f"References: {ORIGINAL}\r\nIn-Reply-To: {ORIGINAL}\r\nX-Failed-Recipients: gone@hub.example\r\n"
        "Message-ID: <66.@mx.google.com>\r\nDate: Tue, 12 May 2026 03:15:00 -0700 (PDT)\r\n"
        'Content-Type: multipart/report; boundary="0a"; report-type=delivery-status\r\n\r\n--0a\r\n'
        'Content-Type: multipart/related; boundary="0b"\r\n\r\n--0b\r\nContent-Type: text/plain\r\n\r\n'
        "** Address not found **\r\n--0b\r\nContent-Type: image/png; name=icon.png\r\n"
        f"Content-Disposition: attachment; filename=icon.png\r\nContent-ID: <icon.png>\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{lines(LOGO)}--0b--\r\n--0a\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; googlemail.com\r\n\r\n"
        "Final-Recipient: rfc822; gone@hub.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\r\n\r\n"
        "--0a--\r\n"
    ).encode()


def qmail_notice() -> bytes:
    """A notice of qmail: plain text, the mail that was returned below it."""
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.hub.example\r\nTo: benchmark@coordinator.example\r\n"
        "Subject: failure notice\r\nDate: 12 May 2026 10:15:00 -0000\r\nMessage-ID: <1@mail.hub.example>\r\n\r\n"
        "Hi. This is the qmail-send program at mail.hub.example.\r\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n<gone@hub.example>:\r\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
        f"Return-Path: <benchmark@coordinator.example>\r\nMessage-ID: {ORIGINAL}\r\nSubject: Please answer\r\n\r\nx\r\n"
    ).encode()


def away(**headers: str) -> EmailMessage:
    """A reply of somebody who is away."""
    made = letter(
        **{
            "subject": "Automatic reply: Please answer",
            "Message_ID": "<ooo@hub.example>",
            "In_Reply_To": ORIGINAL,
            **headers,
        }
    )
    made.set_content("I am out of the office until 1 June.\n")
    return made


EXCHANGE_AWAY = {"Auto_Submitted": "auto-generated", "X_Auto_Response_Suppress": "All"}
GMAIL_AWAY = {
    "subject": "Re: Please answer",
    "Auto_Submitted": "auto-replied",
    "Precedence": "bulk",
    "X_Autoreply": "yes",
}
VACATION_AWAY = {"subject": "away from my mail", "Auto_Submitted": "auto-replied (vacation)", "Precedence": "bulk"}
