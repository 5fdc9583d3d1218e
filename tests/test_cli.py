"""The command line as people meet it: what it prints, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result

from kil_xlsx import __version__, pipeline
from kil_xlsx.cli import main, overview
from kil_xlsx.cli.commands import main as group

RETURNED = Path(__file__).parents[1] / "samples" / "returned"

COMMANDS = [
    "init", "send", "import", "fetch", "status", "show", "resolve", "consensus", "chase", "diff", "waive", "withdraw",
    "forget", "check", "generate", "read", "mark", "benchmark", "feedback", "export", "codebook", "schema", "framework",
    "frameworks", "theme", "demo",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def run(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words))


def start(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as people do, in a process of its own."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
    command = [sys.executable, "-m", "kil_xlsx", *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False, timeout=120)


# Starting and ending


def test_help_has_examples() -> None:
    """Every command has help that ends in examples."""
    assert sorted(group.commands) == sorted(COMMANDS)
    for command in ([], *([name] for name in COMMANDS)):
        done = run(*command, "--help")
        assert done.exit_code == 0
        assert "Examples:" in done.output
        assert f"kil-xlsx {' '.join(command)}".strip() in done.output


def test_without_a_command() -> None:
    """The bare program shows what it can do."""
    done = start()
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)


def test_version() -> None:
    """The version can be asked for."""
    assert run("--version").output.strip() == f"kil-xlsx {__version__}"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("reed",), 2, "Did you mean 'read'?"),
        (("read",), 2, "Missing argument"),
        (("read", "nowhere"), 2, "There is no file or folder nowhere"),
        (("read", "x", "--json", "--csv"), 2, "Choose one"),
        (("read", "x", "--out", "y"), 2, "--json or --csv"),
        (("generate", "--due", "soon"), 2, "is not a day"),
        (("generate", "--created", "soon"), 2, "is not a time"),
        (("generate", "--framework", "keep-it-lokal"), 2, "did you mean 'keep-it-local'"),
        (("generate", "--respondent", "counsil"), 2, "did you mean"),
        (("generate", "--organisations", "nowhere.csv"), 2, "it is not there"),
        (("benchmark", "x", "--out", "y", "--invited", "many"), 2, "is not a number"),
        (("codebook", "--respondent", "x"), 2, "Choose one of"),
        (("schema", "x"), 2, "is not one of"),
    ],
)
def test_mistakes(words: tuple[str, ...], code: int, says: str) -> None:
    """A mistake in a command is said in plain words, with the exit code for it."""
    done = run(*words)
    assert done.exit_code == code
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_an_unexpected_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw is one sentence, and a traceback only on request."""

    def breaks() -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(pipeline, "frameworks", breaks)
    monkeypatch.delenv("KIL_XLSX_DEBUG", raising=False)
    done = run("frameworks")
    assert done.exit_code == 3
    assert "did not expect" in done.stderr
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("KIL_XLSX_DEBUG", "1")
    assert isinstance(run("frameworks").exception, ZeroDivisionError)


HEAVY = (
    "click", "rich", "msgspec", "yaml", "jsonschema", "openpyxl", "xlsxwriter", "numpy", "pandas", "pyarrow", "sqlite3",
    "jinja2", "typst", "imapclient", "email", "smtplib",
)  # fmt: skip
"""Libraries that take long to load."""


