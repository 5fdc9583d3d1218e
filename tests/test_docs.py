"""The documentation says what the program does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from kil_xlsx.cli import main
from kil_xlsx.core import disclosure
from kil_xlsx.core.disclosure import DOMINANCE, USUAL
from kil_xlsx.core.release import MARKS

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.source


def _module(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_generated_pages_are_current() -> None:
    """The pages made from the program's help, catalogue and formats are those of this version."""
    pages: dict[Path, str] = _module(ROOT / "docs" / "generate.py").pages()
    stale = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run python docs/generate.py"


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_teaches_by_example(name: str) -> None:
    """Each command has a help text of its own with examples of how it is typed."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    text = command.get_help(click.Context(command, info_name=f"kil-xlsx {name}"))
    assert len(command.help or "") > 20
    assert f"kil-xlsx {name}" in text.split("Examples:")[1]


def test_the_readme_names_every_command_that_a_round_needs() -> None:
    """A newcomer finds each command of the loop in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(
        f"kil-xlsx {name}" in text
        for name in ("demo", "generate", "read", "benchmark", "feedback", "export", "codebook")
    )


def test_the_readme_python_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The example in the README reads the returned samples when pointed at them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    monkeypatch.chdir(ROOT)
    exec(compile(example[1].replace("demo/returned", "samples/returned"), "README.md", "exec"), {})
    assert capsys.readouterr().out.count("problems") == 6


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Every link to a file of the project names a file that is there."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def _anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked by, as GitHub makes it of them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"], ids=lambda page: page.name
)
def test_links_to_headings_lead_somewhere(page: Path) -> None:
    """Every link to a heading, on the same page or another, names a heading that is there."""
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert anchor in _anchors(page.parent / target if target else page), f"{target}#{anchor}"


def test_the_page_on_benchmarks_states_the_programs_numbers() -> None:
    """Thresholds, marks and the limit of dominance on the page are those of the program."""
    text = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    assert (USUAL.mean, USUAL.quartiles, USUAL.percentiles, USUAL.besides_reader) == (5, 10, 20, True)
    assert "six, eleven and twenty-one are needed in all" in text
    assert f"more than {DOMINANCE:.0%} of the sum" in text
    assert all(f"`{mark}`" in text for mark in MARKS)
    rules = re.findall(r"^(\d)\. \*\*", text, re.MULTILINE)
    assert len(rules) == len(re.findall(r"^\d\. \*\*", disclosure.__doc__ or "", re.MULTILINE))


def test_figures_of_speed_are_those_that_were_measured() -> None:
    """The tables of the README and of the page about scale are what bench/results.json gives."""
    pages: dict[Path, str] = _module(ROOT / "bench" / "tables.py").pages(ROOT)
    stale = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run python bench/run.py --from bench/results.json --write"
