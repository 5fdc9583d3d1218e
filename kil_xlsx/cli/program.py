"""The frame of the command line: how it starts, how it ends, and how errors are told."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from keyword import iskeyword
from pathlib import Path
from typing import Any

import click

from kil_xlsx.cli import overview
from kil_xlsx.core import days
from kil_xlsx.errors import Fault, KilXlsxError, OrganisationsListError

FINE, PROBLEMS, USAGE, CANNOT_GO_ON, STOPPED = 0, 1, 2, 3, 130
"""The exit codes."""

DEBUG = "KIL_XLSX_DEBUG"
"""Set to 1, this variable shows where in the program an unexpected error arose."""


class Commands(click.Group):
    """A group of commands in the order in which they are used, which says what there is to whoever mistypes one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are used."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a misspelt command is answered with those there are."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from difflib import get_close_matches

            names = self.list_commands(ctx)
            close = get_close_matches(args[0], names, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else f" There are: {', '.join(names)}."
            raise click.UsageError(f"There is no command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


class _Loaded(Mapping[str, click.Command]):
    """The commands by name; the module of one is imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        module, said = overview.COMMANDS[name]
        command = getattr(importlib.import_module(f"kil_xlsx.cli.{module}"), f"{name}_" if iskeyword(name) else name)
        assert isinstance(command, click.Command)
        command.short_help = said
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(overview.COMMANDS)

    def __len__(self) -> int:
        return len(overview.COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in overview.COMMANDS


class Program(Commands):
    """The program's commands.  Whatever happens is turned into an exit code and plain words, never a traceback."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.commands = _Loaded()  # type: ignore[assignment]  # none is ever added

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The page that is shown without click too."""
        formatter.write(overview.page(ctx.command_path, formatter.width))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run the command line and exit."""
        extra["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a terminal that lacks a character shows "?" for it
                stream.reconfigure(errors="replace")
        sys.exit(self._run(args, *rest, **extra))

    def _run(self, args: Sequence[str] | None, *rest: Any, **extra: Any) -> int:
        try:
            code = super().main(args, *rest, **extra)
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            return USAGE
        except KilXlsxError as error:
            tell(error)
            return error.exit_code
        except BrokenPipeError:  # the program that was reading, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return FINE
        except (click.Abort, KeyboardInterrupt):
            click.echo("Stopped.", err=True)
            return STOPPED
        except Exception as error:
            if os.environ.get(DEBUG) == "1":
                raise
            _told("Error", f"Something went wrong that the program did not expect: {type(error).__name__}.")
            _told("What to do", f"Please report it. Set {DEBUG}=1 and run the command again to see where it arose.")
            return CANNOT_GO_ON
        return code if isinstance(code, int) else FINE


def tell(error: KilXlsxError) -> None:
    """Say what is wrong, everything that is, and what to do."""
    _told("Error", error.message)
    for fault in getattr(error, "faults", ()):
        click.echo(f"  • {_fault(fault, rows=isinstance(error, OrganisationsListError))}", err=True)
    if error.remedy:
        _told("What to do", error.remedy)


def _fault(fault: Fault, *, rows: bool) -> str:
    """A fault in a line; a list has rows where a definition has lines, and its name has been said already."""
    if not rows:
        return str(fault)
    place = ", ".join(part for part in (f"row {fault.line}" if fault.line else "", fault.key) if part)
    words = f"{fault.message} {fault.remedy}".strip()
    return f"{place}: {words}" if place else words


def _told(what: str, words: str) -> None:
    colour = "red" if what == "Error" else "cyan"
    click.echo(f"{click.style(what + ':', fg=colour, bold=True)} {words}", err=True, color=_colour())


def _colour() -> bool | None:
    """No colour where NO_COLOR asks for none; else as the terminal allows."""
    return False if os.environ.get("NO_COLOR") else None


class Day(click.ParamType):  # type: ignore[type-arg]  # older versions of click have no argument here
    """A day, such as 2026-05-31, 31/05/2026 or "31 May 2026"."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        day = days.day(str(value))
        if day is not None:
            return day
        self.fail(f"'{value}' is not a day. Write it as {days.EXAMPLES}.", param, ctx)


class Moment(click.ParamType):  # type: ignore[type-arg]  # older versions of click have no argument here
    """A day with or without a time, such as 2026-05-31 or 2026-05-31T09:30."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value).strip()).replace(tzinfo=None, microsecond=0)
        except ValueError:
            self.fail(f"'{value}' is not a time. Write it as 2026-05-31 or 2026-05-31T09:30.", param, ctx)
        if not 1990 <= moment.year <= 2099:
            self.fail(f"The year {moment.year} is outside 1990 to 2099.", param, ctx)
        return moment


class Invited(click.ParamType):  # type: ignore[type-arg]  # older versions of click have no argument here
    """A number of organisations, or one for a respondent type: 40, or council=40."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        kind, _, number = str(value).rpartition("=")
        if not number.strip().isdecimal() or int(number) > 1_000_000:
            self.fail(f"'{value}' is not a number. Write 40, or council=40.", param, ctx)
        return kind.strip(), int(number)


class NamedFile(click.ParamType):  # type: ignore[type-arg]  # older versions of click have no argument here
    """A name and a file: "Coastal towns=coastal.csv"."""

    name = "name=file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        if isinstance(value, tuple):
            return value
        name, _, path = str(value).partition("=")
        label = " ".join(name.split())
        if not label or not path.strip() or len(label) > 80 or not label.isprintable():
            self.fail(f"'{value}' is not a name and a file. Write \"Coastal towns=coastal.csv\".", param, ctx)
        return label, Path(path.strip())
