"""What a run that was killed has left half written is removed by the next one; what is being written is not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kil_xlsx.errors import OutputError
from kil_xlsx.pipeline import Outputs, write_file
from kil_xlsx.pipeline.outputs import sweep

KILLED = """
import os, signal, sys
from pathlib import Path
from kil_xlsx.pipeline import Outputs
folder = Path(sys.argv[1])
targets = [folder / "a.csv", folder / "data" / "b.csv"]
with Outputs(targets) as outputs:
    for target in targets:
        outputs.add(target, b"the answers of somebody")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def killed(folder: Path) -> list[Path]:
    """Files that a run leaves that is killed while it writes."""
    run = subprocess.run([sys.executable, "-c", KILLED, folder], capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.read_bytes() == b"the answers of somebody" for path in left) == 2
    assert all(path.name.startswith(".") for path in left)
    return left


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """In every folder that the run writes to, its locks too."""
    killed(tmp_path)
    targets = [tmp_path / "a.csv", tmp_path / "data" / "b.csv"]
    with Outputs(targets) as outputs:
        for target in targets:
            outputs.add(target, b"new")
        outputs.commit()
    assert files(tmp_path) == ["a.csv", "data/b.csv"]


def test_leftovers_go_even_if_the_next_run_fails(tmp_path: Path) -> None:
    """They are removed before anything is written."""
    killed(tmp_path)
    targets = [tmp_path / "a.csv", tmp_path / "data" / "b.csv"]
    with Outputs(targets) as outputs:
        for target in targets:
            outputs.add(target, b"new")
    assert files(tmp_path) == []


def test_what_another_run_is_writing_stays(tmp_path: Path) -> None:
    """Two may write the same at once: the second one neither removes nor hinders what the first is at."""
    target = tmp_path / "a.csv"
    with Outputs([target], force=True) as first:
        first.add(target, b"first")
        before = files(tmp_path)
        write_file(target, b"second", force=True)
        sweep(tmp_path)
        assert files(tmp_path) == sorted([*before, "a.csv"])
        first.commit()
    assert target.read_bytes() == b"first"
    assert files(tmp_path) == ["a.csv"]


def test_only_what_was_to_become_the_same_files_is_removed(tmp_path: Path) -> None:
    """Hidden files of other names are somebody else's business."""
    long = "a-very-long-name-" * 5 + ".csv"
    mine = (".a.csv.0123abcd.tmp", f".{long[:60]}.0123abce.tmp")
    others = (".b.csv.0123abcd.tmp", ".a.csv.tmp", ".a.csv.0123ABCD.tmp", ".a.csv.0123abcd", "a.csv.0123abcd.tmp")
    for name in (*mine, *others):
        (tmp_path / name).write_text("x")
    targets = [tmp_path / "a.csv", tmp_path / long]
    with Outputs(targets) as outputs:
        for target in targets:
            outputs.add(target, b"new")
        outputs.commit()
    assert files(tmp_path) == sorted([*others, "a.csv", long])


def test_a_folder_is_swept_of_everything_left_behind(tmp_path: Path) -> None:
    """Where the folder is the program's own, whatever the files were to be called."""
    left = killed(tmp_path)
    sweep(tmp_path / "data")
    assert {path for path in left if path.exists()} == {path for path in left if path.parent == tmp_path}
    sweep(tmp_path)
    assert files(tmp_path) == []
    sweep(tmp_path / "not there")


def test_without_locks_nothing_is_taken_for_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that knows none, files are written all the same, and no other run removes them."""
    from filelock import FileLock

    def fails(*_: object, **__: object) -> None:
        raise NotImplementedError

    (tmp_path / ".a.csv.0123abcd.tmp").write_text("x")
    target = tmp_path / "a.csv"
    with Outputs([target]) as outputs:
        with monkeypatch.context() as patched:
            patched.setattr(FileLock, "acquire", fails)
            outputs.add(target, b"first")
        assert (tmp_path / ".a.csv.0123abcd.tmp").exists()
        write_file(tmp_path / "b.csv", b"x")
        sweep(tmp_path)
        outputs.commit()
    assert files(tmp_path) == ["a.csv", "b.csv"]


def test_a_run_that_fails_leaves_neither_lock_nor_folder(tmp_path: Path) -> None:
    """As if it had not been there."""
    target = tmp_path / "new" / "data" / "a.csv"
    with pytest.raises(OutputError), Outputs([target]) as outputs:
        outputs.add(target, b"x")
        raise OutputError("no", "")
    assert list(tmp_path.iterdir()) == []
