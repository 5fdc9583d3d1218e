"""How long work tells what it is at."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Told how many are done, of how many, and which one is next."""


def quiet(done: int, total: int, what: str) -> None:
    """Report no progress."""
