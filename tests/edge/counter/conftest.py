"""A shop in a folder: a real ledger, a programme small enough to work out by hand, a clock that tests turn."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import ManualClock
from edge.config import Config, Hq, Paths, Programme, Store
from edge.counter import members, quoting, refund, sale
from edge.counter.shop import Shop
from edge.domain.rules.compile import load_programme
from edge.storage.reader import Snapshot
from edge.storage.writer import Writer

NOW_MS = 1_795_312_800_000
"""22 November 2026, 10:00 in Shanghai."""

DAY_MS = 86_400_000

BUNDLE: dict[str, Any] = {
    "schema": "points-bundle/1",
    "programme": "corner-shop",
    "version": 1,
    "valid_from": "2026-01-01T00:00:00",
    "points": {"fen_per_point": 100, "fen_per_redeemed_point": 10},
    "tiers": [
        {"id": "plain", "label": "普通卡"},
        {"id": "gold", "label": "金卡", "cumulative_fen": 20_000, "one_day_fen": 12_000},
        {"id": "diamond", "label": "钻石卡", "cumulative_fen": 60_000, "one_day_fen": 40_000},
    ],
    "referral": [{"fen_per_point": 500}, {"fen_per_point": 2000}],
    "groups": [{"id": "base", "phase": "points", "order": 1, "mode": "all"}],
    "rules": [
        {
            "id": "BASE",
            "name": "消费积分",
            "phase": "points",
            "group": "base",
            "do": {"op": "mult_bp", "bp": 10000},
        }
    ],
}


def bundle(shortfall: str = "cash", **changes: Any) -> bytes:
    """The programme's bytes: one point per yuan, ten fen per point, two levels of referral."""
    return msgspec.json.encode({**BUNDLE, "refunds": {"shortfall": shortfall, "days": 30}, **changes})


@dataclass(slots=True)
class Counter:
    """A shop and its open quotes."""

    shop: Shop
    quotes: quoting.Quotes
    clock: ManualClock

    async def register(self, card_no: str, referrer: str | None = None) -> members.RegisterReply:
        asked = members.RegisterRequest(idem=new_idem(), card_no=card_no, name="张三", referrer=referrer)
        return await members.register(self.shop, "T1", asked)

    async def sell(
        self, *unit_prices_fen: int, member: str | None = None, redeem: int = 0, stored_fen: int = 0
    ) -> sale.CommitReply:
        """Two of each, the rest paid in cash."""
        lines = tuple(quoting.BasketLine(2000, price, name="茶") for price in unit_prices_fen)
        basket = quoting.QuoteRequest(cashier="小王", member=member, lines=lines, redeem_points=redeem)
        due_fen = quoting.price(self.shop, basket, self.clock.now_ms()).decision.due_fen
        tenders = (sale.Tender("stored_value", stored_fen), sale.Tender("cash", due_fen - stored_fen))
        asked = sale.CommitRequest(idem=new_idem(), basket=basket, tenders=tenders)
        return await sale.commit(self.shop, self.quotes, "T1", asked)

    async def take_back(self, sold: str, *lines: tuple[int, int]) -> refund.RefundReply:
        asked = refund.RefundRequest(
            idem=new_idem(),
            sale=sold,
            tender=refund.RefundTender("cash"),
            lines=tuple(refund.ReturnedLine(*line) for line in lines),
        )
        return await refund.refund(self.shop, "T1", asked)

    def points(self, member: str) -> int:
        return self.shop.balances(member).points.balance

    async def close(self) -> None:
        self.shop.snapshot.close()
        await self.shop.writer.stop()


def new_idem() -> str:
    return str(uuid.uuid4())


async def open_counter(
    folder: Path,
    clock: ManualClock,
    *,
    with_hq: bool = False,
    raw: bytes = b"",
    printers: tuple[str, ...] = (),
) -> Counter:
    """Open the ledger in ``folder`` under the programme ``raw``."""
    config = Config(
        Store("S001", "corner", "街角"),
        Paths(str(folder), str(folder)),
        Programme("", (r"8\d{7}",)),
        Hq("mqtt://hq") if with_hq else None,
    )
    raw = raw or bundle()
    programme = load_programme(raw)
    writer = Writer(config.paths.database, "S001", clock, authority=not with_hq)
    await writer.start()
    await writer.submit(lambda tx: tx.bundles.keep(programme.hash, 1, raw, tx.now_ms))
    snapshot = Snapshot(config.paths.database)
    shop = Shop(config, clock, writer, snapshot, programme, lambda: not with_hq, printers)
    return Counter(shop, quoting.Quotes(), clock)


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    """A shop of its own, without HQ, with one printer."""
    opened = await open_counter(tmp_path, ManualClock(NOW_MS), printers=("p1",))
    yield opened
    await opened.close()
