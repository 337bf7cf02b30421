"""Selling: what was quoted, paid and earned in one transaction, durable before the till hears of it."""

from typing import Annotated, Literal

import msgspec

from edge.counter.account_tenders import pay_from_accounts
from edge.counter.commissions import earn_on_sale
from edge.counter.coupons import taken, use_up
from edge.counter.events import tell_hq
from edge.counter.honesty import note_shelf_prices
from edge.counter.occasions import count_uses, used_so_far
from edge.counter.paces import PaceReply, pace_of
from edge.counter.payment import mismatch, note_money, refuse_while_offline
from edge.counter.points import earn_points
from edge.counter.printing import queue_print
from edge.counter.quoting import Priced, QuoteRequest, Quotes, price, told
from edge.counter.records import (
    NextTier,
    QuotedPoints,
    SaleRecord,
    TenderPaid,
    Totals,
    next_tier,
    points_of,
    totals_of,
)
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, balances_in, spend
from edge.counter.stock import goods_sold
from edge.counter.terms import Balances, Fen, Reply, Request, Text
from edge.counter.terms import Code as Word
from edge.counter.tiers import tier_reached
from edge.counter.timed import TimedIds, bill
from edge.domain.checkout import Decision
from edge.domain.limits import exceeded
from edge.domain.member import Member
from edge.domain.referrals import Reward, rewards
from edge.domain.refunds import SoldLine
from edge.domain.tenders import TenderKind
from edge.domain.units import POINTS
from edge.errors import Code, PosError, Retry
from edge.storage.ids import uuid7
from edge.storage.sales import SaleRow
from edge.storage.transaction import Transaction


class Tender(Request, frozen=True):
    """One way of paying, as handed over: cash before change. ``ref`` is the card or wallet slip's number."""

    kind: TenderKind
    amount_fen: Fen
    ref: Text = ""


class CommitRequest(Keyed, frozen=True):
    """Take the money: the quote's id and digest, or the ``basket`` again, and the tenders.

    Points that the quote redeems may be listed as a tender of kind ``points`` or left out. ``timed`` are stopped
    services that this sale pays for.
    """

    tenders: Annotated[tuple[Tender, ...], msgspec.Meta(max_length=16)]
    quote_id: Word | None = None
    basket: QuoteRequest | None = None
    digest: Text = ""
    print: Literal["auto", "none"] = "auto"
    approve: Text = ""
    timed: TimedIds = ()


class CommitReply(Reply, frozen=True):
    """The sale as it now stands in the ledger; ``queue_seq`` is its place in the queue to HQ."""

    sale: str
    receipt_no: str
    committed_at: str
    totals: Totals
    points: QuotedPoints
    change_fen: int
    offline: bool
    queue_seq: int | None
    balances: Balances | None = None
    tier_reached: str | None = None
    credit_due: str | None = None
    print_job: int | None = None
    duplicate: bool = False


async def commit(shop: Shop, quotes: Quotes, terminal: str, request: CommitRequest) -> CommitReply:
    """Sell: balance, rights, ledger, outbox and print intent in one transaction, durable before the reply.

    Raises 1202, 1205, 1301-1305, 1312, 1502, 1601; a retry with the same ``idem`` gets the first answer again.
    """

    # Looked up here, on the loop's thread, but judged only once the key is known to be new.
    accepted = _accepted_quote(shop, quotes, terminal, request)

    def decide_sale(transaction: Transaction) -> CommitReply:
        if isinstance(accepted, PosError):
            raise accepted
        return _Checkout(shop, transaction, terminal, accepted, request).carry_out()

    return await shop.write(terminal, "sale.commit", request, CommitReply, decide_sale)


