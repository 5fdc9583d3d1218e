"""What came of checking a definition is kept, and counts only for just that definition."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from kil_xlsx.definitions import checked, kept
from kil_xlsx.definitions.load import load_framework, templates_folder
from kil_xlsx.errors import DefinitionError

NAME = "keep-it-local"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is kept in a folder of the test's own, which is not there yet."""
    folder = tmp_path / "cache" / "kil-xlsx"
    monkeypatch.setattr(kept, "folder", lambda: folder)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Give a definition that may be changed."""
    return Path(shutil.copytree(templates_folder() / NAME, tmp_path / "own"))


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Give the definitions that are checked, as they are."""
    found: list[Path] = []
    real = checked.checked

    def noted(path: Path, paths: list[Path]) -> object:
        found.append(path)
        return real(path, paths)

    monkeypatch.setattr(checked, "checked", noted)
    return found


def test_a_definition_is_checked_once(checks: list[Path]) -> None:
    """The second time, the same framework is there without any checks."""
    first = load_framework(NAME)
    assert load_framework(NAME) == first
    assert len(checks) == 1


@pytest.mark.parametrize("change", ["file", "new file", "version", "program", "code"])
def test_whatever_changes_it_is_checked_again(
    change: str, own: Path, checks: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed file, one more, a published version, another program: each may change what the checks say."""
    load_framework(own)
    if change == "file":
        (own / "framework.yaml").write_text((own / "framework.yaml").read_text() + "\n# changed\n")
    elif change == "new file":
        (own / "zz.yaml").write_text("# nothing\n")
    elif change == "version":
        published = next((own / "versions").glob("*.json"))
        published.write_bytes(published.read_bytes() + b"\n")
    elif change == "program":
        monkeypatch.setattr(kept, "__version__", "99.0.0")
    else:
        monkeypatch.setattr(kept, "_program", lambda: [b"changed"])
    load_framework(own)
    assert len(checks) == 2


def test_what_is_wrong_is_said_every_time(own: Path) -> None:
    """A definition with faults is never kept, and one that had none is refused as soon as it has some."""
    load_framework(own)
    (own / "framework.yaml").write_text((own / "framework.yaml").read_text() + "\nunknown: 1\n")
    for _ in range(2):
        with pytest.raises(DefinitionError, match="cannot be used"):
            load_framework(own)


@pytest.mark.parametrize("damage", [b"", b"\0", b"\x93\1\2\3", b"\xc1" * 200])
def test_damage_is_no_matter(damage: bytes, place: Path, checks: list[Path]) -> None:
    """Where what was kept cannot be used, the definition is checked again, and kept anew."""
    first = load_framework(NAME)
    (file,) = place.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:32] + damage)
    assert load_framework(NAME) == first
    assert len(checks) == 2
    assert file.read_bytes() == whole


def test_others_cannot_be_taken_for_it(place: Path, own: Path, checks: list[Path]) -> None:
    """What was kept of another definition does not count, even under the same name."""
    (own / "framework.yaml").write_text((own / "framework.yaml").read_text().replace('"Local', '"Our', 1))
    other = load_framework(own)
    (file,) = place.iterdir()
    kept_before = file.read_bytes()
    file.unlink()
    first = load_framework(NAME)
    (file,) = place.iterdir()
    file.write_bytes(kept_before)
    assert load_framework(NAME) == first != other


def test_nowhere_to_keep_it(place: Path, monkeypatch: pytest.MonkeyPatch, checks: list[Path]) -> None:
    """Without such a folder, or where nothing can be written, everything goes on as well."""
    place.parent.write_text("a file in the way")
    first = load_framework(NAME)
    monkeypatch.setattr(kept, "folder", lambda: None)
    assert load_framework(NAME) == first
    assert len(checks) == 2


def test_what_was_kept_longest_ago_goes(place: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many definitions are kept, and nothing half written stays."""
    monkeypatch.setattr(kept, "_MOST", 2)
    for number in range(4):
        copy = own.with_name(f"own-{number}")
        shutil.copytree(own, copy)
        load_framework(copy)
        for at, file in enumerate(sorted(place.iterdir(), key=lambda each: each.stat().st_mtime)):
            os.utime(file, (at, at))
    assert len(list(place.iterdir())) == 2
    assert {file.suffix for file in place.iterdir()} == {".framework"}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="a rule of other systems")
@pytest.mark.parametrize(
    ("said", "expected"), [("/elsewhere/x", "/elsewhere/x"), ("", "/home/sam/.cache"), ("here", "/home/sam/.cache")]
)
def test_where_it_is_kept(said: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is the one that the person or the system has for such things; a relative one does not count."""
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", said)
        patch.setenv("HOME", "/home/sam")
        assert kept.folder() == Path(expected, "kil-xlsx")
