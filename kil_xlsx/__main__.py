"""Where the program starts: as ``kil-xlsx``, or as ``python -m kil_xlsx``."""

from __future__ import annotations

import gc
import os
import sys

_COMPLETION = "_KIL_XLSX_COMPLETE"
"""With this variable a shell asks what a line may be completed to."""


def _will_read(words: list[str]) -> bool:
    """Whether files will be read here, as far as can be seen at once; being wrong costs no more than a process."""
    others = any(word in ("-h", "--help") or word.startswith("--executor") for word in words)
    return words[:1] == ["read"] and len(words) > 1 and not others


def main(program: str = "") -> None:
    """Run what was typed, and exit.

    The page of help comes at once, without loading the commands.  Where files will be read, the process that reads
    them starts now and gets ready while the command does.

    :param program: what the program was started as; without it, as the first word of the command line says.
    """
    # Most of what is made is needed to the end, so it pays to look for garbage more rarely than Python does.
    gc.set_threshold(50_000, 20, 20)
    words = sys.argv[1:]
    if words in ([], ["--help"], ["-h"]) and _COMPLETION not in os.environ:
        from kil_xlsx.cli import overview

        overview.show(program or os.path.basename(sys.argv[0]))  # noqa: PTH119 - pathlib takes long to import
        return
    if _will_read(words):
        from kil_xlsx.reading import starting

        starting.start_ahead()
    from kil_xlsx.cli.commands import main as group

    try:
        group()
    finally:
        gc.freeze()  # nobody needs the memory again; looking for garbage at the end would take long


if __name__ == "__main__":
    main("python -m kil_xlsx")
