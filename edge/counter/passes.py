"""Passes at the counter: sold, recharged, used, and a use taken back; counted visits are spent within rights."""

from datetime import date
from typing import Annotated

import msgspec

from edge.counter.account_slips import SlipRequest, fact, give_slip
from edge.counter.approvals import approved_by
from edge.counter.commissions import earn_commission
from edge.counter.events import tell_hq
from edge.counter.payment import MoneyTenders, take
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, spend
from edge.counter.terms import Code as Word
from edge.counter.terms import Name, Reply, Request, Text
from edge.domain.dates import last_day_of
from edge.domain.ledger import NEVER_MS
from edge.domain.member import Member
from edge.domain.passes import Held, choose, next_first_day
from edge.domain.rules.model import Pass
from edge.domain.units import visits_of
from edge.errors import Code, PosError
from edge.storage.ids import uuid7
from edge.storage.passes import Passes, PassUse, PeriodPass
from edge.storage.transaction import Transaction

Few = Annotated[int, msgspec.Meta(ge=1, le=100)]


class SellRequest(SlipRequest, frozen=True, kw_only=True):
    """Sell ``qty`` passes of one kind, or recharge what the member has of it."""

    member: Word
    pass_: Word = msgspec.field(name="pass")
    qty: Few = 1
    tenders: MoneyTenders = ()
    salesperson: Text = ""


class SellReply(Reply, frozen=True):
    """What was sold, good from ``first_day`` to ``last_day``; ``visits_left`` of its kind (None without a count)."""

    pass_: str = msgspec.field(name="pass")
    name: str
    amount_fen: int
    change_fen: int
    visits_left: int | None
    first_day: str
    last_day: str | None
    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class UseRequest(SlipRequest, frozen=True, kw_only=True):
    """Use a pass for ``service``; without ``pass`` the one that costs the member least."""

    member: Word
    service: Word
    visits: Few = 1
    pass_: Word | None = msgspec.field(name="pass", default=None)


class UseReply(Reply, frozen=True):
    """The pass that paid: ``visits`` of it (0 without a count), and what is left of its kind."""

    pass_: str = msgspec.field(name="pass")
    name: str
    service: str
    visits: int
    visits_left: int | None
    last_day: str | None
    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class GiveBackRequest(Keyed, frozen=True):
    """A use of today did not take place: ``slip`` is the id or number of its slip."""

    slip: Word
    cashier: Name
    reason: Text = ""
    approve: Text = ""


class GiveBackReply(Reply, frozen=True):
    """The visits that the member has again, and what is left of the kind."""

    pass_: str = msgspec.field(name="pass")
    visits: int
    visits_left: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class HeldPass(Reply, frozen=True):
    """A pass that a member holds; ``visits`` None has no count, ``last_day`` None is for ever."""

    pass_: str = msgspec.field(name="pass")
    name: str
    services: tuple[str, ...]
    visits: int | None
    first_day: str | None
    last_day: str | None


class ListRequest(Request, frozen=True):
    """What is on sale, and what ``member`` holds."""

    member: Word | None = None


class ListReply(Reply, frozen=True):
    """``passes`` of the programme, and those that the member ``holds``."""

    passes: tuple[Pass, ...]
    holds: tuple[HeldPass, ...]


async def sell(shop: Shop, terminal: str, request: SellRequest) -> SellReply:
    """Sell or recharge a pass; raises 1201, 1202, 1203, 1304, -32602 for a pass that is not in the programme."""

    def decide(transaction: Transaction) -> SellReply:
        kind = _kind(shop, request.pass_)
        member = shop.member_in(transaction, request.member)
        first, last = _credit(shop, transaction, member, kind, request.qty)
        amount_fen = kind.price_fen * request.qty
        change_fen = take(shop, transaction, terminal, amount_fen, request.tenders, "pass")
        left = _left(transaction, member.id, kind)
        facts = [fact(kind.name, f"x {request.qty}"), fact("amount", amount_fen, "fen")]
        facts += [fact("change", change_fen, "fen"), fact("last_day", last.isoformat() if last else "-")]
        if left is not None:
            facts.append(fact("visits_left", left, "count"))
        given = give_slip(shop, transaction, terminal, "pass_sold", request, member, facts)
        told: dict[str, object] = {"pass": kind.id, "qty": request.qty, "amount_fen": amount_fen}
        told |= {"first_day": first, "last_day": last, "receipt_no": given.receipt_no, "slip": given.slip}
        told |= {"cashier": request.cashier, "salesperson": request.salesperson}
        told |= earn_commission(shop, transaction, "pass", request.salesperson, amount_fen, given.slip)
        seq = tell_hq(shop, transaction, "pass_sold", member.id, told)
        return SellReply(
            kind.id,
            kind.name,
            amount_fen,
            change_fen,
            left,
            first.isoformat(),
            last.isoformat() if last else None,
            given.slip,
            given.receipt_no,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "pass.sell", request, SellReply, decide)


