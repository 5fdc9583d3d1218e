"""What holds for all tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from mailserver import MailServer

# No test measures time: a machine that is busy with something else must not make one fail.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Let definitions that have been checked be kept away from the person's own, in processes that tests start too."""
    place = tempfile.TemporaryDirectory(prefix="kil-xlsx-kept-")
    config.add_cleanup(place.cleanup)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        os.environ[variable] = place.name


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServer]:
    """Give running mail servers, started when first asked for; without them, skip, or fail where they are required."""
    from mailserver import MailServer, mail_servers_are_missing
    from oracle.cases import office_is_required

    missing = mail_servers_are_missing()
    if missing and office_is_required():
        pytest.fail(f"{missing}, and it is required here")
    if missing:
        pytest.skip(missing)
    with MailServer() as running:
        yield running


@pytest.fixture
def mail_server(mail_servers: MailServer) -> MailServer:
    """Give the mail servers with every mailbox empty."""
    mail_servers.empty()
    return mail_servers
