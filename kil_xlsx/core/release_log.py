"""The log of releases: who was behind each published figure, so that the next release does not give anybody away.

Two releases that differ by one newcomer reveal the newcomer.  To notice that, one has to know which organisations were
behind the figures of earlier releases, and whether they have changed their answers since.  The log knows it in the form
of digests, and is **as confidential as the returns**: there are few possible answers and organisations, so that all of
them can be tried.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.answers import Answer
from kil_xlsx.core.frame import Earlier
from kil_xlsx.core.release import CONFIDENTIAL, Release

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

    ``names`` are digests of all that each member is known by, and ``bodies`` of what each counts as.
    """

    id: str
    members: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    bodies: tuple[str, ...]
    groups: dict[str, tuple[int, ...]]
    items: tuple[LoggedItem, ...]


class LoggedRelease(Struct, frozen=True, kw_only=True):
    """One release.

    ``digest`` identifies everything that it was made from, so that making it again is recognised, and ``inputs`` the
    files alone.
    """

    number: int
    created: date
    digest: str
    inputs: str
    framework: str
    version: str
    rounds: tuple[str, ...]
    respondents: tuple[LoggedRespondent, ...]


class ReleaseLog(Struct, frozen=True, kw_only=True):
    """All releases, the first one first."""

    schema: Literal["kil-xlsx/release-log/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    notice: str = (
        "Confidential: from this file it can be told who took part and what they answered, although it holds digests "
        f"only. It is needed so that figures marked {CONFIDENTIAL} stay secret when the next release is made. Keep it "
        "with the returns and do not publish it."
    )
    releases: tuple[LoggedRelease, ...] = ()

    def check(self) -> None:
        """ValueError for a log whose parts do not fit together."""
        for release in self.releases:
            for each in release.respondents:
                people = len(each.members)
                if len(each.names) != people or len(each.bodies) != people:
                    raise ValueError("members, names and bodies differ in number")
                if any(not 0 <= at < people for inside in each.groups.values() for at in inside):
                    raise ValueError("a group has a member that is not there")
                for item in each.items:
                    if len(item.tokens) != people or not {*item.groups, *item.spread} <= each.groups.keys():
                        raise ValueError("an item has other members or groups than there are")

    def has(self, release: Release) -> bool:
        """Whether a release is in the log."""
        wanted = (release.framework, release.number, release.created, digest_of(release.inputs))
        return any((each.framework, each.number, each.created, each.inputs) == wanted for each in self.releases)

    def knows(self, digest: str) -> bool:
        """Whether a release that was made from that is in the log."""
        return any(each.digest == digest for each in self.releases)

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
        if self.knows(release.digest):
            return self
        return ReleaseLog(releases=(*self.releases, release))


def digest_of(inputs: Sequence[str]) -> str:
    """What stands in the log for the files that a release was made from."""
    return hashlib.sha256(" ".join(inputs).encode()).hexdigest()


def key_digest(key: str) -> str:
    """What stands in the log for an organisation."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def token(answer: Answer) -> str:
    """What stands in the log for an answer: the same for the same answer, another for any other."""
    return hashlib.sha256(repr((answer.value, answer.level, answer.state.value)).encode()).hexdigest()[:10]


SIZE = "#size"
"""The item under which the log keeps of which groups the size was told."""

PRESENT = "present"
"""The token of every member for :data:`SIZE`."""


class History:
    """What earlier releases showed of one respondent type, by item.

    Organisations are recognised by anything that they are known by, in whatever release they were.

    :param today: by organisation of today, its key in the log and the digests of all that it is known by.
    :param renamed: by version, the items of today that an item of that version has become; the others kept their ids.
    """

    def __init__(
        self,
        releases: Sequence[LoggedRelease],
        framework: str,
        respondent: str,
        today: Mapping[str, Sequence[str]],
        renamed: Mapping[str, Mapping[str, Sequence[str]]],
    ) -> None:
        logged = [
            (release, each)
            for release in releases
            if release.framework == framework
            for each in release.respondents
            if each.id == respondent
        ]
        self._same = _Same()
        known = [dict(zip(each.members, each.names, strict=True)) for _, each in logged] + [today]
        # A name that two of one release have tells neither apart: joined by it, the two would be taken for one.
        times = [Counter(name for names in each.values() for name in set(names)) for each in known]
        shared = {name for counted in times for name, count in counted.items() if count > 1}
        for members in known:
            for key, names in members.items():
                self._same.join((key, *(name for name in names if name not in shared)))
        self._keys = {self._same.one_of(key): key for key in today}
        self._by_item: dict[str, list[Earlier]] = {}
        for release, each in logged:
            self._add(release.number, each, renamed.get(release.version, {}))

    def _add(self, number: int, logged: LoggedRespondent, renamed: Mapping[str, Sequence[str]]) -> None:
        keys = [self._keys.get(one := self._same.one_of(key), one) for key in logged.members]
        bodies = dict(zip(keys, logged.bodies, strict=True))
        for item in logged.items:
            for group in item.groups:
                tokens = {keys[one]: item.tokens[one] for one in logged.groups[group] if item.tokens[one]}
                earlier = Earlier(number, tokens, bodies, spread=group in item.spread)
                for name in renamed.get(item.item, (item.item,)):
                    self._by_item.setdefault(name, []).append(earlier)

    def of(self, item: str) -> Sequence[Earlier]:
        """The groups that earlier releases showed of an item."""
        return self._by_item.get(item, ())


class _Same:
    """Sets of names that stand for one organisation each (union-find)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def one_of(self, name: str) -> str:
        """The name that stands for all that belong together with this one."""
        while (above := self._above.get(name, name)) != name:
            name = above
        return name

    def join(self, names: Sequence[str]) -> None:
        """Say that names belong together."""
        first = self.one_of(names[0])
        for name in names[1:]:
            self._above[self.one_of(name)] = first
