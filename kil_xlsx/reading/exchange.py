"""What the program and the processes that read returned files tell each other.

Messages are MessagePack, each after its length.  First comes a :class:`Setup`, answered by :class:`Ready`; then a
:class:`Request` for each file, answered by a :class:`Reply`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Definition, Instrument, Published
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.plans import Plans

LENGTH = struct.Struct("<Q")
"""How many bytes follow."""


class _Known(msgspec.Struct, array_like=True):
    """A definition whose workbooks may come back; of today's version only those of some respondent types, if named."""

    definition: Definition
    respondents: tuple[str, ...] = ()


class Setup(msgspec.Struct, array_like=True):
    """Which workbooks may come back, and what a process is limited to: bytes of memory, and seconds for each file."""

    known: tuple[_Known, ...]
    memory: int
    cpu_seconds: int

    def plans(self) -> Plans:
        """The plans of the workbooks that may come back."""
        current: dict[str, Instrument] = {}
        before: dict[str, Instrument] = {}
        for one in self.known:
            for each in one.definition.instruments():
                if not one.respondents or each.respondent.id in one.respondents:
                    current[each.key] = each
            before |= one.definition.earlier()
        return Plans(current, before)


class Ready(msgspec.Struct, array_like=True):
    """The keys of the entries that each workbook of today has.  No file has reached the process when it says so."""

    keys: dict[str, tuple[Key, ...]]


class Request(msgspec.Struct, array_like=True):
    """A file to read; ``second`` asks the second reader too, ``password`` is what the file may be locked with."""

    sha256: str
    data: bytes
    second: bool
    password: str | None


class Difference(msgspec.Struct, frozen=True):
    """A cell that the two readers take for different things."""

    sheet: str
    cell: str
    item: str
    ours: Typed
    theirs: Typed


class SecondOpinion(msgspec.Struct, frozen=True):
    """How many cells were compared and where the readers differ; ``failed`` says why nothing could be compared."""

    compared: int = 0
    differences: tuple[Difference, ...] = ()
    failed: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What one file came to; ``second`` is what the second reader says, if it was asked."""

    reading: Reading
    second: SecondOpinion | None = None


class Reply(msgspec.Struct, array_like=True):
    """The answer to a request; ``retire`` says that the process has grown so much that it had better be replaced."""

    answer: Answer
    retire: bool


encode = msgspec.msgpack.Encoder().encode


@cache
def replies() -> msgspec.msgpack.Decoder[Reply]:
    """What decodes replies."""
    return msgspec.msgpack.Decoder(Reply)


def packed(plans: Plans, limits: Limits) -> bytes:
    """Which workbooks may come back, as another process can be told; :func:`unpacked` is the other way round."""
    frameworks = {id(each.framework): each.framework for each in plans.current.values()}
    versions = {id(each.framework): each.framework for each in plans.earlier.values()}
    known = []
    for mine, framework in frameworks.items():
        published = tuple(
            Published(old, _fingerprints(old, plans.earlier.values()))
            for old in versions.values()
            if old.id == framework.id and id(old) != mine
        )
        own = _fingerprints(framework, plans.current.values())
        known.append(_Known(Definition(framework, published, own), tuple(own)))
    return encode(Setup(tuple(known), limits.worker_bytes, limits.cpu_seconds))


def _fingerprints(framework: Framework, instruments: Iterable[Instrument]) -> dict[str, str]:
    """Those of a framework among some instruments, by respondent type."""
    return {each.respondent.id: each.fingerprint for each in instruments if each.framework is framework}


def packed_definition(definition: bytes, limits: Limits) -> bytes:
    """The same where all workbooks of a definition may come back, which is given as MessagePack."""
    return encode((((msgspec.Raw(definition),),), limits.worker_bytes, limits.cpu_seconds))


def unpacked(setup: bytes) -> Plans:
    """The plans that were packed."""
    return msgspec.msgpack.decode(setup, type=Setup).plans()
