"""Where work is done that can be shared out: in this process, in several of this computer, or on a Dask cluster.

All are the standard library's :class:`concurrent.futures.Executor`, so that the code which shares out its work does not
know where it is done.  Functions and what they are given must be picklable.  What comes out does not depend on where.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from concurrent.futures import TimeoutError as NotYet
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.pipeline.processors import MOST_PROCESSES, processors

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.context import BaseContext

    from distributed import Client

_SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
_DASK_PORT = 8786
_CONNECT_SECONDS = 10
_PACKAGES = ("kil_xlsx", "msgspec", "openpyxl", "python_calamine", "xlsxwriter")
"""What workbooks and readings depend on."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


@contextlib.contextmanager
def executor(address: str | None = None, *, jobs: int = 0, preload: Sequence[str] = ()) -> Generator[Executor]:
    """Where work is done.  At the end, or when the block is left by an exception, no process of it is left.

    :param address: ``dask://host:port`` for a Dask cluster; this computer if there is none.
    :param jobs: how many processes to use on this computer; with one, the work is done in this very process.  Without
        it, as many as there are processors, up to :data:`MOST_PROCESSES`.
    :param preload: modules that the work needs, loaded once for all processes of this computer.
    :raises UsageProblem: nothing is known by this address.
    :raises KilXlsxError: the cluster cannot be used, or a process died while something was asked of it.
    """
    if address is not None:
        with _cluster(scheduler(address)) as cluster:
            yield cluster
        return
    jobs = jobs or min(processors(), MOST_PROCESSES)
    if jobs == 1:
        yield _Here()
        return
    with _processes(jobs, preload) as pool:
        yield pool


def in_order(
    executor: Executor, function: Callable[[_Item], _Result], items: Iterable[_Item], *, ahead: int = 0
) -> Generator[_Result]:
    """The results of a function for each item, in the order of the items.

    Items are taken in the caller's own thread, and only as fast as results are: a bounded number is under way at any
    time, so that memory does not grow with their number.  Close it if it is not read to its end.

    :param ahead: how many may be under way; without it, two for each process, so that every one has the next waiting.
    """
    most = ahead or getattr(executor, "at_once", 0) or 2 * processors()
    under_way: deque[Future[_Result]] = deque()
    try:
        for item in items:
            under_way.append(executor.submit(function, item))
            if len(under_way) >= most:
                yield _waited(under_way.popleft())
        while under_way:
            yield _waited(under_way.popleft())
    finally:
        for future in under_way:
            future.cancel()


def _waited(future: Future[_Result]) -> _Result:
    """The result; Ctrl-C is heard meanwhile, on Windows too."""
    while True:
        try:
            return future.result(0.5)
        except NotYet:
            if future.done():  # the function itself has raised it
                raise


