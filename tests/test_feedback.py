"""Each organisation gets its own feedback, and nothing of anybody else is in it."""

from __future__ import annotations

import html
import io
import multiprocessing
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from synthetic import collection, digits, instruments, keep_it_local, name_of, secrets

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.benchmark import Request, benchmark
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release import Release
from kil_xlsx.errors import KilXlsxError, OutputError, UsageProblem
from kil_xlsx.pipeline.feedback import PAGE, PDF, WORKBOOK, FeedbackGiven, FeedbackMaker, feedback_of, give_feedback
from kil_xlsx.results.release_json import release_json

ROOT = Path(__file__).resolve().parent.parent
RETURNED, BEFORE = ROOT / "samples" / "returned", ROOT / "tests" / "corpus_layout1"
SOME = ("council-glasswater-borough-council.xlsx", "council-carrowmere-borough-council.xlsx")
CREATED = datetime(2026, 4, 8, 9, 30)

needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")


@cache
def _readings() -> tuple[Reading, ...]:
    return tuple(collection(11, councils=16, communities=30))


@cache
def _release() -> Release:
    return benchmark(instruments(), _readings(), Request(created=date(2026, 4, 7))).release


def _returned(readings: Iterable[Reading]) -> pipeline.Returned:
    return pipeline.Returned(keep_it_local(), {each.respondent.id: each for each in instruments()}, tuple(readings))


def _given(out: Path, readings: Iterable[Reading] = (), *, pdf: bool = False) -> FeedbackGiven:
    return feedback_of(_returned(readings or _readings()), _release(), out, created=CREATED, pdf=pdf)


# Nothing of others


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Everything that can be read in a file, part by part."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for name in package.namelist():
                yield name, name
                yield name, package.read(name).decode("utf-8", "replace")
    elif path.suffix == ".pdf":
        yield "bytes", data.decode("latin-1")
        shown = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, timeout=60)
        yield "words", shown.stdout.decode("utf-8")
    else:
        yield "text", data.decode("utf-8")


def _packed(text: str) -> str:
    """A text without blanks, in small letters: line breaks may stand anywhere."""
    return "".join(html.unescape(html.unescape(text)).split()).casefold()


_NUMBER = re.compile(r"\d*\.?\d+(?:e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")


@dataclass(frozen=True)
class Held:
    """What some files hold: all their words, packed, and all their numbers."""

    words: str
    numbers: frozenset[str]

    def __contains__(self, secret: str) -> bool:
        """Whether a text is anywhere in the words, or a number among the numbers: digits may meet by chance."""
        return secret in self.numbers if _NUMBER.fullmatch(secret) else secret in self.words


def _held(paths: Iterable[Path]) -> Held:
    texts = [text for path in paths for _, text in _texts(path)]
    numbers = {found for text in texts for found in _NUMBER.findall(_THOUSANDS.sub("", text))}
    numbers |= {digits(float(found)) for found in numbers if len(found) < 25}
    return Held("\n".join(map(_packed, texts)), frozenset(numbers))


def _tell_tale(reading: Reading) -> set[str]:
    """What gives an organisation away: names, numbers, texts, amounts, and measures with many digits."""
    found = secrets(reading) | {name_of(reading)}
    assert reading.result is not None
    values = [digits(each.value) for each in reading.result.measures.values() if each.value is not None]
    return {_packed(each) for each in found} | {each for each in values if sum(map(str.isdigit, each)) >= 7}


def _leaks(own: Reading, held: Held) -> set[str]:
    """What is found of others; what is the organisation's own as well is no leak."""
    mine = "\n".join(_tell_tale(own))
    others = {each for reading in _readings() if name_of(reading) != name_of(own) for each in _tell_tale(reading)}
    return {each for each in others if each in held and each not in mine}


@cache
def _by_name() -> dict[str, Reading]:
    return {name_of(reading): reading for reading in _readings()}


