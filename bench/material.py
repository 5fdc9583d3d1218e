"""What the benchmarks work on: lists of organisations, returns that were really filled in, and longer questionnaires.

Everything is made once and kept in the system's folder for temporary files, under the program's version and the
fingerprint of the questionnaire; delete ``kil-xlsx-bench`` there to have it made again.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import struct
import sys
import tempfile
import time
import zipfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

sys.path.append(str(Path(__file__).parents[1] / "tests"))

if TYPE_CHECKING:
    from collections_made import Listed, Made

    from kil_xlsx.core.returns import Key, Typed
    from kil_xlsx.layout.plan import Plan

COUNCILS = 10
"""One organisation in so many is a council; the others are community organisations."""

CREATED = datetime(2026, 4, 7, 9, 0)

_AT_ONCE = 25


@cache
def kept() -> Path:
    """The folder that what is made is kept in."""
    from kil_xlsx import __version__, pipeline

    prints = [each.fingerprint for each in pipeline.load(pipeline.DEFAULT_FRAMEWORK)[1]]
    digest = hashlib.sha256(json.dumps([prints, sys.version]).encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir(), "kil-xlsx-bench", f"{__version__}-{digest}")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def rows(count: int, councils: int | None = None) -> list[Listed]:
    """The rows of a list of so many organisations."""
    from collections_made import listed

    councils = max(1, count // COUNCILS) if councils is None else councils
    return listed(councils, count - councils)


def organisations(count: int, councils: int | None = None) -> Path:
    """A list of so many organisations, as a file."""
    from collections_made import write_list

    found = rows(count, councils)
    path = kept() / f"organisations-{count}-{sum(row.respondent == 'council' for row in found)}.csv"
    write_list(path, found)
    return path


# Returns


def round_made(*, quick: bool) -> Path:
    """The round that the benches work on: 10,000 organisations, 1,000 of which have answers of their own."""
    return round_of(*((1_000, 200) if quick else (10_000, 1_000)))


def round_of(count: int, filled: int) -> Path:
    """A collection of so many organisations in ``round``, and a return of each in ``returns``.

    :param filled: how many workbooks are filled in one by one, each with answers of its own; they are the first in the
        folder, councils and community organisations mixed.  The other returns are these again, under the name, number
        and reference code of another organisation.
    """
    folder = kept() / f"round-{count}"
    done = folder / f"{filled} are filled in"
    if done.exists():
        return folder
    from collections_made import make

    rmtree(folder, ignore_errors=True)
    (folder / "returns").mkdir(parents=True)
    begun = time.perf_counter()
    collection = make(folder / "round", rows(count))
    own = _own(collection, filled)
    seeds = [(row.name, at + 1) for at, row in enumerate(own)]
    parts = [seeds[at : at + _AT_ONCE] for at in range(0, len(seeds), _AT_ONCE)]
    with ProcessPoolExecutor(initializer=_open, initargs=(folder / "round", count)) as pool:
        for name, data in chain.from_iterable(pool.map(_filled, parts)):
            _file(folder, collection, name, 0).write_bytes(data)
    names = {row.name for row in own}
    for at, row in enumerate(row for row in collection.rows if row.name not in names):
        alike = [each for each in own if each.respondent == row.respondent]
        like = alike[at % len(alike)]
        _file(folder, collection, row.name, 1).write_bytes(_renamed(collection, folder, like, row))
    done.touch()
    print(f"{count:,} returns made in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return folder


def _own(collection: Made, filled: int) -> list[Listed]:
    """The organisations whose workbooks are filled in one by one: of each type the first."""
    councils = [row for row in collection.rows if row.respondent == "council"]
    others = [row for row in collection.rows if row.respondent != "council"]
    share = max(1, filled // COUNCILS)
    return councils[:share] + others[: filled - share]


def _file(folder: Path, collection: Made, name: str, group: int) -> Path:
    """Where the return of an organisation is; within a group, a digest mixes the respondent types."""
    mixed = hashlib.sha256(name.encode()).hexdigest()[:12]
    return folder / "returns" / f"{group}{mixed}-{collection.wanted[name].instrument.respondent.id}.xlsx"


_collection: Made


def _open(folder: Path, count: int) -> None:
    """What a process needs that fills in workbooks."""
    global _collection
    from collections_made import ROUND, Made, wanted_of

    _collection = Made(folder, rows(count))
    with _collection.open() as found:
        _collection.wanted = wanted_of(found, ROUND)


def _filled(seeds: list[tuple[str, int]]) -> list[tuple[str, bytes]]:
    return [(name, _collection.workbook(name, seed=seed)) for name, seed in seeds]


def _renamed(collection: Made, folder: Path, was: Listed, row: Listed) -> bytes:
    """The return of one organisation as that of another; parts that name neither stay packed as they are."""
    texts = {
        was.name: row.name,
        was.number: row.number,
        collection.reference(was.name): collection.reference(row.name),
    }
    changes = {old.encode(): new.encode() for old, new in texts.items() if old}
    data = _file(folder, collection, was.name, 0).read_bytes()
    body, directory = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        for info in members:
            whole = archive.read(info)
            start = info.header_offset + 30 + len(info.filename.encode())
            packed, crc, size = data[start : start + info.compress_size], info.CRC, info.file_size
            if any(old in whole for old in changes):
                for old, new in changes.items():
                    whole = whole.replace(old, new)
                packer = zlib.compressobj(6, zlib.DEFLATED, -15)
                packed, crc, size = packer.compress(whole) + packer.flush(), zlib.crc32(whole), len(whole)
            name = info.filename.encode()
            facts = (20, 0, 8, 0, 0x21, crc, len(packed), size, len(name), 0)
            directory.write(struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *facts, 0, 0, 0, 0, body.tell()) + name)
            body.write(struct.pack("<4s5H3L2H", b"PK\3\4", *facts) + name + packed)
    end = (0, 0, len(members), len(members), directory.tell(), body.tell(), 0)
    return body.getvalue() + directory.getvalue() + struct.pack("<4s4H2LH", b"PK\5\6", *end)


# Questionnaires of other lengths, and workbooks filled in more or less


@cache
def _shipped() -> dict[str, Any]:
    """The definition that comes with the program, its files merged."""
    import yaml

    from kil_xlsx.definitions.load import templates_folder
    from kil_xlsx.pipeline import DEFAULT_FRAMEWORK

    found: dict[str, Any] = {}
    for path in sorted((templates_folder() / DEFAULT_FRAMEWORK).glob("*.yaml")):
        for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if isinstance(value, list):
                found.setdefault(key, []).extend(value)
            else:
                found[key] = value
    return found


def questionnaire(questions: int) -> str:
    """The path of a definition that asks councils so many questions: the shipped ones, left out or asked again."""
    path = kept() / f"questions-{questions}" / "framework.yaml"
    definition = copy.deepcopy(_shipped())
    definition.pop("carry_forward", None)
    definition["id"] = f"questions-{questions}"
    councils = [each for each in definition["questions"] if each["respondent"] == "council"]
    asked = [each for each in definition["questions"] if each["respondent"] != "council"]
    for at in range(questions):
        like = at * len(councils) // questions if questions < len(councils) else at % len(councils)
        question = copy.deepcopy(councils[like])
        question["id"] = f"LA-{question['section']}-{at + 1}"
        question["label"] += f" {at + 1}"
        question["text"] = f"{question['text'].rstrip('?')} (question {at + 1})?"
        asked.append(question)
    for question in asked:
        question.pop("theme", None)
    for page in definition["guidance"]:
        page.pop("questions", None)
    definition["questions"] = asked
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(definition), encoding="utf-8")  # which is YAML too
    return str(path.parent)


def typed_by(plan: Plan, seed: int, share: float = 1.0) -> dict[Key, Typed]:
    """What somebody types who fills in this share of all cells that there are to fill in; 1 is everything usual."""
    from collections_made import filled

    typed = list(filled(plan, None, seed).items())
    return dict(typed[at] for at in range(len(typed)) if int((at + 1) * share) > int(at * share))
