"""Stages put together: files in, files out, and nothing half done."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from splices import differing

from kil_xlsx import pipeline
from kil_xlsx.errors import DefinitionError, KilXlsxError, OrganisationsListError, OutputError, UsageProblem
from kil_xlsx.pipeline import Outputs, workbooks
from kil_xlsx.pipeline import benchmark as maker
from kil_xlsx.pipeline.making import made

CREATED = datetime(2026, 4, 7, 9, 30)
RETURNED = Path(__file__).parents[1] / "samples" / "returned"


def codes(returned: pipeline.Returned) -> list[list[str]]:
    return [[problem.code for problem in reading.problems] for reading in returned.readings]


def generate(folder: Path, **more: Any) -> pipeline.Generated:
    return pipeline.generate(out=folder, created=CREATED, **more)


# Writing


def test_blank_workbooks(tmp_path: Path) -> None:
    """Without a list there is one blank workbook for each respondent type."""
    made = generate(tmp_path / "out")
    names = ["keep-it-local-council.xlsx", "keep-it-local-community.xlsx"]
    assert [workbook.path.name for workbook in made.workbooks] == names
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """With the time given, the same command writes the same bytes."""
    listed = tmp_path / "list.csv"
    listed.write_text("name,type,period_start\nLeeds,council,2025-04-01\nHub,charity,\n")
    for folder in ("a", "b"):
        generate(tmp_path / folder, organisations=listed, round_id="2026", due=date(2026, 5, 31), contact="Sam")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


LIST = """name,type,email,org-id,gss,region,period_start
Leeds,council,,,E08000035,E12000003,31/03/2025
"Łódź & O'Brien ""Quayside"" <Trust>",community,a@b.example,GB-COH-01234567,,,
=1+1,community,,GB-COH-01234568,,,
_x0041_ stays,community,,,,,
The Applewick Hub,community,,GB-COH-01234569,E06000001,,01/04/2025
The Applewick Annexe,community,,GB-COH-01234560,E06000002,,01/04/2025
A Name That Goes On And On Until No Header Of A Printed Page Has Any Room Left For It & Its Ampersands,council,,,,,
"""


def test_many_workbooks_from_one_say_the_same(tmp_path: Path) -> None:
    """Made from a template or by itself, a workbook has the same parts, but for the order of its texts."""
    listed = tmp_path / "list.csv"
    listed.write_text(LIST, "utf-8")
    about: dict[str, Any] = {"round_id": "2026", "due": date(2026, 5, 31), "contact": "Sam", "organisations": listed}
    spliced = generate(tmp_path / "spliced", **about)
    by_themselves = generate(tmp_path / "whole", splice=False, **about)
    assert [each.path.name for each in spliced.workbooks] == [each.path.name for each in by_themselves.workbooks]
    others = 0
    for one, other in zip(spliced.workbooks, by_themselves.workbooks, strict=True):
        mine, theirs = one.path.read_bytes(), other.path.read_bytes()
        assert differing(mine, theirs) == []
        others += mine != theirs
    assert others >= 5


def test_workbooks_that_are_made_in_other_processes_are_the_same(tmp_path: Path) -> None:
    """However many processes share the work, each workbook is what it is when it is made here, byte for byte."""
    listed = tmp_path / "list.csv"
    listed.write_text("name,type\n" + "".join(f"Hub {at},{('community', 'council')[at % 2]}\n" for at in range(26)))
    wanted = workbooks.planned("keep-it-local", organisations=listed, created=CREATED).wanted
    found = dict(made(wanted, splice=False))
    assert sorted(found) == list(range(26))
    assert all(found[at] == wanted[at].data() for at in (0, 1, 17, 24, 25))


def test_list_prefills_the_workbook(tmp_path: Path) -> None:
    """What the list knows stands in the workbook and comes back when it is read."""
    listed = tmp_path / "list.csv"
    listed.write_text(
        "name,type,org-id,gss,region,period_start\nLeeds,council,GB-LAE-LDS,E08000035,E12000003,31/03/2025\n"
    )
    generate(tmp_path / "out", organisations=listed, round_id="2026")
    (reading,) = pipeline.read([tmp_path / "out"]).readings
    assert reading.identity is not None
    assert reading.ret is not None
    assert (reading.identity.organisation, reading.identity.organisation_id) == ("Leeds", "GB-LAE-LDS")
    assert reading.ret.get("region").code == "E12000003"
    assert reading.ret.text("gss_code") == "E08000035"
    assert reading.ret.text("period_start") == "2025-03-31"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A file that is there stops everything before anything is written, unless it may be replaced."""
    (tmp_path / "keep-it-local-community.xlsx").write_text("mine")
    with pytest.raises(OutputError, match="keep-it-local-community"):
        generate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["keep-it-local-community.xlsx"]
    generate(tmp_path, force=True)
    assert (tmp_path / "keep-it-local-community.xlsx").read_bytes().startswith(b"PK")


