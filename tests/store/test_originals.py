"""The folder of originals: every file once, whole, unchanged, and for its owner alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from stores import sha

from kil_xlsx.errors import StoreError
from kil_xlsx.store.originals import Originals


def files(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_file_is_kept_under_its_hash_and_cannot_be_written_to(tmp_path: Path) -> None:
    """What it was called does not matter, and nobody but its owner reads it."""
    originals = Originals(tmp_path / "originals")
    assert originals.put(b"x", ".xlsx") == sha(b"x")
    path = originals.path(sha(b"x"), ".xlsx")
    assert files(originals.folder) == [f"{sha(b'x')[:2]}/{sha(b'x')}.xlsx"]
    assert path.stat().st_mode & 0o777 == 0o400
    assert originals.folder.stat().st_mode & 0o077 == 0
    assert originals.get(sha(b"x"), ".xlsx") == b"x"


def test_the_same_bytes_twice_are_one_file(tmp_path: Path) -> None:
    """The one that is there is not even written again."""
    originals = Originals(tmp_path)
    originals.put(b"x", ".xlsx")
    before = originals.path(sha(b"x"), ".xlsx").stat()
    originals.put(b"x", ".xlsx")
    after = originals.path(sha(b"x"), ".xlsx").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert list(originals.all()) == [(sha(b"x"), originals.path(sha(b"x"), ".xlsx"))]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    """Somebody may have sent one."""
    originals = Originals(tmp_path)
    assert originals.get(originals.put(b"", ""), "") == b""


@pytest.mark.parametrize("damage", [b"", b"y", b"xx"])
def test_a_damaged_file_is_found_and_replaced_when_it_comes_again(tmp_path: Path, damage: bytes) -> None:
    """Reading it says so; the same file sent again puts it right."""
    originals = Originals(tmp_path)
    originals.put(b"x", ".xlsx")
    path = originals.path(sha(b"x"), ".xlsx")
    path.chmod(0o600)
    path.write_bytes(damage)
    path.chmod(0o400)
    with pytest.raises(StoreError, match="has been changed since"):
        originals.get(sha(b"x"), ".xlsx")
    originals.put(b"x", ".xlsx")
    assert originals.get(sha(b"x"), ".xlsx") == b"x"
    assert path.stat().st_mode & 0o777 == 0o400


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(StoreError, match="cannot be read") as caught:
        Originals(tmp_path).get(sha(b"x"), ".xlsx")
    assert "Put it back" in caught.value.remedy


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    """Signs that mean something to patterns among them."""
    originals = Originals(tmp_path / "Rücklauf [2026] *?" / "originals")
    originals.put(b"x", ".xlsx")
    assert [each for each, _ in originals.all()] == [sha(b"x")]
    originals.remove(sha(b"x"))
    assert list(originals.all()) == []


@pytest.mark.parametrize(
    "suffix", ["/../../x", ".xlsx/y", "..", ".", "xlsx", ".x\x00", ".\n", ".averylongsuffix", "\\x"]
)
def test_a_suffix_from_outside_leads_nowhere(tmp_path: Path, suffix: str) -> None:
    """It comes from a name that somebody else gave."""
    with pytest.raises(ValueError, match="no suffix"):
        Originals(tmp_path / "originals").put(b"x", suffix)
    assert list(tmp_path.iterdir()) == []


def test_removing_takes_every_copy_and_nothing_else(tmp_path: Path) -> None:
    """Whatever suffixes it came with; what is not there is no error."""
    originals = Originals(tmp_path)
    originals.put(b"x", ".xlsx")
    originals.put(b"x", ".bin")
    originals.put(b"y", ".xlsx")
    originals.remove(sha(b"x"))
    originals.remove(sha(b"x"))
    assert [each for each, _ in originals.all()] == [sha(b"y")]


def test_leftovers_of_a_killed_run_do_not_count_and_are_swept(tmp_path: Path) -> None:
    """Half a file never has a name under which it would be read."""
    script = (
        "import os, signal, sys; from pathlib import Path; from kil_xlsx.store import originals\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "originals._sync = lambda folder: None\n"
        "originals.Originals(Path(sys.argv[1])).put(b'x' * 1000, '.xlsx')\n"
    )
    assert subprocess.run([sys.executable, "-c", script, tmp_path], check=False).returncode == -9
    originals = Originals(tmp_path)
    assert len(files(tmp_path)) == 1
    assert list(originals.all()) == []
    originals.sweep()
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    """A file where the folder should be is the plainest case, and holds for every user."""
    (tmp_path / "originals").write_text("x")
    with pytest.raises(StoreError, match="could not be kept") as caught:
        Originals(tmp_path / "originals").put(b"x", ".xlsx")
    assert "run the command again" in caught.value.remedy


def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk."""
    script = (
        "import resource, sys; from pathlib import Path; from kil_xlsx.store.originals import Originals\n"
        "from kil_xlsx.errors import StoreError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "originals = Originals(Path(sys.argv[1]))\n"
        "originals.put(b'small', '.xlsx')\n"
        "try:\n    originals.put(b'x' * 5000, '.xlsx')\n"
        "except StoreError as error:\n    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=False)
    assert "could not be kept" in run.stdout, run
    assert files(tmp_path) == [f"{sha(b'small')[:2]}/{sha(b'small')}.xlsx"]


def test_several_at_once_keep_one_file(tmp_path: Path) -> None:
    """Imports may run side by side."""
    script = (
        "import sys; from pathlib import Path; from kil_xlsx.store.originals import Originals\n"
        "for at in range(50): Originals(Path(sys.argv[1])).put(b'%d' % at * 1000, '.xlsx')\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, tmp_path], stderr=subprocess.PIPE) for _ in range(3)]
    assert [run.communicate()[1] for run in runs] == [b""] * 3
    found = list(Originals(tmp_path).all())
    assert len(found) == len(files(tmp_path)) == 50
    assert all(sha(path.read_bytes()) == name for name, path in found)
    assert os.access(tmp_path, os.W_OK)


def test_a_link_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """What it leads to is neither read as an original nor changed."""
    originals = Originals(tmp_path / "originals")
    sha256 = originals.put(b"a return", ".xlsx")
    path = originals.path(sha256, ".xlsx")
    elsewhere = tmp_path / "precious"
    path.rename(elsewhere)
    elsewhere.chmod(0o644)
    path.symlink_to(elsewhere)
    for attempt in (lambda: originals.put(b"a return", ".xlsx"), lambda: originals.remove(sha256)):
        with pytest.raises(StoreError, match="is a link"):
            attempt()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
    assert elsewhere.read_bytes() == b"a return"


def test_a_link_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    """Nothing is written or removed through it."""
    originals = Originals(tmp_path / "originals")
    sha256 = originals.put(b"a return", ".xlsx")
    folder = originals.path(sha256, ".xlsx").parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    for attempt in (lambda: originals.put(b"a return", ".xlsx"), lambda: originals.remove(sha256)):
        with pytest.raises(StoreError, match="is a link"):
            attempt()
    assert files(tmp_path / "elsewhere") == [f"{sha256}.xlsx"]
