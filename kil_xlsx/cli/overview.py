"""What the program can do, in words: the page of ``kil-xlsx --help``, and in which module each command is.

The page has to be there at once, so this module imports almost nothing, and the page is put together without click,
whose import alone takes twice as long as starting Python.  The command line takes its own words from here.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as typing has it, which takes long to import
if TYPE_CHECKING:
    from collections.abc import Sequence

OPTIONS = (
    ("-V, --version", "Show the version and exit."),
    ("-C, --collection FOLDER", "As if started in that collection."),
    ("-h, --help", "Show this message and exit."),
)
"""The options of the program itself."""

SECTIONS = {
    "A collection": {
        "init": ("collection_commands", "Make a collection: the folder of a round."),
        "send": ("send_commands", "Send each organisation its workbook, a reminder, a receipt or its feedback."),
        "import": ("intake_commands", "Take in what came back: workbooks, folders, archives, mails."),
        "fetch": ("intake_commands", "Take in what came to the mailbox."),
        "status": ("see_commands", "Show how a round stands: who has answered, who is late, what is to be decided."),
        "show": ("see_commands", "Show one organisation: how it stands, what came, and what its return says."),
        "chase": ("see_commands", "List those who have not answered, for mail merge."),
        "diff": ("see_commands", "Show what changed between two returns."),
        "resolve": ("intake_commands", "Decide what the program must not guess."),
        "consensus": ("intake_commands", "Make the workbook in which several people of an organisation agree."),
        "waive": ("keep_commands", "Put down that an organisation need not answer."),
        "withdraw": ("keep_commands", "Put down that an organisation takes its return back."),
        "forget": ("keep_commands", "Remove all that there is of an organisation."),
        "check": ("keep_commands", "Check that nothing in the collection is damaged or missing."),
    },
    "Workbooks and files": {
        "generate": ("file_commands", "Write the workbooks to send out."),
        "read": ("file_commands", "Read completed workbooks and say what is wrong."),
        "mark": ("file_commands", "Write copies of returns with what is to be put right marked."),
        "benchmark": ("benchmark_commands", "Compare the organisations."),
        "feedback": ("feedback_commands", "Write each organisation its feedback."),
        "export": ("export_commands", "Write what came back as tables for your own analysis."),
    },
    "Questionnaires": {
        "codebook": ("definition_commands", "Print the data dictionary."),
        "frameworks": ("definition_commands", "List the questionnaires that come with the program."),
        "framework": ("framework_commands", "Compare and freeze versions of a questionnaire."),
        "schema": ("definition_commands", "Print the JSON Schema of a format."),
        "theme": ("definition_commands", "Write a theme file to start from."),
    },
    "To try it out": {
        "demo": ("file_commands", "See the whole loop on made-up organisations."),
    },
}
"""The commands under their headings, in the order in which they are used: for each the module of
:mod:`kil_xlsx.cli` that it is in, and what it does."""

COMMANDS = {name: known for commands in SECTIONS.values() for name, known in commands.items()}
"""The same by the names of the commands."""

MOST_WIDTH = 100
"""The widest that a page of help is made."""

_PURPOSE = (
    "Send a self-assessment workbook to organisations, read it back, score it and compare.",
    "A collection is a folder that keeps a whole round: inside it, commands know its settings and what came back. All "
    "commands on workbooks and files work without one too. Add --help to any command for what it does and examples.",
)
_EXAMPLES = (
    "kil-xlsx demo                                  see the whole loop on made-up organisations",
    "kil-xlsx init spring-2026                      a folder that keeps a whole round",
    "kil-xlsx generate                              blank workbooks, into the folder workbooks",
    "kil-xlsx generate --organisations list.csv     one for each organisation of a list",
    "kil-xlsx read returns                          read what came back, and say what is wrong",
    "kil-xlsx benchmark returns --out comparison    compare the organisations",
    "kil-xlsx feedback returns --release comparison/release.json --out feedback",
)
_EXIT_CODES = "Exit codes: 0 fine, 1 problems found in returns, 2 command not understood, 3 could not go on."


def show(program: str) -> None:
    """Print the page of help, as wide as the terminal allows."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # as the program does
    try:
        print(page(program, page_width()), end="", flush=True)
    except BrokenPipeError:  # the program that was reading, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def page(program: str, width: int) -> str:
    """The page of help, in the form that click gives those of the commands.

    :param program: the name that the program was started by.
    :param width: the longest line; the examples are never broken.
    """
    from textwrap import fill

    def indented(text: str) -> str:
        return fill(text, width, initial_indent="  ", subsequent_indent="  ")

    longest = max(map(len, COMMANDS))
    parts = [
        _usage(program, width),
        *map(indented, _PURPOSE),
        "\n".join(["Options:", *_listed(OPTIONS, width)]),
        *(
            "\n".join([f"{title}:", *_listed([(name.ljust(longest), said) for name, (_, said) in of.items()], width)])
            for title, of in SECTIONS.items()
        ),
        "\n".join(["  Examples:", *(f"    {example}" for example in _EXAMPLES)]),
        indented(_EXIT_CODES),
    ]
    return "\n\n".join(parts) + "\n"


def _usage(program: str, width: int) -> str:
    from textwrap import fill

    words = "[OPTIONS] [COMMAND] [ARGS]..."
    start = f"Usage: {program} "
    if width >= len(start) + 20:
        return fill(words, width, initial_indent=start, subsequent_indent=" " * len(start))
    indent = " " * len("Usage:     ")
    return f"{start}\n{fill(words, width, initial_indent=indent, subsequent_indent=indent)}"


def _listed(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Names and what they mean, side by side."""
    from textwrap import wrap

    measure = max(len(name) for name, _ in rows) + 2
    lines = []
    for name, said in rows:
        first, *more = wrap(said, max(width - measure - 2, 10))
        lines += [f"  {name.ljust(measure)}{first}", *(f"  {'':{measure}}{line}" for line in more)]
    return lines


def page_width() -> int:
    """The width that a page of help has here."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):  # not a terminal, or none at all
            columns = 80
    return max(min(columns or 80, MOST_WIDTH) - 2, 50)
