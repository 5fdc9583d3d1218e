"""How tables, notes and progress are drawn.  Rich is loaded only when something is drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal

from kil_xlsx.pipeline import Progress, quiet

if TYPE_CHECKING:
    from rich.console import Console

    from kil_xlsx.results.collection_json import Document
    from kil_xlsx.results.show import Shown, Table

WIDTH = 120
"""Columns of the page where the output is not a terminal."""

_DRAWS = ("rich.console", "rich.box", "rich.padding", "rich.table", "kil_xlsx.results.show")
_MOMENT, _REFRESH = 0.4, 0.1
"""Seconds: how long work is waited for without a bar, and how often the bar is brought up to date."""

_TONES = {"": "", "good": "green", "bad": "bold red", "warn": "yellow", "quiet": "dim", "strong": "bold"}


def page() -> Console:
    """Where results for people go: standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False, width=WIDTH)
    return console


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
def progress(what: Literal["Writing", "Reading", "Sending"], *, then_page: bool = False) -> Iterator[Progress]:
    """A progress bar on the standard error output, if that is a terminal and the work takes longer than a moment.

    It is not shown before the work has said for the first time how far it is.

    :param then_page: a page is drawn afterwards: what draws it is loaded while the work is under way.
    """
    on_terminal = sys.stderr.isatty()
    if not on_terminal and not then_page:
        yield quiet
        return
    showing = _Showing(what, on_terminal, then_page)
    try:
        yield showing.moved
    finally:
        showing.close()


class _Showing:
    """Shows how far work has come, in a thread of its own, so that the work waits neither for the bar nor for rich."""

    def __init__(self, what: str, on_terminal: bool, then_page: bool) -> None:
        self._what = what
        self._on_terminal = on_terminal
        self._then_page = then_page
        self._now = (0, 0, "")
        self._end = Event()
        self._thread: Thread | None = None

    def moved(self, done: int, total: int, name: str) -> None:
        """So much is done.  The first time, whatever had to be ready for the work is ready."""
        self._now = done, total, name
        if self._thread is None:
            self._thread = Thread(target=self._show, daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _show(self) -> None:
        if self._then_page:
            for name in _DRAWS:
                import_module(name)
        if self._on_terminal and not self._end.wait(_MOMENT):
            with suppress(OSError, ValueError):  # the terminal is gone, which is no reason to stop the work
                self._bar()

    def _bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        from kil_xlsx.results.show import plain

        name_now = TextColumn("{task.fields[name]}", markup=False)
        columns = (TextColumn(self._what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), name_now)
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(self._what, total=None, name="")
            while True:
                done, total, name = self._now
                bar.update(task, completed=done, total=total, name=plain(name, 50))
                if self._end.wait(_REFRESH):
                    return
