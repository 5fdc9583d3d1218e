"""Measuring jobs: each in a process of its own, rivals in turn, and what comes out as ratios.

A job is a function in a module of this folder, named ``module:function``.  It gets a :class:`Clock` and whatever it was
started with, does what is to be measured within ``with clock:``, and may return something that JSON can hold::

    def plainly(clock: Clock, folder: str) -> int:
        data = ...                    # not measured
        with clock:
            ...                       # measured

So what a job loads and prepares does not count, and neither does what an earlier job has left in memory.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

MEBIBYTE = 2**20
_EVERY = 0.1
"""Seconds between two looks at the memory of a job and its processes."""

_LIBRARIES = ("xlsxwriter", "openpyxl", "pandas", "python-calamine")


class Clock:
    """Measures elapsed and processor time of what happens within it, of child processes that have ended too."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0

    def __enter__(self) -> Clock:
        self._cpu = _cpu()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._start
        self.cpu += _cpu() - self._cpu


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


@dataclass(frozen=True)
class Measured:
    """One run of a job: elapsed and processor seconds; the most MiB that it and that all its processes together had."""

    seconds: float
    cpu: float
    program: float = 0.0
    children: float = 0.0
    found: Any = None

    @property
    def memory(self) -> float:
        return self.program + self.children


@dataclass(frozen=True)
class Ratio:
    """How long (or how large) one thing is against another.

    ``ratio`` is the median over the rounds, ``low`` and ``high`` the extremes; ``cpu`` the median of processor times.
    ``aim`` is what it is meant to be at most.
    """

    id: str
    what: str
    against: str
    ratio: float
    low: float
    high: float
    cpu: float | None = None
    aim: float | None = None

    @property
    def holds(self) -> bool | None:
        return None if self.aim is None else self.ratio <= self.aim

    def record(self) -> dict[str, Any]:
        """As results.json holds it, with four digits that count."""
        found = {key: _digits(value) for key, value in asdict(self).items()}
        return {**found, "holds": self.holds}


def _digits(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def apart(job: str, *, cores: int | None = None, **given: object) -> Measured:
    """Run a job in a process of its own, on so many processors, and watch its memory."""
    allowed = _first_cores(cores)
    command = [sys.executable, __file__, job, json.dumps(given)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, preexec_fn=(lambda: os.sched_setaffinity(0, allowed)) if allowed else None
    )
    program = children = 0.0
    while True:
        try:
            told, _ = process.communicate(timeout=_EVERY)
            break
        except subprocess.TimeoutExpired:
            program = max(program, _memory(process.pid, "VmHWM"))
            children = max(children, sum(_memory(each, "VmRSS") for each in _below(process.pid)))
    if process.returncode or not told:
        raise SystemExit(f"The job {job} failed; what it said is above.")
    measured = json.loads(told)
    return Measured(measured["seconds"], measured["cpu"], max(program, measured["memory"]), children, measured["found"])


def _first_cores(count: int | None) -> set[int]:
    """So many of the processors that this process may use; empty where all may be used, or none can be chosen."""
    with suppress(AttributeError):
        if count is not None:
            return set(sorted(os.sched_getaffinity(0))[:count])
    return set()


def processors() -> int:
    """How many processors a job may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory(process: int, kind: str) -> float:
    """The memory that a process has (VmRSS), or the most that it has had (VmHWM), in MiB; nothing outside Linux."""
    with suppress(OSError, ValueError, IndexError):
        status = Path(f"/proc/{process}/status").read_text()
        return int(status.split(f"{kind}:")[1].split()[0]) / 2**10
    return 0.0


def _below(process: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return [*found, *(each for one in found for each in _below(one))]


def in_turn(rivals: Mapping[str, Callable[[], Measured]], rounds: int) -> dict[str, list[Measured]]:
    """Run all of them so many times, every second round in the opposite order, so that what else happens hits all."""
    found: dict[str, list[Measured]] = {name: [] for name in rivals}
    for at in range(rounds):
        for name in list(rivals)[:: 1 if at % 2 == 0 else -1]:
            found[name].append(rivals[name]())
    return found


def against(
    id: str,
    what: str,
    other: str,
    ours: Sequence[Measured],
    theirs: Sequence[Measured],
    *,
    each: tuple[int, int] = (1, 1),
    aim: float | None = None,
) -> Ratio:
    """The ratio of two jobs that ran in turn.

    :param each: how many files the one and the other dealt with; times are compared per file.
    """
    mine, other_count = each
    pairs = list(zip(ours, theirs, strict=True))
    ratios = [(one.seconds / mine) / (two.seconds / other_count) for one, two in pairs]
    cpu = statistics.median((one.cpu / mine) / max(two.cpu / other_count, 1e-9) for one, two in pairs)
    return Ratio(id, what, other, statistics.median(ratios), min(ratios), max(ratios), cpu, aim)


def times(id: str, what: str, other: str, ratio: float, *, aim: float | None = None) -> Ratio:
    """A ratio of two figures that were measured once, or of the most memory."""
    return Ratio(id, what, other, ratio, ratio, ratio, aim=aim)


def seconds(runs: Sequence[Measured], each: int = 1) -> float:
    """The median of the elapsed times, per file."""
    return statistics.median(run.seconds for run in runs) / each


def machine() -> dict[str, Any]:
    """What was measured on: nothing that names the computer or its user."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    memory = 0.0
    with suppress(OSError, ValueError, AttributeError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": processors(),
        "memory_gib": round(memory),
        "python": platform.python_version(),
        "busy_before": round(load, 1),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> None:
    """What runs in the process of a job."""
    name, given = sys.argv[1:3]
    module, function = name.split(":")
    told = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever the job itself prints
    clock = Clock()
    found = getattr(importlib.import_module(module), function)(clock, **json.loads(given))
    memory = _memory(os.getpid(), "VmHWM")
    if not memory:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        memory = most / (MEBIBYTE if sys.platform == "darwin" else 2**10)
    with told:
        json.dump({"seconds": clock.seconds, "cpu": clock.cpu, "memory": memory, "found": found}, told)


if __name__ == "__main__":
    main()
