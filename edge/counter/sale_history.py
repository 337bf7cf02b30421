"""Looking a sale up again: by id, receipt number or idem, by day, or the last one of a terminal."""

from typing import Annotated

import msgspec

from edge.counter.records import SaleRecord, stored_sale
from edge.counter.refusals import no_such_sale
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Reply, Request
from edge.errors import Code, PosError, Retry
from edge.storage.reader import find_sales


class GetRequest(Request, frozen=True):
    """One sale: by its id, its receipt number, or the ``idem`` it was committed under."""

    sale: Word | None = None
    receipt_no: Word | None = None
    idem: Word | None = None


class FindRequest(Request, frozen=True):
    """Sales of a business day, newest first; all filters must hold."""

    business_date: Day | None = None
    member: Word | None = None
    terminal: Word | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class LastRequest(Request, frozen=True):
    """The latest sale of this terminal, or of another."""

    terminal: Word | None = None


def get(shop: Shop, terminal: str, request: GetRequest) -> SaleRecord:
    """A sale as decided, with what has come back of it; raises 1307, or the refusal stored under ``idem``."""
    sale = request.sale or request.receipt_no
    if request.idem is not None:
        sale = _sale_of_idem(shop, terminal, request.idem)
    row = shop.snapshot.sales.by_id(sale) if sale else None
    if row is None:
        raise no_such_sale()
    return stored_sale(row, voided=shop.snapshot.sales.voided(row.id))


class _Decided(msgspec.Struct):
    """Which sale, if any, an answer is about."""

    sale: str = ""


class SaleSummary(Reply, frozen=True):
    """One sale in a list."""

    sale: str
    receipt_no: str
    terminal: str
    committed_at: str
    member: str | None
    net_fen: int
    refunded_fen: int


class FindReply(Reply, frozen=True):
    """The sales found, newest first."""

    sales: tuple[SaleSummary, ...]


async def find(shop: Shop, terminal: str, request: FindRequest) -> FindReply:
    """Sales that match every filter given; without any, the newest ones. Raises 1201, 1202."""
    filters = {
        "business_date": request.business_date,
        "member": shop.known_member(request.member).id if request.member else None,
        "terminal": request.terminal,
    }
    found = await find_sales(
        shop.config.paths.database,
        {column: value for column, value in filters.items() if value is not None},
        request.limit,
    )
    return FindReply(
        tuple(
            SaleSummary(
                row.id,
                row.receipt_no,
                row.terminal,
                shop.local_time(row.at_ms),
                row.member,
                row.net_fen,
                row.refunded_fen,
            )
            for row in found
        )
    )


def last(shop: Shop, terminal: str, request: LastRequest) -> SaleRecord:
    """The latest sale of a terminal; raises 1307 where there is none."""
    row = shop.snapshot.sales.last(request.terminal or terminal)
    if row is None:
        raise no_such_sale()
    return stored_sale(row, voided=shop.snapshot.sales.voided(row.id))


def _sale_of_idem(shop: Shop, terminal: str, idem: str) -> str:
    stored = shop.snapshot.answer(terminal, idem)
    if stored is None:
        raise PosError(
            Code.NO_SUCH_SALE,
            "nothing was decided under this idem: commit again with the same one",
            zh="该幂等号没有成交记录，可用同一幂等号重试",
            path="/idem",
            retry=Retry.SAME_IDEM,
        )
    return stored.decoded(_Decided).sale
