"""Reading the files that came back, each on its own and out of harm's way, and giving out what they say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading
from kil_xlsx.errors import KilXlsxError
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK, load
from kil_xlsx.pipeline.processors import MOST_PROCESSES, worthwhile
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.versions import instruments_of, plans_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from kil_xlsx.core.returns import Entry, Key, Place, Typed
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.reading.exchange import Answer
    from kil_xlsx.reading.isolation import Readers
    from kil_xlsx.reading.plans import Plans
    from kil_xlsx.results.return_model import SecondReader, Skipped

_WORTH_ANOTHER = 6
"""Files for each further process: reading this many takes about as long as starting one."""

_AHEAD = 8
"""Files that are held in memory at a time; enough for every process to have one waiting."""


class Returned(Struct, frozen=True):
    """What :func:`read` found: one reading for each file, in order, and the files that were skipped.

    ``instruments`` are by respondent type, and by ``respondent/version`` for returns of earlier versions; ``second`` is
    what the second reader found, by position of the reading.  ``files`` are the files, one for each reading;
    ``of_collection`` is set where the readings are those that count in a collection, ``notes`` tells what is not among
    them.
    """

    framework: Framework
    instruments: Mapping[str, Instrument]
    readings: tuple[Reading, ...]
    skipped: tuple[Skipped, ...] = ()
    second: Mapping[int, SecondReader] | None = None
    files: tuple[Path, ...] = ()
    of_collection: bool = False
    notes: tuple[str, ...] = ()

    @property
    def problems(self) -> int:
        """How many errors and queries there are; differences that the second reader found count too."""
        found = sum(reading.count(Severity.ERROR) + reading.count(Severity.QUERY) for reading in self.readings)
        return found + sum(len(one.differences) for one in (self.second or {}).values())


Sources = Sequence[Path] | Returned
"""Returns: files and folders that are still to be read, or what was read of them."""


def taken(
    sources: Sources,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    password: str | None = None,
    progress: Progress = quiet,
) -> Returned:
    """What returns say, read now unless they have been read already."""
    if isinstance(sources, Returned):
        return sources
    return read(sources, framework, password=password, progress=progress)


def none_readable(sources: Sources, framework: str, so: str) -> KilXlsxError:
    """What to say where nothing could be read; ``so`` is what follows from it."""
    if isinstance(sources, Returned):
        return KilXlsxError(
            f"No return of this collection could be read, so {so}.",
            "Run 'kil-xlsx read' to see what is wrong with each.",
        )
    more = "" if framework == DEFAULT_FRAMEWORK else f", with the same --framework {framework},"
    return KilXlsxError(
        f"No return could be read from {', '.join(map(str, sources))}, so {so}.",
        f"Run 'kil-xlsx read' on the same files{more} to see what is wrong with each.",
    )


def read(
    paths: Sequence[Path],
    framework: str = DEFAULT_FRAMEWORK,
    *,
    second_reader: bool = False,
    isolation: bool = True,
    password: str | None = None,
    executor: str | None = None,
    progress: Progress = quiet,
) -> Returned:
    """Read returned workbooks.  A file that cannot be read is reported in its reading and never stops the others.

    :param paths: files, and folders with all that is in them; files are read in this order, those of a folder by name.
    :param isolation: read in separate processes, so that a file that crashes or hangs a reader is only refused.
    :param password: what locked files are opened with, in memory only.
    :param executor: where files are read, see :func:`kil_xlsx.pipeline.executing.executor`; here unless given.
    :raises UsageProblem: a path does not exist, or there is no file to read.
    """
    from kil_xlsx.pipeline.inbox import display_names, find_files

    found, skipped = find_files(paths)
    names = display_names(found)
    with ExitStack() as stack:
        readers: Readers | None = None
        elsewhere: Executor | None = None
        if executor is not None:
            from kil_xlsx.pipeline import executing

            elsewhere = stack.enter_context(executing.executor(executor))
        if isolation and elsewhere is None:
            from kil_xlsx.reading.isolation import Readers

            # Started first: they load what they need while the framework is loaded here.
            readers = stack.enter_context(Readers(processes(len(found))))
        plans, whole = _to_read(framework, readers)
        readings: list[Reading] = []
        second: dict[int, SecondReader] = {}
        jobs = (Job(name, path) for path, name in zip(found, names, strict=True))
        if elsewhere is not None:
            from kil_xlsx.pipeline.batches import shared_out

            done = shared_out(elsewhere, jobs, plans, second=second_reader, password=password)
        elif readers is not None:
            ready = readers
            ready.prepare(plans)

            def meanwhile() -> None:
                progress(0, len(found), names[0])
                whole()

            done = streamed(jobs, lambda _: ready, second=second_reader, password=password, meanwhile=meanwhile)
        else:
            done = _here(jobs, plans, second_reader, password)
        answers = stack.enter_context(closing(done))
        kept = _KeptOnce()
        for at, name in enumerate(names):
            if at or readers is None:  # else it has been said already
                progress(at, len(found), name)
            answer = next(answers)[1]
            assert answer is not None
            readings.append(kept.reading(answer.reading))
            if answer.second is not None:
                second[at] = _described(answer)
        progress(len(found), len(found), "")
    read_by = instruments_of(plans.current.values(), plans.earlier, readings)
    return Returned(whole(), read_by, tuple(readings), skipped, second if second_reader else None, found)


def _to_read(name: str, readers: Readers | None) -> tuple[Plans, Callable[[], Framework]]:
    """The plans of a framework's workbooks, and the framework; readers are told of them as soon as possible."""
    from kil_xlsx.definitions.kept import decoded
    from kil_xlsx.definitions.load import kept_definition, split_name
    from kil_xlsx.reading.exchange import packed_definition
    from kil_xlsx.reading.plans import Plans

    known = kept_definition(name) if readers is not None and split_name(name)[1] is None else None
    if known is None:  # or only some of it is asked for
        whole, instruments = load(name)
        return plans_of(name, instruments), lambda: whole
    assert readers is not None
    readers.announce(packed_definition(known, readers.limits))
    return Plans.of(lambda: decoded(known)), lambda: decoded(known).framework


