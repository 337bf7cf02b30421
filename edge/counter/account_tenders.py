"""Tenders that are no money: stored value, credit and vouchers, each spent from its account within rights."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from edge.counter.refusals import bad, out_of_funds
from edge.counter.shop import Shop, spend
from edge.domain.member import Member
from edge.domain.money import yuan
from edge.domain.stored_value import Parts, spent_parts
from edge.domain.units import CREDIT, GIFT, STORED, VOUCHER
from edge.errors import Code, PosError
from edge.storage.balances import Balance
from edge.storage.credit import CreditSale
from edge.storage.ledger import Ledger
from edge.storage.transaction import Transaction
from edge.storage.vouchers import VoucherRow

ACCOUNT_KINDS = frozenset({"stored_value", "credit", "voucher"})


class Tender(Protocol):
    """What is asked of a tender here; ``ref`` of a voucher is its code."""

    @property
    def kind(self) -> str: ...
    @property
    def amount_fen(self) -> int: ...
    @property
    def ref(self) -> str: ...


def pay_from_accounts(
    shop: Shop, transaction: Transaction, member: Member | None, tenders: Sequence[Tender], sale: str
) -> str | None:
    """Spend what ``tenders`` take from accounts; returns the day on which credit is due, None without any.

    Raises -32602, 1205, 1206, 1502 and 1601 with the tender's path.
    """
    credit_fen = 0
    for place, tender in enumerate(tenders):
        if tender.kind not in ACCOUNT_KINDS or (not tender.amount_fen and tender.kind != "voucher"):
            continue
        path = f"/tenders/{place}"
        match tender.kind:
            case "stored_value":
                owner = _owner(member, path)
                spend_stored_value(shop, transaction.ledger, owner.id, tender.amount_fen, "sale", sale, path)
            case "credit":
                _spend_credit(shop, transaction, _owner(member, path), tender.amount_fen, sale, path)
                credit_fen += tender.amount_fen
            case _:
                _spend_voucher(shop, transaction, member, tender, sale, path)
    if not credit_fen or member is None:
        return None
    return _owe(shop, transaction, member, credit_fen, sale)


def spend_stored_value(
    shop: Shop, ledger: Ledger, member: str, amount_fen: int, code: str, sale: str | None, path: str
) -> Parts:
    """Spend from both parts in the programme's order; raises 1205, and 1601 where only rights are short."""
    held = ledger.held(member)
    here = Parts(held.stored.spendable, held.gift.spendable)
    if amount_fen > here.sum_fen:
        raise out_of_funds(held.stored.balance + held.gift.balance, here.sum_fen, amount_fen, STORED, path)
    parts = spent_parts(amount_fen, here, shop.programme.bundle.topup.spend)
    ledger.spend(member, STORED, parts.principal_fen, code, sale)
    ledger.spend(member, GIFT, parts.gift_fen, code, sale)
    return parts


def unusable(why: str, path: str) -> PosError:
    """1502 for a voucher."""
    return PosError(Code.COUPON, f"this voucher cannot be used: {why}", zh=_ZH[why], path=path, why=why)


def why_not(voucher: VoucherRow, account: Balance, member: Member | None, today: str) -> str:
    """What is against a voucher; "" for a good one. Used is said of one that was used here, or elsewhere as HQ says."""
    if not account.account:
        return "not_here"
    if voucher.sale is not None:
        return "used"
    if voucher.last_day is not None and voucher.last_day < today:
        return "expired"
    if account.balance < voucher.value_fen:
        return "used"
    if voucher.member is not None and (member is None or member.id != voucher.member):
        return "other_member"
    return ""


# --- the pieces ---

_ZH = {
    "unknown": "没有这张代金券",
    "used": "代金券已被使用",
    "expired": "代金券已过期",
    "not_here": "此代金券尚未在本店开通",
    "other_member": "代金券属于其他会员",
}


def _owner(member: Member | None, path: str) -> Member:
    if member is None:
        raise bad(path, "paying from a member's account needs a member", "使用账户支付需要会员")
    return member


def _spend_credit(
    shop: Shop, transaction: Transaction, member: Member, fen: int, sale: str, path: str
) -> None:
    terms = shop.programme.bundle.credit
    if terms is None:
        raise bad(path, "this programme sells nothing on credit", "本店不开放赊账")
    held = transaction.ledger.held(member.id)
    if terms.refuse_overdue and held.overdue_fen:
        raise PosError(
            Code.CREDIT_LIMIT,
            f"{held.overdue_fen} fen are overdue: repay first",
            zh="有逾期赊账，请先还款",
            path=path,
            why="overdue",
            overdue_fen=held.overdue_fen,
        )
    left_fen = max(0, held.credit.balance) if held.credit else 0
    if fen > left_fen:
        raise PosError(
            Code.CREDIT_LIMIT,
            f"{left_fen} fen are left of the credit limit",
            zh="超出赊账额度",
            path=path,
            why="limit",
            left_fen=left_fen,
            owed_fen=held.owed_fen,
        )
    spend(transaction.ledger, member.id, CREDIT, fen, "sale", sale, path)


def _owe(shop: Shop, transaction: Transaction, member: Member, fen: int, sale: str) -> str:
    """Write down what is owed from now on; returns the day on which it is due."""
    terms = shop.programme.bundle.credit
    due = shop.business_date(transaction.now_ms) + timedelta(days=terms.days if terms else 0)
    transaction.credit.insert(CreditSale(sale, member.id, fen, 0, due.isoformat(), shop.day_ends_ms(due)))
    return due.isoformat()


def _spend_voucher(
    shop: Shop, transaction: Transaction, member: Member | None, tender: Tender, sale: str, path: str
) -> None:
    """The whole value is used up: no change is given on a voucher."""
    today = shop.business_date(transaction.now_ms).isoformat()
    voucher = transaction.vouchers.by_code(tender.ref)
    if voucher is None:
        raise unusable("unknown", f"{path}/ref")
    why = why_not(voucher, transaction.ledger.live(voucher.code, VOUCHER), member, today)
    if why:
        raise unusable(why, f"{path}/ref")
    if not 0 < tender.amount_fen <= voucher.value_fen:
        zh = f"此代金券面值 {yuan(voucher.value_fen)} 元，不找零"
        raise bad(f"{path}/amount_fen", f"this voucher is worth {voucher.value_fen} fen, without change", zh)
    spend(transaction.ledger, voucher.code, VOUCHER, voucher.value_fen, "sale", sale, f"{path}/ref")
    transaction.vouchers.use(voucher.code, sale)
