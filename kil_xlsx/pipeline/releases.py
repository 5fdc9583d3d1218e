"""Versions of a framework: comparing two of them, and freezing one when it is published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.framework_diff import FrameworkDiff, framework_diff
from kil_xlsx.errors import OutputError, UsageProblem
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK


@dataclass(frozen=True)
class Frozen:
    """What :func:`freeze` did; ``was_there`` when the version was frozen already, with the same content."""

    framework: Framework
    path: Path
    was_there: bool


def freeze(framework: str = DEFAULT_FRAMEWORK, *, out: Path | None = None) -> Frozen:
    """Write the file of a version that is published, so that its returns stay readable for ever.

    :param out: the file; without it, ``versions/VERSION.json`` in the definition's own folder.
    :raises OutputError: there is a file with another content; it is never replaced.
    """
    from kil_xlsx.definitions.archive import frozen, read_version, same_content, version_path
    from kil_xlsx.definitions.load import available, definition_folder, load_framework, split_name
    from kil_xlsx.pipeline.outputs import write_file

    name = split_name(framework)[0]
    whole = load_framework(name)
    if out is None:
        folder = definition_folder(name)
        if folder is None or name in available():
            raise UsageProblem(
                "It is not clear where the file goes.",
                "Say --out FILE: for a framework of your own, the folder versions beside its files is looked in.",
            )
        out = version_path(folder, whole.version)
        out.parent.mkdir(exist_ok=True)
    if out.exists():
        if same_content(read_version(out, whole.version).framework, whole):
            return Frozen(whole, out, was_there=True)
        raise OutputError(
            f"Version {whole.version} has been frozen in {out} with another content.",
            "A published version is never changed: raise the version in the definition.",
        )
    write_file(out, frozen(whole), force=False)
    return Frozen(whole, out, was_there=False)


def compare_versions(old: str, new: str = DEFAULT_FRAMEWORK) -> FrameworkDiff:
    """What changed between two versions of one framework.

    :param old: the name or folder of a framework, or a version such as 1.0.0 that was published of the other one.
    :param new: likewise.
    :raises UsageProblem: there is no such version, or the two are different frameworks.
    """
    before, after = _either(old, new), _either(new, old)
    try:
        return framework_diff(before, after)
    except ValueError:
        raise UsageProblem(
            f"'{before.id}' and '{after.id}' are different frameworks.", "Compare two versions of one framework."
        ) from None


def _either(wanted: str, other: str) -> Framework:
    """A framework by its name, folder or file, or a published version by its number."""
    from kil_xlsx.definitions.archive import is_version, load_version, read_version, versions
    from kil_xlsx.definitions.load import definition_folder, load_framework, split_name
    from kil_xlsx.definitions.wording import did_you_mean, listed

    if is_version(wanted) and not Path(wanted).exists():
        owner = DEFAULT_FRAMEWORK if is_version(other) else split_name(other)[0]
        folder = definition_folder(owner)
        there = versions(folder) if folder is not None else ()
        if folder is not None and wanted in there:
            return load_version(folder, wanted).framework
        whole = load_framework(owner)
        if whole.version == wanted:
            return whole
        raise UsageProblem(
            f"Version {wanted} of '{owner}' has not been published{did_you_mean(wanted, there) or '.'}",
            f"There are: {listed([*there, whole.version])}.",
        )
    path = Path(wanted)
    if path.suffix.casefold() == ".json" and path.is_file():
        return read_version(path, path.stem).framework
    return load_framework(split_name(wanted)[0])
