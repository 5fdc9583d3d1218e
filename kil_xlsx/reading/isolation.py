"""Returned files are read in other processes, so that whatever a file does, only that one file is lost.

:class:`Readers` keeps a few processes that each read many files, since starting one takes longer than reading a file.
Each has limited memory, and limited processor time for each file; the clock of the parent stops one that hangs.  A
process that dies or is stopped is replaced, and the file that it was reading is refused with ``file-reader-failed``.

The two sides speak MessagePack over pipes.  What a process sends back is bounded in size, decoded into exactly the
types of a :class:`~kil_xlsx.core.readings.Reading` and then compared with what was asked: a file may have taken the
process over, so nothing that could run code (such as a pickle) is accepted from it.  This keeps crashes, hangs and
memory out of the program.  It is no sandbox; see :mod:`kil_xlsx.apart`.

Where the operating system knows no limits for processes (Windows), the clock and the limits of the reader itself
remain.

What runs in such a process is :mod:`kil_xlsx.reading.worker`.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import signal
import threading
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import IO

import msgspec
from msgspec.structs import replace

from kil_xlsx import apart
from kil_xlsx.core.problems import CATALOGUE, problem
from kil_xlsx.core.readings import FileInfo, Reading
from kil_xlsx.core.returns import Key
from kil_xlsx.errors import KilXlsxError
from kil_xlsx.reading import starting
from kil_xlsx.reading.exchange import LENGTH, Answer, Ready, Reply, Request, SecondOpinion, encode, packed, replies
from kil_xlsx.reading.kinds import sniff
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.plans import Plans, key_for

_ANSWER_BYTES = 64_000_000
_START_SECONDS = 60.0
_CLOCK_SECONDS = 5.0  # how long the thread with the clock sleeps at most, so that it need not be told of each file


class _Broken(Exception):
    """A process did not answer properly: it died, or sent nonsense."""


class _TooSlow(Exception):
    """A process was stopped by the clock."""


class _TooMuch(Exception):
    """A process has sent more than any file can hold."""


class _Process:
    """One process and the pipes to it.  It is used by one thread at a time; ``kill`` may come from any."""

    def __init__(self) -> None:
        self._child = starting.start()
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._input: IO[bytes] = self._child.stdin
        self._output: IO[bytes] = self._child.stdout
        self.is_new = True  # whether no file has been read yet
        self._ready: bytes | None = None

    def set_up(self, setup: bytes) -> None:
        self._send(setup)

    def ready(self) -> bytes:
        """What it answers to its setup.  Raises KilXlsxError if it could not even begin."""
        if self._ready is None:
            # No file has reached it, so none is to blame.
            try:
                with _CLOCK.limit(self, _START_SECONDS):
                    self._ready = self._message()
            except (_Broken, _TooSlow, _TooMuch):
                raise KilXlsxError(
                    "The process that reads returned files cannot be started.",
                    "Check that there is memory left; if so, install kil-xlsx again.",
                ) from None
        return self._ready

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The reply to a request.  Raises _Broken, _TooSlow or _TooMuch; the process is no use afterwards.

        Raises KilXlsxError if the process could not even begin.
        """
        try:
            self.ready()
            with _CLOCK.limit(self, seconds):
                self._send(request)
                return self._message()
        finally:
            self.is_new = False

    def used_up(self) -> bool:
        """Whether the process was ended because it had used its processor time."""
        until = time.monotonic() + 1
        while (code := self._child.poll()) is None and time.monotonic() < until:
            time.sleep(0.01)
        return code is not None and hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU

    def _send(self, message: bytes) -> None:
        try:
            self._input.write(LENGTH.pack(len(message)))
            self._input.write(message)
            self._input.flush()
        except (OSError, ValueError):  # ValueError: the pipe has been closed
            raise _Broken from None

    def _message(self) -> bytes:
        (length,) = LENGTH.unpack(self._receive(LENGTH.size))
        if length > _ANSWER_BYTES:
            raise _TooMuch
        return self._receive(length)

    def _receive(self, length: int) -> bytes:
        try:
            received = self._output.read(length)
        except (OSError, ValueError):
            raise _Broken from None
        if len(received) != length:
            raise _Broken
        return received

    def kill(self) -> None:
        """Stop the process at once, with all that it has started."""
        apart.stop(self._child)

    def close(self) -> None:
        """Stop the process and let go of its pipes."""
        self.kill()
        self._child.wait()
        for pipe in (self._input, self._output):
            with contextlib.suppress(OSError):
                pipe.close()


