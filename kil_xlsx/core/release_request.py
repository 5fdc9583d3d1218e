"""What is asked of a benchmark release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kil_xlsx.core.membership import Names
from kil_xlsx.core.release import Release, Thresholds
from kil_xlsx.core.release_log import ReleaseLog


@dataclass(frozen=True)
class Request:
    """What a release is to be like.

    :ivar invited: organisations invited, by id of the respondent type; what is not known is left out.
    :ivar group_by: ids of the profile fields to group by; without it, the framework's own peer groups.
    :ivar lists: named groups: what the organisations in each are known by.
    :ivar parents: the body that an organisation belongs to, by a name or number of the organisation.
    :ivar thresholds: without it, the usual ones, or the framework's where these are higher.
    :ivar outsiders_only: nobody who reads it is one of the organisations.
    :ivar earlier: an earlier release to measure change against, and ``incomparable``, the items that mean something
        else now.
    :ivar renamed: by earlier version, what items of that version are called now, where that is something else.
    :ivar log: the releases made before; ``ignore_log`` shows figures whatever they gave away.
    :ivar digest: identifies what the release is made from.
    """

    created: date
    invited: Mapping[str, int] = field(default_factory=dict)
    group_by: Sequence[str] | None = None
    lists: Mapping[str, Names] = field(default_factory=dict)
    parents: Mapping[tuple[str, str], str] = field(default_factory=dict)
    thresholds: Thresholds | None = None
    outsiders_only: bool = False
    earlier: Release | None = None
    incomparable: frozenset[str] = frozenset()
    renamed: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    log: ReleaseLog = field(default_factory=ReleaseLog)
    ignore_log: bool = False
    digest: str = ""
    contact: str = ""
