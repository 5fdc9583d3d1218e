"""The log of releases: who was behind each published figure, so that the next release does not give anybody away.

Two releases that differ by one newcomer reveal the newcomer.  To notice that, one has to know which organisations were
behind the figures of earlier releases.  The log knows it in the form of digests, and is **as confidential as the
returns**: whoever has a list of organisations can tell from it who took part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.disclosure import Answer, Earlier
from kil_xlsx.core.release import CONFIDENTIAL

SCHEMA = "kil-xlsx/release-log/1"
"""Names this format and its version."""


class LoggedItem(Struct, frozen=True, kw_only=True):
    """One item: by member what tells its answer apart (empty for those who gave none), and the groups shown.

    ``spread`` are those of the groups of which the distribution was shown too.
    """

    item: str
    tokens: tuple[str, ...]
    groups: tuple[str, ...]
    spread: tuple[str, ...] = ()


class LoggedRespondent(Struct, frozen=True, kw_only=True):
    """One respondent type: the members by digest of their key, the members of each group by number, and the items.

    ``bodies`` are digests of what each member counts as.
    """

    id: str
    members: tuple[str, ...]
    bodies: tuple[str, ...]
    groups: dict[str, tuple[int, ...]]
    items: tuple[LoggedItem, ...]


class LoggedRelease(Struct, frozen=True, kw_only=True):
    """One release.  ``digest`` identifies everything that it was made from, so that making it again is recognised."""

    number: int
    created: date
    digest: str
    framework: str
    version: str
    rounds: tuple[str, ...]
    respondents: tuple[LoggedRespondent, ...]


class ReleaseLog(Struct, frozen=True, kw_only=True):
    """All releases, the first one first."""

    schema: Literal["kil-xlsx/release-log/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    notice: str = (
        f"Confidential: from this file it can be told who took part. It is needed so that figures marked "
        f"{CONFIDENTIAL} stay secret when the next release is made. Keep it with the returns and do not publish it."
    )
    releases: tuple[LoggedRelease, ...] = ()

    def before(self, digest: str) -> tuple[LoggedRelease, ...]:
        """The releases before the one that was made from the same; all of them if there is none."""
        for at, each in enumerate(self.releases):
            if each.digest == digest:
                return self.releases[:at]
        return self.releases

    def number_of(self, digest: str) -> int:
        """The number of the release made from that: the one it had, or the next."""
        return next((each.number for each in self.releases if each.digest == digest), len(self.releases) + 1)

    def with_release(self, release: LoggedRelease) -> ReleaseLog:
        """The log with a release added, or unchanged if the same one is in it."""
        if any(each.digest == release.digest for each in self.releases):
            return self
        return ReleaseLog(releases=(*self.releases, release))


def key_digest(key: str) -> str:
    """What stands in the log for an organisation."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def token(answer: Answer) -> str:
    """What stands in the log for an answer: the same for the same answer, another for any other."""
    return hashlib.sha256(repr((answer.value, answer.level, answer.state.value)).encode()).hexdigest()[:10]


class History:
    """What earlier releases showed of one respondent type, by item."""

    def __init__(self, releases: Sequence[LoggedRelease], framework: str, respondent: str) -> None:
        self._by_item: dict[str, list[Earlier]] = {}
        for release in releases:
            if release.framework != framework:
                continue
            for logged in release.respondents:
                if logged.id == respondent:
                    self._add(release.number, logged)

    def _add(self, number: int, logged: LoggedRespondent) -> None:
        bodies = dict(zip(logged.members, logged.bodies, strict=True))
        for item in logged.items:
            for group in item.groups:
                at = logged.groups[group]
                tokens = {logged.members[one]: item.tokens[one] for one in at if item.tokens[one]}
                earlier = Earlier(number, tokens, bodies, spread=group in item.spread)
                self._by_item.setdefault(item.item, []).append(earlier)

    def of(self, item: str) -> Sequence[Earlier]:
        """The groups that earlier releases showed of an item."""
        return self._by_item.get(item, ())
