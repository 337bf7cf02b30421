"""Makes 0003_business.db, a day with every kind of account under schema 3. Run once, at its release."""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.edge.business.floor import Floor, open_floor, published

WHO: dict[str, Any] = {"cashier": "小王"}


async def trade(floor: Floor) -> None:
    """Two members, all accounts of one of them moved, a card replaced, a sale void, a shift closed, goods and staff."""
    till, technician = floor.till, await floor.another_till("tech", admin=True)
    goods = [{"sku": "TEA", "name": "龙井", "price_fen": 10_000, "alert_milli": 3_000}]
    await technician.call("goods.put", goods=goods)
    await till.call("stock.in", lines=[{"sku": "TEA", "qty_milli": 20_000, "cost_fen": 6_000}], **WHO)
    await till.call("shift.open", float_fen=50_000, **WHO)
    await till.register("80000001", phone="13800138001")
    await till.register("80000002", phone="13800138002", referrer="80000001")
    await _accounts(floor, "80000002")
    await _sales(floor, "80000002")
    await till.call("card.lost", member="80000001", **WHO)
    await till.call("card.replace", member="80000001", card_no="80000003", tenders=[_cash(500)], **WHO)
    await till.call("note.add", member="80000002", text="喜欢绿茶", **WHO)
    await till.call("shift.close", counted_fen=1, **WHO)
    await technician.call("admin.staff.put", id="w", name="王店长", role="manager", active=False)


async def _accounts(floor: Floor, member: str) -> None:
    till = floor.till
    await till.call("account.topup", member=member, amount_fen=200_000, tenders=[_cash(200_000)], **WHO)
    for name, fen in (("WASH-10", 45_000), ("GYM-30", 29_900)):
        params: dict[str, Any] = {"pass": name, "tenders": [_cash(fen)], **WHO}
        await till.call("pass.sell", member=member, **params)
    await till.call("pass.use", member=member, service="WASH", **WHO)
    await till.call("pass.use", member=member, service="GYM", **WHO)
    await till.call("credit.limit", member=member, limit_fen=100_000, approve="店长", **WHO)
    timed = (await till.call("timed.start", service="TEA-ROOM", label="兰亭", **WHO))["timed"]
    floor.minutes_later(90)
    line = (await till.call("timed.stop", timed=timed, **WHO))["line"]
    await till.sell(line, commit={"timed": [timed]})
    await till.call("timed.start", service="TEA-ROOM", label="竹里", **WHO)


async def _sales(floor: Floor, member: str) -> None:
    till = floor.till
    tea = {"sku": "TEA", "name": "龙井", "unit_price_fen": 10_000}
    parts = [{"kind": "stored_value", "amount_fen": 8_000}, {"kind": "credit", "amount_fen": 9_000}]
    mixed = await till.sell(tea, tea, member=member, tenders=parts)
    await till.take_back(mixed["sale"], (0, 500))
    void = await till.sell(tea, member=member)
    await till.call("sale.void", sale=void["sale"], reason="录错", approve="店长", **WHO)
    await till.call("credit.repay", member=member, amount_fen=100, tenders=[_cash(100)], **WHO)
    await till.call("coupon.issue", member=member, kind="C20", approve="店长")
    await till.call("draw.enter", member=member, draw="MONTHLY", **WHO)
    await till.call("sale.hold", basket={"lines": [{**tea, "qty_milli": 1_000}], **WHO}, label="三号")


def _cash(fen: int) -> dict[str, Any]:
    return {"kind": "cash", "amount_fen": fen}


async def make(folder: Path) -> bytes:
    """The file, as one file."""
    async with open_floor(folder, published("every-card"), printers=("p1",), at="2026-11-22T10:00") as floor:
        await trade(floor)
        database = floor.config.paths.database
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.read_bytes()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = asyncio.run(make(Path(folder)))
    Path(__file__).with_name("0003_business.db").write_bytes(made)


if __name__ == "__main__":
    main()