async def use(shop: Shop, terminal: str, request: UseRequest) -> UseReply:
    """Use a pass; raises 1201-1203, 1205, 1601, -32602 where no pass is for the service."""

    def decide(transaction: Transaction) -> UseReply:
        member = shop.member_in(transaction, request.member)
        today = shop.business_date(transaction.now_ms)
        kinds = _kinds_for(shop, request)
        held = choose(
            _held(shop, transaction.passes, member.id, kinds, transaction.now_ms), request.visits, today
        )
        kind = _kind(shop, held.pass_id) if held else _best_refused(shop, transaction, member, kinds, today)
        counted = kind.visits is not None
        visits = request.visits if counted else 0
        facts = [fact("service", request.service), fact(kind.name, f"x {visits}" if visits else "-")]
        last = _last_day(shop, held)
        subject = uuid7(transaction.now_ms)
        if counted:
            spend(transaction.ledger, member.id, visits_of(kind.id), visits, "pass", subject)
        left = _left(transaction, member.id, kind)
        if left is not None:
            facts.append(fact("visits_left", left, "count"))
        facts.append(fact("last_day", last or "-"))
        given = give_slip(shop, transaction, terminal, "pass_used", request, member, facts, slip=subject)
        used = PassUse(subject, member.id, kind.id, request.service, visits, today.isoformat())
        transaction.passes.use(used, transaction.seq + 1)
        told: dict[str, object] = {"pass": kind.id, "service": request.service, "visits": visits}
        told |= {"slip": given.slip, "receipt_no": given.receipt_no, "cashier": request.cashier}
        seq = tell_hq(shop, transaction, "pass_used", member.id, told)
        return UseReply(
            kind.id,
            kind.name,
            request.service,
            visits,
            left,
            last,
            given.slip,
            given.receipt_no,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "pass.use", request, UseReply, decide)


async def give_back(shop: Shop, terminal: str, request: GiveBackRequest) -> GiveBackReply:
    """Undo a use of today, once; raises 1306, -32602 for another day, another slip, or one given back before."""

    def decide(transaction: Transaction) -> GiveBackReply:
        slip = transaction.slips.by_id(request.slip)
        found = transaction.passes.use_by_slip(slip.id) if slip else None
        if found is None:
            raise bad("/slip", "this is not the slip of a pass that was used", "没有这张计次消费单")
        used, done = found
        if done:
            raise bad("/slip", "this use has been given back before", "该次消费已撤销")
        if used.business_date != shop.business_date(transaction.now_ms).isoformat():
            raise bad("/slip", f"this was used on {used.business_date}", "只能撤销当日的计次消费")
        approved = approved_by(transaction, terminal, "pass.give_back", request.approve)
        kind = _kind(shop, used.pass_id)
        unit = visits_of(used.pass_id)
        transaction.ledger.unspend(used.member, unit, used.visits, "pass", used.slip)
        transaction.passes.give_back(used.slip)
        told: dict[str, object] = {"pass": kind.id, "visits": used.visits, "slip": used.slip}
        told |= {"reason": request.reason, "cashier": request.cashier, "approve": approved}
        seq = tell_hq(shop, transaction, "pass_given_back", used.member, told)
        left = _left(transaction, used.member, kind)
        return GiveBackReply(kind.id, used.visits, left, seq, shop.offline)

    return await shop.write(terminal, "pass.give_back", request, GiveBackReply, decide)


