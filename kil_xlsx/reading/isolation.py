"""Returned files are read in other processes, so that whatever a file does, only that one file is lost.

:class:`Readers` keeps a few processes that each read many files, since starting one takes longer than reading a file.
Each has limited memory, and limited processor time for each file; the clock of the parent stops one that hangs.  A
process that dies or is stopped is replaced, and the file that it was reading is refused with ``file-reader-failed``.

The two sides speak MessagePack over pipes.  What a process sends back is bounded in size, decoded into exactly the
types of a :class:`~kil_xlsx.core.readings.Reading` and then compared with what was asked: a file may have taken the
process over, so nothing that could run code (such as a pickle) is accepted from it.  This keeps crashes, hangs and
memory out of the program.  It is no sandbox: the system still lets such a process do what the person who runs it may.

Where the operating system knows no limits for processes (Windows), the clock and the limits of the reader itself
remain.

``python -m kil_xlsx.reading.isolation`` is such a process.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import IO, TYPE_CHECKING

import msgspec

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.problems import CATALOGUE, problem
from kil_xlsx.core.readings import FileInfo, Reading
from kil_xlsx.errors import KilXlsxError
from kil_xlsx.reading import starting
from kil_xlsx.reading.kinds import sniff
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.plans import plan_for
from kil_xlsx.reading.second import SecondOpinion

if TYPE_CHECKING:
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.reading.plans import Plans

_ANSWER_BYTES = 64_000_000
_RETIRE_BYTES = 300 * 1024 * 1024  # a process that has grown beyond this is replaced after the file
_START_SECONDS = 60.0
_CLOCK_SECONDS = 5.0  # how long the thread with the clock sleeps at most, so that it need not be told of each file
_LENGTH = struct.Struct("<Q")


class _Form(msgspec.Struct, array_like=True):
    """A plan, as what it is built from: the number of its framework and its respondent type.

    An earlier version has the fingerprint that it was published with, and its plan is built when it is needed.
    """

    key: str
    framework: int
    respondent: str
    published_as: str = ""
    is_earlier: bool = False


class _Setup(msgspec.Struct, array_like=True):
    frameworks: tuple[Framework, ...]
    forms: tuple[_Form, ...]
    memory: int
    cpu_seconds: int


class _Request(msgspec.Struct, array_like=True):
    sha256: str
    data: bytes
    second: bool
    password: str | None


class Answer(msgspec.Struct, frozen=True):
    """What one file came to; ``second`` is what the second reader says, if it was asked."""

    reading: Reading
    second: SecondOpinion | None = None


class _Reply(msgspec.Struct, array_like=True):
    answer: Answer
    retire: bool


_ENCODER = msgspec.msgpack.Encoder()


@cache
def _replies() -> msgspec.msgpack.Decoder[_Reply]:
    return msgspec.msgpack.Decoder(_Reply)


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
        self._is_ready = False

    def set_up(self, setup: bytes) -> None:
        self._send(setup)

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The reply to a request.  Raises _Broken, _TooSlow or _TooMuch; the process is no use afterwards.

        Raises KilXlsxError if the process could not even begin.
        """
        try:
            if not self._is_ready:
                # It answers its setup with a message without content.  No file has reached it, so none is to blame.
                try:
                    with _CLOCK.limit(self, _START_SECONDS):
                        self._receive(_LENGTH.size)
                except (_Broken, _TooSlow):
                    raise KilXlsxError(
                        "The process that reads returned files cannot be started.",
                        "Check that there is memory left; if so, install kil-xlsx again.",
                    ) from None
                self._is_ready = True
            with _CLOCK.limit(self, seconds):
                self._send(request)
                (length,) = _LENGTH.unpack(self._receive(_LENGTH.size))
                if length > _ANSWER_BYTES:
                    raise _TooMuch
                return self._receive(length)
        finally:
            self.is_new = False

    def used_up(self) -> bool:
        """Whether the process was ended because it had used its processor time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return hasattr(signal, "SIGXCPU") and self._child.wait(1) == -signal.SIGXCPU
        return False

    def _send(self, message: bytes) -> None:
        try:
            self._input.write(_LENGTH.pack(len(message)))
            self._input.write(message)
            self._input.flush()
        except (OSError, ValueError):  # ValueError: the pipe has been closed
            raise _Broken from None

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
        if self._child.poll() is None and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._child.kill()

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


def packed(plans: Mapping[str, Plan], limits: Limits) -> bytes:
    """Which workbooks may come back, as another process can be told; :func:`unpacked` is the other way round."""
    from kil_xlsx.reading.plans import Plans

    frameworks: list[Framework] = []
    forms: list[_Form] = []
    instruments = {key: plan.instrument for key, plan in plans.items()}
    before = plans.earlier if isinstance(plans, Plans) else {}
    for key, instrument in (*instruments.items(), *before.items()):
        whole = instrument.framework
        at = next((at for at, one in enumerate(frameworks) if one is whole), len(frameworks))
        if at == len(frameworks):
            frameworks.append(whole)
        forms.append(_Form(key, at, instrument.respondent.id, instrument.published_as, key in before))
    return _ENCODER.encode(_Setup(tuple(frameworks), tuple(forms), limits.worker_bytes, limits.cpu_seconds))


def unpacked(setup: bytes) -> Plans:
    """The plans that were packed."""
    return _plans(msgspec.msgpack.decode(setup, type=_Setup))


def _plans(setup: _Setup) -> Plans:
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.reading.plans import Plans

    plans: dict[str, Plan] = {}
    before: dict[str, Instrument] = {}
    for form in setup.forms:
        whole = setup.frameworks[form.framework]
        respondent = next(each for each in whole.respondents if each.id == form.respondent)
        instrument = Instrument(whole, respondent, form.published_as)
        if form.is_earlier:
            before[form.key] = instrument
        else:
            plans[form.key] = Plan(instrument)
    return Plans(plans, before)


class Readers:
    """Processes that read returned workbooks.  A context manager: at its end no process is left.

    :meth:`prepare` comes once before the first :meth:`read`; in between the processes load what they need.  ``read``
    may be called from several threads, up to ``processes`` of them at a time do some good.
    """

    def __init__(self, processes: int = 1, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self.processes = processes
        self._plans: Mapping[str, Plan] = {}
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

    def prepare(self, plans: Mapping[str, Plan]) -> None:
        """Say which workbooks may come back, by ``framework/respondent``, and those of earlier versions (``Plans``)."""
        self._plans = plans
        self._setup = packed(plans, self._limits)
        with self._lock:
            waiting = list(self._all)
        for process in waiting:
            # One that is dead already is noticed, and replaced, when it is asked.
            with contextlib.suppress(_Broken):
                process.set_up(self._setup)

    def read(self, data: bytes, name: str, *, second: bool = False, password: str | None = None) -> Answer:
        """Read one file, as :func:`kil_xlsx.reading.form.read_form` would.

        :param second: also ask the second reader.
        :param password: what the file may be locked with.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        # Names may hold what no encoding has; the processes have no need of them.
        request = _ENCODER.encode(_Request(sha256, data, second, password))
        try:
            answer = self._asked(request)
            self._check(answer, sha256, len(data))
        except (_Broken, _TooSlow, _TooMuch) as failure:
            if second and not isinstance(failure, _TooMuch):
                # The first reader alone may well have no trouble with the file.
                first = self.read(data, name, password=password)
                return Answer(first.reading, SecondOpinion(failed="the second reader stopped"))
            return Answer(self._failed(failure, data, name, sha256))
        file = msgspec.structs.replace(answer.reading.file, name=name)
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

    def _reply(self, process: _Process, request: bytes) -> _Reply:
        received = process.ask(request, self._limits.wall_seconds)
        try:
            return _replies().decode(received)
        except (ValueError, TypeError, RecursionError):  # msgspec's own errors are ValueErrors
            raise _Broken from None

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
        plan = plan_for(self._plans, reading.identity)
        if plan is None or reading.ret.entries.keys() != plan.by_key.keys():
            raise _Broken
        if any(key != entry.key for key, entry in reading.ret.entries.items()):
            raise _Broken
        if reading.result.questions.keys() != {question.id for question in plan.instrument.questions}:
            raise _Broken

    def _failed(self, failure: Exception, data: bytes, name: str, sha256: str) -> Reading:
        info = FileInfo(name=name, sha256=sha256, size=len(data), kind=str(sniff(data)), application="")
        if isinstance(failure, _TooMuch):
            return Reading(info, (problem("file-too-large", found="too much text"),))
        found = (
            f"no result within {self._limits.wall_seconds:g} seconds"
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


# ---- from here on, what runs in the other process ----


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = [
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ]
    for which, value in wanted:
        # Some systems (macOS) know a limit by name but refuse to set it.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (value, value))


def _allow_cpu(seconds: int) -> None:
    """Let the process run this much longer."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + seconds, most))


def _has_grown() -> bool:
    try:
        import resource
    except ImportError:
        return False
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) > _RETIRE_BYTES


def _messages(source: IO[bytes]) -> Iterable[bytes]:
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        yield source.read(length)


def _main() -> int:
    import kil_xlsx.layout.plan  # noqa: F401 - loaded before memory is limited, and while the setup is on its way
    from kil_xlsx.reading import legacy
    from kil_xlsx.reading.form import read_form
    from kil_xlsx.reading.second import second_opinion

    sys.dont_write_bytecode = True
    # Whatever a library prints must not get among the replies.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    messages = iter(_messages(sys.stdin.buffer))
    first = next(messages, None)
    if first is None:
        return 0
    setup = msgspec.msgpack.decode(first, type=_Setup)
    _limit(setup.memory)
    legacy.read_in_this_process()
    known = _plans(setup)
    decoder = msgspec.msgpack.Decoder(_Request)
    output.write(_LENGTH.pack(0))  # ready
    output.flush()
    # While a file is read, nearly all that is made is still in use: looking through it for garbage again and again is
    # a tenth of the work.  What refers to itself is collected after each file instead.
    gc.disable()
    for message in messages:
        _allow_cpu(setup.cpu_seconds)
        request = decoder.decode(message)
        reading = read_form(request.data, "", known, sha256=request.sha256, password=request.password)
        second = None
        if request.second and reading.ret is not None:
            second = second_opinion(request.data, reading.file.kind, reading.ret.entries.values())
        reply = _ENCODER.encode(_Reply(Answer(reading, second), _has_grown()))
        output.write(_LENGTH.pack(len(reply)))
        output.write(reply)
        output.flush()
        del request, reading, second, reply
        gc.collect(0)
    return 0


if __name__ == "__main__":
    # Nothing is caught: a process in which anything unforeseen has happened had better end.
    sys.exit(_main())
