"""Makes 0001_spine.db, a day of a small shop under schema 1. Run once, at the release that had that schema."""

import asyncio
import tempfile
from pathlib import Path

from edge.clock import ManualClock
from tests.edge.counter.conftest import NOW_MS, open_counter


async def trade(folder: Path) -> None:
    """Two members, four sales, one refund in part."""
    counter = await open_counter(folder, ManualClock(NOW_MS), printers=("p1",))
    await counter.register("80000001")
    await counter.register("80000002", referrer="80000001")
    await counter.sell(2550, 999)
    sold = await counter.sell(2550, 999, member="80000002")
    await counter.sell(15_000, member="80000001", redeem=5)
    await counter.sell(333, 333, 333, member="80000002")
    await counter.take_back(sold.sale, (1, 1000))
    await counter.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(trade(Path(folder)))
        made = (Path(folder) / "ledger.db").read_bytes()
    Path(__file__).with_name("0001_spine.db").write_bytes(made)


if __name__ == "__main__":
    main()