def loaded(*words: str) -> set[str]:
    """Which of the heavy libraries a command loads, typed as people do."""
    program = (
        "import sys\n"
        "from kil_xlsx.__main__ import main\n"
        f"sys.argv[1:] = {words!r}\n"
        "try:\n    main()\n"
        "finally:\n    print('loaded:', *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert done.stdout
    return set(HEAVY).intersection(done.stderr.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_loads_next_to_nothing(words: tuple[str, ...]) -> None:
    """The page of help is there without any library, that for the command line included."""
    assert loaded(*words) == set()


def test_commands_load_what_they_use() -> None:
    """The help of a command loads what reads the command line; reading a file what reads and draws, and no more."""
    assert loaded("benchmark", "--help") <= {"click", "msgspec"}
    assert loaded("generate", "--help") <= {"click", "msgspec"}
    returned = str(next(RETURNED.glob("*.xlsx")))
    loaded("read", returned)  # checks the questionnaire, and keeps what came of it
    assert loaded("read", returned) == {"click", "msgspec", "rich"}
    assert loaded("read", returned, "--json") == {"click", "msgspec"}


def test_processes_that_read_load_what_they_use() -> None:
    """A process that reads files loads neither the command line nor a second reader that nobody has asked for."""
    program = "import sys; from kil_xlsx.reading import form, isolation, legacy; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert set(HEAVY).intersection(done.stdout.split()) == {"msgspec"}


@pytest.mark.parametrize("columns", ["20", "52", "61", "79", "80", "100", "400", "0", "many"])
def test_help_without_click_is_that_of_click(columns: str) -> None:
    """The page that comes at once is what the command line itself shows, however wide the terminal is."""
    at_once = start("--help", COLUMNS=columns).stdout
    by_click = start("--help", "--help", COLUMNS=columns).stdout
    assert at_once == by_click == start(COLUMNS=columns).stdout
    words = at_once.partition("Examples:")[0].splitlines()
    assert max(map(len, words)) <= max(min(int(columns) if columns.isdecimal() and columns != "0" else 80, 100) - 2, 50)


def test_help_says_what_there_is() -> None:
    """The page tells the program's own options in their own words, and each command is where the page says."""
    context = click.Context(main, info_name="kil-xlsx", **main.context_settings)
    records = [parameter.get_help_record(context) for parameter in main.get_params(context)]
    assert sorted(overview.OPTIONS) == sorted(record for record in records if record is not None)
    for name, (_, said) in overview.COMMANDS.items():
        assert group.commands[name].name == name
        assert group.commands[name].get_short_help_str() == said


def test_a_reader_that_stops_early() -> None:
    """A program such as head, that stops reading, causes no complaint."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        command = [sys.executable, "-m", "kil_xlsx", "codebook", "--json"]
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == ""


# Generate and read


def test_the_loop() -> None:
    """In an empty folder: workbooks are made, read back and compared, each step telling the next."""
    made = start("generate", "--round", "2026", "--created", "2026-01-01")
    assert made.returncode == 0
    assert "2 workbooks written" in made.stdout
    assert "kil-xlsx read" in made.stdout
    assert made.stderr == ""
    read = start("read", "workbooks")
    assert read.returncode == 1  # nothing has been filled in, and that is asked about
    assert "2 files: 2 read, 0 refused." in read.stdout
    assert "What next" in read.stdout
    blank = start("benchmark", "workbooks", "--out", "comparison")
    assert blank.returncode == 3
    assert "Nobody has filled in anything" in blank.stderr and not Path("release-log.json").exists()
    compared = start("benchmark", str(RETURNED), "--out", "comparison")
    assert compared.returncode == 0
    names = sorted(path.name for path in Path("comparison").iterdir())
    assert names == ["benchmark.xlsx", "data", "release.json", "report.html"]
    assert Path("release-log.json").is_file()


def test_overwriting() -> None:
    """The second time, nothing is written unless that is asked for."""
    assert run("generate").exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("workbooks").iterdir()}
    again = run("generate", "--created", "2020-01-01")
    assert again.exit_code == 3
    assert "--force" in again.stderr
    assert {path.name: path.read_bytes() for path in Path("workbooks").iterdir()} == before
    assert run("generate", "--force").exit_code == 0


def test_faults_of_a_list() -> None:
    """All faults of a list are shown with their rows, and nothing is written."""
    Path("list.csv").write_text("name,type,email\nLeeds,council,\n,council,x\nHub,,\n")
    done = run("generate", "--organisations", "list.csv")
    assert done.exit_code == 3
    assert "3 faults" in done.stderr
    for place in ("row 3, column 'name'", "row 3, column 'email'", "row 4, column 'type'"):
        assert place in done.stderr
    assert [path.name for path in Path().iterdir()] == ["list.csv"]


def test_names_that_would_move_the_cursor() -> None:
    """Names from files reach the terminal without anything that it would obey."""
    Path("a\x1b[31m\u202eb.xlsx").write_bytes(b"%PDF")
    done = run("read", ".")
    assert done.exit_code == 1
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output


def test_json_to_the_terminal_and_to_a_file() -> None:
    """JSON is all that is printed; in a file it is the same, and the people's table is printed instead."""
    run("generate", "--created", "2026-01-01")
    printed = start("read", "workbooks", "--json")
    assert printed.returncode == 1
    document: Any = json.loads(printed.stdout)
    jsonschema.validate(document, json.loads(run("schema", "return").stdout), jsonschema.Draft202012Validator)
    written = run("read", "workbooks", "--out", "returns.json")
    assert written.exit_code == 1
    assert "Written to" in written.stdout
    assert Path("returns.json").read_text(encoding="utf-8") == printed.stdout
    assert run("read", "workbooks", "--out", "returns.json").exit_code == 3


def test_csv_for_excel() -> None:
    """CSV in a file begins with the mark that Excel needs; on the terminal it does not."""
    run("generate", "--created", "2026-01-01")
    run("read", "workbooks", "--csv", "--out", "returns.csv")
    data = Path("returns.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    printed = start("read", "workbooks", "--csv").stdout
    assert printed == data.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(printed)))) > 100


