"""Making a collection: its folder, settings, list of organisations and database."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx import __version__
from kil_xlsx.definitions.wording import counted
from kil_xlsx.errors import DefinitionError, Fault, KilXlsxError, OutputError, UsageProblem
from kil_xlsx.pipeline.collection.place import DATABASE, SETTINGS_FILE, Place, find, moment, opened
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK, load
from kil_xlsx.pipeline.outputs import write_file

if TYPE_CHECKING:
    from kil_xlsx.core.framework import Framework

LIST = "organisations"
"""What the list of organisations is called, with the suffix that it has."""

_LIST_SUFFIXES = (".csv", ".xlsx")
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_KEEPS = frozenset((".csv", ".xlsx", ".xls", ".ods", ".yaml", ".yml", ".png", ".jpg", ".jpeg", ".txt", ".md", ".pdf"))
_SECRET_BYTES = 32

_OPTIONS = {
    "collection.title": "--title",
    "collection.framework": "--framework",
    "collection.round": "--round",
    "collection.due": "--due",
    "collection.contact": "--contact",
    "collection.organisations": "--organisations",
    "collection.theme": "--theme",
    "sender.name": "--sender-name",
    "sender.address": "--sender-address",
}


@dataclass(frozen=True)
class Begun:
    """What :func:`init` did.

    ``list_file`` is the list of organisations, ``listed`` how many stand in it; ``completed`` is set where a run that
    was stopped had begun the collection already.
    """

    place: Place
    framework: Framework
    list_file: Path
    listed: int
    completed: bool
    notes: tuple[str, ...] = ()


def init(
    folder: Path,
    *,
    title: str = "",
    framework: str = DEFAULT_FRAMEWORK,
    round_id: str = "",
    due: date | None = None,
    contact: str = "",
    sender_name: str = "",
    sender_address: str = "",
    organisations: Path | None = None,
    theme: Path | None = None,
) -> Begun:
    """Make a collection in a folder that is new, or has nothing in it but what a collection may begin with.

    Everything that is given is checked first, and all that is wrong with it is told at once.  The settings are written
    last: until they are there, the folder is no collection, and the same command completes it.

    :param organisations: the list, which is copied; without it, one with nothing but headings is begun, unless the
        folder has one called ``organisations.csv`` or ``organisations.xlsx``.
    :raises UsageProblem: the folder is a collection, is in one, or has other things in it.
    :raises DefinitionError: anything that was given is wrong.
    """
    place = Place(folder.absolute())
    faults = _Faults()
    with faults.of("FOLDER"):
        _check_folder(place)
    loaded = None
    with faults.of("--framework"):
        loaded = load(framework)
    path_of_theme = ""
    with faults.of("--theme"):
        path_of_theme = _theme(place, theme)
    suffix = ""
    with faults.of("--organisations"):
        suffix = _suffix(place, organisations)
    target = place.folder / f"{LIST}{suffix or _LIST_SUFFIXES[0]}"
    text = ""
    with faults.of("collection.toml"):
        text = _settings_text(
            place,
            {
                ("collection", "title"): title,
                ("collection", "framework"): (
                    "" if framework == DEFAULT_FRAMEWORK or loaded is None else _framework(place, framework)
                ),
                ("collection", "round"): round_id,
                ("collection", "due"): due,
                ("collection", "contact"): contact,
                ("collection", "organisations"): target.name,
                ("collection", "theme"): path_of_theme,
                ("sender", "name"): sender_name,
                ("sender", "address"): sender_address,
            },
        )
    content: bytes | None = None
    listed, notes = 0, list[str]()
    with faults.of("--organisations"):
        if loaded is None:  # what stands in it cannot be judged then
            _check_readable(organisations)
        elif suffix:
            only = loaded[1][0].respondent.id if len(loaded[1]) == 1 else None
            content, listed, notes = _list(target, organisations, loaded[0], only)
    faults.check()
    assert loaded is not None
    whole = loaded[0]
    completed = place.database.exists()
    try:
        place.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        with suppress(OSError):  # a system without such rights
            place.folder.chmod(_FOLDER_MODE)
        place.originals.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        if content is not None:
            _write(target, content)
        else:
            _protect(target)
        if _has_database(place):
            notes.append(f"{DATABASE} was there already and has been kept, with all that is in it.")
        _sweep(place)
        _write(place.settings_file, text.encode())
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise OutputError(f"{place.folder} cannot be written to: {why}.", "Name another folder.") from None
    if listed:
        with opened(place) as collection:
            collection.organisations()
    return Begun(place, whole, target, listed, completed, tuple(notes))


class _Faults:
    """Everything that is wrong with what was given, to be told at once."""

    def __init__(self) -> None:
        self._found: list[tuple[str, KilXlsxError]] = []

    @contextmanager
    def of(self, option: str) -> Iterator[None]:
        """Go on with the rest where something is wrong with one of the things given."""
        try:
            yield
        except KilXlsxError as error:
            self._found.append((option, error))

    def check(self) -> None:
        """The one error there is, or all of them in one."""
        if not self._found:
            return
        if len(self._found) == 1:
            raise self._found[0][1]
        faults: list[Fault] = []
        for option, error in self._found:
            own: Sequence[Fault] = getattr(error, "faults", ())
            faults += own or (Fault(option, None, "", error.message, error.remedy),)
        message = f"The collection cannot be made: {counted(len(faults), 'fault')}. Nothing was made."
        raise DefinitionError(message, tuple(faults), "Put these right, then run the command again.")


# What is there


def _check_folder(place: Place) -> None:
    folder = place.folder
    if place.settings_file.exists():
        raise UsageProblem(
            f"{folder} is a collection already.", f"Change its settings in {SETTINGS_FILE}, or name another folder."
        )
    around = find(folder)
    if around is not None:
        raise UsageProblem(
            f"{folder} is inside the collection {around.folder}.", "Make the new one beside it, not in it."
        )
    if folder.exists() and not folder.is_dir():
        raise UsageProblem(f"{folder} is a file.", "Name a folder.")
    if not folder.is_dir():
        return
    try:
        others = sorted(each.name for each in folder.iterdir() if not _may_stay(each, place))
    except OSError as error:
        raise OutputError(f"{folder} cannot be opened: {error.strerror}.", "Name another folder.") from None
    if others:
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise UsageProblem(
            f"{folder} has other things in it: {shown}.",
            "Give the collection a folder of its own: name one that is not there yet.",
        )


def _may_stay(path: Path, place: Place) -> bool:
    """Whether something may lie in the folder of a new collection: lists, a theme, a questionnaire, notes."""
    if path.name.startswith(".") or path in (place.database, place.originals):
        return True
    if path.is_dir():
        return any(path.glob("*.yaml"))
    return path.suffix.casefold() in _KEEPS or path.name == f"{DATABASE}-journal"


def _has_database(place: Place) -> bool:
    """Make the database, with a secret of its own; whether there was one that is finished."""
    from kil_xlsx.store.database import Store

    at = moment()
    if place.database.exists():
        with suppress(KilXlsxError), Store.open(place.database, at=at, program=__version__):
            return True
    else:
        # So that it never has other rights than these; SQLite takes an empty file for a new database.
        os.close(os.open(place.database, os.O_CREAT | os.O_WRONLY, _FILE_MODE))
    secret = secrets.token_bytes(_SECRET_BYTES)
    Store.create(place.database, secret=secret, at=at, program=__version__).close()
    return False


def _sweep(place: Place) -> None:
    """Remove what a run that was killed left half written."""
    for name in (SETTINGS_FILE, *(f"{LIST}{suffix}" for suffix in _LIST_SUFFIXES)):
        for path in place.folder.glob(f".{name}.*.tmp"):
            with suppress(OSError):
                path.unlink()


def _write(path: Path, data: bytes) -> None:
    write_file(path, data)
    _protect(path)


def _protect(path: Path) -> None:
    """Let nobody else read a file; what a link leads to stays as it is."""
    if not path.is_symlink():
        with suppress(OSError):
            path.chmod(_FILE_MODE)


# The list


def _suffix(place: Place, given: Path | None) -> str:
    if given is not None:
        suffix = given.suffix.casefold()
        if suffix not in _LIST_SUFFIXES:
            raise UsageProblem(f"The list {given} is neither .csv nor .xlsx.", "Save it as one of these.")
        return suffix
    there = [suffix for suffix in _LIST_SUFFIXES if (place.folder / f"{LIST}{suffix}").exists()]
    return there[0] if there else _LIST_SUFFIXES[0]


def _check_readable(given: Path | None) -> None:
    """UsageProblem where the list cannot even be opened."""
    from kil_xlsx.pipeline.inbox import content

    data = content(given) if given is not None else b""
    if isinstance(data, str):
        raise UsageProblem(f"The list {given} cannot be read: {data}.", "Check its name, and that you may read it.")


def _list(target: Path, given: Path | None, whole: Framework, only: str | None) -> tuple[bytes | None, int, list[str]]:
    """The content of the list, nothing if it is in its place already; how many it has; and notes about it."""
    from kil_xlsx.pipeline import read_organisations
    from kil_xlsx.pipeline.inbox import content

    here = given is not None and target.exists() and target.samefile(given)
    if given is None and not target.exists():
        return _headings(whole), 0, []
    path = given if given is not None else target
    data = content(path)
    if given is None and data == _headings(whole):  # left by a run that was stopped
        return None, 0, []
    listed = read_organisations(path, whole, only, keep_others=True)
    if given is None or here or content(target) == data:
        return None, len(listed.organisations), list(listed.notes)
    if target.exists():
        raise UsageProblem(
            f"There is another list in the folder: {target.name}.",
            "Leave out --organisations to use that one, or move it away.",
        )
    assert isinstance(data, bytes)
    return data, len(listed.organisations), list(listed.notes)


def _headings(whole: Framework) -> bytes:
    """A list with nothing but headings, as spreadsheet programs open it."""
    roles = {field.role for field in whole.profile}
    names = ["name", *(["respondent"] if len(whole.respondents) > 1 else []), "email"]
    names += [name for name, role in (("org-id", "org_id"), ("gss code", "area_code")) if role in roles]
    rows = io.StringIO(newline="")
    csv.writer(rows).writerow([*names, "parent"])
    return b"\xef\xbb\xbf" + rows.getvalue().encode()


# The settings


def _framework(place: Place, name: str) -> str:
    """A framework as the settings name it: by its name, or by a path from the collection's folder."""
    from kil_xlsx.definitions.load import available, split_name

    if split_name(name)[0] in available():
        return name
    return _from_folder(place, Path(name))


