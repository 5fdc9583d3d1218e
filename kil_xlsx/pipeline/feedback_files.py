"""The files of feedback: a workbook and a summary of one page for each organisation, several at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import msgspec

from kil_xlsx.core.branding import Branding
from kil_xlsx.core.feedback import Feedback
from kil_xlsx.core.framework import Framework
from kil_xlsx.layout.feedback_book import feedback_document
from kil_xlsx.pipeline import executing
from kil_xlsx.pipeline.processors import worthwhile
from kil_xlsx.reporting.summary import summary_files
from kil_xlsx.writing.theme import build_theme
from kil_xlsx.writing.xlsx import write

_BATCH = 8
"""Organisations whose files are one piece of work."""

_WORTH_ANOTHER = 16
"""Organisations for each further process: the files of this many take about as long as starting one."""

Files = tuple[bytes, ...]
"""The files of one organisation: workbook, page and, if wanted, PDF."""


def files_of(told: Feedback, framework: Framework, branding: Branding, moment: datetime, *, pdf: bool) -> Files:
    """The files of one organisation, made here.

    :param moment: the time that the workbook carries.
    """
    workbook = write(feedback_document(told, framework, moment, branding), build_theme(branding))
    return (workbook, *summary_files(told, framework, branding, pdf=pdf))


def files_of_all(
    told: Iterable[Feedback], count: int, framework: Framework, branding: Branding, moment: datetime, *, pdf: bool
) -> Generator[tuple[Feedback, Files]]:
    """What organisations are told with their files, in order, made by as many processes as are worth starting.

    :param told: taken only as fast as files are made.
    :param count: how many there are.
    """
    jobs = worthwhile(count, _WORTH_ANOTHER)
    if jobs == 1:
        for each in told:
            yield each, files_of(each, framework, branding, moment, pdf=pdf)
        return
    packed = msgspec.msgpack.encode(framework)
    waiting: list[list[Feedback]] = []

    def works() -> Iterator[_Work]:
        given = iter(told)
        while batch := list(islice(given, _BATCH)):
            waiting.append(batch)
            yield _Work(packed, branding, moment, pdf, tuple(map(msgspec.msgpack.encode, batch)))

    with (
        executing.executor(jobs=jobs, preload=[__name__]) as pool,
        closing(executing.in_order(pool, _done, works())) as results,
    ):
        for files in results:
            yield from zip(waiting.pop(0), files, strict=True)


class _Work(NamedTuple):
    """A piece of work for another process.  The framework, and what each organisation is told, go as MessagePack."""

    framework: bytes
    branding: Branding
    moment: datetime
    pdf: bool
    told: tuple[bytes, ...]


def _done(work: _Work) -> list[Files]:
    """Do a piece of work, wherever this is."""
    framework = _framework(work.framework)
    told = (msgspec.msgpack.decode(each, type=Feedback) for each in work.told)
    return [files_of(each, framework, work.branding, work.moment, pdf=work.pdf) for each in told]


@lru_cache(maxsize=1)
def _framework(packed: bytes) -> Framework:
    return msgspec.msgpack.decode(packed, type=Framework)
