"""How far work has come is shown to whoever looks, and costs nobody else anything."""

from __future__ import annotations

import io
import sys
import time

import pytest

from kil_xlsx.cli import printing


class Terminal(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        return True


def looking(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Somebody looks at a terminal."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return terminal


def test_long_work_shows_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done, how much there is, and the name of the file: as it is, not as a terminal might take it."""
    shown = looking(monkeypatch)
    monkeypatch.setattr(printing, "_MOMENT", 0.0)
    with printing.progress("Reading") as progress:
        progress(3, 10, "hub \x1b[31m.xlsx")
        until = time.monotonic() + 30
        while "3/10" not in shown.getvalue() and time.monotonic() < until:
            time.sleep(0.02)
    text = shown.getvalue()
    assert "Reading" in text and "3/10" in text and "hub" in text
    assert "\x1b[31m.xlsx" not in text


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that flashes by is of no use."""
    shown = looking(monkeypatch)
    monkeypatch.setattr(printing, "_MOMENT", 60.0)
    start = time.monotonic()
    with printing.progress("Reading") as progress:
        progress(0, 1, "hub.xlsx")
    assert shown.getvalue() == ""
    assert time.monotonic() - start < 30


def test_nothing_is_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a file, nor when the work fails."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(printing, "_MOMENT", 0.0)
    with pytest.raises(ZeroDivisionError), printing.progress("Writing") as progress:
        progress(0, 1 // 0, "hub.xlsx")
    assert written.getvalue() == ""
