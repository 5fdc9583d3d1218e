"""What lies in a folder of returned files besides files, and files that change while they are read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from corpus.fuzz import small_workbook

from kil_xlsx import pipeline
from kil_xlsx.pipeline.inbox import content, find_files
from kil_xlsx.reading.package import Limits

posix = pytest.mark.skipif(os.name != "posix", reason="this system has no such things")


def why(path: Path) -> str:
    """Why a file is refused, as a command would tell it."""
    (reading,) = pipeline.read([path]).readings
    (problem,) = reading.problems
    assert problem.code == "file-unreadable"
    assert reading.file.name == path.name
    return problem.found


@posix
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    """A named pipe, which nobody may ever write to, is refused at once."""
    os.mkfifo(tmp_path / "a.xlsx")
    assert why(tmp_path / "a.xlsx") == "it is not a plain file"


@posix
def test_devices_and_links_to_them_are_not_read(tmp_path: Path) -> None:
    """A device that never ends is refused, also behind a link."""
    (tmp_path / "a.xlsx").symlink_to("/dev/zero")
    assert why(tmp_path / "a.xlsx") == "it is not a plain file"
    assert content(Path("/dev/zero")) == "it is not a plain file"


@posix
def test_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is refused."""
    monkeypatch.chdir(tmp_path)  # the whole path may be too long for a socket
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("a.xlsx")
        assert why(Path("a.xlsx")) == "it is not a plain file"


@posix
def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    """A link to itself and a link to a file that is gone are refused each with its reason."""
    (tmp_path / "loop.xlsx").symlink_to(tmp_path / "loop.xlsx")
    (tmp_path / "gone.xlsx").symlink_to(tmp_path / "nothing.xlsx")
    assert why(tmp_path / "loop.xlsx") == "it is a link that leads nowhere"
    assert why(tmp_path / "gone.xlsx") == "it is not there"


@posix
def test_links_out_of_the_folder_are_skipped(tmp_path: Path) -> None:
    """A link in a folder to a file outside it is not followed; one inside is, and so is one that is named itself."""
    inbox, outside = tmp_path / "inbox", tmp_path / "private.xlsx"
    (inbox / "sub").mkdir(parents=True)
    outside.write_bytes(small_workbook())
    (inbox / "own.xlsx").write_bytes(small_workbook())
    (inbox / "out.xlsx").symlink_to(outside)
    (inbox / "sub" / "up.xlsx").symlink_to("../../private.xlsx")
    (inbox / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    found, skipped = find_files([inbox])
    assert [path.name for path in found] == ["own.xlsx"]
    assert [(Path(one.name).name, one.reason) for one in skipped] == [
        ("out.xlsx", "a link to a file outside the folder"),
        ("up.xlsx", "a link to a file outside the folder"),
    ]
    (inbox / "inside.xlsx").symlink_to("own.xlsx")
    assert len(find_files([inbox])[0]) + sum(one.reason == "given twice" for one in find_files([inbox])[1]) == 2
    assert find_files([inbox / "out.xlsx"])[0] == (inbox / "out.xlsx",)


@posix
def test_files_that_may_not_be_read_are_told(tmp_path: Path) -> None:
    """A file without the right to read it is refused, and says so."""
    (tmp_path / "a.xlsx").write_bytes(small_workbook())
    (tmp_path / "a.xlsx").chmod(0)
    if os.access(tmp_path / "a.xlsx", os.R_OK):
        pytest.skip("this user may read everything")
    assert why(tmp_path / "a.xlsx").startswith("you may not read it")


def test_a_folder_named_like_a_workbook_is_walked(tmp_path: Path) -> None:
    """A folder is a folder, whatever it is called; asked for its content, it says that it is one."""
    (tmp_path / "a.xlsx").mkdir()
    (tmp_path / "a.xlsx" / "b.xlsx").write_bytes(small_workbook())
    assert [path.name for path in find_files([tmp_path / "a.xlsx"])[0]] == ["b.xlsx"]
    assert content(tmp_path / "a.xlsx") == "it is a folder"


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    """A file that is removed between the listing and its turn is refused; the others are read."""
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        (tmp_path / name).write_bytes(small_workbook() if name != "a.xlsx" else b"")

    def progress(done: int, total: int, what: str) -> None:
        if what == "a.xlsx":
            (tmp_path / "b.xlsx").unlink()

    found = pipeline.read([tmp_path], isolation=False, progress=progress)
    assert [reading.problems[0].code for reading in found.readings] == [
        "file-empty",
        "file-unreadable",
        "return-not-ours",
    ]


def test_no_more_is_taken_in_than_the_limit(tmp_path: Path) -> None:
    """A file of any size, or one that grows, costs at most one byte more than the limit."""
    limit = Limits().file_bytes
    with (tmp_path / "a.xlsx").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(40 * limit)  # takes no room on most disks
    taken = content(tmp_path / "a.xlsx")
    assert len(taken) == limit + 1
    (reading,) = pipeline.read([tmp_path / "a.xlsx"]).readings
    assert [problem.code for problem in reading.problems] == ["file-too-large"]
