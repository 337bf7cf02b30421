"""Giving refunded money back to where it came from: vouchers, credit and stored value, each to its own account."""

from dataclasses import dataclass

from edge.counter.coupons import new_code
from edge.counter.records import HeldVoucher, SaleRecord
from edge.counter.shop import Shop
from edge.domain.refund_sources import Paid, Returned
from edge.domain.rules.model import Bundle
from edge.domain.stored_value import Parts
from edge.domain.units import CREDIT, GIFT, STORED, VOUCHER
from edge.storage.reader import Snapshot
from edge.storage.sales import SaleRow
from edge.storage.transaction import Transaction
from edge.storage.vouchers import VoucherRow


@dataclass(frozen=True, slots=True)
class VouchersBack:
    """What became of the vouchers: codes that are good again, and new ones for parts."""

    restored: tuple[str, ...] = ()
    made: tuple[HeldVoucher, ...] = ()


def paid_from(source: Snapshot | Transaction, sale: SaleRecord, terms: Bundle) -> Paid:
    """What of the payment can still go back where it came from."""
    kinds = {tender.kind for tender in sale.tenders}
    member, vouchers = sale.member, [tender for tender in sale.tenders if tender.kind == "voucher"]
    owing = source.credit.of_sale(sale.sale) if "credit" in kinds else None
    stored = Parts(0, 0)
    if "stored_value" in kinds and member is not None:
        restorable = source.restorable if isinstance(source, Snapshot) else source.ledger.restorable
        stored = Parts(restorable(member, STORED, sale.sale), restorable(member, GIFT, sale.sale))
    return Paid(
        vouchers_fen=tuple(tender.amount_fen for tender in vouchers),
        vouchers_back_fen=source.sales.vouchers_back_fen(sale.sale) if vouchers else 0,
        credit_fen=owing.open_fen if owing else 0,
        stored=stored,
        first=terms.topup.spend,
    )


def give_back(
    shop: Shop, transaction: Transaction, row: SaleRow, sale: SaleRecord, returned: Returned
) -> VouchersBack:
    """Book what goes back to accounts; returns what became of the vouchers."""
    if row.member is not None:
        ledger = transaction.ledger
        ledger.unspend(row.member, STORED, returned.stored.principal_fen, "refund", row.id)
        ledger.unspend(row.member, GIFT, returned.stored.gift_fen, "refund", row.id)
        if returned.credit_fen:
            ledger.unspend(row.member, CREDIT, returned.credit_fen, "refund", row.id)
            transaction.credit.settle(row.id, returned.credit_fen)
    return _to_vouchers(shop, transaction, sale, returned) if returned.vouchers else VouchersBack()


def _to_vouchers(shop: Shop, transaction: Transaction, sale: SaleRecord, returned: Returned) -> VouchersBack:
    """One whose whole part comes back is good again, with all its value; of any other part a new one is made."""
    codes = [tender.ref for tender in sale.tenders if tender.kind == "voucher"]
    restored, made = [], []
    for back in returned.vouchers:
        used = transaction.vouchers.by_code(codes[back.index])
        assert used is not None, "vouchers are never deleted"
        if back.whole:
            transaction.ledger.unspend(used.code, VOUCHER, used.value_fen, "refund", sale.sale)
            transaction.vouchers.restore(used.code)
            restored.append(used.code)
        else:
            made.append(issue_voucher(shop, transaction, used.member, back.fen, used.last_day, "refund"))
    return VouchersBack(tuple(restored), tuple(made))


def issue_voucher(
    shop: Shop, transaction: Transaction, member: str | None, value_fen: int, last_day: str | None, why: str
) -> HeldVoucher:
    """A new voucher and the account that says once whether it is still good; both end with ``last_day``."""
    code = new_code()
    transaction.vouchers.issue(VoucherRow(code, member, value_fen, last_day, why), transaction.seq + 1)
    transaction.ledger.earn(code, VOUCHER, value_fen, why, shop.good_until_ms(last_day))
    return HeldVoucher(code, value_fen, last_day)
