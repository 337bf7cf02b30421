"""The night's work, once a business day: idle members are warned or go down, what is over lapses, rebates are paid.

Each member's change is an operation of its own under a key that names its day, so that a night that was cut short
goes on where it was, and one that is run twice changes nothing.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

import msgspec

from edge.counter.events import tell_hq
from edge.counter.refund_sources import issue_voucher
from edge.counter.shop import Shop
from edge.counter.terms import Reply
from edge.counter.tiers import idle_since
from edge.domain.dates import months_later
from edge.domain.idleness import Step, idle_step, tier_after_idleness, tier_ends
from edge.domain.member import Member, Status
from edge.domain.rebates import rebate, unpaid_periods
from edge.domain.rules.model import Downgrade, Rebate
from edge.domain.units import COUPON, STORED, VOUCHER
from edge.storage.ids import uuid7
from edge.storage.nights import idle_members, lapsing, spent_between
from edge.storage.notes import NoteRow
from edge.storage.transaction import Answer, Operation, Transaction

NIGHT_TILL = "#night"
"""Who asks, in the operation log, when nobody did."""

VOUCHERS_MAX = 50
"""Vouchers that one rebate makes at most: an event of more would not fit its envelope."""

ABREAST = 16
"""Changes that share one COMMIT: the night is short, and a sale that comes between waits for few."""

MARK = "night"
"""The counter that holds the last business day whose night is done, as an ordinal."""

Progress = Callable[[str, int, int], None]
Decide = Callable[[Transaction], "_Done"]


class NightReply(Reply, frozen=True):
    """What one night did; ``lapsed`` counts accounts, the others members."""

    business_date: str
    warned: int = 0
    lowered: int = 0
    cancelled: int = 0
    lapsed: int = 0
    rebated: int = 0


class _Done(Reply, frozen=True):
    """The stored answer of one member's change."""

    step: str
    queue_seq: int | None


class _Asked(msgspec.Struct, frozen=True):
    """The stored request of one change: whose, and of which business day."""

    what: str
    owner: str
    business_date: str


def is_due(shop: Shop) -> bool:
    """Whether the present business day's night has not been run."""
    return shop.snapshot.counter(MARK) < shop.business_date(shop.now_ms()).toordinal()


async def run_night(shop: Shop, progress: Progress | None = None) -> NightReply:
    """Review every member and every account that is due; safe to repeat, and to cut short."""
    today = shop.business_date(shop.now_ms())
    steps = await _review(shop, today, progress)
    lapsed = await _lapse(shop, today, progress)
    rebated = await _pay_rebates(shop, today, progress)
    await shop.writer.submit(lambda transaction: transaction.mark(MARK, today.toordinal()))
    return NightReply(
        today.isoformat(),
        steps.count("warn"),
        steps.count("downgrade"),
        steps.count("cancelled"),
        lapsed,
        rebated,
    )


# --- idle members ---


async def _review(shop: Shop, today: date, progress: Progress | None) -> list[str]:
    terms = shop.programme.bundle.downgrade
    if terms is None:
        return []
    quiet_since = months_later(today + timedelta(days=terms.warn_days), -terms.idle_months)
    # A day more than needed: the query knows only the UTC day of a registration.
    quiet_since += timedelta(days=1)

    def stored_fen(owner: Member) -> int:
        return shop.snapshot.live(owner.id, STORED, shop.now_ms()).balance

    def is_touched(owner: Member) -> bool:
        """Whoever keeps everything gets no operation: most do, every night."""
        return _due(shop, terms, owner, today, stored_fen) != "keep"

    members = await idle_members(shop.config.paths.database, quiet_since.isoformat(), is_touched)
    changes = [(member, partial(_step, shop, terms, member)) for member in members]
    return await _change_all(shop, today, "idle", changes, progress)


def _due(
    shop: Shop, terms: Downgrade, owner: Member, today: date, stored_fen: Callable[[Member], int]
) -> Step:
    """What is to be done about this member tonight. Nobody could pay out the money of an ended membership."""
    warned = date.fromisoformat(owner.warned_on) if owner.warned_on else None
    left = tier_after_idleness(terms, shop.programme.tiers, owner.tier)
    if owner.status != "active" or left == owner.tier:
        return "keep"
    step = idle_step(terms, idle_since(shop, owner), warned, today)
    return "keep" if left is None and step != "keep" and stored_fen(owner) else step


def _step(shop: Shop, terms: Downgrade, member: str, transaction: Transaction) -> _Done:
    """What is due for one member, decided on what the ledger says now."""
    owner = transaction.members.by_id(member)
    assert owner is not None, "members are never deleted"
    today = shop.business_date(transaction.now_ms)
    step = _due(shop, terms, owner, today, lambda one: transaction.ledger.live(one.id, STORED).balance)
    if step == "keep":  # bought something since the list was made
        return _Done("keep", None)
    left = tier_after_idleness(terms, shop.programme.tiers, owner.tier)
    if step == "warn":
        return _warn(shop, transaction, terms, owner, left, today)
    return _lower(shop, transaction, owner, left, today)


def _warn(
    shop: Shop, transaction: Transaction, terms: Downgrade, owner: Member, left: str | None, today: date
) -> _Done:
    """The member is told by a call that somebody makes, and by the till at the next lookup."""
    day = today.isoformat()
    transaction.members.rewrite(owner, dataclasses.replace(owner, warned_on=day))
    on = tier_ends(terms, idle_since(shop, owner), today).isoformat()
    text = _call_text(shop, left, on)
    call = NoteRow(uuid7(transaction.now_ms), owner.id, "call", text, NIGHT_TILL, transaction.now_ms, due=day)
    transaction.notes.add(call, transaction.seq + 1)
    told: dict[str, object] = {"tier": owner.tier, "tier_after": left, "on": on}
    return _Done("warn", tell_hq(shop, transaction, "tier_warning", owner.id, told))


