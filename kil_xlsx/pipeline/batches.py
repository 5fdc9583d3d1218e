"""Reading returned files in batches, wherever an executor does the work.

Files travel as their bytes and what they say comes back as MessagePack, as it does from the processes on one computer.
Whoever reads a batch does so with a process of its own that is as isolated, so a file that crashes it loses only
itself.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Executor
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from kil_xlsx.pipeline.executing import in_order
from kil_xlsx.reading.exchange import Answer, packed, unpacked
from kil_xlsx.reading.isolation import Readers
from kil_xlsx.reading.package import Limits

if TYPE_CHECKING:
    from kil_xlsx.pipeline.reading import Job
    from kil_xlsx.reading.plans import Plans

_MOST_FILES = 8
"""Of a batch: reading them takes much longer than sending a batch, and few enough for every worker to get some."""

_MOST_BYTES = 4_000_000
"""Of a batch, unless a single file has more."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[Answer, ...])


class Batch(NamedTuple):
    """Files to read, and what they are read with: which workbooks may come back, as :func:`packed` gives it."""

    setup: bytes
    files: tuple[bytes, ...]
    second: bool
    password: str | None


def shared_out(
    executor: Executor, jobs: Iterable[Job], plans: Plans, *, second: bool = False, password: str | None = None
) -> Generator[tuple[Job, Answer | None]]:
    """Read files as they come and give the answers in their order, as :func:`kil_xlsx.pipeline.reading.streamed` does.

    :param jobs: taken from here in the caller's own thread.
    """
    setup = packed(plans, Limits())
    under_way: deque[list[_Loaded]] = deque()

    def requests() -> Iterator[Batch]:
        for some in _batches(map(_loaded, jobs)):
            under_way.append(some)
            yield Batch(setup, tuple(each.data for each in some if each.data is not None), second, password)

    with contextlib.closing(in_order(executor, read_batch, requests())) as replies:
        for reply in replies:
            read = iter(_DECODER.decode(reply))
            for job, data, known in under_way.popleft():
                yield job, known if data is None else _named(next(read), job.name)


class _Loaded(NamedTuple):
    """A job with the bytes of its file, or with what is known of it without reading it."""

    job: Job
    data: bytes | None
    known: Answer | None


def _loaded(job: Job) -> _Loaded:
    from kil_xlsx.pipeline.inbox import content, unread

    if job.file is None or isinstance(job.file, bytes):
        return _Loaded(job, job.file, None)
    data = content(job.file)
    if isinstance(data, str):
        return _Loaded(job, None, Answer(unread(job.file, job.name, data)))
    return _Loaded(job, data, None)


def _batches(items: Iterable[_Loaded]) -> Iterator[list[_Loaded]]:
    batch: list[_Loaded] = []
    size = 0
    for item in items:
        more = len(item.data or b"")
        if batch and (len(batch) == _MOST_FILES or size + more > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += more
    if batch:
        yield batch


def _named(answer: Answer, name: str) -> Answer:
    """Names stay here: they are of no use elsewhere, and may hold what no encoding has."""
    reading = answer.reading
    file = replace(reading.file, name=name)
    return Answer(replace(reading, file=file), answer.second)


# On a worker


def read_batch(batch: Batch) -> bytes:
    """What the files of a batch say, in their order, as MessagePack of a tuple of :class:`Answer`."""
    if not batch.files:
        return _ENCODER.encode(())
    with _readers(batch.setup) as readers:
        return _ENCODER.encode(
            tuple(readers.read(data, "", second=batch.second, password=batch.password) for data in batch.files)
        )


_idle: list[tuple[bytes, Readers]] = []
"""Readers that wait for the next batch, with their setups.  Starting them takes longer than reading a few files."""

_lock = threading.Lock()


@contextlib.contextmanager
def _readers(setup: bytes) -> Generator[Readers]:
    """Readers for one thread; when it is done with them they wait for the next batch, until this process ends."""
    with _lock:
        fitting = [each for each in _idle if each[0] == setup]
        other = [each for each in _idle if each[0] != setup]
        _idle[:] = fitting[1:]
    for _, readers in other:
        readers.close()
    if fitting:
        readers = fitting[0][1]
    else:
        readers = Readers()
        readers.prepare(_plans(setup))
    try:
        yield readers
    finally:
        with _lock:
            _idle.append((setup, readers))


@lru_cache(maxsize=1)
def _plans(setup: bytes) -> Plans:
    return unpacked(setup)


@atexit.register
def _close() -> None:
    with _lock:
        for _, readers in _idle:
            readers.close()
        _idle.clear()
