"""Makes 0002_rules.db, a day of promotions under schema 2. Run once, at the release that had that schema."""

import asyncio
import tempfile
from pathlib import Path

from edge.clock import ManualClock
from edge.counter import coupons
from tests.edge.counter.conftest import NOW_MS, bundle, new_idem, open_counter
from tests.edge.counter.test_promotions import PROMOTIONS, basket, sold


async def trade(folder: Path) -> None:
    """Two members, a coupon used and one open, a limited rule, gifts, a shelf price, one refund in part."""
    raw = bundle(**PROMOTIONS, honest={"days": 30})
    counter = await open_counter(folder, ManualClock(NOW_MS), raw=raw, printers=("p1",))
    await counter.register("80000001")
    await counter.register("80000002", referrer="80000001")
    for kind in ("C20", "C5"):
        asked = coupons.IssueRequest(idem=new_idem(), kind=kind, member="80000002")
        code = (await coupons.issue(counter.shop, "T1", asked)).code
    await sold(counter, basket(12_000, "tea", member="80000002", coupons=(code,)))
    await sold(counter, basket(1_000, "once", member="80000002"))
    await sold(counter, basket(15_000, member="80000001", redeem_points=5))
    again = await sold(counter, basket(2_000, "once", member="80000002"))
    await counter.take_back(again.sale, (0, 500))
    await counter.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(trade(Path(folder)))
        made = (Path(folder) / "ledger.db").read_bytes()
    Path(__file__).with_name("0002_rules.db").write_bytes(made)


if __name__ == "__main__":
    main()
