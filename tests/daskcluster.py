"""A Dask cluster of this computer, started as people start one: a scheduler and workers, each in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

SECONDS = 120
"""Until when a process has to be there."""

_UNLIKE = """
import importlib.metadata
real = importlib.metadata.version
importlib.metadata.version = lambda name: "0.0.1" if name == "xlsxwriter" else real(name)
"""

_WITHOUT = """
import importlib.metadata, sys
real = importlib.metadata.version
def version(name):
    if name == "kil_xlsx":
        raise importlib.metadata.PackageNotFoundError(name)
    return real(name)
importlib.metadata.version = version
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "kil_xlsx":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nowhere())
"""


class DaskCluster:
    """A scheduler and the workers that are started; a context manager, at whose end no process is left."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(self._file))
            self._wait(self._file.exists, self.scheduler)
            address = json.loads(self._file.read_text())["address"]
            self.address = address.replace("tcp://", "dask://")
            for _ in range(workers):
                self.add_worker()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_worker(self, *, unlike: bool = False, without: bool = False) -> subprocess.Popen[bytes]:
        """Start a worker and wait until the scheduler knows it.

        :param unlike: another version of XlsxWriter seems to be installed there; ``without``: kil-xlsx is not.
        """
        more: dict[str, str] = {}
        if unlike or without:
            place = self._folder / f"site-{len(self._processes)}"
            place.mkdir()
            (place / "sitecustomize.py").write_text(_UNLIKE if unlike else _WITHOUT)
            more["PYTHONPATH"] = os.pathsep.join([str(place), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        log = self._folder / f"{len(self._processes)}.log"
        worker = self._start(
            "worker", "--no-nanny", "--nthreads", "1", "--local-directory", str(self._folder), "--scheduler-file",
            str(self._file), environment=more,
        )  # fmt: skip
        self.workers.append(worker)
        self._wait(lambda: b"Registered to" in log.read_bytes(), worker)
        return worker

    def _start(
        self, kind: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--host", "127.0.0.1", "--no-dashboard"]
        with (self._folder / f"{len(self._processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *arguments], stdout=log, stderr=subprocess.STDOUT, cwd=self._folder, start_new_session=True,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        self._processes.append(process)
        return process

    def _wait(self, ready: object, process: subprocess.Popen[bytes]) -> None:
        assert callable(ready)
        until = time.monotonic() + SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                log = self._folder / f"{self._processes.index(process)}.log"
                raise RuntimeError(f"no Dask: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def close(self) -> None:
        """Stop everything."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
