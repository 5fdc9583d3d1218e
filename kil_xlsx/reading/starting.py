"""Starting a process that reads returned files.

It takes about as long to be ready as the program itself, so one may be started before anything else is imported: this
module imports almost nothing.
"""

from __future__ import annotations

import sys

from kil_xlsx import apart

TYPE_CHECKING = False  # as typing has it, which takes long to import
if TYPE_CHECKING:
    import subprocess
    from typing import IO

    Process = subprocess.Popen[bytes] | apart.Forked

_ahead: list[Process] = []


def start() -> Process:
    """A process that reads returned files: the one that was started ahead, if there is one, else a new one."""
    return _ahead.pop() if _ahead else _new()


def start_ahead() -> None:
    """Start a process for whoever will want one.  If nobody does, it ends with the program, as it is asked nothing.

    To be called before anything else is done: what is there already may be copied into the process.
    """
    try:
        if apart.can_fork():
            _load()
            _ahead.append(apart.fork(_serve))
        else:
            _ahead.append(_new())
    except OSError:  # said by whoever does want one
        return


def _new() -> subprocess.Popen[bytes]:
    return apart.spawn("kil_xlsx.reading.worker")


def _load() -> None:
    """Load what both the program and the process need, and make what decodes definitions, so that it is done once."""
    # msgspec looks there for what Python itself has by now, and loading it takes as long as loading msgspec.
    is_there = "typing_extensions" in sys.modules
    sys.modules.setdefault("typing_extensions", None)  # type: ignore[arg-type]
    try:
        import msgspec
    finally:
        if not is_there:
            del sys.modules["typing_extensions"]
    from kil_xlsx.reading.exchange import Setup

    msgspec.msgpack.Decoder(Setup)


def _serve(source: IO[bytes], target: IO[bytes]) -> int:
    from kil_xlsx.reading.worker import serve

    return serve(source, target)
