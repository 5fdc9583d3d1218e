"""The command that makes a collection."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from kil_xlsx import pipeline
from kil_xlsx.cli import printing
from kil_xlsx.cli.options import FILE, examples
from kil_xlsx.cli.program import FINE, Day
from kil_xlsx.cli.telling import as_typed


@click.command(
    epilog=examples(
        "kil-xlsx init spring-2026",
        "kil-xlsx init spring-2026 --round 2026 --due 2026-05-31 --organisations list.xlsx",
        'kil-xlsx init spring-2026 --sender-name "Keep it Local team" --sender-address round@council.example',
    ),
)
@click.argument("folder", type=FILE, default=Path(), metavar="[FOLDER]")
@click.option("--title", default="", metavar="TEXT", help="What the round is called.")
@click.option("--round", "round_id", default="", metavar="TEXT", help="The round, such as 2026.")
@click.option("--due", type=Day(), metavar="DAY", help="Until when workbooks should come back, such as 2026-05-31.")
@click.option("--contact", default="", metavar="TEXT", help="Whom to ask, as it stands on the first sheet.")
@click.option("--sender-name", default="", metavar="TEXT", help="Whom mails are from.")
@click.option("--sender-address", default="", metavar="ADDRESS", help="The address that mails are from.")
@click.option(
    "--organisations", type=FILE, metavar="FILE",
    help="The list of those who are asked (.csv or .xlsx); it is copied into the folder.",
)  # fmt: skip
@click.option(
    "--framework", default=pipeline.DEFAULT_FRAMEWORK, show_default=True, metavar="NAME|FOLDER",
    help="Which questionnaire: one that comes with the program, or the folder of your own.",
)  # fmt: skip
@click.option(
    "--theme", type=FILE, metavar="FILE", help="Your own colours, font, logo and footer; it stays where it is."
)
def init(
    folder: Path,
    title: str,
    round_id: str,
    due: date | None,
    contact: str,
    sender_name: str,
    sender_address: str,
    organisations: Path | None,
    framework: str,
    theme: Path | None,
) -> int:
    """Make a collection: a folder that keeps a round, from the list of organisations to what came back.

    FOLDER (where you are, unless you name one) gets the settings collection.toml with every line explained, a list of
    organisations, one database with all records, and a folder for the files that come back. Inside it, and in folders
    below, every command knows the collection's settings and needs no further options; from elsewhere, say
    kil-xlsx -C FOLDER. What was begun and stopped is completed by the same command.
    """
    from kil_xlsx.pipeline.collection import init as begin
    from kil_xlsx.results.show import Table, some

    done = begin(
        folder, title=title, framework=framework, round_id=round_id, due=due, contact=contact,
        sender_name=sender_name, sender_address=sender_address, organisations=organisations, theme=theme,
    )  # fmt: skip
    console = printing.page()
    place = done.place
    listed = some(done.listed, "organisation") if done.listed else "headings only, for you to fill in"
    rows = (
        (place.settings_file.name, "the settings: every line is explained in it"),
        (done.list_file.name, f"the list of those who are asked: {listed}"),
        (place.database.name, "all records of the round: who was asked, what was sent, what came back"),
        (f"{place.originals.name}/", "the files that came back, never changed"),
    )
    printing.draw(console, Table("", ("Where", "What"), rows, whole=("Where",)))
    printing.say(console, f"Collection made in {place.folder}", "bold green")
    printing.notes(console, done.notes)
    go = [] if place.folder == Path().absolute() else [("Go there:", f"cd {as_typed(folder)}")]
    types = ", ".join(each.id for each in done.framework.respondents)
    kinds = f" and its respondent type ({types})" if len(done.framework.respondents) > 1 else ""
    fill = [f"Write one row for each organisation into {done.list_file.name}, with its name{kinds}."]
    printing.next_steps(
        console,
        *go,
        f"Read through {place.settings_file.name}, and change what you like.",
        *(fill if not done.listed else []),
        ("Make a workbook for each organisation:", "kil-xlsx generate"),
        ("Or let the program mail them; see what would go with:", "kil-xlsx send --dry-run"),
        "Keep copies of the whole folder, where only those may read it who may know the answers.",
    )
    return FINE