def list_passes(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """What is on sale and what the member holds; raises 1201-1203."""
    holds: tuple[HeldPass, ...] = ()
    if request.member is not None:
        holds = held_passes(shop, shop.find_member(request.member).id)
    return ListReply(shop.programme.bundle.passes, holds)


def held_passes(shop: Shop, member: str) -> tuple[HeldPass, ...]:
    """The passes of the member that are still good, as the last COMMIT left them."""
    kinds = shop.programme.bundle.passes
    if not kinds:
        return ()
    now_ms = shop.now_ms()
    by_id = {kind.id: kind for kind in kinds}
    return tuple(
        HeldPass(
            one.pass_id,
            by_id[one.pass_id].name,
            by_id[one.pass_id].services,
            one.visits,
            one.first_day.isoformat() if one.first_day > date.min else None,
            one.last_day.isoformat() if one.last_day else None,
        )
        for one in _held(shop, shop.snapshot.passes, member, kinds, now_ms)
    )


# --- the pieces ---


def _kind(shop: Shop, name: str) -> Pass:
    for kind in shop.programme.bundle.passes:
        if kind.id == name:
            return kind
    raise bad("/pass", f"no pass {name!r} in the programme", "没有这种计次卡或限时卡")


def _kinds_for(shop: Shop, request: UseRequest) -> tuple[Pass, ...]:
    kinds = shop.programme.bundle.passes if request.pass_ is None else (_kind(shop, request.pass_),)
    good = tuple(kind for kind in kinds if request.service in kind.services)
    if not good:
        raise bad("/service", f"no pass is for {request.service!r}", "没有适用于该项目的计次卡或限时卡")
    return good


def _credit(
    shop: Shop, transaction: Transaction, member: Member, kind: Pass, qty: int
) -> tuple[date, date | None]:
    """Put what was sold into the member's hands; its first and its last day."""
    today = shop.business_date(transaction.now_ms)
    if kind.visits is not None:
        last = last_day_of(kind.valid_days, today) if kind.valid_days else None
        ends_ms = shop.day_ends_ms(last) if last else NEVER_MS
        transaction.ledger.earn(member.id, visits_of(kind.id), kind.visits * qty, "pass", ends_ms)
        return today, last
    assert kind.valid_days is not None, "checked with the bundle"
    running = [
        row.last_day
        for row in transaction.passes.periods(member.id, today.isoformat())
        if row.pass_id == kind.id
    ]
    first = next_first_day(today, date.fromisoformat(running[-1]) if running else None)
    last = last_day_of(kind.valid_days * qty, first)
    sold = PeriodPass(uuid7(transaction.now_ms), member.id, kind.id, first.isoformat(), last.isoformat())
    transaction.passes.sell(sold, transaction.seq + 1)
    return first, last


def _held(shop: Shop, passes: Passes, member: str, kinds: tuple[Pass, ...], now_ms: int) -> list[Held]:
    """What the member holds of ``kinds``; the visits of one kind together, until the first of them ends."""
    today = shop.business_date(now_ms).isoformat()
    named = {kind.id for kind in kinds}
    held = [
        Held(row.pass_id, None, date.fromisoformat(row.last_day), date.fromisoformat(row.first_day))
        for row in passes.periods(member, today)
        if row.pass_id in named
    ]
    for kind in kinds:
        lots = passes.lots(member, kind.id, now_ms) if kind.visits is not None else []
        if lots:
            held.append(Held(kind.id, sum(left for left, _ in lots), _day_before(shop, lots[0][1])))
    return held


def _day_before(shop: Shop, ends_ms: int) -> date | None:
    return None if ends_ms == NEVER_MS else shop.business_date(ends_ms - 1)


def _last_day(shop: Shop, held: Held | None) -> str | None:
    return held.last_day.isoformat() if held and held.last_day else None


def _left(transaction: Transaction, member: str, kind: Pass) -> int | None:
    if kind.visits is None:
        return None
    return sum(left for left, _ in transaction.passes.lots(member, kind.id, transaction.now_ms))


def _best_refused(
    shop: Shop, transaction: Transaction, member: Member, kinds: tuple[Pass, ...], today: date
) -> Pass:
    """Nothing is good: the kind that a spend shall refuse, or 1203 with the day on which the pass ended."""
    ended = [
        date.fromisoformat(row.last_day)
        for row in transaction.passes.periods(member.id)
        if row.pass_id in {kind.id for kind in kinds} and row.last_day < today.isoformat()
    ]
    counted = [kind for kind in kinds if kind.visits is not None]
    for kind in counted:
        if _left(transaction, member.id, kind):
            return kind
        ends_ms = transaction.passes.last_end_ms(member.id, kind.id)
        if ends_ms is not None and ends_ms <= transaction.now_ms:
            ended.append(shop.business_date(ends_ms - 1))
    if ended:
        last = max(ended).isoformat()
        why = f"this pass was good until {last}"
        raise PosError(
            Code.CARD_EXPIRED, why, zh=f"此卡有效期至 {last}，已过期", path="/service", last_day=last
        )
    if not counted:
        raise PosError(Code.BALANCE_SHORT, "the member has no such pass", zh="会员没有此卡", path="/service")
    return counted[0]
