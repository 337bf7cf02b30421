"""Days at random at four tills at once, over restarts, retries and races: the ledger comes to what the book says."""

import random
from pathlib import Path

import pytest

from tests.edge.business.random_day import DOINGS, live_a_day

SEEDS = (1, 2, 3)
STEPS = 300
SURELY = {"sale.commit", "sale.refund", "sale.void", "account.topup", "asked again", "race 1205", "race 1502"}
"""What a day of so many steps cannot miss: else it is not the day that it is thought to be."""


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_random_day_comes_to_what_the_book_says(tmp_path: Path, seed: int) -> None:
    day = await live_a_day(tmp_path, seed, STEPS)
    assert day.book.decided > STEPS
    assert set(day.said) >= SURELY


@pytest.mark.soak
async def test_long_random_days(tmp_path: Path) -> None:
    """New ones each time; a failure shows the seed."""
    for turn in range(40):
        seed = random.randrange(2**32)
        folder = tmp_path / f"{turn}-{seed}"
        folder.mkdir()
        day = await live_a_day(folder, seed, 1_500)
        assert len(day.said) > len(DOINGS), seed
