"""Recorded times as the coordinator's clock shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class When:
    """The time now, and recorded times in its time zone.

    ``now`` without a zone is of the place where the program runs, with its summer time.
    """

    now: datetime

    @property
    def today(self) -> date:
        """The day."""
        return self.now.date()

    def local(self, recorded: str) -> datetime | None:
        """A recorded time; nothing for a text that is none."""
        try:
            found = datetime.fromisoformat(recorded)
        except ValueError:
            return None
        return found.astimezone(self.now.tzinfo) if found.tzinfo is not None else found

    def day(self, recorded: str) -> date | None:
        """The day of a recorded time."""
        found = self.local(recorded)
        return found.date() if found is not None else None

    def minute(self, recorded: str) -> str:
        """A recorded time to the minute, such as "2026-05-31 09:30"; empty for a text that is none."""
        found = self.local(recorded)
        return found.strftime("%Y-%m-%d %H:%M") if found is not None else ""
