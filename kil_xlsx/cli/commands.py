"""The program as a whole: its own options, and its commands."""

from __future__ import annotations

from pathlib import Path

import click

from kil_xlsx import __version__
from kil_xlsx.cli.options import FILE
from kil_xlsx.cli.overview import MOST_WIDTH
from kil_xlsx.cli.program import Program

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": MOST_WIDTH}


@click.group(cls=Program, context_settings=_SETTINGS, invoke_without_command=True)
@click.version_option(__version__, "-V", "--version", prog_name="kil-xlsx", message="%(prog)s %(version)s")
@click.option("-C", "--collection", type=FILE, metavar="FOLDER", help="As if started in that collection.")
@click.pass_context
def main(context: click.Context, collection: Path | None) -> None:
    """Send a self-assessment workbook to organisations, read it back, score it and compare."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return
    from kil_xlsx.cli.inside import enter

    enter(context, collection)
