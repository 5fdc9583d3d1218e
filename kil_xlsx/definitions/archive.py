"""Published versions of frameworks: each in one file, frozen for ever, so that returns made from it stay readable.

They stand in the folder ``versions`` of a definition, one file such as ``1.0.0.json`` for each version.  A file holds
the whole definition as it was checked when it was published, the fingerprints that its workbooks carry, and a hash of
the definition that shows whether anybody has changed it since.  Files are read only when a return, a map or a
comparison asks for that version; the checks on definitions, which grow stricter, are not made on them again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from kil_xlsx.core.carry_forward import Version
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, Published
from kil_xlsx.core.modelling import Model
from kil_xlsx.errors import DefinitionError, Fault

FOLDER = "versions"
"""The folder of published versions, within that of the definition."""

SCHEMA = "kil-xlsx/framework-version/1"

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?")
_MOST_BYTES = 50_000_000


class VersionFile(Model, frozen=True, kw_only=True):
    """What stands in the file of a published version.  ``sha256`` is that of the definition as canonical JSON."""

    schema: str
    id: str
    version: Version
    fingerprints: dict[str, str]
    sha256: str
    framework: Framework


def version_order(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """A key to sort versions by: numbers count as numbers, and a version with a suffix comes before that without."""
    numbers, _, suffix = version.partition("-")
    parts = ((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in suffix.split(".") if part)
    return tuple(int(number) for number in numbers.split(".")), not suffix, tuple(parts)


def is_version(text: str) -> bool:
    """Whether a text is a version, such as 1.2.0."""
    return _VERSION.fullmatch(text) is not None


def versions(folder: Path) -> tuple[str, ...]:
    """The published versions of the definition in a folder, oldest first."""
    try:
        names = [path.stem for path in (folder / FOLDER).glob("*.json") if path.is_file()]
    except OSError:
        return ()
    return tuple(sorted((name for name in names if _VERSION.fullmatch(name)), key=version_order))


def version_path(folder: Path, version: str) -> Path:
    """Where a published version of the definition in a folder stands."""
    return folder / FOLDER / f"{version}.json"


def load_version(folder: Path, version: str) -> Published:
    """A published version of the definition in a folder.

    :raises KeyError: when there is no such version.
    :raises DefinitionError: when its file is damaged or has been changed.
    """
    if version not in versions(folder):
        raise KeyError(version)
    path = version_path(folder, version)
    status = path.stat()
    return _known(path, version, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=32)
def _known(path: Path, version: str, _unchanged: tuple[int, int, int]) -> Published:
    """As read_version, once for a file as long as it is not touched."""
    return read_version(path, version)


def read_version(path: Path, version: str) -> Published:
    """The published version in a file.  DefinitionError when it is damaged, changed, or another version's."""
    import json

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        known = msgspec.json.decode(data, type=VersionFile)
        content = json.loads(data)["framework"]
    except OSError as error:
        raise _unusable(path, f"It cannot be read: {error.strerror}.") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _unusable(path, f"It is not the file of a published version: {error}.") from None
    framework = known.framework
    if known.schema != SCHEMA:
        raise _unusable(path, f"Its schema is '{known.schema}' instead of '{SCHEMA}'.")
    if known.version != version or framework.version != version or framework.id != known.id:
        raise _unusable(path, f"It holds {framework.id} {framework.version}, and its name says {version}.")
    if canonical_hash(content) != known.sha256:
        raise _unusable(path, "It is not as it was published: the hash of its content differs.")
    if set(known.fingerprints) != {each.id for each in framework.respondents}:
        raise _unusable(path, "It has not one fingerprint for each respondent type.")
    return Published(framework, known.fingerprints)


def frozen(framework: Framework, fingerprints: Mapping[str, str] | None = None) -> bytes:
    """The file of a version that is to be published.  The same framework gives the same bytes.

    The map for earlier versions is left out: it is no part of what is sent to anybody.

    :param fingerprints: by respondent type, where they are known from elsewhere.
    """
    import json

    plain = msgspec.structs.replace(framework, carry_forward=())
    known = fingerprints or {each.id: Instrument(plain, each).fingerprint for each in plain.respondents}
    content = msgspec.to_builtins(plain, order="deterministic")
    file = {
        "schema": SCHEMA,
        "id": plain.id,
        "version": plain.version,
        "fingerprints": dict(sorted(known.items())),
        "sha256": canonical_hash(json.loads(msgspec.json.encode(content))),
        "framework": content,
    }
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def canonical_hash(content: object) -> str:
    """The SHA-256 of JSON data, whatever the order of its keys, its blanks and its line ends."""
    import json

    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def same_content(one: Framework, other: Framework) -> bool:
    """Whether two definitions are the same but for their maps for earlier versions."""
    return msgspec.structs.replace(one, carry_forward=()) == msgspec.structs.replace(other, carry_forward=())


def _unusable(path: Path, message: str) -> DefinitionError:
    name = f"{FOLDER}/{path.name}"
    return DefinitionError(
        f"The published version {path} cannot be used.",
        (Fault(name, None, "", message, "Bring back the file as it was published."),),
        "Files of published versions are never edited; see 'kil-xlsx framework freeze'.",
    )
