"""What the program has written itself is no return, wherever it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import collections_made as cm
from click.testing import CliRunner

from kil_xlsx.cli.commands import main
from kil_xlsx.pipeline.collection.importing import NOT_RETURNED, take_in
from kil_xlsx.pipeline.collection.sources import OWN


def _typed(folder: Path, *words: str) -> tuple[int, Any]:
    """A command in a collection, and what it says as JSON."""
    done = CliRunner().invoke(main, ["-C", str(folder), *words, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_the_folder_of_the_collection_can_be_imported(tmp_path: Path) -> None:
    """Of the collection's own folder only what came back is taken in; all that the program wrote is told as one."""
    made = cm.make(tmp_path / "round", copies=False)
    for words in (("generate",), ("send", "--drafts", "--yes"), ("chase", "--out", "chase.xlsx")):
        assert CliRunner().invoke(main, ["-C", str(made.folder), *words]).exit_code == 0
    (made.folder / "returned").mkdir()
    one, other = sorted((made.place.workbooks / "2026").iterdir())[:2]
    (made.folder / "returned" / "copy.xlsx").write_bytes(one.read_bytes())
    (made.folder / "returned" / "back.xlsx").write_bytes(made.workbook(made.names[0]))
    code, found = _typed(made.folder, "import", ".")
    assert code == 0
    assert found["counts"] == {"accepted": 1, "left-out": 3}
    told = {each["name"]: each["why"] for each in found["happened"] if each["what"] == "left-out"}
    assert told["copy.xlsx"] == told["chase.xlsx"] == NOT_RETURNED
    assert told["drafts/, workbooks/"] == OWN
    assert _typed(made.folder, "import", ".")[1]["new"] == 0
    code, found = _typed(made.folder, "import", f"workbooks/2026/{other.name}", "originals", "collection.db")
    assert (code, found["counts"]) == (0, {"left-out": 1})


def test_a_workbook_that_is_mailed_back_unchanged_is_asked_about(tmp_path: Path) -> None:
    """Who sends the workbook back as it was has to be told so; who only has it lying about has not returned it."""
    made = cm.make(tmp_path / "round", copies=False)
    assert CliRunner().invoke(main, ["-C", str(made.folder), "generate"]).exit_code == 0
    name = made.names[0]
    (data,) = (each.read_bytes() for each in made.place.workbooks.rglob(f"*{made.reference(name)[4:13]}*"))
    with made.open() as collection:
        own = made.attached(name, data, sender=cm.COORDINATOR)
        assert [each.why for each in take_in(collection, [own]).happened] == [NOT_RETURNED]
        done = take_in(collection, [made.attached(name, data)])
        assert [each.what for each in done.happened] == ["held"]
        assert [each.code for each in done.queries] == ["nothing-new"]
