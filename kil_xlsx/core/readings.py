"""What reading one file gave: whose return it is, what it says, what it comes to, and everything wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Return


class ItemKind(StrEnum):
    """What an item of the account is."""

    PROFILE = "profile"
    QUESTION = "question"
    FIGURE = "figure"
    TABLE = "table"
    STEP = "step"


class Account(Struct, frozen=True, kw_only=True):
    """Every item has one outcome, so ``accepted + blank + refused + not_found == items``.

    An item is what has a row of its own: a profile field, a question, a figure, a row of a table, a step.
    """

    items: int
    accepted: int
    blank: int
    refused: int
    not_found: int


class FileInfo(Struct, frozen=True, kw_only=True):
    """The file that was read.  ``name`` is its name without folders; ``sha256`` identifies its content."""

    name: str
    sha256: str
    size: int
    kind: str
    application: str


class Identity(Struct, frozen=True, kw_only=True):
    """What a workbook says of itself.  Absent parts are empty texts."""

    framework: str
    version: str
    fingerprint: str
    layout: int
    respondent: str
    round_id: str
    organisation: str
    organisation_id: str
    reference: str


class Comparison(Struct, frozen=True, kw_only=True):
    """A result that the workbook has stored beside the program's own.

    ``stored`` is absent when the workbook was saved without results; texts stand for "not enough answers".
    """

    id: str
    ours: float | None
    stored: float | None
    agrees: bool
    sheet: str
    cell: str


class Reading(Struct, frozen=True):
    """One file as read.  ``identity``, ``ret`` and ``result`` are absent when the file was refused."""

    file: FileInfo
    problems: tuple[Problem, ...]
    identity: Identity | None = None
    ret: Return | None = None
    result: Result | None = None
    comparisons: tuple[Comparison, ...] = ()
    accounts: tuple[tuple[ItemKind, Account], ...] = ()

    @property
    def refused(self) -> bool:
        """Whether nothing could be taken from the file."""
        return self.result is None

    def count(self, severity: Severity) -> int:
        """How many problems of one severity there are."""
        return sum(problem.severity is severity for problem in self.problems)


def read_with(instruments: Mapping[str, Instrument], identity: Identity | None) -> Instrument | None:
    """What a return was read with.

    :param instruments: by respondent type, and those of earlier versions by ``respondent/version``.
    """
    if identity is None:
        return None
    own = instruments.get(f"{identity.respondent}/{identity.version}")
    return own if own is not None else instruments.get(identity.respondent)


def organisation_of(identity: Identity, instrument: Instrument | None, ret: Return | None) -> str:
    """The organisation's name: as it was sent out, or as it was entered where a blank workbook was sent."""
    if identity.organisation or instrument is None or ret is None:
        return identity.organisation
    field = instrument.field_with_role("organisation")
    return ret.text(field.id).strip() if field else ""


def organisation_id_of(identity: Identity, instrument: Instrument, ret: Return) -> str:
    """The organisation's registered number: as it was sent out, or as it was entered."""
    field = instrument.field_with_role("org_id")
    return identity.organisation_id or (ret.text(field.id).strip() if field else "")
