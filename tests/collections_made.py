"""Collections of fictional organisations for tests: made in a folder, with workbooks that are filled in quickly.

Nothing is mocked: workbooks are what the program writes, mails are built with the standard library.  Whoever answers
types the same for the same seed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from kil_xlsx import __version__
from kil_xlsx.core.collection import Asked, Copy, Event, Share
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.demo import PLACES, Respondent, answers
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.mail.items import Attached, Provenance
from kil_xlsx.pipeline import load, planned
from kil_xlsx.pipeline.collection import Collection, Place, opened
from kil_xlsx.pipeline.making import workbook_bytes
from kil_xlsx.pipeline.workbooks import Wanted
from kil_xlsx.store.database import Store

ROUND = "2026"
CREATED = datetime(2026, 4, 7, 9, 0)
SENT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SECRET = hashlib.sha256(b"the secret of a collection that is only a test").digest()
COORDINATOR = "round@council.example"
BLANK = "the organisation has left this blank"

_WORKBOOKS: dict[bytes, bytes] = {}
_KINDS = {"council": "{} Borough Council", "community": "The {} Hub"}


@cache
def keep_it_local() -> tuple[Framework, tuple[Instrument, ...]]:
    """The framework that comes with the program, loaded once."""
    return load("keep-it-local")


@cache
def plan_of(respondent: str) -> Plan:
    """The plan of a respondent type."""
    return Plan(next(each for each in keep_it_local()[1] if each.respondent.id == respondent))


@dataclass(frozen=True)
class Listed:
    """A row of the list of organisations."""

    name: str
    respondent: str
    email: str
    number: str = ""
    parent: str = ""


def listed(councils: int = 0, communities: int = 3, *, numbers: bool = True) -> list[Listed]:
    """Rows of a list: so many of each type, each with an address and, unless not wanted, a registered number."""
    rows = []
    for at in range(councils + communities):
        respondent = "council" if at < councils else "community"
        # More than there are places: the name says which time around it is.
        place = PLACES[at % len(PLACES)] + (f" {at // len(PLACES) + 1}" if at >= len(PLACES) else "")
        host = place.lower().replace(" ", "-")
        number = f"GB-CHC-{9_900_001 + at}" if numbers and respondent == "community" else ""
        rows.append(Listed(_KINDS[respondent].format(place), respondent, f"office@{host}.example", number))
    return rows


@dataclass
class Made:
    """A collection in a folder, and all that is needed to answer for its organisations.

    ``names`` are those of the organisations, in the order of the list.
    """

    folder: Path
    rows: Sequence[Listed]
    round_id: str = ROUND
    wanted: dict[str, Wanted] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(self.folder)

    @property
    def names(self) -> list[str]:
        return [row.name for row in self.rows]

    def row(self, name: str) -> Listed:
        """What the list says of an organisation."""
        return next(row for row in self.rows if row.name == name)

    @contextmanager
    def open(self) -> Iterator[Collection]:
        """The collection, opened as the commands open it."""
        with opened(self.place) as collection:
            yield collection

    def asked(self, name: str) -> Asked:
        """What the records say of an organisation."""
        with self.open() as collection:
            return next(each for each in collection.store.organisations() if each.name == name)

    def reference(self, name: str) -> str:
        """The reference code of its workbook."""
        return self.wanted[name].reference

    def workbook(
        self,
        name: str,
        *,
        seed: int = 1,
        person: str = "",
        called: str | None = None,
        number: str | None = None,
        reference: str | None = None,
        round_id: str | None = None,
        typed: Mapping[Key, Typed] | None = None,
        stated: Organisation | None = None,
    ) -> bytes:
        """The workbook of an organisation, filled in.

        :param seed: other answers for another number; they have neither errors nor queries.
        :param person: who filled it in, as roles; ``called`` the name and ``number`` the registered number that were
            typed; ``None`` leaves what was known.  :data:`BLANK` leaves the cell empty.
        :param reference: another reference code, as if somebody had written it into the workbook.
        :param round_id: another round; ``stated`` what else the workbook says of whose it is.
        :param typed: single cells; ``None`` empties one.
        """
        wanted = self.wanted[name]
        cells = filled(wanted.plan, wanted.organisation, seed)
        roles = {"completed_by": person, "organisation": called, "org_id": number}
        for role, text in roles.items():
            found = wanted.instrument.field_with_role(role)
            if found is not None and text:
                cells[Key(found.id)] = None if text == BLANK else text
        cells.update(typed or {})
        issue = replace(wanted.issue, reference=wanted.reference if reference is None else reference)
        if round_id is not None:
            issue = replace(issue, round_id=round_id)
        if stated is not None:
            issue = replace(issue, organisation=stated)
        # The same is made once: whatever a workbook depends on is said by these.
        facts = hashlib.sha256(repr((wanted.instrument, issue, cells)).encode()).digest()
        if facts not in _WORKBOOKS:
            _WORKBOOKS[facts] = workbook_bytes(wanted.plan, issue, cells)
        return _WORKBOOKS[facts]

    def consensus(self, name: str) -> Wanted:
        """The workbook for what several people of an organisation agree on, recorded in the send list."""
        with self.open() as collection:
            return _recorded(collection, self.round_id, "consensus")[name]

    def attached(
        self, name: str, data: bytes, *, at: int | None = 0, sender: str | None = None, message: str | None = None
    ) -> Attached:
        """A workbook as it comes in with a mail of its organisation.

        :param at: how many hours after the first; without it, it comes as a file, without any mail.
        """
        digest = hashlib.sha256(data).hexdigest()[:12]
        if at is None:
            return Attached(f"{name}.xlsx", data, Provenance(f"returns/{name}.xlsx"))
        whence = Provenance(
            source="Inbox",
            message_id=message or f"<{digest}.{at}@mail.example>",
            date=SENT + timedelta(hours=at),
            sender=self.row(name).email if sender is None else sender,
        )
        return Attached(f"{name}.xlsx", data, whence)

    def mail(self, name: str, *files: tuple[str, bytes], at: int = 0, sender: str | None = None) -> bytes:
        """A mail of an organisation with files attached, as it would be saved."""
        letter = EmailMessage()
        letter["From"] = self.row(name).email if sender is None else sender
        letter["To"] = COORDINATOR
        letter["Subject"] = "Our workbook – as promised"
        letter["Date"] = format_datetime(SENT + timedelta(hours=at))
        digest = hashlib.sha256(b"".join(data for _, data in files)).hexdigest()[:12]
        letter["Message-ID"] = f"<{digest}.{at}@mail.example>"
        letter.set_content("Please find attached our workbook.\n")
        for called, data in files:
            letter.add_attachment(
                data,
                maintype="application",
                subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                filename=called,
            )
        return letter.as_bytes()


def make(
    folder: Path,
    rows: Sequence[Listed] | None = None,
    *,
    round_id: str = ROUND,
    settings: str = "",
    copies: bool = True,
) -> Made:
    """Make a collection.

    :param rows: the list; without one, three community organisations.
    :param settings: further sections of ``collection.toml``.
    :param copies: whether the send list has a workbook for each organisation already.
    """
    rows = listed() if rows is None else rows
    folder.mkdir(parents=True, exist_ok=True)
    place = Place(folder)
    place.settings_file.write_text(
        f'[collection]\ntitle = "Keep it Local {round_id}"\nround = "{round_id}"\ndue = 2026-06-30\n'
        f'contact = "{COORDINATOR}"\n\n[sender]\nname = "Keep it Local team"\naddress = "{COORDINATOR}"\n{settings}',
        encoding="utf-8",
    )
    write_list(folder / "organisations.csv", rows)
    Store.create(place.database, secret=SECRET, at="2026-04-07T08:00:00+00:00", program=__version__).close()
    made = Made(folder, rows, round_id)
    with made.open() as collection:
        collection.organisations()
        if copies:
            made.wanted = _recorded(collection, round_id)
        else:
            made.wanted = wanted_of(collection, round_id)
    return made


def write_list(path: Path, rows: Sequence[Listed]) -> None:
    """Write a list of organisations."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("name", "respondent", "email", "org-id", "parent"))
    writer.writerows((row.name, row.respondent, row.email, row.number, row.parent) for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def wanted_of(collection: Collection, round_id: str, purpose: str = "") -> dict[str, Wanted]:
    """What the workbooks of a round are made from, by the names of the organisations on the list."""
    plan = planned(
        collection.framework_name,
        organisations=collection.read_list().organisations,
        round_id=round_id,
        contact=COORDINATOR,
        created=CREATED,
        key=collection.key,
        purpose=purpose,
    )
    return {each.organisation.name: each for each in plan.wanted if each.organisation is not None}


def _recorded(collection: Collection, round_id: str, purpose: str = "") -> dict[str, Wanted]:
    """The workbooks of all organisations, recorded in the send list."""
    wanted = wanted_of(collection, round_id, purpose)
    asked = {each.name: each for each in collection.store.organisations()}
    at = "2026-04-07T08:00:00+00:00"
    with collection.store.transaction():
        for name, each in wanted.items():
            framework, whose = each.instrument.framework, each.organisation
            assert whose is not None
            copy = Copy(
                reference=each.reference, organisation=asked[name].id, round_id=round_id,
                share=Share.CONSENSUS if purpose else Share.WHOLE, framework=framework.id, version=framework.version,
                respondent=each.instrument.respondent.id, name=whose.name, number=whose.id, made_at=at,
            )  # fmt: skip
            if collection.store.add_copy(copy):
                made = Event(kind="workbook-made", at=at, organisation=copy.organisation, round_id=round_id)
                collection.store.record(made)
    return wanted


def filled(plan: Plan, whose: Organisation | None, seed: int) -> dict[Key, Typed]:
    """What somebody of an organisation types; other answers for another seed."""
    whose = whose or Organisation("")
    respondent = Respondent(whose, plan.instrument.respondent.id, 0.2 + 0.6 * (seed * 0.37 % 1), 1.0, seed * 7919)
    typed = answers(plan, respondent)
    known = dict(whose.profile)
    for each in plan.instrument.profile:
        if each.id in known:
            typed.pop(Key(each.id), None)  # it stands there already
    for slot in plan.slots:  # nothing is left to ask about
        if slot.key.part is Part.EVIDENCE and Key(slot.key.item) in typed:
            typed.setdefault(slot.key, "Minutes of the board")
        elif slot.key.part is Part.EXPLANATION:
            typed[slot.key] = "As in our accounts"
    return typed


def with_an_error(plan: Plan) -> dict[Key, Typed]:
    """A cell that cannot be used: words where a number belongs."""
    return {Key(plan.instrument.inputs[0].id): "about 12k"}


def zipped(*files: tuple[str, bytes]) -> bytes:
    """An archive of files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return packed.getvalue()
