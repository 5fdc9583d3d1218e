"""Hostile and odd files: none may crash, hang, fill the memory or be taken for something that it is not."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from corpus.fuzz import fuzz, plans, seeds
from corpus.hostile import CASES, READS

from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.form import read_form

GIBIBYTE = 1024**3

RUN = """
import json, resource, sys
from pathlib import Path
from kil_xlsx import pipeline
found = pipeline.read([Path(sys.argv[1])])
outcomes = {}
for reading in found.readings:
    errors = [one.code for one in reading.problems if one.code.startswith("file-") and one.severity == "error"]
    outcomes[reading.file.name.removesuffix(".xlsx")] = errors[0] if errors else "reads"
texts = pipeline.read_json(found).decode() + pipeline.read_csv(found)
scale = 1 if sys.platform == "darwin" else 1024
def peak():
    # Linux counts what the process that started this one had used before it; that is not in its own account.
    own = Path("/proc/self/status")
    if own.exists():
        return next(int(line.split()[1]) for line in own.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
print(json.dumps({
    "outcomes": outcomes,
    "control": sorted({hex(ord(one)) for one in texts if one < " " and one not in "\\r\\n\\t" or one == "\\x7f"}),
    "children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * scale,
    "parent": peak(),
}))
"""


@cache
def known() -> dict[str, Plan]:
    return plans()


def outcome(reading: Reading) -> str:
    errors = (one.code for one in reading.problems if one.severity is Severity.ERROR and one.code.startswith("file-"))
    return next(errors, READS)


def tree(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_size for path in sorted(folder.rglob("*"))}


def test_the_corpus_is_large_enough() -> None:
    """There are hundreds of files, and nearly all kinds of refusal occur among them."""
    assert len(CASES) > 250
    assert len({each for case in CASES.values() for each in case.outcomes}) > 15


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.harmless])
def test_each_file_has_its_outcome(name: str) -> None:
    """Each file is refused with its own code or read, in reasonable time, without a process around it."""
    data = CASES[name].make()
    start = time.process_time()
    assert outcome(read_form(data, name, known())) in CASES[name].outcomes
    assert time.process_time() - start < 20


def test_a_folder_of_all_of_them_is_read_in_safety(tmp_path: Path) -> None:
    """All files at once, as a command would read them: each has its outcome, memory stays small, nothing is written."""
    pytest.importorskip("resource", reason="this system cannot say how much memory a process has used")
    inbox, empty = tmp_path / "inbox", tmp_path / "empty"
    inbox.mkdir()
    empty.mkdir()
    for name, case in CASES.items():
        # The wrong name on purpose: only the content counts.
        (inbox / f"{name.replace('/', '-')}.xlsx").write_bytes(case.make())
    before = tree(tmp_path)
    environment = os.environ | {"HOME": str(empty), "TMPDIR": str(empty)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(inbox)],
        capture_output=True,
        cwd=empty,
        env=environment,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr
    said = json.loads(done.stdout)
    wrong = {
        name: said["outcomes"].get(name.replace("/", "-"))
        for name, case in CASES.items()
        if said["outcomes"].get(name.replace("/", "-")) not in case.outcomes
    }
    assert not wrong
    assert len(said["outcomes"]) == len(CASES)
    assert said["control"] == []
    assert said["children"] < GIBIBYTE
    assert said["parent"] < GIBIBYTE
    assert tree(tmp_path) == before


@pytest.mark.parametrize("first", [0, 1000, 2000, 3000])
def test_changed_files_are_read_or_refused(first: int) -> None:
    """Workbooks changed at random inside and outside their zip: no exception, and twice the same reading."""
    stock = seeds(known(), Issue(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    found = fuzz(known(), stock, first, 100)
    assert found.wrong == []
    assert found.outcomes.total() == 100
    assert len(found.outcomes) > 2