class _Checkout:
    """One commit, step by step, inside its transaction."""

    def __init__(
        self, shop: Shop, transaction: Transaction, terminal: str, accepted: Priced, request: CommitRequest
    ) -> None:
        self._shop = shop
        self._transaction = transaction
        self._terminal = terminal
        self._quote = accepted
        self._request = request
        self._decision = accepted.decision
        self._sale = uuid7(transaction.now_ms)
        self._tier_reached: str | None = None
        self._credit_due: str | None = None
        self._day_fen = 0
        self._date = shop.business_date(transaction.now_ms).isoformat()

    def carry_out(self) -> CommitReply:
        """Check, pay, earn, record, tell HQ, queue the receipt."""
        decision, now_ms = self._decision, self._transaction.now_ms
        refuse_while_offline(self._shop, [tender.kind for tender in self._request.tenders])
        change_fen = settle(decision, self._request.tenders, _pays_by_hint(self._quote))
        member = self._present_member()
        self._refuse_what_was_used(member)
        self._spend(member)
        found = self._earn(member)
        receipt_no = self._shop.next_receipt_no(self._transaction, self._date)
        balances = balances_in(self._transaction.ledger, member.id) if member else None
        record = self._record(member, receipt_no, change_fen, balances)
        self._store(record, found)
        goods_sold(self._shop, self._transaction, self._sale, self._decision)
        self._take_money(change_fen)
        self._bill_services()
        self._note_what_rules_gave(member)
        told = record.for_hq() | earn_on_sale(self._shop, self._transaction, self._quote, self._sale)
        queue_seq = tell_hq(self._shop, self._transaction, "sale", member.id if member else None, told)
        job = None
        if self._request.print == "auto":
            job = queue_print(self._shop, self._transaction, "sale", self._sale)
        return CommitReply(
            sale=self._sale,
            receipt_no=receipt_no,
            committed_at=self._shop.local_time(now_ms),
            totals=totals_of(decision),
            points=points_of(decision, balances.points.balance if balances else None, already=True),
            change_fen=change_fen,
            offline=self._shop.offline,
            queue_seq=queue_seq,
            balances=balances,
            tier_reached=self._tier_reached,
            credit_due=self._credit_due,
            print_job=job,
        )

    def _present_member(self) -> Member | None:
        """The member as the ledger knows it now: a card may have been stopped since the quote."""
        if self._quote.member is None:
            return None
        member = self._transaction.members.by_id(self._quote.member.id)
        assert member is not None, "members are never deleted"
        return self._shop.usable(member, self._transaction.now_ms)

    def _refuse_what_was_used(self, member: Member | None) -> None:
        """Another till may have sold to the member meanwhile: a limited rule gives what it may, not twice."""
        programme = self._quote.programme
        so_far = used_so_far(programme, member, self._transaction.rule_uses, self._date)
        if exceeded(programme.limits, so_far, self._decision.given):
            raise PosError(
                Code.QUOTE_EXPIRED,
                "the member has bought since this quote: quote again",
                zh="会员在报价后已有消费，请重新报价",
                path="/quote_id",
                retry=Retry.SAME_IDEM,
            )

    def _note_what_rules_gave(self, member: Member | None) -> None:
        """Coupons are used up, limits counted, shelf prices kept."""
        quote, decision = self._quote, self._decision
        use_up(self._transaction, quote.coupons, decision, self._sale)
        if member is not None:
            count_uses(self._transaction, quote.programme, member, decision, self._date)
        note_shelf_prices(self._shop, self._transaction, decision)

    def _bill_services(self) -> None:
        """Timed services that this sale pays for are paid."""
        if not self._request.timed:
            return
        sold: dict[str, int] = {}
        for line in self._decision.lines:
            sold[line.sku] = sold.get(line.sku, 0) + line.list_fen
        bill(self._transaction, self._request.timed, sold, self._sale)

    def _take_money(self, change_fen: int) -> None:
        paid = [(tender.kind, tender.amount_fen) for tender in self._request.tenders]
        note_money(self._shop, self._transaction, self._terminal, "sale", [*paid, ("cash", -change_fen)])

    def _spend(self, member: Member | None) -> None:
        """Points first, as the quote redeems them, then the tenders in their order."""
        transaction, points = self._transaction, self._decision.redeem_points
        if points and member is not None:
            spend(transaction.ledger, member.id, POINTS, points, "sale", self._sale)
        self._credit_due = pay_from_accounts(
            self._shop, transaction, member, self._request.tenders, self._sale
        )

    def _earn(self, member: Member | None) -> list[Reward]:
        """Points for the member and for those who recommended the member; the tier that is reached."""
        if member is None:
            return []
        transaction, decision, programme = self._transaction, self._decision, self._quote.programme
        earn_points(self._shop, transaction, member.id, decision.points, "sale")
        chain = transaction.members.referrers(member.id, len(programme.referral))
        found = rewards(programme.referral, chain, decision.due_fen)
        for reward in found:
            earn_points(self._shop, transaction, reward.member, reward.points, f"referral{reward.level}")
        tier = self._tier_after(member)
        transaction.members.bought(member.id, decision.due_fen, tier, self._date)
        self._tier_reached = tier if tier != member.tier else None
        return found

    def _tier_after(self, member: Member) -> str:
        """The tier that this purchase leads to, its points and its visit counted."""
        due_fen = self._decision.due_fen
        self._day_fen = self._transaction.sales.day_fen(member.id, self._date) + due_fen
        return tier_reached(
            self._quote.programme, self._transaction, member, due_fen=due_fen, day_fen=self._day_fen, visits=1
        )

    def _record(
        self, member: Member | None, receipt_no: str, change_fen: int, balances: Balances | None
    ) -> SaleRecord:
        return SaleRecord(
            sale=self._sale,
            receipt_no=receipt_no,
            terminal=self._terminal,
            cashier=self._quote.request.cashier,
            salesperson=self._quote.request.salesperson,
            channel=self._quote.request.channel,
            committed_at=self._shop.local_time(self._transaction.now_ms),
            business_date=self._date,
            member=member.id if member else None,
            # Of the quote: another till may have brought the member to the next tier since.
            tier=self._quote.member.tier if self._quote.member else None,
            decision=self._decision,
            tenders=tuple(TenderPaid(t.kind, t.amount_fen, t.ref) for t in self._request.tenders),
            change_fen=change_fen,
            balances=balances,
            rules_version=self._quote.programme.bundle.version,
            bundle=self._quote.programme.hash,
            coupons=tuple(coupon.code for coupon in taken(self._quote.coupons, self._decision)),
            offline=self._shop.offline,
            tier_reached=self._tier_reached,
            next_tier=self._next_tier(member),
            credit_due=self._credit_due,
            clock_untrusted=self._transaction.clock_untrusted,
            pace=self._pace(member, balances),
        )

    def _pace(self, member: Member | None, balances: Balances | None) -> PaceReply | None:
        """Before this sale is written: what the member's weeks so far lead to, this one's points held."""
        if member is None or balances is None:
            return None
        today = self._shop.business_date(self._transaction.now_ms)
        return pace_of(self._shop, self._transaction.sales, member, balances.points.balance, today)

    def _next_tier(self, member: Member | None) -> NextTier | None:
        if member is None:
            return None
        spent_fen = member.cumulative_fen - member.base_fen + self._decision.due_fen
        return next_tier(self._quote.programme, self._tier_reached or member.tier, spent_fen, self._day_fen)

    def _store(self, record: SaleRecord, found: list[Reward]) -> None:
        decision = self._decision
        row = SaleRow(
            id=self._sale,
            receipt_no=record.receipt_no,
            terminal=self._terminal,
            member=record.member,
            business_date=self._date,
            at_ms=self._transaction.now_ms,
            net_fen=decision.net_fen,
            due_fen=decision.due_fen,
            points_earned=decision.points,
            points_used=decision.redeem_points,
            refunded_fen=0,
            points_taken=0,
            points_back=0,
            bundle=record.bundle,
            kernel_request=self._quote.kernel_request.decode(),
            record=msgspec.json.encode(record).decode(),
        )
        sold = [
            SoldLine(line.qty_milli, 0, line.net_fen, line.points_paid_fen, line.points, line.points_used)
            for line in decision.lines
        ]
        self._transaction.sales.insert(row, self._transaction.seq + 1, sold, found)


