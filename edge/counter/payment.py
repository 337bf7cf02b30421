"""Paying at the counter: tenders that come to what is due, money written down in the terminal's shift."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec

from edge.counter.refusals import no_shift_open
from edge.counter.shop import Shop
from edge.counter.terms import Fen, Request, Text
from edge.errors import Code, PosError
from edge.storage.transaction import Transaction

MoneyKind = Literal["cash", "card", "wechat", "alipay", "other"]
"""Money from outside: what a drawer, a bank or a wallet moves."""

Why = Literal[
    "sale", "refund", "void", "topup", "withdraw", "pass", "voucher", "credit", "card", "pay_in", "pay_out"
]
"""What money was taken or handed out for; a shift report has a line for each."""

MONEY: frozenset[str] = frozenset({"cash", "card", "wechat", "alipay", "other"})


class MoneyTender(Request, frozen=True):
    """One way of paying with money, as handed over: cash before change. ``ref`` is the slip's number."""

    kind: MoneyKind
    amount_fen: Fen
    ref: Text = ""


MoneyTenders = Annotated[tuple[MoneyTender, ...], msgspec.Meta(max_length=16)]


def take(
    shop: Shop, transaction: Transaction, terminal: str, due_fen: int, tenders: MoneyTenders, why: Why
) -> int:
    """Take exactly ``due_fen`` and write it down; returns the change (of cash only). Raises 1304, 1305, 1312."""
    refuse_while_offline(shop, [tender.kind for tender in tenders])
    paid_fen = sum(tender.amount_fen for tender in tenders)
    cash_fen = sum(tender.amount_fen for tender in tenders if tender.kind == "cash")
    change_fen = paid_fen - due_fen
    if change_fen < 0 or change_fen > cash_fen:
        raise mismatch(f"tenders pay {paid_fen} fen, {due_fen} are due", due_fen)
    moved = [(tender.kind, tender.amount_fen) for tender in tenders]
    note_money(shop, transaction, terminal, why, [*moved, ("cash", -change_fen)])
    return change_fen


def hand_out(
    shop: Shop, transaction: Transaction, terminal: str, tender: MoneyKind, amount_fen: int, why: Why
) -> None:
    """Write down money that leaves the shop."""
    note_money(shop, transaction, terminal, why, [(tender, -amount_fen)])


def note_money(
    shop: Shop, transaction: Transaction, terminal: str, why: Why, parts: Iterable[tuple[str, int]]
) -> None:
    """Write down (tender, fen) in the terminal's shift, one row a tender; raises 1312 where it must have one."""
    sums: dict[str, int] = {}
    for tender, fen in parts:
        if tender in MONEY:
            sums[tender] = sums.get(tender, 0) + fen
    if any(sums.values()):
        need_shift(shop, transaction, terminal)
    day = shop.business_date(transaction.now_ms).isoformat()
    transaction.money.moved(transaction.seq + 1, terminal, day, why, list(sums.items()))


def need_shift(shop: Shop, transaction: Transaction, terminal: str) -> None:
    """Raises 1312 where this store moves money only in a shift, and ``terminal`` has none open."""
    if shop.config.store.shifts == "required" and transaction.money.open_shift(terminal) is None:
        raise no_shift_open(terminal)


def refuse_while_offline(shop: Shop, kinds: Sequence[str]) -> None:
    """Raises 1305 for a tender that this store does not take while HQ is out of reach."""
    if not shop.offline:
        return
    for place, kind in enumerate(kinds):
        if kind in shop.config.store.not_offline:
            raise PosError(
                Code.TENDER_NOT_OFFLINE,
                f"{kind} is not taken while HQ is out of reach",
                zh="总部离线，暂不能使用此付款方式",
                path=f"/tenders/{place}",
                kind=kind,
            )


def mismatch(why: str, due_fen: int) -> PosError:
    """1304."""
    return PosError(Code.TENDERS_MISMATCH, why, zh="付款金额与应付不符", path="/tenders", due_fen=due_fen)
