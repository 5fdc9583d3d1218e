"""Finding and loading framework definitions.

A definition is a folder of YAML files, or a single one.  Frameworks that come with the program are found by name.
Parsing and checking one takes longer than most of what is done with it, so what came of it is kept for the next time.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Definition, Instrument, Published, instrument
from kil_xlsx.definitions import kept
from kil_xlsx.definitions.wording import did_you_mean, listed, shortened
from kil_xlsx.errors import UsageProblem


def templates_folder() -> Path:
    """Where the frameworks that come with the program are: in the installed package, or beside it in its source."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def available() -> tuple[str, ...]:
    """The names of the frameworks that come with the program, in alphabetical order."""
    folder = templates_folder()
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if _yaml_files(entry)))


def split_name(name: str) -> tuple[str, str | None]:
    """Split ``keep-it-local/council`` into framework and respondent type; none where only a framework is named.

    The framework may be a path: ``my/folder`` is the folder when it holds a definition, and otherwise the respondent
    type ``folder`` of the definition in ``my``.  Whether either exists is not checked here.
    """
    whole = name.rstrip("/\\") or name
    cut = max(whole.rfind("/"), whole.rfind("\\"))
    head, tail = whole[:cut], whole[cut + 1 :]
    if cut <= 0:
        return whole, None
    if head in available():
        return head, tail
    if _is_definition(whole) or (_exists(head) and not _is_definition(head)):
        return whole, None
    return head, tail


def load_framework(name_or_path: str | Path) -> Framework:
    """Load a framework, as :func:`load_definition` does."""
    return load_definition(name_or_path).framework


def load_definition(name_or_path: str | Path) -> Definition:
    """Load a framework with its published versions, and check all of it.

    :param name_or_path: the name of one that comes with the program (it wins over a folder of the same name), the
        path of a folder whose ``*.yaml`` files make up a definition, or the path of a single YAML file.
    :raises UsageProblem: when there is no such framework.
    :raises DefinitionError: when anything is wrong with the definition; it lists everything that was found.
    """
    path = _place(name_or_path)
    if path is not None:
        return _loaded(path)
    name = shortened(str(name_or_path))
    raise UsageProblem(
        f"There is no framework '{name}'{did_you_mean(name, available()) or '.'}",
        f"Frameworks that come with the program: {listed(available())}. "
        "A framework of your own is named by the path of its folder.",
    )


def kept_definition(name_or_path: str | Path) -> bytes | None:
    """What :func:`load_definition` gives, as MessagePack, if that is kept: then it is there at once."""
    path = _place(name_or_path)
    return kept.find(path, _files(path))[0] if path is not None else None


def load_instrument(name: str) -> Instrument:
    """Load what one type of respondent is sent.

    :param name: framework and respondent type, such as ``keep-it-local/council``; the framework may be a path, and
        the respondent type an id, code, label or alias.  It may be left out where the framework has only one.
    :raises UsageProblem: when there is no such framework or respondent type, or the respondent type is missing.
    :raises DefinitionError: when the framework's definition is wrong.
    """
    framework_name, respondent = split_name(name)
    framework = load_framework(framework_name)
    if respondent is None:
        if len(framework.respondents) == 1:
            return Instrument(framework, framework.respondents[0])
        raise UsageProblem(
            f"'{framework_name}' has workbooks for {len(framework.respondents)} types of respondent; say which.",
            f"Write one of: {', '.join(f'{framework_name}/{each.id}' for each in framework.respondents)}.",
        )
    try:
        return instrument(framework, respondent)
    except KeyError:
        names = [name for each in framework.respondents for name in (each.id, each.code, each.label, *each.aliases)]
        raise UsageProblem(
            f"'{framework_name}' has no respondent type '{shortened(respondent)}'"
            f"{did_you_mean(respondent, names) or '.'}",
            f"Write one of: {', '.join(f'{framework_name}/{each.id}' for each in framework.respondents)}.",
        ) from None


def _yaml_files(folder: Path) -> list[Path]:
    """The files that make up a definition, by name; files whose name starts with a point are the system's own."""
    if not folder.is_dir():
        return []
    files = (path for path in folder.glob("*.yaml") if path.is_file() and not path.name.startswith("."))
    return sorted(files, key=lambda path: path.name)


def _exists(path: str | Path) -> bool:
    try:
        return bool(str(path)) and Path(path).exists()
    except (OSError, ValueError):  # too long for a path, or with a null character
        return False


def _is_definition(name: str) -> bool:
    path = Path(name)
    try:
        return _exists(path) and (path.is_file() or bool(_yaml_files(path)))
    except OSError:
        return False


def published(name_or_path: str | Path) -> tuple[Published, ...]:
    """The published versions of a definition, oldest first; today's is not read for it."""
    known = kept_definition(name_or_path)
    if known is not None:
        return kept.decoded(known).published
    from kil_xlsx.definitions.archive import load_version, versions

    folder = definition_folder(name_or_path)
    return tuple(load_version(folder, version) for version in versions(folder)) if folder is not None else ()


def _place(name_or_path: str | Path) -> Path | None:
    """Where a definition is, if there is one of this name."""
    if isinstance(name_or_path, str) and name_or_path in available():
        return templates_folder() / name_or_path
    return Path(name_or_path) if _exists(name_or_path) else None


def _files(path: Path) -> list[Path]:
    try:
        return _yaml_files(path) if path.is_dir() else [path]
    except OSError as error:
        raise UsageProblem(f"The folder {path} cannot be opened: {error.strerror}.") from None


def _loaded(path: Path) -> Definition:
    paths = _files(path)
    if not paths:
        raise UsageProblem(
            f"The folder {path} has no framework in it.", "A framework is one or more files ending in .yaml."
        )
    found, state = kept.find(path, paths)
    if found is not None:
        with suppress(ValueError, RecursionError):  # msgspec's own errors are ValueErrors
            return kept.decoded(found)
    from kil_xlsx.definitions.checked import checked

    definition = checked(path, paths)
    kept.keep(path, paths, state, definition)
    return definition


def definition_folder(name_or_path: str | Path) -> Path | None:
    """The folder of a framework, where its published versions are; none for one that is a single file."""
    if isinstance(name_or_path, str) and name_or_path in available():
        return templates_folder() / name_or_path
    path = Path(name_or_path)
    return path if path.is_dir() else None