def test_a_wrong_row_stops_everything(tmp_path: Path) -> None:
    """One wrong row in the list, and nothing is written."""
    listed = tmp_path / "list.csv"
    listed.write_text("name,type\nLeeds,council\n,council\n")
    with pytest.raises(OrganisationsListError):
        generate(tmp_path / "out", organisations=listed)
    assert not (tmp_path / "out").exists()


def test_a_failure_on_the_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second workbook cannot be made, the first is not left behind either."""
    real = pipeline.workbook_bytes
    made: list[int] = []

    def fails(*given: Any) -> bytes:
        if made:
            raise OutputError("no")
        made.append(1)
        return real(*given)

    monkeypatch.setattr(workbooks, "workbook_bytes", fails)
    with pytest.raises(OutputError):
        generate(tmp_path / "out" / "deep")
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_survives_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a file cannot be written, the one that was there stays as it was, with nothing beside it."""
    target = tmp_path / "out.json"
    target.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="disk is full"):
        pipeline.write_file(target, b"new", force=True)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.json", "old")]


@pytest.mark.parametrize("links", [True, False])
def test_names_are_given_to_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """When the third file cannot have its name, the first two are put back as they were."""
    targets = [tmp_path / name for name in ("a", "b", "c", "d")]
    for target in (targets[0], targets[2]):
        target.write_text("old")
    real = os.replace

    def fails(source: Path, target: Path) -> None:
        if target == targets[2] and source.read_text() == "new":
            raise PermissionError(13, "Permission denied")
        real(source, target)

    def no_links(*_: Any, **__: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "replace", fails)
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(OutputError, match="c cannot be written") as caught, Outputs(targets, force=True) as outputs:
        for target in targets:
            outputs.add(target, b"new")
        outputs.commit()
    assert "unchanged" in caught.value.remedy
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "c": "old"}


