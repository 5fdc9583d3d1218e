"""The mail servers of the tests go when the tests go, however they go."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from mailserver import MailServer

_PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from mailserver import MailServer
print(MailServer().ca_file, flush=True)
time.sleep(60)
"""


def _processes(folder: Path) -> list[str]:
    """The command lines of everything that runs from a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in line and not line.startswith("sh "):
            found.append(line)
    return found


@pytest.mark.oracle
def test_killed_tests_leave_no_servers(mail_servers: MailServer) -> None:
    """When the tests are killed without a chance to tidy up, servers and folder go all the same."""
    tests = str(Path(__file__).resolve().parent.parent)
    with subprocess.Popen([sys.executable, "-c", _PROGRAM, tests], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        folder = Path(program.stdout.readline().strip()).parent
        assert folder.name.startswith("kil-mail-") and len(_processes(folder)) >= 2
        program.kill()
    until = time.monotonic() + 60
    while (folder.exists() or _processes(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not folder.exists()
    assert _processes(folder) == []
    assert _processes(Path(mail_servers.ca_file).parent)
