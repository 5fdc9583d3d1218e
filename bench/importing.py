"""What taking returns into a collection costs, beside reading the same files without one, and in memory.

The program is run as people run it, ``kil-xlsx import FOLDER``, in a copy of the collection.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import material
from harness import Clock, Ratio, against, apart, in_turn, seconds, times


def ours(clock: Clock, made: str, work: str, count: int) -> dict[str, int]:
    """Take in so many returns, as ``kil-xlsx import`` does."""
    from kil_xlsx.cli import main
    from kil_xlsx.pipeline.collection import Place, opened

    folder, came = Path(work, "round"), Path(work, "returns")
    rmtree(work, ignore_errors=True)
    copytree(Path(made, "round"), folder)
    came.mkdir()
    for path in sorted(Path(made, "returns").iterdir())[:count]:
        os.link(path, came / path.name)
    os.sync()
    with clock, suppress(SystemExit):  # which is how the command ends; what it did is looked at below
        main(["-C", str(folder), "import", str(came)])
    with opened(Place(folder)) as collection:
        counts = sum(each.state.counts for each in collection.store.received())
    if counts != count:
        raise SystemExit(f"Only {counts:,} of {count:,} returns count.")
    return {
        "bytes": (folder / "collection.db").stat().st_size,
        "before": Path(made, "round/collection.db").stat().st_size,
    }


def read_only(clock: Clock, made: str, count: int) -> None:
    """Read them with ``kil-xlsx read``, whose table is not shown."""
    from kil_xlsx import pipeline

    paths = sorted(Path(made, "returns").iterdir())[:count]
    with clock:
        pipeline.read(paths)


def measure(work: Path, *, quick: bool) -> tuple[list[Ratio], dict[str, Any]]:
    """All ratios, and figures that are no ratios."""
    few, many = (100, 1_000) if quick else (1_000, 10_000)
    made = str(material.round_made(quick=quick))
    place = str(work / "collection")
    runs = in_turn(
        {
            "import": lambda: apart("importing:ours", made=made, work=place, count=few),
            "read": lambda: apart("importing:read_only", made=made, count=few),
        },
        1 if quick else 2,
    )
    most = apart("importing:ours", made=made, work=place, count=many)
    grown = most.memory / runs["import"][0].memory
    alone = most.program / runs["import"][0].program
    taken = (most.seconds / many) / (seconds(runs["import"], few))
    what, apiece = f"Importing {few:,} returns into a collection", f"Importing {many:,} returns, for each"
    memory = f"Memory for importing {many:,} returns"
    ratios = [
        against("import/read", what, "reading them only", runs["import"], runs["read"]),
        times("import/grown", apiece, f"{few:,} returns, for each", taken),
        times("import/memory", memory, f"for {few:,}", grown, aim=1.2),
        times("import/memory/program", f"{memory}, without the processes that read", f"for {few:,}", alone),
    ]
    figures = {
        "seconds": most.seconds / many,
        "files": many,
        "memory": most.memory,
        "database_bytes": most.found["bytes"] / many,
    }
    return ratios, figures
