"""A round of invented organisations with real mail servers: what they do, and what there is to see of it."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from collections_made import Made, filled, listed, plan_of
from desk import Desk
from mailserver import GONE, MailServer
from oracle.libreoffice import LibreOffice
from oracle.replies import Post, attachments, parsed
from python_calamine import CalamineWorkbook

COUNCILS, COMMUNITIES = 20, 41
KEYS = [*(f"k{at}" for at in range(COUNCILS)), *(f"c{at}" for at in range(COMMUNITIES))]
ACCENTED = {
    "k1": "Cyngor Tref Llanfair-y-Môr",
    "c1": "Tŷ'r Gymuned, Aberynys",
    "c2": "Café Zoë & Friends of “Škoda Street”",
}
"""Names with which mails and file names are easily got wrong."""


class Round:
    """The coordinator, the organisations, and what has been sent to them."""

    def __init__(self, folder: Path, server: MailServer, office: LibreOffice) -> None:
        self.server, self.office, self.scratch = server, office, folder / "elsewhere"
        self.scratch.mkdir()
        rows = listed(COUNCILS, COMMUNITIES)
        for at, key in enumerate(KEYS):
            rows[at] = replace(
                rows[at],
                name=ACCENTED.get(key, rows[at].name),
                email=GONE if key == "c40" else f"office@{key}.example",
                number="" if key in ("c20", "c21") else rows[at].number,
            )
        self.rows = dict(zip(KEYS, rows, strict=True))
        self.key_of = {row.name: key for key, row in self.rows.items()}
        self.outside = Desk(self.scratch)
        self.folder = folder / "round"
        self.desk = Desk(self.folder, secrets={"MAIL_PASSWORD": server.smtp.password})
        self.made = Made(self.folder, rows)
        self.post = Post(server)
        self.invitations: dict[str, EmailMessage] = {}

    def rows_by_number(self) -> dict[object, str]:
        """Organisations by their numbers in the records."""
        return {each[1]: self.key_of[str(each[3])] for each in self.records("organisations")}

    def address(self, key: str) -> str:
        return self.rows[key].email

    def name(self, key: str) -> str:
        return self.rows[key].name

    # What organisations do

    def workbook(self, key: str, **more: object) -> bytes:
        """The workbook of an organisation, filled in quickly."""
        return self.made.workbook(self.name(key), **more)  # type: ignore[arg-type]

    def reply(self, key: str, *files: tuple[str, bytes], sender: str = "") -> None:
        """Answer the invitation."""
        self.post.send(self.post.letter(sender or self.address(key), files, answers=self.invitations[key]))

    def sent_to(self, key: str, at: int = 0) -> tuple[str, bytes]:
        """What was attached to one of the mails that an organisation got."""
        (found,) = attachments(parsed(self.server.inbox(self.address(key))[at]))
        return found

    def filled_in_office(self, key: str, suffix: str) -> bytes:
        """The workbook that came with the invitation, filled in with LibreOffice and saved by it."""
        plan = plan_of(self.rows[key].respondent)
        sent = self.scratch / f"{key}.xlsx"
        sent.write_bytes(self.sent_to(key)[1])
        self.office.open(sent)
        self.office.type_answers(plan, filled(plan, self.made.wanted[self.name(key)].organisation, 5))
        return self.office.save(self.scratch / f"{key}-saved.{suffix}")

    def mails_since(self, before: Mapping[str, int]) -> dict[str, list[EmailMessage]]:
        """What each organisation has got since its mails were counted."""
        found = {key: self.server.inbox(self.address(key))[before[key] :] for key in KEYS}
        return {key: list(map(parsed, mails)) for key, mails in found.items() if mails}

    def mail_counts(self) -> dict[str, int]:
        """How many mails each organisation has."""
        self.server.settle()
        return {key: len(self.server.inbox(self.address(key))) for key in KEYS}

    # What there is to see

    def records(self, *tables: str) -> list[tuple[object, ...]]:
        """All that is recorded, as any program sees it."""
        with closing(sqlite3.connect(f"file:{self.folder / 'collection.db'}?mode=ro", uri=True)) as database:
            names = tables or [
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
            ]
            return [(name, *row) for name in names for row in database.execute(f"SELECT * FROM {name}")]

    def mailbox(self) -> dict[bytes, tuple[frozenset[str], bytes]]:
        """Every mail in the coordinator's mailbox: its flags, and its bytes."""
        with self.server.mailbox() as connection:
            connection.select(readonly=True)
            _, found = connection.fetch("1:*", "(UID FLAGS BODY.PEEK[])")
        mails = {}
        for each in found:
            if isinstance(each, tuple):
                flags = re.search(rb"FLAGS \(([^)]*)\)", each[0])
                number = re.search(rb"UID (\d+)", each[0])
                assert flags is not None and number is not None
                mails[number[1]] = (frozenset(flags[1].decode().split()) - {"\\Recent"}, each[1])
        return mails

    def standings(self, status: dict[str, object]) -> dict[str, str]:
        """How each organisation stands."""
        lines = status["lines"]
        assert isinstance(lines, list)
        return {self.key_of[each["name"]]: each["standing"] for each in lines}

    def queries(self, status: dict[str, object]) -> dict[tuple[str, str], int]:
        """The number of each open query, by whom it is about and what it is."""
        queries = status["queries"]
        assert isinstance(queries, list)
        found = [(self.key_of.get(each["organisation"], ""), each["code"]) for each in queries]
        assert len({*found}) == len(found), found
        return dict(zip(found, (each["number"] for each in queries), strict=True))

    @cached_property
    def references(self) -> dict[str, str]:
        """The reference code of each organisation's workbook, as it stands in the workbook that it was sent."""
        return {key: reference_in(self.sent_to(key)[1]) for key in KEYS if key != "c40"}


def texts_of(data: bytes) -> Iterator[list[list[str]]]:
    """What stands in the cells of a workbook, sheet by sheet and row by row."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        yield [list(map(str, row)) for row in book.get_sheet_by_name(name).to_python()]


def reference_in(data: bytes) -> str:
    """The reference code that people see on the first sheet of a workbook."""
    first = next(texts_of(data))
    (found,) = {code for row in first for text in row for code in re.findall(r"KIL-\w{4}-\w{4}-\w{3}", text)}
    return found