@pytest.mark.parametrize("target", ["there.csv", "file/x.csv"])
def test_where_to_is_checked_before_reading(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be written is said before anything is read."""
    Path("there.csv").write_text("mine")
    Path("file").write_text("mine")

    def reads(*_: Any, **__: Any) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(pipeline, "read", reads)
    done = run("read", ".", "--out", target)
    assert done.exit_code == 3
    assert target in done.stderr
    assert Path("there.csv").read_text() == "mine"


def test_hints_can_be_typed_as_they_are() -> None:
    """Commands that are suggested name the same questionnaire and the same files, in one piece."""
    other = Path(__file__).parent / "fixtures" / "other-framework"
    made = run("generate", "--framework", str(other), "--out", "my returns")
    assert f"kil-xlsx read returns --framework {other}" in made.stdout
    deep = Path("a" * 70) / "my returns"
    deep.parent.mkdir()
    Path("my returns").rename(deep)
    read = run("read", str(deep), "--framework", str(other)).stdout
    quoted = f'"{deep}"' if os.name == "nt" else f"'{deep}'"
    assert f"\n     kil-xlsx read {quoted} --framework {other} --csv --out returns.csv\n" in read
    run("generate")
    assert "--framework" not in run("read", "workbooks").stdout


def test_senders_are_not_blamed() -> None:
    """When the coordinator named the wrong questionnaire, the senders have nothing to put right."""
    other = Path(__file__).parent / "fixtures" / "other-framework"
    run("generate")
    read = run("read", "workbooks", "--framework", str(other)).stdout
    assert "another questionnaire" in read
    assert "Tell the senders" not in read


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_names_of_files_stay_whole(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the width of the page, names of workbooks can be copied."""
    monkeypatch.setenv("COLUMNS", str(width))
    Path("list.csv").write_text("name,type\nApplewick Borough Council of the Northern Hills and Dales,council\n")
    text = run("generate", "--organisations", "list.csv").stdout
    (made,) = Path("workbooks").iterdir()
    assert made.name in text


def test_what_is_missing_goes_by_its_label() -> None:
    """Codes of blank fields are told with their labels."""
    Path("list.csv").write_text("name,type\nLeeds,council\nHub,community\n")
    run("generate", "--organisations", "list.csv")
    text = " ".join(run("read", "workbooks").stdout.split())
    assert "(P04 Council area code)" in text


def test_second_reader() -> None:
    """The second reader's findings are summed up."""
    run("generate")
    assert "0 differences" in run("read", "workbooks", "--second-reader").stdout


def test_one_file_is_explained() -> None:
    """A file read on its own is explained: scores, every kind of item, and what to do about each problem."""
    run("generate", "--respondent", "council")
    text = run("read", "workbooks/keep-it-local-council.xlsx").stdout
    for words in ("Scores", "What became of every item", "What to do:"):
        assert words in text


def test_marked_copies() -> None:
    """A file or a folder gets copies; an unusable file of a folder is told and gives 1, a single one 3."""
    assert run("generate", "--respondent", "council", "--out", "returned").exit_code == 0
    sent = next(Path("returned").iterdir())
    one = run("mark", str(sent), "--out", "fix.xlsx", "--due", "2026-06-30", "--contact", "Sam")
    assert one.exit_code == 0
    assert "1 copy written to" in one.output
    assert Path("fix.xlsx").exists()
    assert run("mark", str(sent), "--out", "fix.xlsx").exit_code == 3
    assert run("mark", str(sent), "--out", str(sent), "--force").exit_code == 2
    Path("returned/broken.xlsx").write_bytes(b"not a workbook")
    several = run("mark", "returned", "--out", "copies")
    assert several.exit_code == 1
    assert "broken.xlsx cannot be marked" in " ".join(several.output.split())
    assert [path.name for path in Path("copies").iterdir()] == [f"{sent.stem}-to-fix.xlsx"]
    alone = run("mark", "returned/broken.xlsx", "--out", "broken-copy.xlsx")
    assert alone.exit_code == 3
    assert not Path("broken-copy.xlsx").exists()


def test_invited_must_be_clear() -> None:
    """With two respondent types, one number of invited organisations is asked about."""
    returned = str(RETURNED)
    done = run("benchmark", returned, "--out", "x", "--invited", "50")
    assert done.exit_code == 2
    assert "--invited council=40" in done.stderr
    assert run("benchmark", returned, "--out", "x", "--invited", "LA=50", "--invited", "community=60").exit_code == 0


# The rest


def test_theme_file() -> None:
    """The theme to start from is the usual one: workbooks made with it are those made without."""
    assert run("theme", "--out", "own/theme.yaml").exit_code == 0
    assert "There already" in run("theme", "--out", "own/theme.yaml").output
    common = ("generate", "--respondent", "council", "--created", "2026-04-07 09:00", "--out")
    assert run(*common, "one").exit_code == 0
    assert run(*common, "two", "--theme", "own/theme.yaml").exit_code == 0
    assert next(Path("one").iterdir()).read_bytes() == next(Path("two").iterdir()).read_bytes()


@pytest.mark.parametrize("name", pipeline.SCHEMAS)
def test_schemas(name: str) -> None:
    """Each schema is printed, and is a schema."""
    done = run("schema", name)
    assert done.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(done.stdout))


