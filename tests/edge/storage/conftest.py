"""A writer on a ledger of its own, with a clock that tests turn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from edge.clock import ManualClock
from edge.storage.writer import Writer
from tests.edge.counter.conftest import NOW_MS

Open = Callable[..., Awaitable[Writer]]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
async def open_writer(ledger: Path) -> AsyncIterator[Open]:
    """Start a writer on the ledger (or on another ``path``), of a shop without HQ; stopped after the test."""
    started: list[Writer] = []

    async def start(path: Path = ledger, authority: bool = True) -> Writer:
        writer = Writer(path, "S001", ManualClock(NOW_MS), authority=authority)
        await writer.start()
        started.append(writer)
        return writer

    yield start
    for writer in started:
        await writer.stop()