def test_what_could_not_be_put_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When not even putting back works, the files that were replaced are named."""
    targets = [tmp_path / "a", tmp_path / "b"]
    targets[0].write_text("old")
    real = os.replace
    done: list[Path] = []

    def fails(source: Path, target: Path) -> None:
        if done:
            raise PermissionError(13, "Permission denied")
        done.append(target)
        real(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OutputError) as caught, Outputs(targets, force=True) as outputs:
        for target in targets:
            outputs.add(target, b"new")
        outputs.commit()
    assert f"could not be put back as they were: {targets[0]}" in caught.value.remedy


def test_files_replaced_leave_nothing_behind(tmp_path: Path) -> None:
    """When all goes well, only the new files are there."""
    for text in (b"old", b"new"):
        with Outputs([tmp_path / "a", tmp_path / "b"], force=True) as outputs:
            outputs.add(tmp_path / "a", text)
            outputs.add(tmp_path / "b", text)
            outputs.commit()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "new"}


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    """A folder that takes a target's name meanwhile is not touched, nor is any file."""
    targets = [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(OutputError, match="is a folder"), Outputs(targets) as outputs:
        for target in targets:
            outputs.add(target, b"new")
        targets[1].mkdir()
        outputs.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


HOSTILE = [
    "../../etc/passwd",
    "CON",
    "nul",
    'a:b|c?*<>"',
    "..",
    "  ",
    "Łódź & Gdańsk",
    "日本",
    "x" * 300,
    "‮gpj.exe",
    "-rf",
    "名" * 90,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """Whatever an organisation is called, its file name is plain, short and stays in its folder."""
    _, instruments = pipeline.load("keep-it-local")
    made = pipeline.file_name(instruments[0], name, "KIL-7QF4-9ZTM-42X")
    assert made.startswith("keep-it-local-council-")
    assert made.endswith("-7QF4-9ZTM.xlsx")
    assert len(made) <= 100
    assert set(made[:-5]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    assert "--" not in made


@given(st.text(max_size=60))
def test_safe_names(text: str) -> None:
    """No text gives a name that Windows reserves or that holds anything but letters, digits and dashes."""
    name = pipeline.safe_name(text)
    assert name.lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}
    assert all(character.isascii() and (character.isalnum() or character == "-") for character in name)


def test_a_round_that_no_cell_can_show(tmp_path: Path) -> None:
    """Control characters in what is typed on the command line are refused."""
    with pytest.raises(UsageProblem, match="round"):
        generate(tmp_path, round_id="20\x0026")


# Lists


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_kinds_of_csv(tmp_path: Path, encoding: str, separator: str) -> None:
    """CSV files of Excel are read whatever their encoding and separator; a guessed encoding is noted."""
    listed = tmp_path / "list.csv"
    listed.write_bytes(f'name{separator}type\r\n\r\n"Café {separator} bar"{separator}council\r\n'.encode(encoding))
    framework, _ = pipeline.load("keep-it-local")
    found = pipeline.read_organisations(listed, framework)
    assert [(each.row, each.name) for each in found.organisations] == [
        (3, f"Café {separator} bar".replace("\t", ""))
    ] or (separator == "\t" and found.organisations[0].name == "Café bar")
    assert bool(found.notes) is (encoding == "cp1252")


def test_a_list_in_a_workbook(tmp_path: Path) -> None:
    """In a workbook, numbers come without a point, dates as days, and rows carry the numbers that Excel shows."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (["Name", "Type", "period_end"], [], ["Hub 12", "CO", date(2026, 3, 31)], [365, "CO", None]):
        sheet.append(row)
    book.create_sheet("Notes").append(["x"])
    target = io.BytesIO()
    book.save(target)
    listed = tmp_path / "list.xlsx"
    listed.write_bytes(target.getvalue())
    framework, _ = pipeline.load("keep-it-local")
    found = pipeline.read_organisations(listed, framework)
    assert [(each.row, each.name) for each in found.organisations] == [(3, "Hub 12"), (4, "365")]
    assert dict(found.organisations[0].profile)["period_end"] == "2026-03-31"
    assert "only the first" in found.notes[0]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"\x00\x01\x02\x03" * 50, b'name,type\n"' + b"x" * 200_000])
def test_no_list_at_all(tmp_path: Path, content: bytes) -> None:
    """What is no list is refused in words."""
    listed = tmp_path / "list.csv"
    listed.write_bytes(content)
    framework, _ = pipeline.load("keep-it-local")
    with pytest.raises(KilXlsxError):
        pipeline.read_organisations(listed, framework)


# Reading


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    """A folder with two returns, and what else lies about in such folders."""
    folder = tmp_path / "returns"
    generate(folder)
    (folder / "~$keep-it-local-council.xlsx").write_bytes(b"lock")
    (folder / ".hidden.xlsx").write_bytes(b"x")
    (folder / "answers.csv").write_text("a,b")
    (folder / "letter.pdf").write_bytes(b"%PDF-1.7 letter")
    return folder


def test_one_bad_file_never_stops_the_rest(returns: Path) -> None:
    """Files are read in the order of their names; what is no return is refused or skipped, and said so."""
    found = pipeline.read([returns])
    assert [reading.file.name for reading in found.readings] == [
        "keep-it-local-community.xlsx",
        "keep-it-local-council.xlsx",
        "letter.pdf",
    ]
    assert codes(found)[2] == ["file-is-pdf"]
    assert sorted(Path(each.name).name for each in found.skipped) == [
        ".hidden.xlsx",
        "answers.csv",
        "~$keep-it-local-council.xlsx",
    ]


def test_accounts_add_up(returns: Path) -> None:
    """Every item is accepted, blank, refused or not found."""
    for reading in pipeline.read([returns]).readings:
        for _, one in reading.accounts:
            assert one.accepted + one.blank + one.refused + one.not_found == one.items


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_is_not_opened(returns: Path) -> None:
    """Pipes, devices and links that lead nowhere are refused instead of being waited for."""
    os.mkfifo(returns / "a-pipe.xlsx")
    (returns / "a-loop.xlsx").symlink_to(returns / "a-loop.xlsx")
    (returns / "a-zero.xlsx").symlink_to("/dev/zero")
    assert codes(pipeline.read([returns]))[:3] == [["file-unreadable"]] * 3


@pytest.mark.skipif(os.name == "nt", reason="needs a right that Windows seldom gives")
def test_links_to_folders_are_not_followed(returns: Path) -> None:
    """A folder that holds a link to itself is read once."""
    (returns / "again").symlink_to(returns, target_is_directory=True)
    assert len(pipeline.read([returns]).readings) == 3


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    """A file beyond the limit is refused without being read in full."""
    path = tmp_path / "huge.xlsx"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)
    assert codes(pipeline.read([path])) == [["file-too-large"]]


def test_given_twice(returns: Path) -> None:
    """A file that is given twice is read once."""
    found = pipeline.read([returns / "keep-it-local-council.xlsx", returns])
    names = [reading.file.name for reading in found.readings]
    assert names == ["keep-it-local-council.xlsx", "keep-it-local-community.xlsx", "letter.pdf"]
    assert "given twice" in {each.reason for each in found.skipped}


def test_same_name_in_two_folders(tmp_path: Path) -> None:
    """Files of the same name are told apart by their folder."""
    generate(tmp_path / "a", respondent="council")
    generate(tmp_path / "b", respondent="council")
    found = pipeline.read([tmp_path])
    assert [reading.file.name for reading in found.readings] == [
        "a/keep-it-local-council.xlsx",
        "b/keep-it-local-council.xlsx",
    ]


def test_nothing_to_read(tmp_path: Path) -> None:
    """A path that is not there, and an empty folder, are mistakes of the one who typed them."""
    with pytest.raises(UsageProblem, match="no file or folder"):
        pipeline.read([tmp_path / "nowhere"])
    with pytest.raises(UsageProblem, match="no workbook"):
        pipeline.read([tmp_path])


def test_second_reader_agrees(returns: Path) -> None:
    """On workbooks as they are sent out, the second reader finds the same in every cell."""
    found = pipeline.read([returns], second_reader=True)
    assert found.second is not None
    assert sorted(found.second) == [0, 1]
    for one in found.second.values():
        assert one.compared > 400
        assert not one.differences
        assert not one.failed


# Benchmark


def test_how_many_were_invited(tmp_path: Path) -> None:
    """One number is not enough for two respondent types; a list of organisations is counted."""
    with pytest.raises(UsageProblem, match="not enough"):
        maker.benchmark([RETURNED], tmp_path / "x", invited={"": 10})
    listed = tmp_path / "list.csv"
    listed.write_text("name,type\nA,council\nB,council\nC,charity\n")
    done = maker.benchmark([RETURNED], tmp_path / "x", organisations=listed)
    assert [each.groups[0].counts.invited for each in done.release.respondents] == [2, 1]


def test_unknown_group(returns: Path, tmp_path: Path) -> None:
    """A misspelt field to group by is answered with one that is close."""
    with pytest.raises(UsageProblem, match="did you mean 'region'"):
        maker.benchmark([returns], tmp_path / "x", group_by=["regoin"])


# Themes


def _theme(folder: Path) -> Path:
    """A theme file with a logo beside it: a picture of one point."""

    def piece(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes([0, 0x7A, 0, 0x3C]))
    picture = b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", pixels) + piece(b"IEND", b"")
    (folder / "logo.png").write_bytes(picture)
    path = folder / "anytown.yaml"
    path.write_text(
        "font: Arial\nfooter: 2nd Anytown R&G Council\nlogo: {file: logo.png, description: Arms of Anytown}\n"
        'colours: {accent: "#7A003C"}\n',
        encoding="utf-8",
    )
    return path


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def _looks_like_anytown(path: Path, theme: Path, default: Path) -> None:
    parts, plain = _parts(path), _parts(default)
    assert parts["xl/media/image1.png"] == (theme.parent / "logo.png").read_bytes()
    assert b'descr="Arms of Anytown"' in parts["xl/drawings/drawing1.xml"]
    assert not any("media" in name for name in plain)
    assert b"FF7A003C" in parts["xl/styles.xml"]
    assert b"FF1F5C66" in plain["xl/styles.xml"]
    assert b"FF1F5C66" not in b"".join(parts.values())
    assert b'<name val="Arial"/>' in parts["xl/styles.xml"]
    sheets = re.findall(rb"<sheet [^>]*>", parts["xl/workbook.xml"])
    shown = [number for number, sheet in enumerate(sheets, start=1) if b"state=" not in sheet]
    assert len(shown) >= 4
    for number in shown:
        assert b"2nd Anytown R&amp;&amp;G Council" in parts[f"xl/worksheets/sheet{number}.xml"]


def test_a_theme_of_a_council_s_own(tmp_path: Path) -> None:
    """Workbooks carry a theme's colours, font, footer and logo with its words, and are read like any other."""
    theme = _theme(tmp_path)
    (made,) = generate(tmp_path / "own", respondent="council", theme=theme).workbooks
    (plain,) = generate(tmp_path / "plain", respondent="council").workbooks
    _looks_like_anytown(made.path, theme, plain.path)
    own, usual = (pipeline.read([folder]) for folder in (tmp_path / "own", tmp_path / "plain"))
    assert codes(own) == codes(usual)


def test_a_benchmark_in_a_council_s_own_theme(tmp_path: Path) -> None:
    """The benchmark has the same look."""
    theme = _theme(tmp_path)
    own = maker.benchmark([RETURNED], tmp_path / "own", created=CREATED, theme=theme)
    plain = maker.benchmark([RETURNED], tmp_path / "plain", created=CREATED)
    _looks_like_anytown(own.files[0], theme, plain.files[0])


def test_a_poor_theme_stops_everything(tmp_path: Path) -> None:
    """With a theme that cannot be read well, nothing is written."""
    theme = tmp_path / "poor.yaml"
    theme.write_text('colours: {accent: "#FFD000"}', encoding="utf-8")
    with pytest.raises(DefinitionError, match="contrast"):
        generate(tmp_path / "out", theme=theme)
    assert not (tmp_path / "out").exists()
