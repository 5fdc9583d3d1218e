"""What a mailing costs: a workbook for each of many organisations, against the disk and against other writers."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import material
from harness import Clock, Measured, Ratio, against, apart, in_turn, seconds, times

if TYPE_CHECKING:
    from kil_xlsx.pipeline import Planned

_DUE, _ROUND, _CONTACT = (2026, 6, 30), "Spring 2026", "round@council.example"
_SAMPLES = 200
"""So many different files are written again and again where the bytes of all would not fit in memory."""


def _planned(listed: str, framework: str, respondent: str | None) -> Planned:
    from datetime import date

    from kil_xlsx import pipeline

    return pipeline.planned(
        framework, respondent=respondent, organisations=Path(listed), round_id=_ROUND, due=date(*_DUE),
        contact=_CONTACT, created=material.CREATED,
    )  # fmt: skip


def ours(
    clock: Clock, listed: str, out: str, framework: str = "keep-it-local", respondent: str | None = None
) -> dict[str, float]:
    """The program's own way from the list to the folder, with all that it does before and after writing."""
    from datetime import date

    from kil_xlsx import pipeline

    rmtree(out, ignore_errors=True)
    os.sync()
    with clock:
        made = pipeline.generate(
            framework, respondent=respondent, organisations=Path(listed), out=Path(out), round_id=_ROUND,
            due=date(*_DUE), contact=_CONTACT, created=material.CREATED,
        )  # fmt: skip
    written = [each.path.stat().st_size for each in made.workbooks]
    return {"files": len(written), "bytes": sum(written)}


def ours_each(clock: Clock, listed: str, out: str) -> None:
    """The same with XlsxWriter for each file (``--no-splice``)."""
    from kil_xlsx import pipeline

    rmtree(out, ignore_errors=True)
    with clock:
        plan = _planned(listed, "keep-it-local", None)
        pipeline.write_workbooks(plan, Path(out), splice=False)


def plainly(clock: Clock, like: str, out: str, safely: bool) -> None:
    """Files of the same sizes, with the same content, and nothing else; ``safely`` waits for the disk after each."""
    paths = sorted(Path(like).iterdir())
    samples = [path.read_bytes() for path in paths[:: max(1, len(paths) // _SAMPLES)]]
    rmtree(out, ignore_errors=True)
    os.sync()
    with clock:
        Path(out).mkdir()
        for at in range(len(paths)):
            with open(f"{out}/{at:05}.xlsx", "wb") as file:  # noqa: PTH123 - as plainly as can be
                file.write(samples[at % len(samples)])
                if safely:
                    file.flush()
                    os.fsync(file.fileno())


def by_script(clock: Clock, listed: str, out: str, writer: str) -> None:
    """The cells of the program's workbooks, written by a plain script with another library."""
    import rivals

    from kil_xlsx.layout.compose import compose

    documents = [compose(each.plan, each.issue, each.typed) for each in _planned(listed, "keep-it-local", None).wanted]
    write = {"xlsxwriter": rivals.written_by_xlsxwriter, "openpyxl": rivals.written_by_openpyxl}[writer]
    write(documents[0])
    rmtree(out, ignore_errors=True)
    with clock:
        Path(out).mkdir()
        for at, document in enumerate(documents):
            Path(out, f"{at:05}.xlsx").write_bytes(write(document))


def _run(work: Path, job: str, **given: Any) -> Measured:
    return apart(f"generating:{job}", out=str(work / "out"), **given)


def measure(work: Path, *, quick: bool) -> tuple[list[Ratio], dict[str, Any]]:
    """All ratios, and figures that are no ratios."""
    many, few, rounds = (1_000, 10, 2) if quick else (10_000, 100, 3)
    listed, short = str(material.organisations(many)), str(material.organisations(few))
    like = work / "like"
    made = apart("generating:ours", listed=listed, out=str(like)).found
    run = partial(_run, work)
    fast = in_turn(
        {
            "ours": lambda: run("ours", listed=listed),
            "plain": lambda: run("plainly", like=str(like), safely=False),
            "safe": lambda: run("plainly", like=str(like), safely=True),
        },
        rounds,
    )
    slow = in_turn(
        {
            "ours": lambda: run("ours", listed=listed),
            "each": lambda: run("ours_each", listed=short),
            "xlsxwriter": lambda: run("by_script", listed=short, writer="xlsxwriter"),
            "openpyxl": lambda: run("by_script", listed=short, writer="openpyxl"),
        },
        rounds,
    )
    tenth = [run("ours", listed=str(material.organisations(many // 10))) for _ in range(2)]
    memory = [max(each.memory for each in runs) for runs in (tenth, fast["ours"])]
    what = f"Making {many:,} personalised workbooks"
    each = (many, few)
    ratios = [
        against("generate/disk", what, "writing the same bytes to disk", fast["ours"], fast["plain"], aim=2.5),
        against("generate/safe", what, "writing them and waiting for the disk", fast["ours"], fast["safe"]),
        # Its processor time is used by processes that are not ours to count.
        replace(against("generate/each", what, "XlsxWriter for each (`--no-splice`)", slow["ours"], slow["each"],
                        each=each, aim=1 / 50), cpu=None),
        against("generate/xlsxwriter", what, "a plain XlsxWriter script", slow["ours"], slow["xlsxwriter"], each=each),
        against("generate/openpyxl", what, "a plain openpyxl script", slow["ours"], slow["openpyxl"], each=each),
        times("generate/memory", f"Memory for making {many:,} workbooks", f"for {many // 10:,}", memory[1] / memory[0],
              aim=1.2),
    ]  # fmt: skip
    figures = {
        "seconds": seconds(fast["ours"], many),
        "seconds_each": seconds(slow["each"], few),
        "bytes": made["bytes"] / made["files"],
        "files": many,
        "memory": memory[1],
    }
    return ratios, figures
