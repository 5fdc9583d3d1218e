"""The command for the coordinator's own data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kil_xlsx.cli import printing
from kil_xlsx.cli.inside import Here, inside, needed, own, sources
from kil_xlsx.cli.options import FILE, examples, force_option, framework_option, password_option
from kil_xlsx.cli.program import FINE, PROBLEMS
from kil_xlsx.cli.telling import show_returns


@click.command(
    epilog=examples(
        "kil-xlsx export returns --out data",
        "kil-xlsx export returns --out data --texts",
        "kil-xlsx export returns/leeds.xlsx returns/bury.xlsx --out data --force",
    ),
)
@click.argument("paths", nargs=-1, type=FILE, metavar="[PATH...]")
@framework_option
@click.option("--out", type=FILE, metavar="FOLDER", help="Where to.")
@click.option(
    "--texts", is_flag=True, help="Also write what people wrote, such as evidence and notes, as a table of its own."
)
@password_option
@force_option
@inside
def export(
    context: click.Context,
    here: Here,
    paths: Sequence[Path],
    framework: str,
    out: Path | None,
    texts: bool,
    password: str | None,
    force: bool,
) -> int:
    """Write what came back as tidy tables for your own analysis: one row for each return and item.

    Each table is written as CSV and as Parquet, with a codebook, and the whole is described as a Frictionless data
    package. The tables say what each organisation answered, so they are not for publication: 'kil-xlsx benchmark'
    makes what is. Inside a collection PATH may be left out: then the returns are written that count now. The exit code
    is 1 when a file could not be used.
    """
    from kil_xlsx.pipeline.export import export as write_tables
    from kil_xlsx.results.export import NOTICE, README
    from kil_xlsx.results.show import some

    with here.collection(context, paths) as collection, printing.progress("Reading") as progress:
        folder = needed(context, "--out", out)
        given = sources(collection, paths, password, progress)
        before = own(here)
        done = write_tables(
            given, folder, framework, texts=texts, password=password, force=force or before or False,
            progress=progress,
        )  # fmt: skip
        if before is not None:
            before.remember(done.files)
    console = printing.page()
    show_returns(console, done.returned, brief=True)
    printing.say(console, f"{some(len(done.files), 'file')} written to {done.folder.resolve()}", "bold green")
    printing.say(console, f"Begin with {README}; codebook.md says what every column holds.")
    if not texts:
        printing.say(console, "What people wrote was left out; --texts adds it.", "dim")
    printing.say(console, NOTICE, "bold yellow")
    printing.notes(console, before.told if before is not None else ())
    refused = sum(reading.refused for reading in done.returned.readings)
    if refused:
        printing.notes(console, [f"{some(refused, 'file')} could not be read; 'kil-xlsx read' says why."])
    return PROBLEMS if refused else FINE
