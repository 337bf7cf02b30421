"""A shop floor of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edge.business.floor import Floor, open_floor


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """The corner shop, without HQ."""
    async with open_floor(tmp_path) as opened:
        yield opened
