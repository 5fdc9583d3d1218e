"""Mails that programs write: notices that a mail was not delivered, and replies of people who are away.

A notice that follows the standard (RFC 3464) is taken at its word.  Others are only looked for in mails that no person
can have sent, because people write about undelivered mail as well, and forward such notices.  For a reply it is the
same: the subject alone proves nothing.
"""

from __future__ import annotations

import contextlib
import email.message
import logging
import re
from dataclasses import replace

from kil_xlsx.mail.headers import first, ids, in_reply_to, parameter, parse_headers, sender, unencoded
from kil_xlsx.mail.items import AutoReply, Bounced, Limits, Provenance
from kil_xlsx.mail.mime import Part

_LONGEST_SAID = 300
_MOST_BLOCKS = 100  # recipients that one notice may tell of
_MOST_TEXTS = 10
_TEXT_BYTES = 64_000
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RECEIPT = "message/disposition-notification"
_DAEMON = re.compile(r"(?:mailer-daemon|mail-daemon|maildaemon|postmaster|mailerdaemon)@", re.I)
_BLOCKS = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_LIMITS = Limits()
_DELAYED = re.compile(r"\bdelay|will (?:be re)?try|not yet been delivered|verzögert|wird weiter versucht", re.I)
_AWAY_SUBJECT = re.compile(
    r"\A\s*(?:automatic reply|auto(?:matic)?[- ]?reply|autoreply|out of (?:the )?office|ooo\b|away from|on leave"
    r"|automatische (?:antwort|abwesenheitsnotiz)|abwesenheit|abwesend|nicht im (?:büro|haus)|automatisch antwoord"
    r"|afwezig|réponse automatique|absence|absent|respuesta automática|fuera de la oficina|risposta automatica"
    r"|fuori sede|resposta automática|autosvar|frånvaro|fravær|automaattinen vastaus|automatická odpověď"
    r"|odpowiedź automatyczna)",
    re.I,
)
_AWAY_TEXT = re.compile(
    r"out of (?:the )?office|out of office|on (?:annual |sick |maternity |parental )?leave|on (?:holiday|vacation)"
    r"|away (?:from|until|on)|(?:be|am) (?:back|away)|limited access to (?:my )?e-?mail|not in the office"
    r"|abwesend|nicht im (?:büro|haus)|im urlaub|zurück am|niet aanwezig|afwezig|absent|en congé|de retour"
    r"|fuera de la oficina|de vacaciones|fuori sede|in ferie",
    re.I,
)


def recognised(mail: Part, whence: Provenance) -> Bounced | AutoReply | None:
    """What a mail is, if a program has sent it; None for one of a person."""
    kind = mail.kind
    report = parameter(mail.headers, "report-type").casefold() if kind == "multipart/report" else ""
    statuses = [part for part in mail.walk() if part.kind in _STATUS]
    if kind == "multipart/report" and (statuses or report == "delivery-status"):
        return _of_report(mail, statuses, whence)
    if report == "disposition-notification" or any(
        part.kind == "message/disposition-notification" for part in mail.walk()
    ):
        return AutoReply(whence, "other")
    automatic = _is_automatic(mail)
    if automatic or _is_of_daemon(mail):
        bounce = _other_bounce(mail, statuses, whence)
        if bounce is not None:
            return bounce
    subject = unencoded(first(mail.headers, "subject"))
    if automatic or (_AWAY_SUBJECT.match(subject) and _hints(mail)):
        return AutoReply(whence, "away" if _is_away(mail, subject) else "other")
    return None


def is_returned(part: Part, container: Part) -> bool:
    """Whether a part of a report is, or is about, the mail that was returned: nobody has sent that to us."""
    if container.kind != "multipart/report":
        return False
    return part.kind in _RETURNED or part.kind.startswith("message/")


# ---- notices ----


