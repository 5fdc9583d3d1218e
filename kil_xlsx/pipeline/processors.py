"""How many processes are worth starting on this computer."""

from __future__ import annotations

import os

MOST_PROCESSES = 4
"""On one computer, unless the caller asks for more: each may take a gigabyte."""


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def worthwhile(items: int, each: int) -> int:
    """How many processes are worth starting on this computer, if one more pays for so many further items."""
    return max(1, min(processors(), MOST_PROCESSES, items // each))
