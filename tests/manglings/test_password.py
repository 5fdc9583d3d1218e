"""Files that are locked with a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from manglings import base
from manglings.locked import PASSWORD, locked

from kil_xlsx import pipeline
from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.encrypted import unlocked
from kil_xlsx.reading.package import Limits


def test_a_locked_file_opens_in_memory() -> None:
    """What comes out is the file that was locked."""
    assert unlocked(locked(base.sent_back()), PASSWORD) == base.sent_back()


@pytest.mark.parametrize("password", ["", "Open sesame", "x" * 1000])
def test_another_password_does_not_open_it(password: str) -> None:
    """Case matters, and no password is none."""
    with pytest.raises(FileRefused) as refused:
        unlocked(locked(base.sent_back()), password)
    assert refused.value.code == "file-password-wrong"


def test_limits_hold_for_what_comes_out() -> None:
    """A lock is no way round the limit on size."""
    with pytest.raises(FileRefused) as refused:
        unlocked(locked(base.sent_back()), PASSWORD, Limits(file_bytes=10_000))
    assert refused.value.code == "file-too-large"


def test_a_broken_lock_is_a_damaged_file() -> None:
    """Whatever a broken lock does to the library, the file is refused."""
    data = locked(base.sent_back())
    for broken in (data[:3000], data[:512] + bytes(4096) + data[4608:], data[:8] + bytes(600)):
        with pytest.raises(FileRefused) as refused:
            unlocked(broken, PASSWORD)
        assert refused.value.code in ("file-damaged", "file-password", "file-password-wrong")


@pytest.mark.parametrize("isolation", [True, False])
def test_the_password_reaches_the_reader_and_nothing_else(tmp_path: Path, isolation: bool) -> None:
    """Locked and unlocked files are read together, and what is written does not hold the password."""
    (tmp_path / "locked.xlsx").write_bytes(locked(base.sent_back()))
    (tmp_path / "open.xlsx").write_bytes(base.sent_back())
    found = pipeline.read([tmp_path], password=PASSWORD, isolation=isolation)
    first, second = found.readings
    assert base.accepted(first) == base.accepted(second) != {}
    assert first.file.sha256 != second.file.sha256
    assert PASSWORD.encode() not in pipeline.read_json(found)
    without = pipeline.read([tmp_path / "locked.xlsx"], isolation=isolation).readings[0]
    assert [each.code for each in without.problems] == ["file-password"]
