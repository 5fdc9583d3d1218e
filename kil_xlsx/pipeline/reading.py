"""Reading the files that came back, each on its own and out of harm's way, and giving out what they say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK, load
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.versions import instruments_of, plans_of

if TYPE_CHECKING:
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.reading.isolation import Answer, Readers
    from kil_xlsx.results.return_model import SecondReader, Skipped

_MOST_PROCESSES = 4
"""Each may take a gigabyte before it is stopped."""

_WORTH_ANOTHER = 6
"""Files for each further process: reading this many takes about as long as starting one."""


@dataclass(frozen=True)
class Returned:
    """What :func:`read` found: one reading for each file, in order, and the files that were skipped.

    ``instruments`` are by respondent type, and by ``respondent/version`` for returns of earlier versions; ``second`` is
    what the second reader found, by position of the reading.
    """

    framework: Framework
    instruments: Mapping[str, Instrument]
    readings: tuple[Reading, ...]
    skipped: tuple[Skipped, ...] = ()
    second: Mapping[int, SecondReader] | None = None

    @property
    def problems(self) -> int:
        """How many errors and queries there are; differences that the second reader found count too."""
        found = sum(reading.count(Severity.ERROR) + reading.count(Severity.QUERY) for reading in self.readings)
        return found + sum(len(one.differences) for one in (self.second or {}).values())


def read(
    paths: Sequence[Path],
    framework: str = DEFAULT_FRAMEWORK,
    *,
    second_reader: bool = False,
    isolation: bool = True,
    password: str | None = None,
    progress: Progress = quiet,
) -> Returned:
    """Read returned workbooks.  A file that cannot be read is reported in its reading and never stops the others.

    :param paths: files, and folders with all that is in them; files are read in this order, those of a folder by name.
    :param isolation: read in separate processes, so that a file that crashes or hangs a reader is only refused.
    :param password: what locked files are opened with, in memory only.
    :raises UsageProblem: a path does not exist, or there is no file to read.
    """
    from kil_xlsx.pipeline.inbox import display_names, find_files

    found, skipped = find_files(paths)
    names = display_names(found)
    with ExitStack() as stack:
        readers: Readers | None = None
        if isolation:
            from kil_xlsx.reading.isolation import Readers

            # Started first: they load what they need while the framework is loaded here.
            readers = stack.enter_context(Readers(_processes(len(found))))
        whole, instruments = load(framework)
        plans = plans_of(framework, instruments)
        readings: list[Reading] = []
        second: dict[int, SecondReader] = {}
        jobs = [(path, name, second_reader) for path, name in zip(found, names, strict=True)]
        if readers is not None:
            answers = _isolated(jobs, plans, readers, stack, password)
        else:
            answers = _here(jobs, plans, password)
        for at, name in enumerate(names):
            progress(at, len(found), name)
            answer = next(answers)
            readings.append(answer.reading)
            if answer.second is not None:
                second[at] = _described(answer)
        progress(len(found), len(found), "")
    read_by = instruments_of(instruments, plans.earlier, readings)
    return Returned(whole, read_by, tuple(readings), skipped, second if second_reader else None)


def _processes(files: int) -> int:
    """How many processes are worth starting; what they read does not depend on it."""
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(processors, _MOST_PROCESSES, files // _WORTH_ANOTHER))


_Job = tuple[Path, str, bool]


def _isolated(
    jobs: Sequence[_Job], plans: Mapping[str, Plan], readers: Readers, stack: ExitStack, password: str | None
) -> Iterator[Answer]:
    """The answers in order; a thread for each process, as all of their time is waiting."""
    from kil_xlsx.pipeline.inbox import content, unread
    from kil_xlsx.reading.isolation import Answer

    def one(job: _Job) -> Answer:
        path, name, second = job
        data = content(path)
        if isinstance(data, str):
            return Answer(unread(path, name, data))
        return readers.read(data, name, second=second, password=password)

    readers.prepare(plans)
    threads = ThreadPoolExecutor(readers.processes)
    # In this order at the end, however it comes: start nothing more, stop the processes, so that no thread waits.
    stack.callback(threads.shutdown)
    stack.callback(readers.close)
    stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    pending = [threads.submit(one, job) for job in jobs]
    for at, future in enumerate(pending):
        yield _waited(future)
        pending[at] = Future()  # what has been given out is not kept twice


def _waited(future: Future[Answer]) -> Answer:
    """The result; Ctrl-C is heard meanwhile, on Windows too."""
    while True:
        try:
            return future.result(0.5)
        except NotYet:
            if future.done():
                raise


def _here(jobs: Sequence[_Job], plans: Mapping[str, Plan], password: str | None) -> Iterator[Answer]:
    """The same in this process."""
    from kil_xlsx.pipeline.inbox import content, unread
    from kil_xlsx.reading.form import read_form
    from kil_xlsx.reading.isolation import Answer
    from kil_xlsx.reading.second import second_opinion

    for path, name, second in jobs:
        data = content(path)
        if isinstance(data, str):
            yield Answer(unread(path, name, data))
            continue
        reading = read_form(data, path.name, plans, sha256=hashlib.sha256(data).hexdigest(), password=password)
        reading = replace(reading, file=msgspec.structs.replace(reading.file, name=name))
        opinion = None
        if second and reading.ret is not None:
            opinion = second_opinion(data, reading.file.kind, reading.ret.entries.values())
        yield Answer(reading, opinion)


def _described(answer: Answer) -> SecondReader:
    from kil_xlsx.results.return_model import SecondDifference, SecondReader

    opinion = answer.second
    assert opinion is not None
    differences = tuple(
        SecondDifference(sheet=one.sheet, cell=one.cell, item=one.item, ours=one.ours, theirs=one.theirs)
        for one in opinion.differences
    )
    return SecondReader(compared=opinion.compared, failed=opinion.failed, differences=differences)


def read_json(returned: Returned) -> bytes:
    """Everything that was read, as JSON."""
    from kil_xlsx.results.returned_json import return_document, returned_json

    document = return_document(
        returned.readings, returned.instruments, skipped=returned.skipped, second=returned.second
    )
    return returned_json(document)


def read_csv(returned: Returned) -> str:
    """Answers and scores as tidy CSV."""
    from kil_xlsx.results.tables import csv_text

    return csv_text(returned.readings, returned.instruments)
