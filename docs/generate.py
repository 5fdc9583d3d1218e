"""Write the pages of the documentation that come from the program: ``python docs/generate.py``.

With ``--check`` nothing is written; the exit code says whether a page is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import yaml

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.ledger import EVENTS
from kil_xlsx.core.problems import CATALOGUE, Severity
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.returns import text_of
from kil_xlsx.layout.typed_rules import RULES, TAKEN, WHERE, Rule

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
        for inner in command.list_commands(own) if isinstance(command, click.Group) else ():
            part = command.get_command(own, inner)
            assert part is not None
            of_part = click.Context(part, info_name=inner, parent=own, **widths)
            lines += ["", f"### kil-xlsx {name} {inner}", "", "```text", part.get_help(of_part).rstrip(), "```"]
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


def typed_values_page() -> str:
    """The rules for what people type, with their examples."""
    lines = [
        "# What people type, and what it is taken for",
        "",
        "This page is made from the program's own rules; every example on it is tested.",
        "",
        "- **Taken as it is**: exactly what the workbook's own formulas see. Nothing is told.",
        "- **Taken, with a note**: it can mean one thing only. The note says what was typed and what it was taken for.",
        "- **Not taken**: a *query* where a person can tell what was meant, with the possible meanings named; an"
        " *error* where it cannot be an answer.",
        "",
        "What was typed is always kept beside what it was taken for. Nothing is ever guessed.",
        "",
        "A number whose cell shows it as something else is not taken either: as a time (7:30 is stored as 0.3125), as a"
        " percentage where none is asked for, or in another currency. What people saw is asked about (`number-unit`,"
        " `number-percent`).",
        "",
        "In the examples, ⍽ stands for a blank that does not break.",
    ]
    for title, rules in RULES.items():
        lines += ["", f"## {title}", "", "| What people type | What happens | Outcome | Examples |"]
        lines.append("| --- | --- | --- | --- |")
        for rule in rules:
            code = f" (`{rule.code}`)" if rule.code else ""
            lines.append(f"| {rule.typed} | {rule.happens} | {rule.outcome}{code} | {_examples(rule)} |")
    return "\n".join(lines) + "\n"


def _examples(rule: Rule) -> str:
    """The examples of a rule, by the cell they are typed into and what they are taken for."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in rule.examples:
        text = text_of(each.typed).replace("\u00a0", "⍽").replace("\u202f", "⍽")
        taken = "" if each.taken is None or rule.outcome == TAKEN else f" → {text_of(each.taken)}"
        shown = f"`{text}`" if isinstance(each.typed, str) else f"the value `{text}`"
        groups.setdefault((WHERE[each.where], taken), []).append(shown)
    return "; ".join(f"{where}: {', '.join(typed)}{taken}" for (where, taken), typed in groups.items())


def returns_page() -> str:
    """What can happen to a workbook, from the table that the tests go through line by line."""
    rows = yaml.safe_load((FOLDER.parent / "tests" / "manglings" / "manglings.yaml").read_text(encoding="utf-8"))
    lines = [
        "# What can happen to a workbook, and what the program does",
        "",
        "This page is made from the table that the program's tests go through, line by line. For each line, a",
        "completed workbook was changed with the program that is named, then read, and everything that was accepted",
        "was compared with what had been typed.",
        "",
        "- What can be seen beside an answer decides whose it is: the code in the “No.” column, then the wording.",
        "  Hidden marks only confirm. Where they contradict what is seen and nothing settles it, the answer is",
        "  refused, never guessed.",
        "- What is refused is kept as it was typed and shown with its cell.",
        "- The program works out every score itself. The results in the workbook are only compared with its own.",
        "- What people type, and what it is taken for, is on [another page](typed-values.md). The codes in the last",
        "  column are explained under [what can be wrong with a return](problems.md).",
        "- Not run here, and known from files that they wrote only: Excel, Excel on the web, Google Sheets, Numbers,",
        "  WPS. Lines marked “by hand” rebuild what they do.",
    ]
    sections: dict[str, list[str]] = {}
    for row in rows:
        told = ", ".join(f"`{code}`" for code in row.get("new", ())) or "nothing"
        line = f"| {row['done']} | {row['program']} | {row['outcome']} | {told} |"
        sections.setdefault(row["section"], []).append(line)
    for title, found in sections.items():
        lines += ["", f"## {title}", "", "| What was done | With | What comes of it | What is said |"]
        lines += ["| --- | --- | --- | --- |", *found]
    return "\n".join(lines) + "\n"


def queries_page() -> str:
    """What a collection asks a person, and what its ledger tells."""
    lines = [
        "# What a collection asks a person",
        "",
        "This page is made from the program's own catalogue.",
        "",
        "Where something about a return cannot be known, the program asks and does not guess. `kil-xlsx resolve` lists",
        "what is open and takes the decision, with the role of who made it and a reason; both stay in the ledger.",
        "Where the return *waits*, it does not count until the query is decided.",
    ]
    for code, kind in QUERIES.items():
        waits = "The return waits." if kind.holds else "Nothing waits for it."
        lines += ["", f"## `{code}`", "", f"{kind.message} {waits}", "", kind.remedy, ""]
        lines += [f"- `{choice}`: {does}" for choice, does in kind.choices.items()]
    lines += ["", "## The ledger", "", "Every line of the ledger is one of these. Lines are only ever added.", ""]
    lines += ["| Kind | What happened |", "| --- | --- |"]
    lines += [f"| `{kind}` | {words} |" for kind, words in EVENTS.items()]
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every generated page with its content."""
    made = {
        FOLDER / "commands.md": commands_page(),
        FOLDER / "problems.md": problems_page(),
        FOLDER / "typed-values.md": typed_values_page(),
        FOLDER / "returns.md": returns_page(),
        FOLDER / "queries.md": queries_page(),
    }
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
