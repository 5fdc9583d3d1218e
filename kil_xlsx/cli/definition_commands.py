"""The commands about what is asked and how files are made up: codebook, schema, theme, frameworks."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import Here, inside
from kil_xlsx.cli.options import FILE, examples, force_option, framework_option, print_or_write, respondent_option
from kil_xlsx.cli.program import FINE


@click.command(
    epilog=examples(
        "kil-xlsx codebook --respondent council",
        "kil-xlsx codebook --json --out codebook.json",
    ),
)
@framework_option
@respondent_option
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON (see: kil-xlsx schema codebook).")
@click.option("--out", type=FILE, metavar="FILE", help="Write the JSON to a file.")
@force_option
@inside
def codebook(
    context: click.Context,
    here: Here,
    framework: str,
    respondent: str | None,
    as_json: bool,
    out: Path | None,
    force: bool,
) -> int:
    """Print the data dictionary: every item, its choices and codes, its unit, and where it is entered."""
    book = pipeline.codebook(framework, respondent=respondent)
    if as_json or out is not None:
        from kil_xlsx.results.codebook import codebook_json

        return print_or_write(codebook_json(book), out, force=force)
    from kil_xlsx.results.codebook_tables import codebook_tables, parts_in_words

    console = printing.page()
    printing.say(console, f"{book.title}, version {book.version}\n", "bold")
    for table in codebook_tables(book):
        printing.draw(console, table)
    printing.say(console, f"Beside an answer there may be: {parts_in_words(book)}. --json says where.", "dim")
    return FINE


@click.command(
    epilog=examples(
        "kil-xlsx schema return > return.schema.json",
        "kil-xlsx schema framework --out framework.schema.json",
    ),
)
@click.argument("name", type=click.Choice(pipeline.SCHEMAS), default="return")
@click.option("--out", type=FILE, metavar="FILE", help="Write it to a file.")
@force_option
def schema(name: str, out: Path | None, force: bool) -> int:
    """Print the JSON Schema of a format.

    return: what 'read --json' gives. release: release.json. codebook: what 'codebook --json' gives. framework: the
    files that define a questionnaire. theme: the file with colours, font, logo and footer.
    answers: what 'generate --answers' takes. status, organisation, diff, send, import, resolve, consensus: what
    'status', 'show', 'diff', 'send', 'import' and 'fetch', 'resolve' and 'consensus' give with --json.
    """
    data = json.dumps(pipeline.schema(name), indent=2, ensure_ascii=False).encode() + b"\n"
    return print_or_write(data, out, force=force)


@click.command(
    epilog=examples("kil-xlsx theme --out anytown/theme.yaml", "kil-xlsx generate --theme anytown/theme.yaml"),
)
@click.option("--out", type=FILE, metavar="FILE", help="Write it to a file.")
@force_option
def theme(out: Path | None, force: bool) -> int:
    """Write a theme file to start from: colours, font, logo and footer, each explained.

    Change what you like, leave out the rest, and give the file to 'generate' and 'benchmark' with --theme.
    """
    return print_or_write(pipeline.theme_file(), out, force=force)


@click.command(
    epilog=examples("kil-xlsx frameworks", "kil-xlsx generate --framework keep-it-local"),
)
def frameworks() -> int:
    """List the questionnaires that come with the program."""
    from kil_xlsx.results.show import Shown, Table, plain

    console = printing.page()
    rows: list[tuple[Shown | str, ...]] = []
    for each in pipeline.frameworks():
        for at, one in enumerate(each.instruments):
            first = (each.name, plain(each.framework.title, 60), each.framework.version) if at == 0 else ("", "", "")
            counts = (str(len(one.questions)), str(len(one.figures)), str(len(one.measures)))
            rows.append((*first, one.respondent.id, *counts))
    headings = ("Name", "Title", "Version", "Respondent type", "Questions", "Figures", "Measures")
    printing.draw(console, Table("", headings, tuple(rows), numbers=headings[4:], whole=("Name", "Version")))
    printing.say(console, "A questionnaire of your own: give --framework the path of its folder.", "dim")
    return FINE