class _Here(Executor):
    """Does everything at once, in this process."""

    at_once = 1

    def submit(
        self, fn: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> Future[_Result]:
        future: Future[_Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _Shared(Executor):
    """Another executor, which says how much it is worth giving it at a time."""

    def __init__(self, engine: Executor, at_once: int, wrap: Callable[[Any], Any] = lambda function: function) -> None:
        self._engine = engine
        self._wrap = wrap
        self.at_once = at_once

    def submit(
        self, fn: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> Future[_Result]:
        return self._engine.submit(self._wrap(fn), *args, **kwargs)


# Processes of this computer


@contextlib.contextmanager
def _processes(jobs: int, preload: Sequence[str]) -> Generator[Executor]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children

    before = set(active_children())
    pool = ProcessPoolExecutor(jobs, _context(preload), _begin)
    try:
        yield _Shared(pool, 2 * jobs)
    except BrokenExecutor:
        _stop(pool, before)
        raise KilXlsxError(
            "A process that did part of the work has ended by itself, so the work could not be finished.",
            "Check that there is memory left, and run the command again.",
        ) from None
    except BaseException:
        _stop(pool, before)
        raise
    pool.shutdown()


def _stop(pool: ProcessPoolExecutor, before: set[Any]) -> None:
    """End a pool at once, whatever its processes are busy with; ``before`` are processes that are not its own."""
    from multiprocessing import active_children

    pool.shutdown(wait=False, cancel_futures=True)
    for process in set(active_children()) - before:
        process.kill()
    pool.shutdown()


def _context(preload: Sequence[str]) -> BaseContext:
    """How processes are started: never by forking this one, which may have threads.

    They are forked from a small one that has loaded what they need.  For two processes that takes half the time of
    starting each afresh, which is what is done where the system cannot fork.
    """
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", *preload])
    resource_tracker.ensure_running()  # else it is started by the next line but one, which would undo the next
    # Ctrl-C goes to this process alone, from the first moment on: what is blocked stays so in processes started now.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))
    return context


def _begin() -> None:
    """The first thing that a process of the pool does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program stops its processes itself
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the program has been killed: the pool's own pipes would keep it waiting for ever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


# A Dask cluster


def scheduler(address: str) -> str:
    """What Dask calls the scheduler of ``dask://host:port``.  UsageProblem for any other address."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        protocol, host, port = _SCHEMES[parts.scheme], parts.hostname, parts.port or _DASK_PORT
        if not host or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError
    except (KeyError, ValueError):
        raise UsageProblem(
            f"There is nothing known that could do the work at '{address}'.",
            "Write dask://HOST:PORT, the address of a Dask scheduler, or dask+tls://HOST:PORT if it speaks TLS. "
            "Without --executor, this computer does the work.",
        ) from None
    return f"{protocol}://[{host}]:{port}" if ":" in host else f"{protocol}://{host}:{port}"


@contextlib.contextmanager
def _cluster(address: str) -> Generator[Executor]:
    try:
        import dask
        import distributed
    except ImportError:
        raise KilXlsxError(
            "For --executor dask://… the package distributed is needed, which is not installed.",
            "Install it: pip install 'kil-xlsx[dask]'.",
        ) from None
    # Batches of files are larger than what Dask warns of; they are sent once, where they are needed.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"}), _quiet():
        try:
            client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="kil-xlsx")
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise KilXlsxError(
                f"The Dask scheduler at {address} cannot be reached: {_first_line(error)}.",
                "Check the address and that 'dask scheduler' runs there; a scheduler with TLS is dask+tls://….",
            ) from None
        with client:
            try:
                _check_workers(client)
                threads = sum(client.nthreads().values())
                yield _Shared(client.get_executor(pure=False), 2 * threads, partial(partial, _alike, _installed()))
            except distributed.scheduler.KilledWorker as error:
                raise KilXlsxError(
                    "Workers of the cluster have died again and again over the same piece of work.",
                    f"Look into the log of the worker at {error.last_worker.address}; it may need more memory.",
                ) from None
            except (CancelledError, distributed.comm.CommClosedError):
                raise KilXlsxError(
                    f"The connection to the Dask scheduler at {address} was lost.",
                    "See that 'dask scheduler' runs there, and run the command again.",
                ) from None


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Keep Dask from printing tracebacks of its own when a connection ends: what goes wrong is said once, in words."""
    import logging

    loggers = [logging.getLogger(f"distributed.{name}") for name in ("client", "core", "comm", "utils", "batched")]
    before = [each.level for each in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _check_workers(client: Client) -> None:
    """Raise KilXlsxError unless there are workers, all with what is installed here."""
    if not client.nthreads():
        raise KilXlsxError(
            f"The Dask scheduler at {client.scheduler.address} has no workers.",
            f"Start one or more: dask worker {client.scheduler.address}",
        )
    here = _installed()
    for worker, found in client.get_versions(packages=_PACKAGES)["workers"].items():
        there = {name: found["packages"].get(name) for name in _PACKAGES}
        _compare(here, {**there, "Python": _short(found["packages"]["python"])}, f"The worker at {worker}")


@lru_cache(maxsize=1)
def _installed() -> dict[str, str | None]:
    """What the result of some work may depend on, as it is installed where this is called."""
    from importlib.metadata import PackageNotFoundError, version
    from platform import python_version

    found: dict[str, str | None] = {"Python": _short(python_version())}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _short(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _alike(
    installed: dict[str, str | None], function: Callable[..., _Result], /, *arguments: object, **named: object
) -> _Result:
    """On a worker, one that joins later too: call a function, if what is installed is what the one who asks has."""
    _compare(installed, _installed(), "A worker of the cluster")
    return function(*arguments, **named)


def _compare(here: dict[str, str | None], there: dict[str, str | None], worker: str) -> None:
    """Raise KilXlsxError unless the same is installed."""
    for package, version in here.items():
        if there[package] != version:
            packages = " ".join(f"{name}=={each}" for name, each in here.items() if name != "Python" and each)
            raise KilXlsxError(
                f"{worker} has not what this program has, so its results might differ: {package} is "
                f"{there[package] or 'missing'} there and {version or 'missing'} here.",
                f"Install the same on every worker, and start it again: pip install {packages}",
            )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
