"""What went out: the workbooks that were made, and the mails."""

from __future__ import annotations

import hashlib

from kil_xlsx.core.collection import Copy, Mail, MailState, Purpose
from kil_xlsx.store.records import Records, struct, where


class SentRecords(Records):
    """The send list and the mails of a collection."""

    def add_copy(self, copy: Copy) -> bool:
        """Record a workbook that is made for an organisation; whether it was new."""
        if self.copy(copy.reference) is not None:
            return False
        self._insert("copies", copy)
        return True

    def copy(self, reference: str) -> Copy | None:
        """The workbook with a reference code."""
        row = self._one("SELECT * FROM copies WHERE reference = ?", (reference,))
        return None if row is None else struct(row, Copy)

    def copies(self, *, organisation: int | None = None, round_id: str | None = None) -> list[Copy]:
        """The send list, or the part of it that is of an organisation or a round."""
        clause, values = where(organisation=organisation, round_id=round_id)
        rows = self._all(f"SELECT * FROM copies{clause} ORDER BY made_at, reference", values)  # noqa: S608
        return [struct(row, Copy) for row in rows]

    def add_mail(self, mail: Mail) -> int:
        """Record a mail; its ``id`` is given."""
        return self._insert("mails", mail, leave_out=("id",))

    def set_mail(self, number: int, state: MailState, at: str, *, said: str = "", attempts: int | None = None) -> None:
        """Record what became of a mail."""
        self._do(
            "UPDATE mails SET state = ?, changed_at = ?, said = ?, attempts = coalesce(?, attempts) WHERE id = ?",
            (state, at, said, attempts, number),
        )

    def mails(
        self,
        *,
        organisation: int | None = None,
        round_id: str | None = None,
        purpose: Purpose | None = None,
        state: MailState | None = None,
    ) -> list[Mail]:
        """Mails in the order in which they were begun."""
        clause, values = where(organisation=organisation, round_id=round_id, purpose=purpose, state=state)
        return [struct(row, Mail) for row in self._all(f"SELECT * FROM mails{clause} ORDER BY id", values)]  # noqa: S608

    def mail_called(self, message_id: str) -> Mail | None:
        """The mail with a Message-ID."""
        row = self._one("SELECT * FROM mails WHERE message_id = ?", (message_id,))
        return None if row is None else struct(row, Mail)

    def seen(self, message: str) -> bool:
        """Whether a mail that came, by its Message-ID or place in a mailbox, has been dealt with."""
        return self._one("SELECT 1 FROM seen_messages WHERE digest = ?", (_digest(message),)) is not None

    def see(self, message: str, at: str) -> None:
        """Remember that a mail that came has been dealt with."""
        self._do("INSERT INTO seen_messages VALUES (?, ?) ON CONFLICT DO NOTHING", (_digest(message), at))


def _digest(message: str) -> str:
    """What is kept of the name of a mail: it often holds the sender's domain, and stays when that is forgotten."""
    return hashlib.sha256(message.encode(errors="replace")).hexdigest()