@needs_pdftotext
def test_nothing_of_any_other_organisation_is_in_it(tmp_path: Path) -> None:
    """Every part of every file is searched for every name, number, text and amount of all others."""
    done = _given(tmp_path / "out", pdf=True)
    assert len(done.given) > 40
    for each in done.given:
        assert {path.name.removeprefix(each.files[0].name.removesuffix(WORKBOOK)) for path in each.files} == {
            WORKBOOK, PAGE, PDF,
        }  # fmt: skip
        held = _held(each.files)
        own = _by_name()[each.organisation]
        assert _packed(each.organisation) in held
        assert any(secret in held for secret in _tell_tale(own) if _NUMBER.fullmatch(secret))
        assert _leaks(own, held) == set()


@needs_pdftotext
def test_planted_leaks_are_found(tmp_path: Path) -> None:
    """A name on a page, an amount in a cell, and a text in a forgotten part are each found."""
    from kil_xlsx.core.branding import DEFAULT
    from kil_xlsx.pipeline.feedback import _Teller
    from kil_xlsx.pipeline.feedback_files import files_of

    teller = _Teller(_returned(_readings()), _release(), {}, None, "", CREATED)
    one = next(teller.wanted())
    other = next(each for each in _readings() if name_of(each) != one.organisation)
    amount = max((each for each in _tell_tale(other) if each.replace(".", "").isdigit()), key=len)
    told = teller.feedback(one)
    lines = tuple(replace(each, value=float(amount)) if each.item.kind == "measure" else each for each in told.lines)
    plants = {
        "name": replace(told, notes=(f"Ask {name_of(other)}.",)),
        "amount": replace(told, lines=lines),
    }  # fmt: skip
    for what, planted in plants.items():
        files = files_of(planted, keep_it_local(), DEFAULT, CREATED, pdf=True)
        for data, ending in zip(files, (WORKBOOK, PAGE, PDF), strict=True):
            path = tmp_path / f"{what}{ending}"
            path.write_bytes(data)
            if what == "name" or ending == WORKBOOK:  # one page has no measures
                assert _leaks(_by_name()[one.organisation], _held([path])), (what, ending)
    sound = tmp_path / "sound.xlsx"
    sound.write_bytes(files_of(told, keep_it_local(), DEFAULT, CREATED, pdf=False)[0])
    assert _leaks(_by_name()[one.organisation], _held([sound])) == set()
    with zipfile.ZipFile(sound, "a") as package:
        package.writestr("xl/pivotCache/records1.xml", f"<r>{html.escape(name_of(other))}</r>")
    assert _leaks(_by_name()[one.organisation], _held([sound]))


