"""Where work is done: in order, a bounded part of it at a time, and with nothing left behind however it ends."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pieces
import pytest

from kil_xlsx.errors import DefinitionError, Fault, KilXlsxError, UsageProblem
from kil_xlsx.pipeline.executing import executor, in_order, scheduler
from kil_xlsx.pipeline.processors import MOST_PROCESSES, worthwhile


@pytest.mark.parametrize("jobs", [0, 1, 2, 3])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    """However many processes there are, and however long each piece of work takes."""
    with executor(jobs=jobs) as there:
        assert list(in_order(there, pieces.squared_after_a_while, range(12))) == [at * at for at in range(12)]


def test_one_process_is_this_one_and_several_are_others() -> None:
    """A little work starts no process; more is done by as many as were asked for, none of which forks this one."""
    with executor(jobs=1) as here:
        assert {process for process, _ in in_order(here, pieces.process_and_parent, range(3))} == {os.getpid()}
    with executor(jobs=2) as there:
        found = set(in_order(there, pieces.process_and_parent, range(40)))
        assert not any(in_order(there, pieces.hears_ctrl_c, range(4)))
    assert os.getpid() not in {process for process, _ in found}
    assert 1 <= len(found) <= 2


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_only_a_bounded_number_is_under_way(ahead: int) -> None:
    """Items are taken no faster than results: memory does not grow with their number."""

    class Counting(Executor):
        at_once = 5

        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:  # type: ignore[override]
            future: Future[object] = Future()
            future.set_result(args[0])
            return future

    most = ahead or Counting.at_once
    given = 0

    def items() -> Iterator[int]:
        nonlocal given
        for at in range(100):
            given += 1
            yield at

    for at, result in enumerate(in_order(Counting(), int, items(), ahead=ahead)):
        assert result == at
        assert given - at <= most


def test_an_executor_of_somebody_elses_does_as_well() -> None:
    """Whatever keeps to the interface of the standard library can stand behind it."""
    with ThreadPoolExecutor(3) as threads:
        assert list(in_order(threads, pieces.squared_after_a_while, range(9))) == [at * at for at in range(9)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_piece_of_work_raises_is_raised_here(jobs: int) -> None:
    """After the results before it."""
    with executor(jobs=jobs) as there:
        results = in_order(there, pieces.refuse, range(9))
        assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(LookupError, match="five"):
            next(results)


def test_a_process_that_dies_is_told_in_plain_words() -> None:
    """It is an error with a remedy, and the next work goes well."""
    with pytest.raises(KilXlsxError, match="has ended by itself") as told, executor(jobs=2) as there:
        list(in_order(there, pieces.die, range(20)))
    assert told.value.remedy
    with executor(jobs=2) as there:
        assert list(in_order(there, pieces.die, range(5))) == [0, 1, 2, 3, 4]


def test_errors_of_the_program_come_back_whole_from_another_process() -> None:
    """With their remedies, and all the faults that they list."""
    fault = Fault("theme.yaml", 3, "colours", "This is wrong.", "Mend it.")
    for error in (UsageProblem("Not so.", "But so."), DefinitionError("Wrong.", (fault, fault), "Mend them.")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert str(again) == str(error)


_BUSY = """
import signal, sys, time
from kil_xlsx.pipeline.executing import executor, in_order
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background of a shell ignores Ctrl-C
if __name__ == "__main__":
    with executor(jobs=2) as there:
        for at, _ in enumerate(in_order(there, time.sleep, [0.01] * 3 + [600] * 20)):
            print("busy", flush=True)
"""


def _living(session: int) -> list[str]:
    """The processes of a session that are still at work."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        state, _, _, theirs = text.rpartition(")")[2].split()[:4]
        if int(theirs) == session and state != "Z":
            found.append(text)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs to look at the processes of the system")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind_when_the_program_is_stopped(how: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C, which a terminal sends to every process of it, or a kill: busy processes end with the program."""
    script = tmp_path / "busy.py"
    script.write_text(_BUSY)
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        if how is signal.SIGINT:
            os.killpg(process.pid, how)
        else:
            process.kill()
        try:
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    for _ in range(200):
        if not _living(process.pid):
            break
        time.sleep(0.1)
    assert _living(process.pid) == []
    if how is signal.SIGINT:
        assert errors.count("KeyboardInterrupt\n") == 1, "only the program itself says that it was stopped"


def test_more_processes_are_started_only_for_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never more than there are processors, nor than the most that is sensible."""
    monkeypatch.setattr("kil_xlsx.pipeline.processors.processors", lambda: 3)
    assert [worthwhile(items, 10) for items in (0, 9, 19, 20, 30, 1000)] == [1, 1, 1, 2, 3, 3]
    monkeypatch.setattr("kil_xlsx.pipeline.processors.processors", lambda: 64)
    assert worthwhile(100_000, 10) == MOST_PROCESSES


@pytest.mark.parametrize(
    ("address", "known_to_dask"),
    [
        ("dask://10.0.0.5:8786", "tcp://10.0.0.5:8786"),
        ("dask://scheduler.example", "tcp://scheduler.example:8786"),
        ("dask+tls://scheduler.example:9000/", "tls://scheduler.example:9000"),
        ("dask://[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_the_address_of_a_cluster(address: str, known_to_dask: str) -> None:
    """With a port or without, as a name or a number."""
    assert scheduler(address) == known_to_dask


@pytest.mark.parametrize(
    "address",
    ["", "foo", "dask", "dask://", "dask://:8786", "dask://host:many", "ray://host:1", "dask://host/path", "tcp://h:1"],
)
def test_any_other_address_is_answered_with_those_there_are(address: str) -> None:
    """Before anything is done."""
    with pytest.raises(UsageProblem) as told, executor(address):
        pass
    assert "dask://HOST:PORT" in told.value.remedy
