"""What the tests with independent engines share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from oracle.cases import office_is_missing, office_is_required, plan
from oracle.engines import spliced
from oracle.libreoffice import LibreOffice


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the workbook of an instrument as it is sent out, its stored values replaced."""
    folder = tmp_path_factory.mktemp("blank")

    @cache
    def path(name: str) -> Path:
        return spliced(plan(name), folder / f"{name.replace('/', '-')}.xlsx")

    return path


@pytest.fixture(scope="session")
def office() -> Iterator[LibreOffice]:
    """Give a running LibreOffice; without one, skip, or fail where it is required."""
    missing = office_is_missing()
    if missing and office_is_required():
        pytest.fail(f"{missing}, and it is required here")
    if missing:
        pytest.skip(missing)
    running = LibreOffice()
    yield running
    running.stop()
