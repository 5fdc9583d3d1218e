"""Mails that programs write are told from those of people."""

from __future__ import annotations

import pytest
from mail.cfb import attachment, outlook_message
from mail.letters import (
    EXCHANGE_AWAY,
    GMAIL_AWAY,
    ORIGINAL,
    VACATION_AWAY,
    as_bytes,
    away,
    exchange_notice,
    forwarded,
    gmail_notice,
    letter,
    notice,
    qmail_notice,
    workbook,
)

from kil_xlsx.mail.incoming import items_of
from kil_xlsx.mail.items import Attached, AutoReply, Bounced, Item, LeftOut, NoAttachment


def items(data: bytes) -> list[Item]:
    return list(items_of(data, "mail.eml"))


def bounce(data: bytes) -> Bounced:
    """The only thing that a notice holds besides what is left out."""
    (found,) = (item for item in items(data) if not isinstance(item, LeftOut))
    assert isinstance(found, Bounced)
    return found


@pytest.mark.parametrize("made", [notice, exchange_notice, gmail_notice, qmail_notice])
def test_notices_are_matched_to_the_mail_that_was_returned(made: object) -> None:
    """Each kind of notice tells for whom the mail was, which one it was, and that it will not arrive."""
    found = bounce(made())  # type: ignore[operator]
    assert found.original_ids == (ORIGINAL,)
    assert [address.lower() for address in found.recipients] == ["gone@hub.example"]
    assert found.permanent


def test_the_workbook_that_was_sent_does_not_come_in_as_a_return() -> None:
    """What a notice returns was sent by us and is left out, with a reason."""
    assert workbook() not in [getattr(item, "data", b"") for item in items(notice())]
    assert [item.why for item in items(notice()) if isinstance(item, LeftOut)][-1] == "the mail that was returned"


def test_a_notice_without_a_sender_is_one(caplog: pytest.LogCaptureFixture) -> None:
    """A notice may come from nobody, and nothing is written to the screen or a log about it."""
    assert bounce(notice(From="")).original_ids == (ORIGINAL,)
    assert bounce(qmail_notice().replace(b"From: MAILER-DAEMON@mail.hub.example\r\n", b"")).permanent
    assert bounce(notice(From="((((")).permanent
    assert not caplog.records


def test_the_servers_words_are_kept() -> None:
    """What the server said is kept as one short line."""
    assert bounce(notice()).said == "550 5.1.1 <gone@hub.example>: Recipient address rejected"


def test_a_delay_is_not_the_end() -> None:
    """A notice that a mail is delayed is no failure."""
    assert not bounce(notice("delayed", status="4.4.1")).permanent


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_receipt_of_delivery_is_no_bounce(action: str) -> None:
    """A notice that a mail has arrived is another automatic reply."""
    assert [item.kind for item in items(notice(action, status="2.0.0")) if isinstance(item, AutoReply)] == ["other"]


def test_a_notice_that_somebody_forwards_counts_as_one() -> None:
    """Somebody who passes a notice on still tells us of it, and who passed it on is kept."""
    found = bounce(forwarded(notice()))
    assert found.original_ids == (ORIGINAL,)
    assert found.whence.sender == "office@council.example"


def test_people_may_write_about_undelivered_mail() -> None:
    """A person's words about a failure are no notice."""
    made = letter(subject="Undelivered Mail Returned to Sender", In_Reply_To=ORIGINAL)
    made.set_content("The following addresses had permanent fatal errors:\n\n<gone@hub.example>\n")
    assert [type(item) for item in items(as_bytes(made))] == [NoAttachment]


@pytest.mark.parametrize("headers", [EXCHANGE_AWAY, GMAIL_AWAY, VACATION_AWAY])
def test_people_who_are_away_are_recognised(headers: dict[str, str]) -> None:
    """The replies of Exchange, Gmail and vacation(1) are known, and which mail they answer is kept."""
    (found,) = items(as_bytes(away(**headers)))
    assert isinstance(found, AutoReply) and found.kind == "away"
    assert found.whence.in_reply_to == (ORIGINAL,)


def test_other_automatic_replies_are_not_taken_for_absence() -> None:
    """A receipt of a help desk is automatic, and nobody is away."""
    made = letter(subject="[Ticket 12] We have received your mail", Auto_Submitted="auto-replied")
    assert [item.kind for item in items(as_bytes(made)) if isinstance(item, AutoReply)] == ["other"]


@pytest.mark.parametrize("subject", ["Automatic reply: Please answer", "Abwesend: Bitte", "Out of office"])
def test_a_subject_alone_proves_nothing(subject: str) -> None:
    """A subject like that of an automatic reply counts only with something else that speaks for one."""
    assert [type(item) for item in items(as_bytes(letter(subject=subject)))] == [NoAttachment]
    told = as_bytes(letter(subject=subject, X_Auto_Response_Suppress="All"))
    assert [item.kind for item in items(told) if isinstance(item, AutoReply)] == ["away"]


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "no"}, {"Precedence": "bulk"}, {"X_Auto_Response_Suppress": "All"}]
)
def test_weak_signs_alone_prove_nothing(headers: dict[str, str]) -> None:
    """Mails of lists and of systems that forbid replies are taken for a person's."""
    assert [type(item) for item in items(as_bytes(letter(**headers)))] == [NoAttachment]


def test_a_workbook_in_an_automatic_mail_is_taken() -> None:
    """A return that comes with an automatic reply is a return all the same."""
    made = as_bytes(letter(("a.xlsx", workbook()), **{"subject": "Automatic reply", **EXCHANGE_AWAY}))
    assert [type(item) for item in items(made)] == [AutoReply, Attached]


def test_a_notice_saved_from_outlook_is_one() -> None:
    """Outlook keeps a notice as a kind of message of its own."""
    data = outlook_message(
        kind="REPORT.IPM.Note.NDR", p1046_001F=ORIGINAL, recipients=["gone@hub.example"], sender="", message_id=""
    )
    (found,) = items_of(data, "a.msg")
    assert isinstance(found, Bounced) and found.permanent
    assert (found.original_ids, found.recipients) == ((ORIGINAL,), ("gone@hub.example",))


def test_an_absence_saved_from_outlook_is_one() -> None:
    """Outlook keeps its own automatic replies as a kind of message as well."""
    (found,) = items_of(outlook_message(kind="IPM.Note.Rules.OofTemplate.Microsoft"), "a.msg")
    assert isinstance(found, AutoReply) and found.kind == "away"
    both = items_of(outlook_message(attachment("a.xlsx", workbook()), kind="IPM.Note.Rules.OofTemplate.Microsoft"), "a")
    assert [type(item) for item in both] == [AutoReply, Attached]
