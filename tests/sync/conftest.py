"""Real services for the tests that need them; each test gets a database of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sync.hq.schema import Connection, migrate
from sync.hq.server import connect
from sync.testing import Service, find_mosquitto, start_mosquitto


@pytest.fixture
async def books(dsn: str) -> AsyncIterator[Connection]:
    """A connection to a fresh HQ database."""
    conn = await connect(dsn)
    await migrate(conn)
    yield conn
    await conn.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Service]:
    """A real broker, of this test alone."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    service = start_mosquitto(tmp_path)
    yield service
    service.stop()
