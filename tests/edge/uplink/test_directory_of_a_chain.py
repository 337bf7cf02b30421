"""Two stores and HQ, all of them real but the broker: what HQ says and what one store does arrives at the other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from edge.uplink.ledger_box import LedgerBox
from sync.hq.directory import Row, publish
from sync.hq.schema import migrate
from sync.hq.server import connect, serve
from sync.mqtt import drive
from sync.testing import BadBroker, Faults, LoopClock
from tests.edge.business.floor import Floor, open_floor

RICE = {"name": "东北大米", "price_fen": 4_990, "cost_fen": 3_100}


@asynccontextmanager
async def talking(floor: Floor, broker: BadBroker) -> AsyncIterator[None]:
    """The floor's conversation with HQ; its outbox is looked at as often as an App would be woken."""
    wake = asyncio.Event()

    async def waking() -> None:
        while True:
            wake.set()
            await asyncio.sleep(0.05)

    box, node = LedgerBox(floor.shop), f"corner-{floor.config.store.id}"
    run = drive(box, broker, node, LoopClock(), lambda _: None, wake)
    tasks = [asyncio.create_task(run), asyncio.create_task(waking())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def wait_for(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await true():  # noqa: ASYNC110 - it looks at files
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("faults", [Faults(delay_s=0.01), Faults(loss=0.05, repeat=0.2, delay_s=0.02)])
async def test_g2_goods_and_transfers_reach_the_other_store(dsn: str, tmp_path: Path, faults: Faults) -> None:
    """HQ says 300 goods; store 1 sends five bags to store 2, which receives them at what they cost there."""
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    async with await connect(dsn) as books:
        await migrate(books)
        broker = BadBroker(5, faults)
        hq = asyncio.create_task(serve(dsn, broker, "corner", LoopClock()))
        async with (
            open_floor(tmp_path / "1", with_hq=True, store={"id": "S001"}) as here,
            open_floor(tmp_path / "2", with_hq=True, store={"id": "S002"}) as there,
            talking(here, broker),
            talking(there, broker),
        ):
            body = msgspec.json.encode(RICE)
            await publish(books, [Row("goods", f"R{n}", body) for n in range(300)])

            async def all_there() -> bool:
                counts = [floor.sql("SELECT count(*) FROM goods") for floor in (here, there)]
                return counts == [[(300,)], [(300,)]]

            await wait_for(all_there)
            line = {"sku": "R7", "qty_milli": 5_000}
            await here.till.call("stock.in", lines=[{**line, "amount_fen": 15_000}])
            sent = await here.till.call("stock.send", to_store="S002", lines=[line], approve="店长")

            async def on_its_way() -> bool:
                return there.sql("SELECT id FROM stock_transfer") == [(sent["transfer"],)]

            await wait_for(on_its_way)
            came = await there.till.call("stock.receive", transfer=sent["transfer"])
            assert (came["from_store"], came["value_fen"]) == ("S001", 15_000)

            await here.till.register("80000001")
            await here.till.call("card.lost", member="80000001", cashier="小王")

            async def hot() -> bool:
                return there.sql("SELECT number FROM hot_card") == [("80000001",)]

            await wait_for(hot)
        hq.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hq
