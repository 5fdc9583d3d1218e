"""Write the pages of the documentation that come from the program: ``python docs/generate.py``.

With ``--check`` nothing is written; the exit code says whether a page is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.problems import CATALOGUE, Severity

FOLDER = Path(__file__).parent
_WIDTH = 100
_PREFIXES = {
    "file": "The file as a whole",
    "return": "Whose return it is",
    "item": "Finding the answers",
}
_SEVERITIES = {
    Severity.ERROR: "has to be put right",
    Severity.QUERY: "is put right or explained",
    Severity.NOTE: "only tells what was done",
}


def commands_page() -> str:
    """The help of every command."""
    lines = ["# Commands", "", "This page is made from the program's own help."]
    widths = {"terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(main, info_name="kil-xlsx", **{**main.context_settings, **widths})
    lines += ["", "```text", main.get_help(context).rstrip(), "```"]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context, **widths)
        lines += ["", f"## kil-xlsx {name}", "", "```text", command.get_help(own).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def problems_page() -> str:
    """The catalogue of what can be wrong with a return."""
    lines = ["# What can be wrong with a return", "", "This page is made from the program's own catalogue.", ""]
    lines += [f"- An item marked **{severity}** {meaning}." for severity, meaning in _SEVERITIES.items()]
    groups: dict[str, list[str]] = {}
    for code in CATALOGUE:
        groups.setdefault(_PREFIXES.get(code.split("-")[0], "What the answers say"), []).append(code)
    for title, codes in groups.items():
        lines += ["", f"## {title}", "", "| Code | Kind | What is wrong | What to do |", "| --- | --- | --- | --- |"]
        for code in codes:
            kind = CATALOGUE[code]
            lines.append(f"| `{code}` | {kind.severity} | {kind.message} | {kind.remedy} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every generated page with its content."""
    made = {FOLDER / "commands.md": commands_page(), FOLDER / "problems.md": problems_page()}
    for name in pipeline.SCHEMAS:
        text = json.dumps(pipeline.schema(name), indent=2, ensure_ascii=False) + "\n"
        made[FOLDER / "schemas" / f"{name}.schema.json"] = text
    return made


def run(check: bool) -> int:
    """Write the pages, or say which are out of date."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"out of date: {path.relative_to(FOLDER.parent)}; run python docs/generate.py")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(run("--check" in sys.argv[1:]))