def test_a_workbook_hides_nothing(tmp_path: Path) -> None:
    """No hidden sheet, row or column, no formula, no note, no name but for printing, no property of others."""
    done = _given(tmp_path / "out", _readings()[:12])
    book = openpyxl.load_workbook(done.given[0].files[0])
    assert book.defined_names == {}
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        assert set(sheet.defined_names) <= {"Print_Titles", "Print_Area", "_xlnm.Print_Titles"}
        assert not any(each.hidden for each in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not any(cell.comment or cell.data_type == "f" for cell in cells)
    assert {each.name for each in book.custom_doc_props.props} == {"framework", "version"}


# Who gets what


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Workbook, page and PDF are alike, file by file."""
    one, two = (_given(tmp_path / name, _readings()[:6], pdf=True) for name in ("one", "two"))
    assert [each.organisation for each in one.given] == [each.organisation for each in two.given]
    for first, second in zip(one.given, two.given, strict=True):
        assert [path.read_bytes() for path in first.files] == [path.read_bytes() for path in second.files]


def test_several_processes_give_the_same_bytes_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other processes made is what would have been made here, one organisation after the other."""
    monkeypatch.setattr("kil_xlsx.pipeline.feedback_files.worthwhile", lambda items, each: 2)
    maker = FeedbackMaker(_returned(_readings()[:20]), _release(), created=CREATED)
    with closing(maker.made_all()) as made:
        shared = list(made)
    assert len(shared) == len(maker.returns) > 16
    assert shared == [maker.made(sha256) for sha256 in maker.returns]


def test_a_process_that_dies_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command stops with a clear error, and no file of any organisation is there."""
    monkeypatch.setattr("kil_xlsx.pipeline.feedback_files.worthwhile", lambda items, each: 2)
    killed = []

    def kill_one(at: int, of: int, name: str) -> None:
        if at == 3:
            killed.append(multiprocessing.active_children()[0])
            killed[0].kill()

    with pytest.raises(KilXlsxError, match="has ended by itself"):
        feedback_of(_returned(_readings()), _release(), tmp_path / "out", created=CREATED, progress=kill_one)
    assert killed
    assert not (tmp_path / "out").exists()


def test_everyone_who_filled_one_in_gets_feedback_once(tmp_path: Path) -> None:
    """Of several returns the last one counts; those without consent get feedback too, and are told so."""
    done = _given(tmp_path / "out")
    assert len({each.organisation for each in done.given}) == len(done.given)
    assert {each.organisation for each in done.given} == set(_by_name())
    unused = [each for each in done.given if not each.used]
    assert len(unused) == len(done.given) - sum(
        group.counts.used or 0
        for each in _release().respondents
        for group in each.groups
        if group.id == f"{each.id}/all"
    )
    page = next(path for path in unused[0].files if path.name.endswith(PAGE)).read_text(encoding="utf-8")
    assert "not part of the figures" in page


def test_blank_and_refused_files_get_none(tmp_path: Path) -> None:
    """They are named with the reason."""
    first, *others = _readings()[:8]
    refused = Reading(replace(first.file, name="broken.xlsx"), problems=())
    done = _given(tmp_path / "out", [refused, *others])
    assert done.without == ("broken.xlsx: the file could not be read.",)


def test_without_all_returns_nobody_is_placed(tmp_path: Path) -> None:
    """Standings among a part of the organisations would tell something of the others that the release does not."""
    done = _given(tmp_path / "out", _readings()[:40])
    assert any("positions are left out" in note for note in done.notes)
    for path in tmp_path.glob(f"out/*{WORKBOOK}"):
        cells = (str(cell.value) for row in openpyxl.load_workbook(path)["Summary"].iter_rows() for cell in row)
        assert not any("others" in text and "Higher than" in text for text in cells)


def test_files_are_told_apart(tmp_path: Path) -> None:
    """Organisations of one name, and those without any, each have files of their own."""

    def called(reading: Reading, name: str) -> Reading:
        assert reading.identity is not None
        assert reading.ret is not None
        identity = replace(reading.identity, organisation=name)
        entries = {key: each for key, each in reading.ret.entries.items() if key.item != "organisation_name"}
        return replace(reading, identity=identity, ret=type(reading.ret)(entries))

    several = [called(each, name) for each, name in zip(_readings()[:4], ("A & B", "a and b", "", ""), strict=True)]
    done = _given(tmp_path / "out", several)
    names = [each.files[0].name for each in done.given]
    assert len(set(names)) == 4
    assert sum(name.startswith("a-and-b") for name in names) == 2


# With real files


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the sample returns."""
    folder = tmp_path_factory.mktemp("returned")
    for name in SOME:
        shutil.copy(RETURNED / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def released(returned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of these."""
    path = tmp_path_factory.mktemp("release") / "release.json"
    found = pipeline.read([returned])
    made = benchmark(list(found.instruments.values()), found.readings, Request(created=date(2026, 4, 7))).release
    path.write_bytes(release_json(made))
    return path


def test_files_in_and_files_out(tmp_path: Path, returned: Path, released: Path) -> None:
    """Returned workbooks give feedback with last time's answers beside them, and a contact."""
    done = give_feedback(
        [returned], released, tmp_path / "out", previous=BEFORE / SOME[0], contact="Sam, 0117 496 0000", created=CREATED
    )  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for each in done.given for path in each.files
    )
    glasswater = next(each for each in done.given if "Glasswater Borough" in each.organisation)
    book = openpyxl.load_workbook(glasswater.files[0])
    assert any("Last time" in str(cell.value) for row in book["Summary"].iter_rows() for cell in row)
    assert "Sam, 0117 496 0000" in glasswater.files[1].read_text(encoding="utf-8")
    new = next(each for each in done.given if "Carrowmere Borough" in each.organisation)
    book = openpyxl.load_workbook(new.files[0])
    assert not any("Last time" in str(cell.value) for row in book["Summary"].iter_rows() for cell in row)


def test_it_says_how_many_earlier_returns_were_found(tmp_path: Path, returned: Path, released: Path) -> None:
    """Or that they are the very files given now, which would otherwise go unnoticed."""
    found = give_feedback([returned], released, tmp_path / "one", previous=BEFORE / SOME[0], created=CREATED, pdf=False)
    assert "Last time was found for 1 of 2 organisations." in found.notes
    same = give_feedback([returned], released, tmp_path / "two", previous=returned, created=CREATED, pdf=False)
    assert any("are the same files as those given now" in note for note in same.notes)
    book = openpyxl.load_workbook(same.given[0].files[0])
    assert not any("Last time" in str(cell.value) for row in book["Summary"].iter_rows() for cell in row)
    both = tmp_path / "both"
    both.mkdir()
    shutil.copy(BEFORE / SOME[0], both / "old.xlsx")
    shutil.copy(returned / SOME[1], both / "new.xlsx")
    mixed = give_feedback([returned], released, tmp_path / "three", previous=both, created=CREATED, pdf=False)
    assert any("For 1 other the earlier return is the same file" in note for note in mixed.notes)


def test_files_that_are_there_stay(tmp_path: Path, returned: Path, released: Path) -> None:
    """Nothing is replaced unasked, and nothing is written where one file cannot be."""
    out = tmp_path / "out"
    give_feedback([returned], released, out, created=CREATED, pdf=False)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    with pytest.raises(OutputError, match="There already"):
        give_feedback([returned], released, out, created=CREATED, pdf=False)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_a_release_of_another_version_is_refused(tmp_path: Path, returned: Path, released: Path) -> None:
    """Figures of other questions must not stand beside the answers."""
    path = tmp_path / "old.json"
    path.write_text(released.read_text(encoding="utf-8").replace('"version": "1.1.0"', '"version": "1.0.0"'), "utf-8")
    with pytest.raises(UsageProblem, match=r"is of version 1\.0\.0"):
        give_feedback([returned], path, tmp_path / "out")


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_the_command(tmp_path: Path, returned: Path, released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows what was written, who got none, and what to do next."""
    monkeypatch.setenv("COLUMNS", "160")
    out = tmp_path / "out"
    done = _run("feedback", str(returned), "--release", str(released), "--out", str(out), "--no-pdf")
    assert done.exit_code in (0, 1), done.output
    assert "Feedback for" in done.output
    assert "What next" in done.output
    assert not list(out.glob("*.pdf"))
    assert list(out.glob(f"*{WORKBOOK}"))


@pytest.mark.parametrize("inside", [".", "data"])
def test_a_folder_is_not_a_release(tmp_path: Path, returned: Path, released: Path, inside: str) -> None:
    """Whoever names the folder of a release is told which file in it to give."""
    folder = tmp_path / "comparison"
    (folder / inside).mkdir(parents=True, exist_ok=True)
    with pytest.raises(UsageProblem, match="is a folder") as empty:
        give_feedback([returned], folder, tmp_path / "out")
    assert "that 'kil-xlsx benchmark' wrote" in str(empty.value.remedy)
    shutil.copy(released, folder / inside / "release.json")
    with pytest.raises(UsageProblem, match="is a folder") as full:
        give_feedback([returned], folder, tmp_path / "out")
    assert str(full.value.remedy) == f"Give its release.json: {folder / inside / 'release.json'}"


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "is not a benchmark"), ("{}", "is not a benchmark"), ('{"schema": "kil-xlsx/release/9"}', "is not")],
)
def test_a_file_that_is_no_release(tmp_path: Path, returned: Path, content: str, says: str) -> None:
    """Anything else is refused in plain words."""
    path = tmp_path / "release.json"
    path.write_text(content, encoding="utf-8")
    done = _run("feedback", str(returned), "--release", str(path), "--out", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