def settle(decision: Decision, tenders: tuple[Tender, ...], pays_by: str | None) -> int:
    """Check that ``tenders`` pay exactly what is due; returns the change in fen (of cash only)."""
    points_fen = sum(t.amount_fen for t in tenders if t.kind == "points")
    if points_fen and points_fen != decision.points_paid_fen:
        raise mismatch(
            f"points pay {decision.points_paid_fen} fen, the tender says {points_fen}", decision.due_fen
        )
    paid_fen = sum(t.amount_fen for t in tenders if t.kind != "points")
    cash_fen = sum(t.amount_fen for t in tenders if t.kind == "cash")
    change_fen = paid_fen - decision.due_fen
    if change_fen < 0 or change_fen > cash_fen:
        raise mismatch(f"tenders pay {paid_fen} fen, {decision.due_fen} are due", decision.due_fen)
    if pays_by and not any(t.kind == pays_by for t in tenders):
        raise mismatch(f"this price was for payment by {pays_by}", decision.due_fen)
    return change_fen


# --- the pieces ---


def _accepted_quote(shop: Shop, quotes: Quotes, terminal: str, request: CommitRequest) -> Priced | PosError:
    """What this commit accepts, decided once more as it was quoted; or why that is not good any more."""
    try:
        accepted, digest = _quoted(shop, quotes, request)
        if digest is None or accepted.digest == digest:
            return accepted
        again = price(shop, accepted.request, shop.now_ms())
    except PosError as refusal:
        return refusal
    return PosError(
        Code.RULES_CHANGED,
        "the price has changed: show the customer the new quote",
        zh="价格已更新，请向顾客确认新报价",
        path="/digest",
        retry=Retry.SAME_IDEM,
        new_quote=msgspec.to_builtins(told(shop, quotes, again)),
    )


def _quoted(shop: Shop, quotes: Quotes, request: CommitRequest) -> tuple[Priced, str | None]:
    """The quote or basket that ``request`` names, priced under the rules of now, and the digest that it must have."""
    now_ms = shop.now_ms()
    if request.quote_id is not None:
        found = quotes.find(request.quote_id, now_ms)
        if found is None:
            raise PosError(
                Code.QUOTE_EXPIRED,
                "this quote has expired: quote again",
                zh="报价已过期，请重新报价",
                path="/quote_id",
                retry=Retry.SAME_IDEM,
            )
        agreed = request.digest in ("", found.digest)
        return price(shop, found.request, found.at_ms), found.digest if agreed else request.digest
    if request.basket is not None:
        priced = price(shop, request.basket, now_ms)
        return priced, request.digest or None
    raise bad("/quote_id", "a commit needs quote_id or basket", "缺少报价号或购物篮")


def _pays_by_hint(accepted: Priced) -> str | None:
    """The tender that a fired rule was promised, if one was."""
    fired = {f.rule for f in accepted.decision.discounts + accepted.decision.bonuses}
    bound = any(rule.id in fired and rule.when.pay for rule in accepted.programme.bundle.rules)
    return accepted.request.tender_hint if bound else None