def _call_text(shop: Shop, left: str | None, on: str) -> str:
    label = shop.programme.tier_label(left) if left else ""
    match shop.config.store.lang:
        case "en":
            return f"Goes down to {label} on {on} without a purchase" if left else f"Membership ends on {on}"
        case "zh-TW":
            return f"{on} 前未消費將降為{label}，請提醒" if left else f"{on} 前未消費將註銷會員，請提醒"
        case _:
            return f"{on} 前未消费将降为{label}，请提醒" if left else f"{on} 前未消费将注销会员，请提醒"


def _lower(shop: Shop, transaction: Transaction, owner: Member, left: str | None, today: date) -> _Done:
    """What led to the former tier counts no more, or the next purchase would bring it back."""
    status: Status = "active" if left else "cancelled"
    lowered = dataclasses.replace(
        owner,
        tier=left or owner.tier,
        status=status,
        base_fen=owner.cumulative_fen,
        base_visits=owner.visits,
        tier_since=today.isoformat(),
    )
    transaction.members.rewrite(owner, lowered)
    if left is None:
        transaction.cards.follow(owner.id, status, transaction.now_ms)
    told: dict[str, object] = {"tier": left, "was": owner.tier, "status": status, "why": "idle"}
    return _Done("downgrade" if left else "cancelled", tell_hq(shop, transaction, "tier", owner.id, told))


# --- what is over ---


async def _lapse(shop: Shop, today: date, progress: Progress | None) -> int:
    due = await lapsing(shop.config.paths.database, shop.now_ms())
    lapsed = 0
    for unit in dict.fromkeys(unit for _, unit in due):
        changes = [(owner, partial(_let_lapse, shop, owner, unit)) for owner, one in due if one == unit]
        lapsed += (await _change_all(shop, today, f"lapse {unit}", changes, progress)).count("lapsed")
    return lapsed


def _let_lapse(shop: Shop, owner: str, unit: str, transaction: Transaction) -> _Done:
    lapsed = transaction.ledger.expire(owner, unit)
    if not lapsed:
        return _Done("keep", None)
    told: dict[str, object] = {"unit": unit, "amount": lapsed}
    member: str | None = owner
    if unit in (COUPON, VOUCHER):
        row = (transaction.coupons if unit == COUPON else transaction.vouchers).by_code(owner)
        member = row.member if row else None
        told["code"] = owner
    return _Done("lapsed", tell_hq(shop, transaction, "lapsed", member, told))


# --- rebates ---


async def _pay_rebates(shop: Shop, today: date, progress: Progress | None) -> int:
    """The vouchers of every period that has ended, once for each; how many members got some."""
    paid = 0
    for terms in shop.programme.bundle.rebates:
        done = f"rebate {terms.id}"
        for first, after in unpaid_periods(terms.every, shop.snapshot.counter(done), today):
            spent = await spent_between(shop.config.paths.database, first.isoformat(), after.isoformat())
            changes = [
                (member, partial(_rebate, shop, terms, member, fen))
                for member, fen in spent
                if rebate(terms, fen).count
            ]
            paid += (await _change_all(shop, first, done, changes, progress)).count("rebate")
            await shop.writer.submit(partial(_mark_done, done, first))
    return paid


def _rebate(shop: Shop, terms: Rebate, member: str, spent_fen: int, transaction: Transaction) -> _Done:
    """Whole vouchers; the last of very many holds what is left of their value. An ended membership gets none."""
    owner = transaction.members.by_id(member)
    if owner is None or owner.status == "cancelled":
        return _Done("keep", None)
    due = rebate(terms, spent_fen)
    values = [due.voucher_fen] * min(due.count, VOUCHERS_MAX)
    values[-1] += due.fen - sum(values)
    codes = [issue_voucher(shop, transaction, member, fen, None, "rebate").code for fen in values]
    told: dict[str, object] = {"rebate": terms.id, "spent_fen": spent_fen, "vouchers": codes, "fen": due.fen}
    told["lapsed_fen"] = due.lapsed_fen
    return _Done("rebate", tell_hq(shop, transaction, "rebate", member, told))


def _mark_done(what: str, first: date, transaction: Transaction) -> None:
    transaction.mark(what, first.toordinal())


# --- one operation ---


async def _change_all(
    shop: Shop, day: date, what: str, changes: Sequence[tuple[str, Decide]], progress: Progress | None
) -> list[str]:
    """Carry out the changes, a few abreast; their steps, in order."""
    steps: list[str] = []
    for start in range(0, len(changes), ABREAST):
        some = changes[start : start + ABREAST]
        steps += await asyncio.gather(*(_change(shop, day, what, owner, decide) for owner, decide in some))
        if progress is not None:
            progress(what, len(steps), len(changes))
    return steps


async def _change(shop: Shop, today: date, what: str, owner: str, decide: Decide) -> str:
    """Carry out one change under its own key; returns its step, "keep" where it was done before."""
    request = msgspec.json.encode(_Asked(what, owner, today.isoformat()))
    operation = Operation(NIGHT_TILL, f"{what} {owner} {today}", "night", request)

    def work(transaction: Transaction) -> Answer:
        return transaction.perform(operation, lambda: decide(transaction))

    answer = await shop.writer.submit(work)
    return "keep" if answer.duplicate else answer.decoded(_Done).step
