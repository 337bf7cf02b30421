"""Coupons at the counter: issued once, presented with a basket, used up by the sale that takes them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from edge.counter.events import tell_hq
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, balances_in, spend
from edge.counter.terms import Balances, Reply, Text
from edge.counter.terms import Code as Word
from edge.domain.checkout import Decision
from edge.domain.dates import last_day_of
from edge.domain.member import Member
from edge.domain.rules.model import Coupon
from edge.domain.units import COUPON, POINTS
from edge.errors import Code, PosError
from edge.storage.balances import Balance
from edge.storage.coupons import CouponRow
from edge.storage.transaction import Transaction

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that a cashier could take for another."""

CODE_LENGTH = 12


class CouponState(Reply, frozen=True):
    """What became of a coupon: taken, left out because the basket is better without it, or refused.

    ``why`` says it in one word: of the coupon itself, or as in ``skipped``.
    """

    code: str
    state: Literal["applied", "left_out", "refused"]
    kind: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Presented:
    """A coupon as a till presented it: its kind, or ``why`` it does not count."""

    code: str
    kind: str = ""
    why: str = ""

    def state(self, whys: Mapping[str, str]) -> CouponState:
        """What became of it: ``whys`` by kind say why a rule gave nothing, "" where it did give."""
        if self.why:
            return CouponState(self.code, "refused", self.kind, self.why)
        why = whys[self.kind]
        if not why:
            return CouponState(self.code, "applied", self.kind)
        beaten = why in ("left_out", "lost", "suppressed")
        return CouponState(self.code, "left_out" if beaten else "refused", self.kind, why)


def presented(shop: Shop, codes: tuple[str, ...], member: Member | None, today: str) -> tuple[Presented, ...]:
    """Look up the coupons of a basket, one of a kind; reads the last COMMIT."""
    seen: set[str] = set()
    found = []
    for code in codes:
        row = shop.snapshot.coupons.by_code(code)
        why = _why_not(shop, row, member, today)
        if row is not None and not why and row.kind in seen:
            why = "one_of_a_kind"
        if row is None or why:
            found.append(Presented(code, row.kind if row else "", why))
            continue
        seen.add(row.kind)
        found.append(Presented(code, row.kind))
    return tuple(found)


def states(coupons: tuple[Presented, ...], decision: Decision) -> tuple[CouponState, ...]:
    """What the decision made of each coupon."""
    whys = {skipped.rule: skipped.why for skipped in decision.skipped} | dict.fromkeys(decision.given, "")
    return tuple(coupon.state(whys) for coupon in coupons)


def taken(coupons: tuple[Presented, ...], decision: Decision) -> tuple[Presented, ...]:
    """The coupons that gave something."""
    given = decision.given
    return tuple(coupon for coupon in coupons if not coupon.why and coupon.kind in given)


def use_up(transaction: Transaction, coupons: tuple[Presented, ...], decision: Decision, sale: str) -> None:
    """Let the sale use up what it took; raises 1502 where somebody was faster, 1601 where HQ has not granted it."""
    for coupon in taken(coupons, decision):
        path = f"/coupons/{coupons.index(coupon)}"
        if not transaction.coupons.use(coupon.code, sale):
            zh = "优惠券已被使用，请重新报价"
            raise PosError(Code.COUPON, "this coupon has just been used", zh=zh, path=path)
        if _has_account(transaction.ledger.live(coupon.code, COUPON)):
            spend(transaction.ledger, coupon.code, COUPON, 1, "sale", sale, path)


def restore(transaction: Transaction, sale: str) -> tuple[str, ...]:
    """Make good again what ``sale`` used up; returns the codes."""
    codes = transaction.coupons.restore(sale)
    for code in codes:
        spent = transaction.ledger.restorable(code, COUPON, sale)
        transaction.ledger.unspend(code, COUPON, spent, "refund", sale)
    return codes