def _of_report(mail: Part, statuses: list[Part], whence: Provenance) -> Bounced | AutoReply:
    """A notice in the standard form."""
    blocks = [block for status in statuses for block in _blocks(status)]
    actions = [first(block, "action").casefold() for block in blocks]
    failed = [block for block, action in zip(blocks, actions, strict=True) if action.startswith(("fail", "error"))]
    delayed = [block for block, action in zip(blocks, actions, strict=True) if action.startswith("delay")]
    if not failed and not delayed and any(actions):
        return AutoReply(whence, "other")  # it was delivered, or passed on
    told = failed or delayed
    by_library = _failures(mail)
    recipients = [address for block in told if (address := _recipient(block))]
    recipients += by_library[1] if failed or not delayed else by_library[0]
    said = next((text for block in told if (text := _said(block))), "") or _first_words(mail)
    is_permanent = bool(failed) or (not delayed and not _DELAYED.search(_first_words(mail)))
    return Bounced(whence, _original_ids(mail), _each_once(recipients), is_permanent, said)


def _other_bounce(mail: Part, statuses: list[Part], whence: Provenance) -> Bounced | None:
    """A notice in another form, which :mod:`flufl.bounce` knows many of."""
    if statuses:
        found = _of_report(mail, statuses, whence)
        if isinstance(found, Bounced):
            return found
    stated = [
        address
        for value in mail.headers.get_all("x-failed-recipients", [])[:5]
        for address in re.split(r"[,\s]+", str(value)[:8_000])
        if "@" in address
    ]
    delayed, failed = _failures(mail)
    if not (stated or delayed or failed) and "x-failed-recipients" not in mail.headers:
        return None
    said = _first_words(mail)
    is_permanent = bool(failed) or (not delayed and not _DELAYED.search(first(mail.headers, "subject") + " " + said))
    recipients = [*stated, *(failed or delayed)]
    return Bounced(whence, _original_ids(mail), _each_once(recipients), is_permanent, said)


def _blocks(status: Part) -> list[email.message.Message]:
    """The groups of fields of a delivery status: one about the mail, then one for each recipient."""
    pieces = _BLOCKS.split(status.data(_TEXT_BYTES), maxsplit=_MOST_BLOCKS)[:_MOST_BLOCKS]
    blocks = [parse_headers(piece, _LIMITS) for piece in pieces]
    return [block for block in blocks if len(block)]


def _recipient(block: email.message.Message) -> str:
    for name in ("original-recipient", "final-recipient"):
        address = first(block, name).rpartition(";")[2].strip(" <>\t")
        if "@" in address and len(address) < 320 and address.isprintable() and " " not in address:
            return address
    return ""


def _said(block: email.message.Message) -> str:
    diagnostic = first(block, "diagnostic-code").partition(";")
    words = (diagnostic[2] or diagnostic[0]).strip()
    status = first(block, "status").strip()
    return _short(words if status in words else f"{status} {words}")


def _first_words(mail: Part) -> str:
    for part in mail.walk():
        if part.kind == "text/plain":
            return _short(part.text(4_000))
    return _short(unencoded(first(mail.headers, "subject")))


