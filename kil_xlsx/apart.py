"""Processes of the program's own that deal with files from others: whatever a file does, it does it to one of these.

Here is how such a process is started and how it limits itself.  It is no sandbox: the system still lets it do what the
person who runs it may.  Almost nothing is imported, since a process may be started before everything else.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

TYPE_CHECKING = False  # as typing has it, which takes long to import
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import IO

_OPEN_FILES = 64
_PIPE_BYTES = 1 << 20
_is_limited = False


def _home() -> str:
    """The folder that this package is in."""
    here = os.path.realpath(__file__)
    for _ in __name__.split("."):
        here = os.path.dirname(here)  # noqa: PTH120 - pathlib takes long to import
    return here


def spawn(module: str, *arguments: str, output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Run a module of this package in a process of its own, with pipes to its standard input and output.

    :param output: what it writes goes into this file rather than into a pipe.
    :raises OSError: it cannot be started.
    """
    import subprocess

    paths = [_home(), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONUTF8": "1"}
    child = subprocess.Popen(  # noqa: S603 - this interpreter and this module, never a name from a file
        # -P: a module lying in the folder that the command is run from, such as the inbox, must not be imported.
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=output or subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        # Ctrl-C goes to the program alone, which then stops its processes; and they can be stopped with all
        # that they may have started themselves.
        start_new_session=True,
    )
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            _widen(pipe.fileno())
    return child


class Forked:
    """A process that was forked, and the pipes to it: what :class:`subprocess.Popen` gives, as far as it is needed."""

    def __init__(self, pid: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self._code: int | None = None
        self._lock = allocate_lock()  # its number may be another process's as soon as its end has been noticed

    def poll(self) -> int | None:
        """How it ended: its exit code, the number of the signal below zero, or ``None`` while it runs."""
        with self._lock:
            if self._code is None:
                self._notice(os.WNOHANG)
            return self._code

    def wait(self) -> int:
        """The same, once it has ended."""
        with self._lock:
            if self._code is None:
                self._notice(0)
            assert self._code is not None
            return self._code

    def kill(self) -> None:
        """Stop it at once, with all that it has started."""
        import signal

        with self._lock:
            if self._code is None:
                self._notice(os.WNOHANG)
            if self._code is None:
                try:
                    os.killpg(self.pid, signal.SIGKILL)
                except ProcessLookupError:  # it leads no group yet
                    os.kill(self.pid, signal.SIGKILL)

    def _notice(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:  # somebody else has waited for it
            self._code = 0
            return
        if pid:
            self._code = os.waitstatus_to_exitcode(status)


def stop(process: subprocess.Popen[bytes] | Forked) -> None:
    """Stop a process that was started here at once, with all that it has started."""
    import signal
    from contextlib import suppress

    if not isinstance(process, Forked) and process.poll() is None and hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()


def can_fork() -> bool:
    """Whether this process may be forked.  That needs no second start of Python, but is safe at its very start only."""
    return sys.platform == "linux"


def fork(run: Callable[[IO[bytes], IO[bytes]], int]) -> Forked:
    """Run a function in a copy of this process, with what is read from it and written to it through pipes.

    As with :func:`spawn`, nothing else that this process has open reaches the other.

    :raises OSError: there can be no other process, or the standard files are not open here.
    """
    pipes = [*os.pipe(), *os.pipe()]
    source, ours_in, ours_out, target = pipes
    program = os.getpid()
    try:
        if min(pipes) <= 2:
            raise OSError("The standard files are closed.")
        pid = os.fork()
        if pid == 0:
            _run(run, source, target)
    except OSError:
        for each in pipes:
            os.close(each)
        raise
    finally:
        if os.getpid() != program:  # Ctrl-C in between
            os._exit(1)
    os.close(source)
    os.close(target)
    _widen(ours_in)
    _widen(ours_out)
    return Forked(pid, os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb"))


def _widen(pipe: int) -> None:
    """Let a whole workbook, and all that it says, fit into a pipe, so that neither side waits for the other."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):  # not Linux, or the system does not allow it
        return


def _run(run: Callable[[IO[bytes], IO[bytes]], int], source: int, target: int) -> None:
    """What the copy does; it never returns."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        _close_all_but(source, target)
        # As with -P: the folder of the command is no place for modules, nor is the one that it is run from.
        sys.path[:] = [_home(), *(sys.path if sys.flags.safe_path else sys.path[1:])]
        code = run(os.fdopen(source, "rb"), os.fdopen(target, "wb"))
    finally:
        os._exit(code)


def _close_all_but(*kept: int) -> None:
    """Close all files but the standard ones and some others."""
    try:
        there = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - pathlib takes long to import
    except OSError:  # a system without that folder
        there = list(range(os.sysconf("SC_OPEN_MAX")))
    for each in there:
        if each > 2 and each not in kept:
            try:
                os.close(each)
            except OSError:  # not open, such as the folder that was listed
                continue


def is_limited() -> bool:
    """Whether this is a process that :func:`limit` has been called in, which may die of a file."""
    return _is_limited


def limit(memory: int, *, written: int = 0, cpu_seconds: int | None = None) -> None:
    """Limit this process from now on.  Where the system knows no such limits (Windows), nothing happens.

    :param memory: bytes.
    :param written: bytes that it may write to a file.
    :param cpu_seconds: its processor time, if that is to be limited at once.
    """
    global _is_limited
    _is_limited = True
    try:
        import resource
    except ImportError:
        return
    wanted = [
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ]
    if cpu_seconds is not None:
        wanted.append((resource.RLIMIT_CPU, cpu_seconds))
    for which, value in wanted:
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):  # some systems (macOS) know a limit by name but refuse to set it
            continue
