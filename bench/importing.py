"""What taking in returns costs: up to 2,000 of them, on two cores, beside reading the same files without a collection.

Run it from the project's folder::

    python bench/importing.py [--sizes 200,500,1000,2000] [--keep FOLDER] [--most 2.0] [--grows 1.5]

The returns are made first and kept in a folder for the next run: a few workbooks are filled in, and copied for every
organisation under its own name, number and reference code.  Each size is imported into a collection of its own by the
command itself, in a process of its own; the smallest and the largest are also read with ``kil-xlsx read``.  Memory is
the most that the program itself, and the largest of the processes that read for it, ever had (Linux only).

What counts are ratios, which depend little on the machine: of importing to reading, and of memory at the largest size
to that at the smallest.  With ``--most`` and ``--grows`` the exit code is 1 if one of them is larger.

A run on two cores that other work kept busy as well: 2,000 returns took 341 s (5.9 a second), 1.3 times as long as
reading them alone; 200 took 27 s, 0.8 times as long.  The program needed 50 MiB for 200 and 51 MiB for 2,000, each
process that reads 33 MiB; the database grew to 82 MiB.  Reading 2,000 without a collection needed 1,204 MiB.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

FILLED = 20
"""Workbooks that are really filled in; the others are copies of these."""


@dataclass(frozen=True)
class Measured:
    """Seconds, and the most memory in MiB of the program and of the largest process that it started."""

    seconds: float
    program: float
    reader: float


def made(folder: Path, count: int) -> None:
    """A collection of so many organisations in ``round``, and their returns in ``returns``, unless they are there."""
    from collections_made import listed, make

    done = folder / f"{count} returns are here"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    returns = folder / "returns"
    returns.mkdir(parents=True)
    collection = make(folder / "round", listed(count // 10, count - count // 10))
    begun = time.perf_counter()
    bases: dict[str, list[tuple[str, bytes]]] = {}
    for at, row in enumerate(collection.rows):
        of_type = bases.setdefault(row.respondent, [])
        if len(of_type) < FILLED // 2:
            of_type.append((row.name, collection.workbook(row.name, seed=at + 1)))
        base, data = of_type[at % len(of_type)]
        was, now = collection.row(base), row
        changed = {
            was.name: now.name,
            collection.reference(base): collection.reference(row.name),
            **({was.number: now.number} if was.number else {}),
        }
        (returns / f"{at:05}.xlsx").write_bytes(_changed(data, changed))
    done.touch()
    print(f"{count:,} returns made in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


def _changed(data: bytes, texts: dict[str, str]) -> bytes:
    """A workbook with texts replaced in all of its parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, True, 1) as new:
        for name in old.namelist():
            part = old.read(name)
            for was, now in texts.items():
                part = part.replace(was.encode(), now.encode())
            new.writestr(name, part)
    return packed.getvalue()


def ran(*arguments: str) -> Measured:
    """Run the program to its end."""
    command = [sys.executable, "-m", "kil_xlsx", *arguments]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        program = reader = 0.0
        while process.poll() is None:
            program = max(program, _most_of(process.pid))
            reader = max([reader, *map(_most_of, _below(process.pid))])
            time.sleep(0.1)
        seconds = time.perf_counter() - begun
        assert process.stderr is not None
        said = process.stderr.read().decode()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed: {said}")
    return Measured(seconds, program, reader)


def _most_of(process: int) -> float:
    """The most memory that a process has had so far, in MiB."""
    with suppress(OSError, ValueError, IndexError):
        status = Path(f"/proc/{process}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 2**10
    return 0.0


def _below(process: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return [*found, *(each for one in found for each in _below(one))]


def main() -> int:
    """Print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="200,500,1000,2000")
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir(), "kil-xlsx-bench"), help="where the returns are kept"
    )
    parser.add_argument("--most", type=float, default=0.0, help="fail above this ratio of importing to reading")
    parser.add_argument("--grows", type=float, default=0.0, help="fail above this ratio of memory")
    given = parser.parse_args()
    sizes = sorted(int(each) for each in given.sizes.split(","))
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))
    made(given.keep, sizes[-1])
    work = given.keep / "work"
    headings = ("returns", "seconds", "a second", "again, s", "program, MiB", "reader, MiB", "database, MiB", "read, s")
    print("".join(f"{each:>15}" for each in headings))
    imports: dict[int, Measured] = {}
    reads: dict[int, Measured] = {}
    for size in sizes:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(given.keep / "round", work / "round")
        (work / "returns").mkdir()
        for path in sorted((given.keep / "returns").iterdir())[:size]:
            os.link(path, work / "returns" / path.name)
        imports[size] = one = ran("-C", str(work / "round"), "import", str(work / "returns"))
        again = ran("-C", str(work / "round"), "import", str(work / "returns"))
        database = (work / "round" / "collection.db").stat().st_size / 2**20
        if size in (sizes[0], sizes[-1]):
            reads[size] = ran("read", str(work / "returns"))
        _check(work / "round", size)
        figures = (
            f"{size:,}", f"{one.seconds:.1f}", f"{size / one.seconds:.1f}", f"{again.seconds:.1f}",
            f"{one.program:.0f}", f"{one.reader:.0f}", f"{database:.1f}",
            f"{reads[size].seconds:.1f}" if size in reads else "",
        )  # fmt: skip
        print("".join(f"{each:>15}" for each in figures), flush=True)
    shutil.rmtree(work)
    first, last = sizes[0], sizes[-1]
    ratio = imports[last].seconds / reads[last].seconds
    grown = imports[last].program / max(imports[first].program, 1.0)
    print(f"importing / reading, {last:,} returns: {ratio:.2f}; {first:,}: ", end="")
    print(f"{imports[first].seconds / reads[first].seconds:.2f}")
    print(f"memory of the program, {last:,} / {first:,} returns: {grown:.2f}; ", end="")
    print(f"of the largest reader: {imports[last].reader / max(imports[first].reader, 1.0):.2f}; ", end="")
    print(f"'kil-xlsx read' needed {reads[first].program:.0f} and {reads[last].program:.0f} MiB")
    return 1 if (given.most and ratio > given.most) or (given.grows and grown > given.grows) else 0


def _check(folder: Path, size: int) -> None:
    """Every return is in and counts."""
    from kil_xlsx.pipeline.collection import Place, opened

    with opened(Place(folder)) as collection:
        counts = sum(each.state.counts for each in collection.store.received())
    if counts != size:
        raise SystemExit(f"only {counts:,} of {size:,} returns count")


if __name__ == "__main__":
    sys.exit(main())