class _Clock:
    """Stops processes that take too long.  One thread does that for all: starting one for each file takes time."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._due: dict[_Process, float] = {}
        self._wakes = 0.0
        self._is_running = False

    @contextlib.contextmanager
    def limit(self, process: _Process, seconds: float) -> Iterator[None]:
        """Stop the process after this time.  What then looks like its death becomes _TooSlow."""
        due = time.monotonic() + seconds
        with self._change:
            self._due[process] = due
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._watch, daemon=True).start()
            elif due < self._wakes:
                self._change.notify()
        try:
            yield
        except _Broken:
            with self._change:
                stopped = process not in self._due
            raise _TooSlow if stopped or process.used_up() else _Broken from None
        finally:
            with self._change:
                self._due.pop(process, None)

    def _watch(self) -> None:
        """Until nothing has been under way for a while."""
        with self._change:
            while self._due:
                now = time.monotonic()
                for process in [process for process, due in self._due.items() if due <= now]:
                    del self._due[process]
                    process.kill()
                self._wakes = min((now + _CLOCK_SECONDS, *self._due.values()))
                self._change.wait(self._wakes - now)
            self._is_running = False


_CLOCK = _Clock()


class Readers:
    """Processes that read returned workbooks.  A context manager: at its end no process is left.

    :meth:`prepare` comes once before the first :meth:`read`; in between the processes load what they need.  ``read``
    may be called from several threads, up to ``processes`` of them at a time do some good.
    """

    def __init__(self, processes: int = 1, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.processes = processes
        self._plans = Plans({})
        self._keys: dict[str, frozenset[Key]] | None = None
        self._setup = b""
        self._lock = threading.Lock()
        self._closed = False
        self._all: set[_Process] = set()
        self._free: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        for _ in range(processes):
            self._free.put(self._start())

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all processes.  Whoever still waits for one gets the refusal of its file."""
        with self._lock:
            self._closed = True
            left, self._all = self._all, set()
        for process in left:
            process.close()

    def announce(self, setup: bytes) -> None:
        """Tell the processes which workbooks may come back, as :func:`packed` gives it.

        They get ready for these, while the plans are made here that :meth:`prepare` is given.
        """
        self._setup = setup
        with self._lock:
            waiting = list(self._all)
        for process in waiting:
            # One that is dead already is noticed, and replaced, when it is asked.
            with contextlib.suppress(_Broken):
                process.set_up(self._setup)

    def prepare(self, plans: Plans) -> None:
        """Say which workbooks may come back."""
        self._plans = plans
        if not self._setup:
            self.announce(packed(plans, self.limits))

    def read(self, data: bytes, name: str, *, second: bool = False, password: str | None = None) -> Answer:
        """Read one file, as :func:`kil_xlsx.reading.form.read_form` would.

        :param second: also ask the second reader.
        :param password: what the file may be locked with.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        # Names may hold what no encoding has; the processes have no need of them.
        request = encode(Request(sha256, data, second, password))
        try:
            answer = self._asked(request)
            self._check(answer, sha256, len(data))
        except (_Broken, _TooSlow, _TooMuch) as failure:
            if second and not isinstance(failure, _TooMuch):
                # The first reader alone may well have no trouble with the file.
                first = self.read(data, name, password=password)
                return Answer(first.reading, SecondOpinion(failed="the second reader stopped"))
            return Answer(self._failed(failure, data, name, sha256))
        file = replace(answer.reading.file, name=name)
        return Answer(replace(answer.reading, file=file), answer.second)

    def _asked(self, request: bytes) -> Answer:
        process = self._free.get()
        try:
            if process is None or self._closed:
                process = self._start(prepared=True)
            was_new = process.is_new
            try:
                reply = self._reply(process, request)
            except _Broken:
                self._end(process)
                process = None
                if was_new:
                    raise
                # An earlier file may have done the harm, so this one is tried again on its own.
                process = self._start(prepared=True)
                reply = self._reply(process, request)
            if reply.retire:
                self._end(process)
                process = None
            return reply.answer
        except (_Broken, _TooSlow, _TooMuch, KilXlsxError):
            if process is not None:
                self._end(process)
                process = None
            raise
        finally:
            self._free.put(process)

    def _reply(self, process: _Process, request: bytes) -> Reply:
        self._learn(process)
        received = process.ask(request, self.limits.wall_seconds)
        try:
            return replies().decode(received)
        except (ValueError, TypeError, RecursionError):  # msgspec's own errors are ValueErrors
            raise _Broken from None

    def _learn(self, process: _Process) -> None:
        """Learn which entries there are from the first process that is ready, which saves building the plans here."""
        if self._keys is not None:
            return
        try:
            known = msgspec.msgpack.decode(process.ready(), type=Ready).keys
        except KilXlsxError:
            for key in self._plans:  # something may be wrong with the plan of one of these, which is then said
                self._plans[key]
            raise
        except ValueError:
            raise _Broken from None
        self._keys = {key: frozenset(keys) for key, keys in known.items()}

    def _check(self, answer: Answer, sha256: str, size: int) -> None:
        """Raise _Broken for an answer that no file can have: what follows relies on it."""
        reading = answer.reading
        if (reading.file.sha256, reading.file.size) != (sha256, size):
            raise _Broken
        if any(one.code not in CATALOGUE for one in reading.problems):
            raise _Broken
        if reading.ret is None or reading.result is None or reading.identity is None:
            if (reading.ret, reading.result) != (None, None) or not reading.problems:
                raise _Broken
            return
        key = key_for(self._plans, reading.identity)
        if key is None or reading.ret.entries.keys() != self._keys_of(key):
            raise _Broken
        if any(key != entry.key for key, entry in reading.ret.entries.items()):
            raise _Broken
        if reading.result.questions.keys() != self._plans.instrument(key).question_ids:
            raise _Broken

    def _keys_of(self, key: str) -> AbstractSet[Key]:
        assert self._keys is not None
        return self._keys[key] if key in self._keys else self._plans[key].by_key.keys()

    def _failed(self, failure: Exception, data: bytes, name: str, sha256: str) -> Reading:
        info = FileInfo(name=name, sha256=sha256, size=len(data), kind=str(sniff(data)), application="")
        if isinstance(failure, _TooMuch):
            return Reading(info, (problem("file-too-large", found="too much text"),))
        found = (
            f"no result within {self.limits.wall_seconds:g} seconds"
            if isinstance(failure, _TooSlow)
            else "the reader stopped"
        )
        return Reading(info, (problem("file-reader-failed", found=found),))

    def _start(self, *, prepared: bool = False) -> _Process:
        with self._lock:
            if self._closed:
                raise _Broken
            try:
                process = _Process()
            except OSError:
                raise _Broken from None
            self._all.add(process)
        if prepared:
            with contextlib.suppress(_Broken):  # noticed when it is asked
                process.set_up(self._setup)
        return process

    def _end(self, process: _Process) -> None:
        with self._lock:
            self._all.discard(process)
        process.close()
