"""The command line: reads what was typed, calls one function of :mod:`kil_xlsx.pipeline`, and prints.

Exit codes: 0 fine, 1 problems were found in the returns, 2 the command was not understood, 3 it could not go on,
130 it was stopped.
"""

TYPE_CHECKING = False  # as typing has it, which takes long to import
if TYPE_CHECKING:
    from kil_xlsx.cli.commands import main

__all__ = ["main"]


def __getattr__(name: str) -> object:
    """The program, imported when it is asked for: the page of help is shown without it."""
    if name == "main":
        from kil_xlsx.cli.commands import main

        return main
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
