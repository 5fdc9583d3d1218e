"""Processes of the program's own: what reaches them, how they end, and what they may not do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kil_xlsx import apart

ROOT = str(Path(apart.__file__).parents[1])

linux = pytest.mark.skipif(not apart.can_fork(), reason="processes are not forked on this system")

FORKING = """
import os, sys
from kil_xlsx import apart
secret = os.open(os.devnull, os.O_RDONLY)
def run(source, target):
    asked = source.read()
    try:
        os.fstat(secret)
        has_secret = True
    except OSError:
        has_secret = False
    target.write(repr((asked, has_secret, os.getsid(0) == os.getpid(), sys.path)).encode())
    target.flush()
    {act}
    return 7
child = apart.fork(run)
child.stdin.write(b"hello")
child.stdin.close()
print(child.stdout.read().decode())
print(child.wait(), child.poll())
"""


def forked(act: str = "pass", *options: str, **more: object) -> tuple[str, str]:
    """What a forked process answers, and how it ends."""
    script = FORKING.format(act=act)
    done = subprocess.run(
        [sys.executable, *options, "-c", script], env=os.environ | {"PYTHONPATH": ROOT}, capture_output=True, text=True,
        check=True, timeout=60, **more,  # type: ignore[call-overload]
    )  # fmt: skip
    assert done.stderr == ""
    answer, end = done.stdout.splitlines()
    return answer, end


@linux
def test_nothing_but_its_pipes_reaches_a_forked_process(tmp_path: Path) -> None:
    """Files that are open in the program are closed, Ctrl-C does not reach it, and modules come from no odd place."""
    answer, end = forked(cwd=tmp_path)
    asked, has_secret, leads, paths = eval(answer)
    assert (asked, has_secret, leads) == (b"hello", False, True)
    assert "" not in paths and str(tmp_path) not in paths
    assert end == "7 7"


@linux
@pytest.mark.parametrize(
    ("act", "code"), [("raise ValueError", 1), ("os.kill(os.getpid(), 9)", -9), ("os._exit(3)", 3), ("sys.exit(4)", 1)]
)
def test_however_a_forked_process_ends_it_ends_there(act: str, code: int) -> None:
    """Nothing that goes wrong in it goes on in the program's own code, and how it ended is known."""
    assert forked(act)[1] == f"{code} {code}"


@linux
def test_a_forked_process_can_be_stopped() -> None:
    """One that hangs is stopped at once."""
    child = apart.fork(lambda source, target: time.sleep(60) or 0)
    assert child.poll() is None
    start = time.monotonic()
    child.kill()
    assert child.wait() == -9
    child.kill()  # no harm is done to whoever has its number now
    assert time.monotonic() - start < 5
    for pipe in (child.stdin, child.stdout):
        pipe.close()


def printed(script: str) -> list[str]:
    """The words that a script prints that has apart at hand."""
    whole = f"import os, sys\nsys.path[:0] = {[ROOT]!r}\nfrom kil_xlsx import apart\n{script}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


@linux
def test_a_program_without_standard_files_is_not_forked() -> None:
    """Its pipes would be taken for these."""
    assert printed(
        "os.close(0)\ntry:\n    apart.fork(lambda source, target: 0)\nexcept OSError:\n    print('refused')\n"
        "print(os.open(os.devnull, os.O_RDONLY))"
    ) == ["refused", "0"]


@pytest.mark.skipif(os.name != "posix", reason="there are no such limits on this system")
def test_limits_hold() -> None:
    """A process that limits itself gets no more memory, writes nothing, and knows that it is limited."""
    assert printed(
        "before = apart.is_limited()\napart.limit(200_000_000)\nprint(before, apart.is_limited())\n"
        "try:\n    bytes(300_000_000)\nexcept MemoryError:\n    print('memory')\n"
    ) == ["False", "True", "memory"]


@linux
@pytest.mark.parametrize("stop", ["<&-", "< /dev/null"])
def test_reading_works_without_standard_input(stop: str, tmp_path: Path) -> None:
    """A program that is started by a timer may have none."""
    (tmp_path / "a.xlsx").write_bytes(b"%PDF-1.4")
    command = f"{sys.executable} -m kil_xlsx read a.xlsx {stop}"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, env=os.environ | {"PYTHONPATH": ROOT}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "1 refused" in done.stdout
