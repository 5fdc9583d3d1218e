"""How tables, notes and progress are drawn.  Rich is loaded only when something is drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from kil_xlsx.pipeline import Progress, quiet

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.results.collection_json import Document
    from kil_xlsx.results.show import Shown, Table

WIDTH = 120
"""Columns of the page where the output is not a terminal."""

_TONES = {"": "", "good": "green", "bad": "bold red", "warn": "yellow", "quiet": "dim", "strong": "bold"}


def page() -> Console:
    """Where results for people go: standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False, width=WIDTH)
    return console


@contextmanager
def made_ready() -> Iterator[None]:
    """Load what draws pages while something else is waited for."""
    from importlib import import_module
    from threading import Thread

    def load() -> None:
        for name in ("rich.console", "rich.box", "rich.padding", "rich.table", "kil_xlsx.results.show"):
            import_module(name)

    loading = Thread(target=load)
    loading.start()
    try:
        yield
    finally:
        loading.join()


def document(of: Document) -> None:
    """Print a document as JSON."""
    import click

    from kil_xlsx.results.collection_json import as_json

    click.echo(as_json(of).decode(), nl=False)


def draw(console: Console, table: Table) -> None:
    """Draw a table."""
    from rich import box
    from rich.padding import Padding
    from rich.table import Table as RichTable

    drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for heading in table.headings:
        right = heading in table.numbers
        drawn.add_column(
            heading,
            justify="right" if right else "left",
            no_wrap=heading in table.whole,
            overflow="fold",
        )
    for row in table.rows:
        drawn.add_row(*(_cell(cell) for cell in row))
    if table.title:
        say(console, table.title, "bold cyan")
    console.print(Padding(drawn, (0, 0, 1, 1), expand=False))


def _cell(cell: Shown | str):  # type: ignore[no-untyped-def]  # rich's Text, which is not loaded here
    from rich.text import Text

    return Text(cell) if isinstance(cell, str) else Text(cell.text, style=_TONES[cell.tone])


_LABELS = {"error": "bold red", "query": "bold yellow"}


def say(console: Console, words: str, style: str = "", *, label: str = "", indent: int = 0) -> None:
    """Say a sentence, with a label in front if there is one; nothing is said where there are no words."""
    from rich.padding import Padding
    from rich.text import Text

    if not words:
        return
    text = Text(words, style=style)
    if label:
        text = Text.assemble((f"{label[:1].upper()}{label[1:]}: ", _LABELS.get(label, "dim")), text)
    console.print(Padding(text, (0, 0, 0, indent), expand=False))


def shown(console: Console, words: Shown) -> None:
    """Say a sentence in its tone."""
    say(console, words.text, _TONES[words.tone])


def notes(console: Console, words: Iterable[str]) -> None:
    """Say what the coordinator may want to check."""
    from rich.text import Text

    for each in words:
        console.print(Text.assemble(("Note: ", "yellow"), each))


def next_steps(console: Console, *steps: str | tuple[str, str]) -> None:
    """Say what to do next; a step may end in a command, which stays in one piece so that it can be copied."""
    say(console, "What next", "bold cyan")
    for step in steps:
        words, command = (step, "") if isinstance(step, str) else step
        line = f" • {words} {command}".rstrip()
        if not command or len(line) <= console.width:
            say(console, line)
        else:
            say(console, f" • {words}")
            unbroken(console, f"     {command}")


def unbroken(console: Console, words: str, style: str = "") -> None:
    """Print a line as it is; if it is longer than the page, the terminal breaks it, and copying it joins it again."""
    from rich.text import Text

    console.print(Text(words, style=style), soft_wrap=True)


@contextmanager
def progress(what: Literal["Writing", "Reading", "Sending"]) -> Iterator[Progress]:
    """A progress bar on the standard error output, if that is a terminal; else nothing."""
    if not sys.stderr.isatty():
        yield quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    name_now = TextColumn("{task.fields[name]}", markup=False)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), name_now)
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, name="")

        def moved(done: int, total: int, name: str) -> None:
            from kil_xlsx.results.show import plain

            bar.update(task, completed=done, total=total, name=plain(name, 50))

        yield moved
