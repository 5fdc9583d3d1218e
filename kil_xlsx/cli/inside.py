"""Commands inside a collection: finding it, and taking defaults from its settings."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from kil_xlsx.cli.telling import with_framework
from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.pipeline.collection.place import Collection, Place, find, found, opened, shown

if TYPE_CHECKING:
    from kil_xlsx.core.settings import Settings
    from kil_xlsx.pipeline import Progress, Sources
    from kil_xlsx.pipeline.collection.own import Own

_NEEDS_NO_COLLECTION = frozenset(("init",))


class Here:
    """Where a command was started: in a collection or not, and what is wrong with its settings, if anything."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place
        self.error: KilXlsxError | None = None

    def check(self) -> None:
        """Stop a command that needs the settings when these have faults."""
        if self.error is not None:
            raise self.error

    def with_framework(self, framework: str) -> str:
        """The option for the same questionnaire, for a command that is to be typed here."""
        return with_framework(framework) if self.place is None else ""

    @contextmanager
    def collection(self, context: click.Context, paths: Sequence[Path]) -> Iterator[Collection | None]:
        """The collection whose returns a command is about; nothing where files and folders are named.

        A usage error where neither is the case.
        """
        if paths:
            yield None
            return
        if self.place is None:
            raise click.UsageError(
                "Missing argument 'PATH...': name the files or folders that came back. Only inside a collection (see "
                "kil-xlsx init) can it be left out: then the returns are meant that count there now.",
                context,
            )
        if "framework" in context.params and given(context, "framework"):
            raise click.UsageError("--framework goes with files or folders: the collection has its own.", context)
        with opened(self.place) as collection:
            yield collection


def sources(collection: Collection | None, paths: Sequence[Path], password: str | None, progress: Progress) -> Sources:
    """Which returns a command is about: those that count in the collection, or the files and folders that are named."""
    return list(paths) if collection is None else collection.returned(password=password, progress=progress)


def own(here: Here) -> Own | None:
    """In a collection: which files of earlier runs may be replaced, as nobody has changed them."""
    if here.place is None:
        return None
    from kil_xlsx.pipeline.collection.own import Own

    return Own(here.place)


def needed(context: click.Context, option: str, value: Path | None) -> Path:
    """What was given with an option, or stands for it in a collection.  A usage error where there is neither."""
    if value is None:
        raise click.MissingParameter(param_hint=f"'{option}'", param_type="option", ctx=context)
    return value


def given(context: click.Context, name: str) -> bool:
    """Whether an option was typed."""
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def enter(context: click.Context, folder: Path | None) -> None:
    """Find the collection that the program is used in, and let the commands take their defaults from its settings.

    Faults in the settings are kept until a command needs them, so that all others go on working.

    :param folder: go there first; UsageProblem if it is in no collection.
    """
    if folder is not None:
        before = Path.cwd()
        try:
            os.chdir(folder)
        except OSError as error:
            why = error.strerror or "unknown reason"
            raise UsageProblem(f"The folder {folder} cannot be opened: {why}.", "Check its name.") from None
        context.call_on_close(lambda: os.chdir(before))
        if context.invoked_subcommand not in _NEEDS_NO_COLLECTION:
            found()
    place = find()
    here = Here(place)
    context.obj = here
    if place is None:
        return
    try:
        context.default_map = _defaults(place, place.settings())
    except KilXlsxError as error:
        here.error = error


def _defaults(place: Place, settings: Settings) -> dict[str, dict[str, Any]]:
    """What the commands take where an option is not given, by command and name."""
    said = settings.collection
    framework = {"framework": _framework(place, settings)}
    whom = {"contact": said.contact} if said.contact else {}
    look = {"theme": shown(place.path(said.theme))} if said.theme else {}
    due = {"due": said.due} if said.due else {}
    listed = {"organisations": shown(place.path(said.organisations))}

    def of_round(folder: Path) -> dict[str, Path]:
        return {"out": shown(place.of_round(folder, said.round_id))}

    return {
        "generate": {
            **framework, **whom, **look, **due, **listed, "round_id": said.round_id, **of_round(place.workbooks),
        },
        "read": framework,
        "mark": {**framework, **whom, **look, **due, **of_round(place.to_fix)},
        "benchmark": {**framework, **whom, **look, **listed},
        "feedback": {**framework, **whom, **look, **listed, **of_round(place.feedback)},
        "export": {**framework, **of_round(place.data)},
        "codebook": framework,
    }  # fmt: skip


def _framework(place: Place, settings: Settings) -> str:
    name = place.framework(settings)
    return name if name == settings.collection.framework else str(shown(Path(name)))


def here_of(context: click.Context) -> Here:
    """Where a command was started."""
    return context.find_object(Here) or Here()


def inside(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the context and where it was started, once the settings are known to be sound."""

    @functools.wraps(command)
    def run(*args: Any, **more: Any) -> Any:
        context = click.get_current_context()
        here = here_of(context)
        here.check()
        return command(context, here, *args, **more)

    return run


def in_collection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the collection's place.  Errors outside of one, and where something is wrong with its settings."""

    @functools.wraps(command)
    def run(*args: Any, **more: Any) -> Any:
        here = here_of(click.get_current_context())
        here.check()
        return command(here.place or found(), *args, **more)

    return run