def _theme(place: Place, theme: Path | None) -> str:
    if theme is None:
        return ""
    from kil_xlsx.definitions.branding import load_branding

    load_branding(theme)
    return _from_folder(place, theme)


def _from_folder(place: Place, path: Path) -> str:
    try:
        return Path(os.path.relpath(path.absolute(), place.folder)).as_posix()
    except ValueError:  # on another disk
        return path.absolute().as_posix()


def _settings_text(place: Place, given: Mapping[tuple[str, str], str | date | None]) -> str:
    """The settings to begin with.  DefinitionError for anything that cannot stand in them."""
    from kil_xlsx.definitions.settings import understood

    text = settings_with(given)
    try:
        understood(text, place.settings_file)
    except DefinitionError as error:
        faults = [Fault(_OPTIONS.get(each.key, each.key), None, "", each.message, each.remedy) for each in error.faults]
        raise DefinitionError("The collection cannot be made.", tuple(faults), "Nothing was made.") from None
    return text


def settings_template() -> str:
    """The settings to begin with: every line explained, and none in use that need not be."""
    from kil_xlsx.definitions.load import templates_folder

    return (templates_folder() / SETTINGS_FILE).read_text(encoding="utf-8") + "".join(_wordings())


def _wordings() -> Iterator[str]:
    """The usual wording of every kind of mail, as notes that can be put to use."""
    from kil_xlsx.mail.templates import DEFAULTS, PLACEHOLDERS

    yield _WORDING
    for name, meaning in PLACEHOLDERS.items():
        yield f"#   {{{name}}}{' ' * (14 - len(name))}{meaning}\n"
    for purpose, usual in DEFAULTS.items():
        lines = [
            f"[mail.{purpose}]",
            f"subject = {_toml(usual.subject)}",
            'text = """',
            *usual.text.splitlines(),
            '"""',
        ]
        yield "\n" + "".join(f"# {line}".rstrip() + "\n" for line in lines)


def settings_with(given: Mapping[tuple[str, str], str | date | None]) -> str:
    """The settings to begin with, with some values in use."""
    lines = settings_template().splitlines()
    section = ""
    for at, line in enumerate(lines):
        header = re.fullmatch(r"\[([a-z.-]+)\]", line)
        if header:
            section = header[1]
        key = re.match(r"# ([a-z_]+) = ", line)
        value = given.get((section, key[1])) if key else None
        if key and value:
            lines[at] = f"{key[1]} = {_toml(value)}"
    return "\n".join(lines) + "\n"


_WORDING = """

# The wording of mails.  What follows is what they say unless you say otherwise; take away the # of all lines of one
# kind to change it.  A name in braces stands for what is known of the organisation, and a part in [[ ]] is left out
# where something in it is blank.  Any column of your list may stand in braces too, as one word in small letters: for
# "Contact person" that is {contact_person}.  Fields of the questionnaire go by their ids in "kil-xlsx codebook".
#
"""


def _toml(value: str | date) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