def _short(words: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return words if len(words) <= _LONGEST_SAID else words[: _LONGEST_SAID - 1] + "…"


def _each_once(addresses: list[str]) -> tuple[str, ...]:
    once: dict[str, str] = {}
    for address in addresses:
        local, _, domain = address.rpartition("@")
        once.setdefault(address.casefold(), f"{local}@{domain.lower()}")
    return tuple(once.values())[:_MOST_BLOCKS]


def _original_ids(mail: Part) -> tuple[str, ...]:
    """The ids of the mail that was returned: from what was returned of it, or else from what the notice answers."""
    found: list[str] = []
    for part in mail.walk():
        if part.kind in _RETURNED:
            head = part.data(_TEXT_BYTES).lstrip()
            block = re.split(rb"\n\r?\n|\r\r", head, maxsplit=1)[0]
            found += ids(first(parse_headers(block, _LIMITS), "message-id"))
            for inner in part.children:
                found += ids(first(inner.headers, "message-id"))
    found += ids(first(mail.headers, "x-original-message-id"))
    if not found:
        found += in_reply_to(mail.headers)
    if not found:
        for part in mail.walk():
            if part.kind == "text/plain":
                found += _ids_in_text(part.text(_TEXT_BYTES))
    return tuple(dict.fromkeys(found))[:20]


def _ids_in_text(text: str) -> list[str]:
    return [
        each
        for line in re.findall(r"^[> \t]*message-id:[ \t]*(<[^\r\n]{1,990})", text, re.I | re.M)[:20]
        for each in ids(line)
    ]


def _failures(mail: Part) -> tuple[list[str], list[str]]:
    """The recipients that the mail is delayed to and those that it failed for, as the library finds them."""
    from flufl.bounce import all_failures

    # It writes down where it stumbles; that belongs on nobody's screen.
    logging.getLogger("flufl.bounce").disabled = True
    # It may stumble over a mail that is broken; then the mail is no notice that anybody knows.
    with contextlib.suppress(Exception):
        delayed, failed = all_failures(_plain(mail))
        return (
            sorted(address.decode("ascii", "replace") for address in delayed),
            sorted(address.decode("ascii", "replace") for address in failed),
        )
    return [], []


def _plain(mail: Part) -> email.message.Message:
    """The mail as the library takes it, without all that does not concern it, so that it stays small."""
    texts = 0

    def copy(part: Part) -> email.message.Message | None:
        nonlocal texts
        made = email.message.Message()
        for name, value in part.headers.items()[:200]:
            if name.lower() != "content-transfer-encoding":
                made[name] = value[:8_000]
        if part.kind in _STATUS:
            made.set_payload([*_blocks(part)])
        elif part.children and not part.kind.startswith("message/"):
            made.set_payload([each for child in part.children if (each := copy(child)) is not None])
        elif part.kind.startswith("text/"):
            texts += 1
            if texts > _MOST_TEXTS:
                return None
            made.set_payload(part.text(_TEXT_BYTES))
        else:
            return None
        return made

    whole = copy(mail) or email.message.Message()
    del whole["From"]
    whole["From"] = sender(mail.headers) or "unknown@unknown.invalid"  # it cannot do without one
    return whole


# ---- replies ----


def _is_automatic(mail: Part) -> bool:
    """Whether the mail says of itself that a program has written it."""
    headers = mail.headers
    submitted = first(headers, "auto-submitted").partition(";")[0].partition("(")[0].strip().casefold()
    if submitted and submitted != "no":
        return True
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-vacation"):
        if first(headers, name).strip().casefold() not in ("", "no", "false"):
            return True
    return first(headers, "precedence").strip().casefold() in ("auto_reply", "auto-reply")


def _is_of_daemon(mail: Part) -> bool:
    """Whether the mail comes from a mail server itself."""
    return (
        first(mail.headers, "return-path").strip() == "<>"
        or _DAEMON.match(sender(mail.headers)) is not None
        or "x-failed-recipients" in mail.headers
    )


def _hints(mail: Part) -> bool:
    """Whether something else than the subject speaks for a program; none of it is enough alone."""
    headers = mail.headers
    return (
        bool(first(headers, "x-auto-response-suppress"))
        or first(headers, "precedence").strip().casefold() in ("bulk", "junk", "list")
        or first(headers, "return-path").strip() == "<>"
        or "x-ms-exchange-generated-message-source" in headers
    )


def _is_away(mail: Part, subject: str) -> bool:
    if _AWAY_SUBJECT.match(subject) or "vacation" in first(mail.headers, "auto-submitted").casefold():
        return True
    if "x-vacation" in mail.headers:
        return True
    texts = (part.text(2_000) for part in mail.walk() if part.kind in ("text/plain", "text/html"))
    return bool(_AWAY_TEXT.search(subject)) or any(_AWAY_TEXT.search(text) for text in texts)


def of_forwarded(found: Bounced | AutoReply | None, whence: Provenance) -> Bounced | None:
    """What a notice in a forwarded mail says is as true; what a reply says was not said to us."""
    return replace(found, whence=whence) if isinstance(found, Bounced) else None
