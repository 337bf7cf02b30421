"""A standalone shop under one of the programmes in docs/programmes, over a real ledger."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edge.clock import ManualClock
from edge.config import Config, Paths, Programme, Store, read_bundle_file
from edge.counter import coupons, members, quoting, sale, sale_history
from edge.counter.quoting import BasketLine, QuoteReply, QuoteRequest, Quotes
from edge.counter.sale import CommitReply, Tender
from edge.counter.shop import Shop
from edge.counter.slips import sale_slip
from edge.domain.rules.compile import load_programme
from edge.receipts.slips import SaleSlip
from edge.storage.reader import Snapshot
from edge.storage.writer import Writer

PROGRAMMES = Path(__file__).parents[3] / "docs" / "programmes"
ORDINARY_DAY = "2026-11-10T12:00:00+08:00"
TILL = "T1"


@dataclass
class ProgrammeCounter:
    """A till of that shop; tests turn its clock."""

    shop: Shop
    clock: ManualClock
    quotes: Quotes = field(default_factory=Quotes)
    cards: "itertools.count[int]" = field(default_factory=lambda: itertools.count(80000001))

    def at(self, moment: str) -> None:
        """Turn the clock."""
        self.clock.set_ms(int(datetime.fromisoformat(moment).timestamp() * 1000))

    async def member(
        self, referrer: str | None = None, birthday: str | None = None, calendar: str = "solar"
    ) -> str:
        """A new ordinary member; the id."""
        request = members.RegisterRequest(
            idem=str(uuid.uuid4()),
            card_no=str(next(self.cards)),
            name="王小明",
            referrer=referrer,
            birthday=birthday,
            birthday_calendar="lunar" if calendar == "lunar" else "solar",
        )
        return (await members.register(self.shop, TILL, request)).member

    def quote(
        self,
        member: str,
        yuan: int,
        redeem: int = 0,
        category: str = "",
        coupons: tuple[str, ...] = (),
        sku: str = "",
    ) -> QuoteReply:
        """What one thing for ``yuan`` would cost; each price has goods of its own unless ``sku`` is given."""
        line = BasketLine(1000, yuan * 100, sku=sku or f"A{yuan}", category=category)
        request = QuoteRequest(
            cashier="c", member=member, lines=(line,), redeem_points=redeem, coupons=coupons
        )
        return quoting.quote(self.shop, self.quotes, TILL, request)

    async def buy(self, member: str, yuan: int, redeem: int = 0, category: str = "") -> CommitReply:
        """One thing for ``yuan``, paid in cash and points."""
        return await self.pay(self.quote(member, yuan, redeem, category))

    async def pay(self, quote: QuoteReply) -> CommitReply:
        """What was quoted, in cash."""
        tenders = (Tender("cash", quote.totals.due_fen),)
        commit = sale.CommitRequest(idem=str(uuid.uuid4()), quote_id=quote.quote_id, tenders=tenders)
        return await sale.commit(self.shop, self.quotes, TILL, commit)

    async def coupon_for_points(self, member: str, kind: str) -> str:
        """Exchange points for a coupon; its code."""
        request = coupons.IssueRequest(idem=str(uuid.uuid4()), kind=kind, member=member, pay="points")
        return (await coupons.issue(self.shop, TILL, request)).code

    def slip(self, sold: CommitReply) -> SaleSlip:
        """The receipt of that sale."""
        record = sale_history.get(self.shop, TILL, sale_history.GetRequest(sale=sold.sale))
        return sale_slip(record, self.shop.snapshot, self.shop.config.store, self.shop.programme)

    def points(self, member: str) -> int:
        """The balance."""
        return self.shop.balances(member).points.balance

    def tier(self, member: str) -> str:
        return self.shop.find_member(member).tier


@asynccontextmanager
async def open_programme(name: str, folder: Path) -> AsyncIterator[ProgrammeCounter]:
    """A shop under the programme of that name, on an ordinary Tuesday."""
    path = PROGRAMMES / f"{name}.yaml"
    config = Config(Store("S001", name, "一号店"), Paths(str(folder)), Programme(str(path), (r"8\d{7}",)))
    raw = read_bundle_file(path)
    programme = load_programme(raw)
    clock = ManualClock()
    writer = Writer(config.paths.database, "S001", clock, authority=True)
    await writer.start()
    await writer.submit(lambda tx: tx.bundles.keep(programme.hash, programme.bundle.version, raw, tx.now_ms))
    snapshot = Snapshot(config.paths.database)
    counter = ProgrammeCounter(Shop(config, clock, writer, snapshot, programme, lambda: True), clock)
    counter.at(ORDINARY_DAY)
    yield counter
    snapshot.close()
    await writer.stop()
