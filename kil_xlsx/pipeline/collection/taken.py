"""What an import or a fetch did, for people and for the commands that print it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kil_xlsx.core.collection import Query
from kil_xlsx.mail.items import PARTS_OF_NOTICES

KINDS: dict[str, str] = {
    "accepted": "accepted",
    "accepted-with-queries": "accepted, with something to put right or explain",
    "held": "held until somebody decides",
    "superseded": "earlier than what is in already",
    "refused": "refused: nothing could be read",
    "came-again": "come again after they had been withdrawn or turned down",
    "again": "in already",
    "bounced": "mails of yours that came back",
    "delayed": "mails of yours that are delayed",
    "away": "automatic replies",
    "replied": "mails without a workbook",
    "unusable": "could not be opened",
    "unmatched": "mails that belong to nobody asked",
    "left-out": "left out",
    "seen": "mails dealt with before",
}
"""What may happen with something that came, in the order in which it is told."""

RETURNS = ("accepted", "accepted-with-queries", "held", "superseded", "refused")
"""What may become of a file that is new."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened with one thing that came.

    ``what`` is a key of :data:`KINDS`; ``name`` is what it is called and ``source`` where it came from; ``received`` is
    the number of the return; ``superseded`` how many earlier returns it took the place of.

    ``to_read`` is whether it is a mail that somebody has to read: then its sender, date (in UTC) and subject are known.
    The subject is for showing on the screen only.
    """

    what: str
    name: str
    source: str
    organisation: str = ""
    received: int | None = None
    queries: tuple[int, ...] = ()
    superseded: int = 0
    errors: int = 0
    to_explain: int = 0
    why: str = ""
    to_read: bool = False
    sender: str = ""
    sent_at: str = ""
    subject: str = field(default="", repr=False)

    @property
    def is_noise(self) -> bool:
        """Whether it comes with every notice of a mail server, and says nothing that the notice itself does not."""
        return self.what == "left-out" and self.why in PARTS_OF_NOTICES


@dataclass(frozen=True)
class Imported:
    """What one run did: a line for each thing that happened, and the queries that it opened and that are still open."""

    happened: tuple[Happened, ...]
    queries: tuple[Query, ...] = ()

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often each thing happened, without what only comes along with notices of mail servers."""
        found = Counter(each.what for each in self.happened if not each.is_noise)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def of(self, *kinds: str) -> int:
        """How often any of some things happened."""
        return sum(self.counts.get(kind, 0) for kind in kinds)

    @property
    def new(self) -> int:
        """How many files came that were not in already."""
        return self.of(*RETURNS)

    @property
    def mails(self) -> int:
        """How many mails or other things came that bring no workbook, and are new."""
        return self.of("bounced", "delayed", "away", "replied", "unusable", "unmatched")

    @property
    def to_read(self) -> int:
        """How many mails came that somebody has to read."""
        return sum(each.to_read for each in self.happened)

    @property
    def superseded(self) -> int:
        """How many earlier returns are superseded now."""
        return sum(each.superseded for each in self.happened)