def receive(transaction: Transaction, code: str, kind: str, member: str | None, last_day: str | None) -> None:
    """Write down a coupon that HQ has issued, unless it is known. It counts once HQ has granted it to this box."""
    if transaction.coupons.by_code(code) is None:
        transaction.coupons.issue(CouponRow(code, kind, member, last_day, None), transaction.seq + 1)
        transaction.ledger.balance(code, COUPON)  # opened: without an account it would be one of old


def new_code() -> str:
    """A code for a coupon or a voucher that nobody guesses."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


class IssueRequest(Keyed, frozen=True):
    """Issue a coupon of ``kind``: to a member or to whoever brings it; ``pay`` takes its price in points."""

    kind: Word
    member: Word | None = None
    pay: Literal["free", "points"] = "free"
    reason: Text = ""
    approve: Text = ""


class IssueReply(Reply, frozen=True):
    """The coupon's code, and the last day on which it counts (null: for ever)."""

    code: str
    kind: str
    name: str
    last_day: str | None
    balances: Balances | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def issue(shop: Shop, terminal: str, request: IssueRequest) -> IssueReply:
    """Issue a coupon, for points or free; raises 1201, 1202, 1205, 1601, and 1502 for a kind that is not there."""

    def decide(transaction: Transaction) -> IssueReply:
        kind = _kind(shop, request.kind)
        member = shop.member_in(transaction, request.member) if request.member else None
        price = _price(kind, member, request)
        code = new_code()
        if price and member is not None:
            spend(transaction.ledger, member.id, POINTS, price, "coupon", path="/pay")
        today = shop.business_date(transaction.now_ms)
        last_day = _last_day(kind, today)
        owner = member.id if member else None
        transaction.coupons.issue(CouponRow(code, kind.id, owner, last_day, None), transaction.seq + 1)
        transaction.ledger.earn(code, COUPON, 1, "coupon", shop.good_until_ms(last_day))
        told = {
            "code": code,
            "kind": kind.id,
            "last_day": last_day,
            "points": price,
            "reason": request.reason,
        }
        seq = tell_hq(shop, transaction, "coupon", owner, told)
        balances = balances_in(transaction.ledger, owner) if owner else None
        return IssueReply(code, kind.id, kind.name, last_day, balances, seq, shop.offline)

    return await shop.write(terminal, "coupon.issue", request, IssueReply, decide)


# --- the pieces ---


def _why_not(shop: Shop, row: CouponRow | None, member: Member | None, today: str) -> str:
    if row is None:
        return "unknown"
    if row.sale is not None:
        return "used"
    if row.last_day is not None and row.last_day < today:
        return "expired"
    if row.member is not None and (member is None or member.id != row.member):
        return "other_member"
    if row.kind not in shop.programme.coupons:
        return "withdrawn"
    account = shop.snapshot.live(row.code, COUPON, shop.now_ms())
    return "not_here" if _has_account(account) and not account.spendable else ""


def _has_account(account: Balance) -> bool:
    """A coupon of before there were accounts has none: its row alone says whether it is good."""
    return account.account != 0


def _kind(shop: Shop, name: str) -> Coupon:
    kind = shop.programme.coupons.get(name)
    if kind is None:
        raise PosError(Code.COUPON, f"no coupon {name!r} in the rules", zh="没有这种优惠券", path="/kind")
    return kind


def _price(kind: Coupon, member: Member | None, request: IssueRequest) -> int:
    if request.pay == "free":
        return 0
    if kind.points_price is None:
        raise bad("/pay", f"{kind.id} has no price in points", "此优惠券不能用积分兑换")
    if member is None:
        raise bad("/member", "points are a member's", "积分兑换需要会员")
    return kind.points_price


def _last_day(kind: Coupon, today: date) -> str | None:
    """Valid on the day of issue and ``valid_days - 1`` days after it."""
    return None if kind.valid_days is None else last_day_of(kind.valid_days, today).isoformat()
