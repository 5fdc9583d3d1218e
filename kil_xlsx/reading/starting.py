"""Starting a process that reads returned files.

It takes about as long to be ready as the program itself, so one may be started before anything else is imported: this
module imports almost nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys

_ahead: list[subprocess.Popen[bytes]] = []


def start() -> subprocess.Popen[bytes]:
    """A process that reads returned files: the one that was started ahead, if there is one, else a new one."""
    return _ahead.pop() if _ahead else _new()


def start_ahead() -> None:
    """Start a process for whoever will want one.  If nobody does, it ends with the program, as it is asked nothing."""
    try:
        _ahead.append(_new())
    except OSError:  # said by whoever does want one
        return


def _new() -> subprocess.Popen[bytes]:
    # -P: a module lying in the folder that the command is run from, such as the inbox, must not be imported.
    command = [sys.executable, "-P", "-m", "kil_xlsx.reading.isolation"]
    here = os.path.realpath(__file__)
    for _ in __name__.split("."):
        here = os.path.dirname(here)  # noqa: PTH120 - pathlib takes long to import
    paths = [here, os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONUTF8": "1"}
    return subprocess.Popen(  # noqa: S603 - this interpreter and this module, never a name from a file
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        # Ctrl-C goes to the program alone, which then stops its processes; and they can be stopped with all
        # that they may have started themselves.
        start_new_session=True,
    )