def test_codebook() -> None:
    """The codebook is a table for people and JSON for programs."""
    table = run("codebook", "--respondent", "council")
    assert "LA-C1-1" in table.stdout
    assert "kil_a_LA_C1_1" in table.stdout
    assert json.loads(run("codebook", "--json").stdout)["framework"] == "keep-it-local"


def test_frameworks() -> None:
    """What comes with the program is listed."""
    assert "keep-it-local" in run("frameworks").stdout


def test_no_colour_when_not_wanted() -> None:
    """NO_COLOR is honoured, and output that is not a terminal's has no colour."""
    assert "\x1b" not in start("frameworks", NO_COLOR="1").stdout
    assert "\x1b" not in start("read", "nowhere").stderr


def test_demo() -> None:
    """The demonstration fills a folder and says what is where."""
    done = run("demo", "here")
    assert done.exit_code == 0, done.output
    assert "kil-xlsx read" in done.stdout
    assert all(
        (Path("here") / "benchmark" / name).is_file() for name in ("benchmark.xlsx", "report.html", "release.json")
    )
    assert len(list((Path("here") / "feedback").glob("*.pdf"))) > 30


# Versions of a framework


def test_framework_diff_and_freeze(tmp_path: Path) -> None:
    """Freezing writes a version once; the comparison tells each change as a table or JSON, and sets the exit code."""
    import two_versions
    import yaml

    folder = tmp_path / "tiny"
    folder.mkdir()
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(two_versions.old(), sort_keys=False), encoding="utf-8")
    assert "1.0.0 frozen" in run("framework", "freeze", "--framework", str(folder)).stdout
    assert (folder / "versions" / "1.0.0.json").exists()
    again = run("framework", "freeze", "--framework", str(folder))
    assert again.exit_code == 0 and "already" in again.stdout
    file.write_text(yaml.safe_dump(two_versions.new(), sort_keys=False), encoding="utf-8")
    done = run("framework", "diff", "1.0.0", str(folder))
    assert done.exit_code == 1
    assert "breaks comparability" in done.stdout and "needs a map, in the map" in done.stdout
    data = json.loads(run("framework", "diff", "1.0.0", str(folder), "--json").stdout)
    assert (data["old"], data["new"]) == ("1.0.0", "2.0.0")
    assert {"effect", "kind", "what", "change", "mapped"} == set(data["changes"][0])
    safe = run("framework", "diff", "1.0.0", "keep-it-local")
    assert safe.exit_code == 0 and "carried forward and compared" in safe.stdout
    assert run("framework", "diff", "8.0.0", str(folder)).exit_code == 2
