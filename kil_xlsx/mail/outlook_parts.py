"""A message of Outlook in the shape of a mail, so that all that follows knows only one."""

from __future__ import annotations

import email.utils

from kil_xlsx.mail.headers import Headers, first, parse_headers
from kil_xlsx.mail.items import Limits
from kil_xlsx.mail.mime import Part
from kil_xlsx.mail.outlook import OutlookFile, OutlookMessage


def as_mail(message: OutlookMessage, limits: Limits) -> Part:
    """The parts of a message.  What the message itself says takes the place of headers that it did not come with."""
    headers = parse_headers(message.headers.encode("utf-8", "replace"), limits)
    for name in ("content-type", "content-disposition", "content-transfer-encoding"):
        del headers[name]
    stated = {
        "From": f"<{message.sender}>" if message.sender else "",
        "Subject": message.subject,
        "Message-ID": message.message_id,
        "In-Reply-To": message.in_reply_to,
        "References": message.references,
        "Date": email.utils.formatdate(message.sent) if 0 < message.sent < 1e11 else "",
        **_of_kind(message),
    }
    for name, value in stated.items():
        if value and not first(headers, name):
            headers[name] = value
    headers["Content-Type"] = "multipart/mixed"
    text = Headers()
    text["Content-Type"] = "text/plain; charset=utf-8"
    parts = [Part(text, given=message.text.encode("utf-8", "replace"))]
    parts += [_part(file, limits) for file in message.files]
    return Part(headers, children=parts)


def _of_kind(message: OutlookMessage) -> dict[str, str]:
    """Headers for what Outlook keeps as the kind of a message: reports, and replies made by its own rules."""
    kind = message.kind.casefold()
    if kind.startswith("report.") and kind.endswith(".ndr"):
        return {"X-Failed-Recipients": ", ".join(message.recipients), "X-Original-Message-ID": message.original_id}
    if kind.startswith("report."):
        return {"Auto-Submitted": "auto-generated"}
    if kind.startswith("ipm.note.rules.ooftemplate"):
        return {"Auto-Submitted": "auto-replied (vacation)"}
    if kind.startswith("ipm.note.rules.replytemplate"):
        return {"Auto-Submitted": "auto-replied"}
    return {}


def _part(file: OutlookFile, limits: Limits) -> Part:
    headers = Headers()
    headers["Content-Type"] = file.type or "application/octet-stream"
    headers.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name or "attachment"))
    if file.message is not None:
        return Part(headers, children=[as_mail(file.message, limits)])
    hidden = file.is_hidden and bool(file.content_id)
    return Part(headers, given=file.data, is_hidden=hidden, is_elsewhere=file.elsewhere)
