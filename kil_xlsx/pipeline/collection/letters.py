"""The mails of a collection: what is known of an organisation, put into the wording that the settings have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Purpose
from kil_xlsx.core.dispatch import Due
from kil_xlsx.errors import UsageProblem

if TYPE_CHECKING:
    from kil_xlsx.mail.outgoing import Letter
    from kil_xlsx.mail.templates import Template
    from kil_xlsx.pipeline.collection.enclosures import Enclosed
    from kil_xlsx.pipeline.collection.place import Collection


class Letters:
    """Writes the mails of one kind.

    That the wording has no faults was found out when the settings were read.

    :raises UsageProblem: the settings do not say whom mails are from.
    """

    def __init__(self, collection: Collection, purpose: Purpose, now: datetime) -> None:
        from kil_xlsx.mail.templates import template_for

        sender = collection.settings.sender
        if not sender.address:
            raise UsageProblem(
                "The settings do not say whom mails are from.",
                f'Write address = "name@council.example" below [sender] in {collection.place.settings_file.name}.',
            )
        self._collection, self._purpose, self._now = collection, purpose, now
        own = collection.settings.wording(purpose)
        self.wording: Template = template_for(purpose, own.subject, own.text)

    def letter(self, due: Due, enclosed: Enclosed) -> Letter:
        """The mail to one organisation.  LetterError where its texts have characters that are broken."""
        from kil_xlsx.mail.outgoing import Attachment, Letter
        from kil_xlsx.mail.templates import fill

        sender = self._collection.settings.sender
        subject, text = fill(self.wording, self._facts(due, enclosed))
        return Letter(
            to=due.address,
            to_name=due.organisation.name,
            sender=sender.address,
            sender_name=sender.name,
            reply_to=sender.reply_to,
            subject=subject,
            text=text,
            message_id=self.message_id(due),
            date=self._now,
            attachments=tuple(Attachment(name, data) for name, data in enclosed.files),
            answers=enclosed.answers,
            automatic=self._purpose is Purpose.RECEIPT,
        )

    def message_id(self, due: Due) -> str:
        """The Message-ID of a mail: always the same for the same mail, and nobody else can work it out."""
        from kil_xlsx.mail.outgoing import message_id_of

        if due.begun is not None:
            return due.begun.message_id
        collection = self._collection
        facts = (
            collection.key.hex(), "mail", str(due.organisation.id), collection.round_id, due.purpose.value,
            str(due.serial),
        )  # fmt: skip
        return message_id_of(facts, collection.settings.sender.address)

    def _facts(self, due: Due, enclosed: Enclosed) -> Mapping[str, str]:
        from kil_xlsx.mail.templates import about_minutes, days_left, names_in

        said, whose = self._collection.settings.collection, due.organisation
        respondent = next(
            one.respondent for one in self._collection.instruments if one.respondent.id == whose.respondent
        )
        again = enclosed.last_round and respondent.minutes_repeat  # less is to be done where answers stand there
        today = self._now.date()
        until = said.due if said.due is not None and said.due >= today else None
        return {
            **dict.fromkeys(names_in(self.wording), ""),
            **whose.profile,
            "parent": whose.parent,
            "organisation": whose.name,
            "framework": self._collection.framework.title,
            "title": said.title or _with_round(self._collection.framework.title, said.round_id),
            "round": said.round_id,
            "last_round": enclosed.last_round,
            "due": f"{until.day} {until:%B %Y}" if until else "",
            "days_left": days_left(until, today),
            "time": about_minutes(respondent.minutes_repeat if again else respondent.minutes_first),
            "workbook": ", ".join(name for name, _ in enclosed.files),
            "reference": enclosed.reference,
            "contact": said.contact,
            "sender_name": self._collection.settings.sender.name,
            **enclosed.facts,
        }


def _with_round(title: str, round_id: str) -> str:
    return f"{title} ({round_id})" if round_id and round_id not in title else title
