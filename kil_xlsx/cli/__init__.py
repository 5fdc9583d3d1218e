"""The command line: reads what was typed, calls one function of :mod:`kil_xlsx.pipeline`, and prints.

Exit codes: 0 fine, 1 problems were found in the returns, 2 the command was not understood, 3 it could not go on,
130 it was stopped.
"""

from kil_xlsx.cli.commands import main

__all__ = ["main"]