def processes(files: int) -> int:
    """How many processes are worth starting; what they read does not depend on it."""
    return worthwhile(files, _WORTH_ANOTHER)


class Job(NamedTuple):
    """A file to read, or what it holds; with neither there is nothing to read.  ``about`` is the caller's own."""

    name: str
    file: Path | bytes | None
    about: object = None


def streamed(
    jobs: Iterable[Job],
    start: Callable[[int], Readers],
    *,
    second: bool = False,
    password: str | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Generator[tuple[Job, Answer | None]]:
    """Read files as they come and give the answers in their order; only a few are under way at any time.

    A thread for each process, as all of their time is waiting.  Close it if it is not read to its end.

    :param jobs: taken from here in the caller's own thread.
    :param start: called at the first file, with how many there are at least, for the processes to read it with.
    :param second: also ask the second reader.
    :param meanwhile: called once, as soon as the first file is being read.
    """
    left = iter(jobs)
    coming = deque(islice(left, _AHEAD))
    while coming and all(job.file is None for job in coming):
        yield coming.popleft(), None
        coming.extend(islice(left, 1))
    if not coming:
        return
    files = sum(job.file is not None for job in coming)
    readers = start(files if len(coming) < _AHEAD else _AHEAD * MOST_PROCESSES)
    # What takes long to load, while other processes are getting ready.
    from concurrent.futures import ThreadPoolExecutor

    from kil_xlsx.pipeline.executing import in_order

    threads = ThreadPoolExecutor(readers.processes)
    under_way: deque[Job] = deque()

    def noted() -> Iterator[Job]:
        to_do = [meanwhile] if meanwhile is not None else []
        for job in chain(coming, left):
            under_way.append(job)
            yield job
            while to_do:
                to_do.pop()()

    try:
        read_one = partial(_isolated, readers, second, password)
        with closing(in_order(threads, read_one, noted(), ahead=_AHEAD)) as answers:
            for answer in answers:
                yield under_way.popleft(), answer
    finally:
        # However it comes: start nothing more, and stop the processes if files are still under way, so that no thread
        # waits for them.
        threads.shutdown(wait=False, cancel_futures=True)
        if under_way:
            readers.close()
        threads.shutdown()


class _KeptOnce:
    """Readings that share what they have in common, which is most of each: nine tenths of the memory of many."""

    def __init__(self) -> None:
        self._keys: dict[Key, Key] = {}
        self._places: dict[Place, Place] = {}
        self._texts: dict[str, str] = {}
        self._blank: dict[Entry, Entry] = {}

    def reading(self, reading: Reading) -> Reading:
        ret = reading.ret
        if ret is None:
            return reading
        entries: dict[Key, Entry] = {}
        for key, entry in ret.entries.items():
            entries[self._keys.setdefault(key, key)] = self._entry(entry)
        carried = {self._keys.setdefault(key, key): self._typed(typed) for key, typed in ret.carried.items()}
        return replace(reading, ret=replace(ret, entries=entries, carried=carried))

    def _entry(self, entry: Entry) -> Entry:
        # Equal is the same only where there is nothing typed: 1 and True are equal too.
        is_blank = entry.typed is None and entry.value is None
        if is_blank and entry in self._blank:
            return self._blank[entry]
        own = replace(
            entry,
            key=self._keys.setdefault(entry.key, entry.key),
            place=entry.place and self._places.setdefault(entry.place, entry.place),
            code=entry.code and self._texts.setdefault(entry.code, entry.code),
            text=entry.text and self._texts.setdefault(entry.text, entry.text),
            typed=self._typed(entry.typed),
        )
        if is_blank:
            self._blank[own] = own
        return own

    def _typed(self, typed: Typed) -> Typed:
        return self._texts.setdefault(typed, typed) if isinstance(typed, str) else typed


def _isolated(readers: Readers, second: bool, password: str | None, job: Job) -> Answer | None:
    from kil_xlsx.pipeline.inbox import content, unread
    from kil_xlsx.reading.exchange import Answer

    if job.file is None:
        return None
    data = content(job.file) if isinstance(job.file, Path) else job.file
    if isinstance(data, str):
        assert isinstance(job.file, Path)
        return Answer(unread(job.file, job.name, data))
    return readers.read(data, job.name, second=second, password=password)


def _here(
    jobs: Iterable[Job], plans: Mapping[str, Plan], second: bool, password: str | None
) -> Generator[tuple[Job, Answer | None]]:
    """The same in this process."""
    from kil_xlsx.pipeline.inbox import content, unread
    from kil_xlsx.reading.exchange import Answer
    from kil_xlsx.reading.form import read_form
    from kil_xlsx.reading.second import second_opinion

    for job in jobs:
        assert isinstance(job.file, Path)
        data = content(job.file)
        if isinstance(data, str):
            yield job, Answer(unread(job.file, job.name, data))
            continue
        reading = read_form(data, job.file.name, plans, password=password)
        file = replace(reading.file, name=job.name)
        reading = replace(reading, file=file)
        opinion = None
        if second and reading.ret is not None:
            opinion = second_opinion(data, reading.file.kind, reading.ret.entries.values())
        yield job, Answer(reading, opinion)


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
