"""What stands in a collection is for nobody else on the computer."""

from __future__ import annotations

import stat
from pathlib import Path

from kil_xlsx.pipeline.collection.beginning import init


def test_a_list_that_was_there_before_is_protected_too(tmp_path: Path) -> None:
    """Its addresses are no less confidential than those of one that is copied; what a link leads to stays as it is."""
    folder = tmp_path / "round"
    folder.mkdir()
    path = folder / "organisations.csv"
    path.write_text("name,respondent,email\nThe Applewick Hub,community,office@applewick.example\n")
    path.chmod(0o644)
    init(folder)
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir() if each.is_file()} == {0o600}

    linked = tmp_path / "linked"
    linked.mkdir()
    elsewhere = tmp_path / "list.csv"
    elsewhere.write_text(path.read_text())
    elsewhere.chmod(0o644)
    (linked / "organisations.csv").symlink_to(elsewhere)
    init(linked)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
