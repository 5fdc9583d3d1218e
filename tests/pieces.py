"""Pieces of work for processes of their own, which import this module by its name."""

from __future__ import annotations

import os
import signal
import time


def squared_after_a_while(number: int) -> int:
    """Its square; the first ones take longest."""
    time.sleep(max(0.0, 0.2 - number / 50))
    return number * number


def process_and_parent(_: object) -> tuple[int, int]:
    """Where this is done: the process, and the one that started it."""
    return os.getpid(), os.getppid()


def hears_ctrl_c(_: object) -> bool:
    """Whether Ctrl-C would reach this process: only the program itself is to hear it."""
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def die(number: int) -> int:
    """End the process at the number 5, as a crash would."""
    if number == 5:
        os._exit(1)
    return number


def refuse(number: int) -> int:
    """What a piece of work raises is told to whoever asked for it."""
    if number == 5:
        raise LookupError("five")
    return number
