"""Options and endings that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kil_xlsx import pipeline
from kil_xlsx.cli.program import FINE, Moment
from kil_xlsx.errors import UsageProblem

if TYPE_CHECKING:
    from kil_xlsx.core.settings import Imap, Smtp

FILE = click.Path(path_type=Path)


def examples(*lines: str) -> str:
    """The end of a help page: examples, word for word."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def framework_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which framework."""
    return click.option(
        "--framework",
        default=pipeline.DEFAULT_FRAMEWORK,
        show_default=True,
        metavar="NAME|FOLDER",
        help="Which questionnaire: one that comes with the program, or the folder of your own.",
    )(command)


def respondent_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which respondent type."""
    return click.option("--respondent", metavar="TYPE", help="Only this respondent type, such as council.")(command)


def force_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Whether files may be replaced."""
    return click.option("--force", is_flag=True, help="Replace files that are there already.")(command)


def theme_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The theme file."""
    return click.option(
        "--theme", type=FILE, metavar="FILE",
        help="Your own colours, font, logo and footer: write one to start from with kil-xlsx theme.",
    )(command)  # fmt: skip


def password_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The password of locked files; it never stands in the command's history when it is asked for."""
    return click.option(
        "--password", metavar="TEXT", callback=_asked_for,
        help="Open locked files with this password, in memory only; - asks for it.",
    )(command)  # fmt: skip


def _asked_for(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return click.prompt("Password", hide_input=True, err=True) if value == "-" else value


def server_password(server: Smtp | Imap, section: str) -> str:
    """The password of a mail server: from the environment variable that the settings name, or typed in.

    :param section: where the settings have the server: "smtp" or "imap".
    :raises UsageProblem: the variable is not set, or none is named, and nobody can be asked.
    """
    if server.password_env and server.password_env in os.environ:
        return os.environ[server.password_env]
    if not sys.stdin.isatty():
        named = (
            f"the environment variable {server.password_env} is not set"
            if server.password_env
            else "nobody can be asked"
        )
        raise UsageProblem(
            f"The password for {server.host} is not known: {named}.",
            f"Set {server.password_env or f'one, and name it as password_env below [{section}]'}, or run the command "
            "in a terminal, where it asks.",
        )
    return str(click.prompt(f"Password of {server.user} at {server.host}", hide_input=True, err=True))


def executor_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where the work is done."""
    return click.option(
        "--executor", metavar="ADDRESS", callback=_executor,
        help="Let a Dask cluster do the work: the address of its scheduler, such as dask://10.0.0.5:8786, or "
        "dask+tls://… for one with TLS. Needs pip install 'kil-xlsx[dask]'.",
    )(command)  # fmt: skip


def _executor(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The address as it is; UsageProblem at once if it can be none."""
    if value is not None:
        from kil_xlsx.pipeline.executing import scheduler

        scheduler(value)
    return value


def created_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The time that files carry."""
    return click.option(
        "--created", type=Moment(), metavar="TIME",
        help="The time that files carry, instead of now; the same input then gives the same files.",
    )(command)  # fmt: skip


def print_or_write(data: bytes, out: Path | None, *, force: bool) -> int:
    """Print some text, or write it to a file and say where."""
    if out is None:
        click.echo(data, nl=False)
    else:
        pipeline.write_file(out, data, force=force)
        click.echo(f"Written to {out.resolve()}", file=sys.stderr)
    return FINE
